"""A planned experiment in plain words, English and Dutch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from models.reporting.words import Words

_CORRECTIONS = {
    "dunnett": ("all variants together (Dunnett)", "alle varianten samen (Dunnett)"),
    "holm": ("all variants together (Holm; planned by Bonferroni)",
             "alle varianten samen (Holm; gepland met Bonferroni)"),
    "none": ("each variant on its own", "elke variant apart"),
}  # fmt: skip
_OUTCOMES = {
    "next_action": ("the share that buys", "het aandeel dat koopt"),
    "readiness": ("the share that buys", "het aandeel dat koopt"),
    "churn": ("the share that leaves", "het aandeel dat vertrekt"),
    "value": ("the money per customer", "het bedrag per klant"),
}


def plan_words(plan: Mapping[str, Any]) -> dict[str, str]:
    """Say what is needed, what there is, and when to look.

    Parameters
    ----------
    plan : mapping
        As `pipelines.experiment_plan` writes it.

    Returns
    -------
    dict of str to str
        ``en`` and ``nl``; lines parted by a line feed.
    """
    return {"en": _lines(plan, "en"), "nl": _lines(plan, "nl")}


def _lines(plan: Mapping[str, Any], language: Literal["en", "nl"]) -> str:
    words, place = Words(language), 1 if language == "nl" else 0
    needed = ", ".join(f"{arm} {words.number(n)}" for arm, n in plan["needed"].items())
    asked = _OUTCOMES.get(plan["outcome"], (plan["outcome"],) * 2)[place]
    drawn = ", ".join(f"{arm} {words.number(n)}" for arm, n in plan["drawn"].items())
    said = [
        ("Question: does {v} change {o}, now {b}, by {e} or more, against {c}?",
         "Vraag: verandert {v} {o}, nu {b}, met {e} of meer, tegenover {c}?")[place].format(
            v=(" or ", " of ")[place].join(plan["arms"][1:]), c=plan["arms"][0], o=asked,
            b=_level(plan, plan["base"], words), e=_change(plan, plan["effect"], words)),
        ("Needed: {n} ({p} power, two-sided {a}{k}).",
         "Nodig: {n} ({p} kans om het te vinden, tweezijdig {a}{k}).")[place].format(
            n=needed, p=words.percent(plan["power"]), a=words.percent(plan["alpha"]),
            k=_correction(plan, place)),
        ("Drawn: {d}; with these the smallest effect that shows is {m}.",
         "Geloot: {d}; daarmee is een effect vanaf {m} te zien.")[place].format(
            d=drawn, m=_least(plan, words, place)),
        ("Run it {w} whole weeks, weekends included{h}. Look once, then; before that only the always-valid interval "
         "may be read.",
         "Laat het {w} hele weken lopen, weekenden inbegrepen{h}. Kijk dan één keer; eerder mag alleen het interval "
         "gelezen worden dat bij elke blik geldt.")[place].format(
            w=words.number(plan["weeks"]), h=_after(plan, place)),
    ]  # fmt: skip
    if any(plan["drawn"][arm] < n for arm, n in plan["needed"].items()):
        said.append(
            ("The list is too short for the question: bring more customers, compare fewer variants, or look for a "
             "larger effect.",
             "De lijst is te kort voor de vraag: neem meer klanten, minder varianten, of zoek een groter effect."
             )[place]
        )  # fmt: skip
    if plan["correlation"]:
        less = sum(plan["needed_without_score"].values()), sum(plan["needed"].values())
        said.append(
            ("With the score as covariate (CUPED, correlation {r}) {n} customers are enough instead of {w}.",
             "Met de score erbij (CUPED, correlatie {r}) zijn {n} klanten genoeg in plaats van {w}.")[place].format(
                r=words.number(plan["correlation"], 2), n=words.number(less[1]), w=words.number(less[0]))
        )  # fmt: skip
    return "\n".join(said)


def _correction(plan: Mapping[str, Any], place: int) -> str:
    if len(plan["arms"]) < 3:
        return ""
    return (" for ", " voor ")[place] + _CORRECTIONS[plan["correction"]][place]


def _after(plan: Mapping[str, Any], place: int) -> str:
    if plan["horizon_days"] is None:
        return ""
    return (
        " (the outcome of the last ones is known {d} days after they start)",
        " (de uitkomst van de laatsten is {d} dagen na hun start bekend)",
    )[place].format(d=plan["horizon_days"])


def _level(plan: Mapping[str, Any], value: float, words: Words) -> str:
    return words.percent(value, 2) if plan["sd"] is None else words.number(value, 2)


def _change(plan: Mapping[str, Any], value: float, words: Words) -> str:
    if plan["sd"] is not None:
        return words.number(value, 2, signed=True)
    unit = "procentpunt" if words.language == "nl" else "points"
    return f"{words.number(100 * value, 2, signed=True)} {unit}"


def _least(plan: Mapping[str, Any], words: Words, place: int) -> str:
    if plan["detectable"] is None:
        return ("none at all: they are too few", "geen enkele: het zijn er te weinig")[place]
    return _change(plan, plan["detectable"], words)
