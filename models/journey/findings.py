"""Pains and chances of a phase: rules on the numbers that only speak when the intervals do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from features.journey.scopes import ALL
from features.settings import DORMANT
from models.journey.drop_off import direct, drop_off, elsewhere, lost_within, silent_later
from models.journey.dwell import dwell
from models.journey.facts import Facts, Found
from models.journey.kpis import registered
from models.journey.loyalty_loop import median_days
from models.journey.report_data import Finding, PhaseData
from models.journey.transitions import transition

#: Below this number of cases nothing is said.
ENOUGH = 30
#: A ticket that waits longer than this on average is a pain, whatever the other phases do.
PATIENCE_HOURS = 24.0
#: Shares that differ by less are not worth telling, however clear.
POINTS = 0.02
#: A channel that starts (closes) a smaller share of the orders than this has no role worth telling.
ROLE_SHARE = 0.05
#: A channel that starts (closes) so many times as many orders as it closes (starts) has a role of its own.
CLEARLY = 1.5
#: Ratios the rules ask of the kernel beside those of the KPIs: per customer and week.
PAIRS = (("stays_lost", "stays_ended"), ("stays_advanced", "stays_ended"))

#: KPIs that are a pain (or a chance) where they are clearly worse (better) than over all phases: figure name.
PAIN_KPIS = {"bounce_rate": "share", "return_rate": "share", "nps": "points", "sentiment": "tone",
             "satisfaction": "share"}  # fmt: skip
CHANCE_KPIS = {"conversion": "share", "nps": "points", "sentiment": "tone", "email_click_rate": "share",
               "basket_rate": "share"}  # fmt: skip


def pains(facts: Facts, phase: PhaseData) -> list[Finding]:
    """Give what hurts in a phase, the heaviest first."""
    rules = (_drop, _abandoned, _waiting, _tickets, _slow, _worse)
    return _ordered(facts, phase, rules)


def chances(facts: Facts, phase: PhaseData) -> list[Finding]:
    """Give what can be built on in a phase, the heaviest first."""
    rules = (_advance, _loop, _starter, _closer, _return, _better)
    return _ordered(facts, phase, rules)


Rule = Callable[[Facts, PhaseData], Iterator[Finding]]


def _ordered(facts: Facts, phase: PhaseData, rules: tuple[Rule, ...]) -> list[Finding]:
    found = [finding for rule in rules for finding in rule(facts, phase)]
    return sorted(found, key=lambda one: (-one["weight"], one["key"]))


def _finding(key: str, weight: float, **figures: str | float | int | None) -> Finding:
    kept = {name: value for name, value in figures.items() if value is not None}
    short = {name: float(f"{v:.6g}") if isinstance(v, float) else v for name, v in kept.items()}
    return {"key": key, "weight": float(f"{min(weight, 9.0):.3g}"), "figures": short}


def _measured(facts: Facts, key: str, scope: str) -> Found | None:
    """Measure a KPI, or None where it cannot be or rests on too little."""
    kpi = registered()[key]
    if kpi.missing(facts.plan.kinds):
        return None
    found = kpi.compute(facts, scope)
    return found if found.n >= ENOUGH and math.isfinite(found.low) else None


def _apart(value: float, other: float) -> float:
    """How far apart two numbers are, as a multiple of the other; weights are only used to order."""
    return abs(value - other) / max(abs(other), 0.05)


def _drop(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak where clearly more fall silent than elsewhere: eight weeks ahead, or as stays end in a shorter log."""
    key = phase["key"]
    if key == DORMANT:
        return
    ahead = lost_within(facts, key)
    share = silent_later if ahead and ahead["n"] >= ENOUGH else direct
    found, others = share(facts, key), elsewhere(facts, key, share)
    if not (found.n >= ENOUGH and others.n >= ENOUGH and found.low > others.high):
        return
    told = drop_off(facts, key)
    last = told["last_touches"][0] if told and told["last_touches"] else None
    name, figures = "drop_off", {}
    if share is silent_later and ahead:
        name, figures = "lost_within", {"horizon_days": ahead["days"]}
    yield _finding(
        f"{name}_last" if last else name, _apart(found.value, others.value),
        drop_share=found.value, other_share=others.value, last_kind=last["kind"] if last else None,
        last_channel=(last["channel"] or "other") if last else None, **figures,
    )  # fmt: skip


