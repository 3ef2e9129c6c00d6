"""What came of an experiment in plain words, English and Dutch."""

from __future__ import annotations

from typing import Literal

from models.experiments.analysis import Analysis
from models.experiments.effects import Effect
from models.reporting.words import Words

_STATES = {
    "better": ("{v} does better than {c}.", "{v} doet het beter dan {c}."),
    "worse": ("{v} does worse than {c}.", "{v} doet het slechter dan {c}."),
    "too_small": (
        "If {v} does better than {c} at all, then by less than was worth finding.",
        "Als {v} het al beter doet dan {c}, dan minder dan de moeite waard was.",
    ),
    "unclear": (
        "The experiment ended without telling whether {v} differs from {c}: that is not the same as no difference.",
        "Het experiment eindigde zonder uitsluitsel of {v} verschilt van {c}: dat is iets anders dan geen verschil.",
    ),
    "early": (
        "Nothing can be said of {v} against {c} yet: go on until the planned end.",
        "Over {v} tegenover {c} is nog niets te zeggen: ga door tot het geplande einde.",
    ),
    "too_few": (
        "Too few customers, or too few with either outcome, to say anything of {v}.",
        "Te weinig klanten, of te weinig met een van beide uitkomsten, om iets van {v} te zeggen.",
    ),
}
_BROKEN = (
    "Stop: the customers per arm ({seen}) are not as drawn ({expected}); by chance that happens less than once in a "
    "thousand times. Something lost, doubled or moved customers, so no effect can be believed. Look for outcomes "
    "that are missing in one arm, filters applied after the draw, or a mailing that was not sent to all.",
    "Stop: de klanten per arm ({seen}) zijn niet zoals geloot ({expected}); door toeval gebeurt dat minder dan eens op "
    "de duizend keer. Er zijn klanten kwijtgeraakt, verdubbeld of verplaatst, dus geen effect is te vertrouwen. Zoek "
    "naar uitkomsten die in één arm ontbreken, filters na de loting, of een mailing die niet naar allen ging.",
)
_EARLY_LOOK = (
    "This is a look before the end ({share} of those drawn are measured). Only the interval that holds at every look "
    "was used; the narrow one is for the end, and stopping at the first good look would make it wrong.",
    "Dit is een blik voor het einde ({share} van de gelote klanten is gemeten). Alleen het interval dat bij elke blik "
    "geldt is gebruikt; het smalle is voor het einde, en stoppen bij de eerste mooie blik maakt dat onjuist.",
)
_CUPED = (
    "With the score known before the start the noise is {less} smaller (CUPED).",
    "Met de score van voor de start is de ruis {less} kleiner (CUPED).",
)


def verdict(analysis: Analysis) -> dict[str, str]:
    """Say what came of an experiment, for a marketer.

    Returns
    -------
    dict of str to str
        ``en`` and ``nl``; lines parted by a line feed, one per variant and one per remark.
    """
    return {"en": _lines(analysis, "en"), "nl": _lines(analysis, "nl")}


def _lines(analysis: Analysis, language: Literal["en", "nl"]) -> str:
    words, place = Words(language), 1 if language == "nl" else 0
    if not analysis.ratio.holds:
        return _BROKEN[place].format(
            seen=", ".join(f"{name} {words.number(n)}" for name, n in analysis.ratio.seen.items()),
            expected=", ".join(f"{name} {words.number(n)}" for name, n in analysis.ratio.expected.items()),
        )
    control = next(iter(analysis.ratio.seen))
    by_variant = {one.variant: one for one in analysis.effects}
    said = []
    for variant, state in (analysis.states or {}).items():
        line = _STATES[state][place].format(v=variant, c=control)
        if variant in by_variant and state != "too_few":
            line += " " + _numbers(analysis, by_variant[variant], words, place)
        said.append(line)
    if analysis.cuped is not None:
        said.append(_CUPED[place].format(less=words.percent(1 - analysis.cuped.variance_kept)))
    if not analysis.ended:
        said.append(_EARLY_LOOK[place].format(share=words.percent(analysis.measured_share)))
    return "\n".join(said)


def _numbers(analysis: Analysis, effect: Effect, words: Words, place: int) -> str:
    interval = analysis.judged(effect)
    scale, digits = (100.0, 2) if analysis.is_rate else (1.0, 2)
    unit = (" points", " procentpunt")[place] if analysis.is_rate else ""

    def written(value: float) -> str:
        return words.number(value * scale, digits, signed=True)

    def level(value: float) -> str:
        return words.percent(value, 2) if analysis.is_rate else words.number(value, 2)

    span = (("between {} and {}", "tussen {} en {}")[place]).format(
        written(interval.low), written(interval.high)
    )
    shape = (
        "({new} against {old}; change{how} {change}{unit}, {span}.)",
        "({new} tegenover {old}; verandering{how} {change}{unit}, {span}.)",
    )[place]
    how = "" if analysis.cuped is None else (" corrected for the score", " gecorrigeerd voor de score")[place]
    return shape.format(
        how=how,
        new=level(effect.mean),
        old=level(effect.control_mean),
        change=written(effect.effect),
        unit=unit,
        span=span,
    )
