"""The verdict on a phase in plain words, English and Dutch."""

from __future__ import annotations

from models.actions.decision_log import NONE
from models.offpolicy import Estimate

#: The same words in English (``en``) and Dutch (``nl``).
Words = dict[str, str]


def refusal_words(why: Words) -> Words:
    """Say that nothing can be compared, and what would help."""
    return {
        "en": f"No comparison possible: {why['en']}. Nothing is done; run an experiment with a random "
        "hold-out.",
        "nl": f"Geen vergelijking mogelijk: {why['nl']}. Er wordt niets gedaan; doe een experiment met een "
        "willekeurige controlegroep.",
    }


def not_evaluable_words(ess: float) -> Words:
    """Say that the log is too thin to judge the rule."""
    return {
        "en": f"The rule per customer is not evaluable from this log ({ess:.0f} effective decisions).",
        "nl": f"De regel per klant is met dit logboek niet te beoordelen ({ess:.0f} effectieve "
        "beslissingen).",
    }


def personalise_words(gain: float, lower: float, best: str) -> Words:
    """Say what choosing per customer earns."""
    return {
        "en": f"Choosing per customer earns {gain:.3g} more per decision than {best!r} for all (at least "
        f"{lower:.3g}).",
        "nl": f"Kiezen per klant levert per beslissing {gain:.3g} meer op dan {best!r} voor iedereen "
        f"(minstens {lower:.3g}).",
    }


def no_gain_words(gain: Estimate, best: str) -> Words:
    """Say that choosing per customer shows no gain.

    Examples
    --------
    >>> no_gain_words(Estimate(0.0, 0.0, 0.0, 0.0, 900), "mail")["en"]
    "The rule per customer chooses the same as 'mail' for all."
    """
    if gain.se == 0:
        return {
            "en": f"The rule per customer chooses the same as {best!r} for all.",
            "nl": f"De regel per klant kiest hetzelfde als {best!r} voor iedereen.",
        }
    return {
        "en": f"Choosing per customer shows no gain over {best!r} for all ({_span(gain, 'to')}).",
        "nl": f"Kiezen per klant levert niet aantoonbaar meer op dan {best!r} voor iedereen "
        f"({_span(gain, 'tot')}).",
    }


def exploring_words(gain: Estimate, best: str, needed: tuple[int, int | None], known: bool) -> Words:
    """Say that choosing per customer may be better, and how many decisions, and weeks, it takes to know.

    Examples
    --------
    >>> exploring_words(Estimate(0.1, -0.1, 0.3, 0.1, 900), "mail", (5563, 7), True)["en"][-51:]
    '5563 decisions: 7 whole weeks at the present pace).'
    """
    en, nl = "the log is too small to tell", "het logboek is te klein om dat te weten"
    if not known:
        en, nl = "the propensities are estimated", "de kansen op elke actie zijn geschat"
    return {
        "en": f"Choosing per customer may be better than {best!r} for all ({_span(gain, 'to')}), but {en}: "
        f"test in an experiment (about {needed[0]} decisions{_weeks(needed[1])['en']}).",
        "nl": f"Kiezen per klant is misschien beter dan {best!r} voor iedereen ({_span(gain, 'tot')}), "
        f"maar {nl}: toets in een experiment (ongeveer {needed[0]} beslissingen{_weeks(needed[1])['nl']}).",
    }


def constant_words(recommended: str, gain: Estimate | None, known: bool, proven: bool = True) -> Words:
    """Say what is done for everybody meanwhile, and how sure that is."""
    if recommended == NONE or gain is None:
        return {
            "en": "For now nothing is done, but for what is drawn at random to learn from: no single "
            "action is proven to earn more than doing nothing.",
            "nl": "Voorlopig gebeurt er niets, behalve wat het lot trekt om van te leren: van geen "
            "enkele actie is bewezen dat ze meer oplevert.",
        }
    if not known:
        return {
            "en": f"{recommended!r} for all looks better than doing nothing ({_span(gain, 'to')}), but that "
            "assumes no unlogged driver of who got what: nothing is done until an experiment with a random "
            "hold-out shows it, but for what is drawn at random.",
            "nl": f"{recommended!r} voor iedereen lijkt beter dan niets doen ({_span(gain, 'tot')}), maar dat "
            "neemt aan dat niets buiten het logboek bepaalde wie wat kreeg: er gebeurt niets tot een "
            "experiment met een willekeurige controlegroep het laat zien, behalve wat het lot trekt.",
        }
    if not proven:
        return {
            "en": f"For now {recommended!r} for all, where it is possible: the best estimate, not proven to "
            f"earn more than doing nothing ({_span(gain, 'to')}).",
            "nl": f"Voorlopig {recommended!r} voor iedereen, waar dat kan: de beste schatting, niet bewezen "
            f"beter dan niets doen ({_span(gain, 'tot')}).",
        }
    return {
        "en": f"For now {recommended!r} for all, where it is possible: over doing nothing "
        f"{_span(gain, 'to')}.",
        "nl": f"Voorlopig {recommended!r} voor iedereen, waar dat kan: boven niets doen {_span(gain, 'tot')}.",
    }


def missing_cost_words(actions: list[str]) -> Words:
    """Warn that gains are before the cost of an action."""
    names = ", ".join(actions)
    return {
        "en": f"No cost is known for {names}: gains are before it; set next_action.action_cost.",
        "nl": f"Voor {names} zijn geen kosten bekend: winsten zijn ervoor; zet next_action.action_cost.",
    }


def weak_overlap_words(action: str, share: float) -> Words:
    """Warn that for part of the customers an action was hardly ever given."""
    return {
        "en": f"{share:.0%} of the decisions had next to no chance of {action!r}: there its figures lean "
        "on a model.",
        "nl": f"{share:.0%} van de beslissingen had vrijwel geen kans op {action!r}: daar leunen de "
        "cijfers op een "
        "model.",
    }


def _weeks(weeks: int | None) -> Words:
    """Give the time it takes, or nothing where the log has no pace."""
    if weeks is None:
        return {"en": "", "nl": ""}
    return {
        "en": f": {weeks} whole week{'s' * (weeks > 1)} at the present pace",
        "nl": f": {weeks} hele {'weken' if weeks > 1 else 'week'} in het huidige tempo",
    }


def _span(gain: Estimate, to: str) -> str:
    unit = "decision" if to == "to" else "beslissing"
    return f"{gain.value:+.3g} per {unit}, {gain.low:.3g} {to} {gain.high:.3g}"