def _abandoned(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak in the phase with most abandoned baskets, if more than half are."""
    keys = facts.plan.journey.phase_keys
    most = max(keys, key=lambda key: (facts.total("carts_abandoned", key), -keys.index(key)))
    found = _measured(facts, "abandoned_baskets", phase["key"])
    if found and most == phase["key"] and found.low > 0.5:
        lost = round(facts.total("carts_abandoned", phase["key"]))
        yield _finding("abandoned", found.value / 0.5, abandoned_share=found.value, carts=lost)


def _waiting(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    found, whole = _measured(facts, "waiting_time", phase["key"]), _measured(facts, "waiting_time", ALL)
    if found and whole and (found.low > PATIENCE_HOURS or found.low > whole.high):
        yield _finding(
            "waiting", _apart(found.value, PATIENCE_HOURS), waiting_hours=found.value, tickets=found.n
        )


def _tickets(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    pair = ("tickets", "customer_weeks")
    found, whole = (facts.ratio(*pair, scope=key, share=False) for key in (phase["key"], ALL))
    if facts.total("tickets", phase["key"]) >= ENOUGH and found.low > whole.high:
        yield _finding("tickets", _apart(100 * found.value, 100 * whole.value), tickets_rate=100 * found.value,
                       all_rate=100 * whole.value)  # fmt: skip


def _slow(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak where a buyer phase takes clearly longer than every other buyer phase."""
    journey = facts.plan.journey
    buyers = [place for place, one in enumerate(journey.phases) if one.part == "buyer"]
    own = journey.phase_keys.index(phase["key"])
    if own not in buyers or len(buyers) < 2:
        return
    mine = phase["dwell"]
    others = [dwell(facts, place) for place in buyers if place != own]
    highs = [one["high"] for one in others]
    medians = [one["median"] for one in others if one["median"] is not None]
    if mine["n"] < ENOUGH or mine["low"] is None or mine["median"] is None or not medians or None in highs:
        return
    if mine["low"] > max(high for high in highs if high is not None):
        yield _finding("slow", _apart(mine["median"], max(medians)), median_days=mine["median"],
                       other_days=max(medians))  # fmt: skip


def _worse(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    yield from _beside_all(facts, phase, PAIN_KPIS, worse=True)


def _better(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    yield from _beside_all(facts, phase, CHANCE_KPIS, worse=False)


def _beside_all(facts: Facts, phase: PhaseData, keys: dict[str, str], worse: bool) -> Iterator[Finding]:
    for key, unit in keys.items():
        found, whole = _measured(facts, key, phase["key"]), _measured(facts, key, ALL)
        if not found or not whole or (unit == "share" and abs(found.value - whole.value) < POINTS):
            continue
        above = (registered()[key].better == "higher") != worse
        if found.low > whole.high if above else found.high < whole.low:
            figures = {f"own_{unit}": found.value, f"all_{unit}": whole.value}
            side = "worse" if worse else "better"
            yield _finding(f"{key}_{side}", _apart(found.value, whole.value), **figures, n=found.n)


def _advance(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak in the phase from which customers clearly most often move further."""
    pair, keys = ("stays_advanced", "stays_ended"), facts.plan.journey.phase_keys
    found = facts.ratio(*pair, scope=phase["key"])
    others = [facts.ratio(*pair, scope=key) for key in keys if key not in (phase["key"], DORMANT)]
    known = [one for one in others if one.n >= ENOUGH]
    if phase["key"] == DORMANT or found.n < ENOUGH or not known:
        return
    if found.low > max(one.high for one in known):
        place = keys.index(phase["key"])
        # The phase most of those who advance go to.
        to = max(keys[place + 1 : -1], key=lambda key: transition(facts, "weekly", phase["key"], key).value)
        yield _finding("advance", found.value, advance_share=found.value, to_phase=to)


def _loop(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak in the phase whose orders are most often followed by a look around and another order."""
    pair, keys = ("loop_looped", "loop_orders"), facts.plan.journey.phase_keys[:-1]
    shares = {key: facts.ratio(*pair, scope=key) for key in keys}
    enough = {key: one for key, one in shares.items() if one.n >= ENOUGH}
    best = max(enough, key=lambda key: enough[key].value, default=None)
    found, whole = shares.get(phase["key"]), facts.ratio(*pair)
    if found and best == phase["key"] and found.low > whole.high:
        yield _finding("loop", _apart(found.value, whole.value), looped_share=found.value,
                       all_share=whole.value, loop_days=median_days(facts))  # fmt: skip


def _starter(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak in the first phase: the channel that starts far more journeys than it closes."""
    if phase["key"] == facts.plan.journey.phase_keys[0]:
        yield from _role(facts, "starter", "closer")


def _closer(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak in the last phase of the buyer: the channel that closes far more orders than it starts."""
    buyers = [one.key for one in facts.plan.journey.phases if one.part == "buyer"]
    if buyers and phase["key"] == buyers[-1]:
        yield from _role(facts, "closer", "starter")


def _role(facts: Facts, much: str, little: str) -> Iterator[Finding]:
    from models.journey.channels import channel_roles

    told = channel_roles(facts)
    best: tuple[float, str, float, float] | None = None
    for one in told["channels"] if told else ():
        shares = {"starter": one["starter_share"], "closer": one["closer_share"]}
        many, few = shares[much], shares[little]
        if one["orders"] < ENOUGH or many["low"] is None or few["high"] is None:
            continue
        high, low = many["value"] or 0.0, few["value"] or 0.0
        if (
            high >= ROLE_SHARE
            and high - low >= POINTS
            and many["low"] > CLEARLY * few["high"]
            and (best is None or high - low > best[0])
        ):
            best = (high - low, one["channel"], high, low)
    if best:
        shares_told = {f"{much}_share": best[2], f"{little}_share": best[3]}
        yield _finding(much, _apart(best[2], best[3]), own_channel=best[1], **shares_told)


def _return(facts: Facts, phase: PhaseData) -> Iterator[Finding]:
    """Speak for the dormant: how many wake up within four weeks, and where they turn up."""
    if phase["key"] != DORMANT:
        return
    ways = {key: transition(facts, "four_weekly", DORMANT, key) for key in facts.plan.journey.phase_keys[:-1]}
    back = sum(one.value * one.n for one in ways.values() if one.n)
    n = max(one.n for one in ways.values())
    if back >= ENOUGH:
        to = max(ways, key=lambda key: ways[key].value)
        yield _finding("return", back / n, return_share=back / n, to_phase=to)
