"""An experiment design in plain words, English and Dutch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from models.reporting.words import Words

if TYPE_CHECKING:
    from models.experiments.design import Design

#: A longer experiment outlives the season, the offer and the customers' patience.
LONGEST_WEEKS = 26


def advice(plan: Design, language: Literal["en", "nl"]) -> str:
    """Say which arms, how many customers, how long; and what to change where that is too long."""
    words, dutch = Words(language), language == "nl"
    if len(plan.arms) < 2:
        return (
            "Er is geen actie om te vergelijken: noem er minstens een naast niets doen."
            if dutch
            else "There is no action to compare: name at least one beside doing nothing."
        )
    drawn = (" en " if dutch else " and ").join(plan.arms[1:])
    each = "" if len(plan.arms) == 2 else "elk " if dutch else "each "
    held, share = words.percent(plan.shares[0]), words.percent(plan.shares[1])
    said = [
        f"Loot per klant: {held} niets doen, {share} {each}voor {drawn}."
        if dutch
        else f"Draw per customer: {held} do nothing, {share} {each}for {drawn}."
    ]
    return " ".join([*said, *_numbers(plan, words, dutch), *_length(plan, words, dutch)])


def _numbers(plan: Design, words: Words, dutch: bool) -> list[str]:
    if plan.base_rate is None:
        return [
            "Hoeveel klanten is niet te zeggen: er is nog geen slaagkans bekend."
            if dutch
            else "How many customers cannot be told: no rate of success is known yet."
        ]
    held, each = (words.number(plan.customers[place]) for place in (0, 1))
    rate, change = words.percent(plan.base_rate, 1), words.percent(plan.relative_effect)
    return [
        f"Nodig: {held} klanten zonder en {each} per actie, om een verandering van {change} op een slaagkans van "
        f"{rate} te vinden (80% kans, tweezijdig 5%)."
        if dutch
        else f"Needed: {held} customers without and {each} per action, to find a change of {change} in a success rate "
        f"of {rate} (80% power, two-sided 5%)."
    ]


def _length(plan: Design, words: Words, dutch: bool) -> list[str]:
    if plan.weeks is None or plan.decisions_per_week is None:
        return []
    pace, weeks = words.number(plan.decisions_per_week), words.number(plan.weeks)
    said = [
        f"Met {pace} klanten per week zijn dat {weeks} hele weken, weekenden inbegrepen."
        if dutch
        else f"At {pace} customers a week that is {weeks} whole weeks, weekends included."
    ]
    if plan.weeks <= LONGEST_WEEKS:
        return said
    if plan.detectable is None:
        return [
            *said,
            "Dat is te lang en er zijn te weinig klanten voor enig effect: voeg fasen of acties samen."
            if dutch
            else "That is too long, and the customers are too few for any effect: join phases or actions.",
        ]
    least = words.percent(plan.detectable)
    return [
        *said,
        f"Dat is te lang: in {LONGEST_WEEKS} weken is een verandering vanaf {least} te zien. Kies minder acties, een "
        "grotere verandering of meer klanten."
        if dutch
        else f"That is too long: {LONGEST_WEEKS} weeks show a change of {least} or more. Choose fewer actions, a "
        "larger change or more customers.",
    ]
