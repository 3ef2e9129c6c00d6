"""Journey, the slow way: a sceptic's own reading of the evidence rules, week by week."""

from __future__ import annotations

from itertools import groupby, pairwise

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.settings import Evidence, JourneySettings
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer."""
    journey = scope.journey
    assert journey is not None
    today = frame.cutoff_us // DAY_US
    first = min((_day(row) for row in mine), default=today)
    # Oldest week first; the present is always judged.
    walk = [_phase(mine, journey, scope, day) for day in range(today - 91, today, 7) if first < day]
    walk.append(_phase(mine, journey, scope, today))
    runs = [(phase, len(list(weeks))) for phase, weeks in groupby(walk)]
    order = ["dormant", *(phase.key for phase in journey.phases)]
    steps = [
        1 if order.index(after) > order.index(before) else -1 for (before, _), (after, _) in pairwise(runs)
    ]
    return {f"share_{key}": walk.count(key) / len(walk) for key in order} | {
        "phases_visited": len(set(walk)),
        "changes": len(runs) - 1,
        "re_entries": sum(phase in [one for one, _ in runs[:place]] for place, (phase, _) in enumerate(runs)),
        "advance": sum(steps),
        "last_direction": steps[-1] if steps else 0,
        "weeks_in_phase_before": runs[-2][1] if len(runs) > 1 else 0,
    }


def _phase(mine: list[Row], journey: JourneySettings, scope: Scope, day: int) -> str:
    before = [row for row in mine if _day(row) < day]
    opened = [
        phase
        for phase in journey.phases
        if any(_speaks(rule, scope) and _holds(rule, before, scope, day) for rule in phase.evidence)
    ]
    return max(opened, key=lambda phase: phase.priority).key if opened else "dormant"


def _speaks(rule: Evidence, scope: Scope) -> bool:
    if any(kind in scope.kinds for kind in rule.where_source_lacks):
        return False
    return not rule.kinds or rule.at_least == 0 or any(kind in scope.kinds for kind in rule.kinds)


def _holds(rule: Evidence, before: list[Row], scope: Scope, day: int) -> bool:
    days = sorted({_day(row) for row in before if row.kind == "purchase"})
    since = 0 if rule.within_days is None else day - rule.within_days
    if rule.since_last_order and days:
        since = max(since, days[-1] + 1)
    chosen = [
        row
        for row in before
        if row.kind in (rule.kinds or BEHAVIOUR)
        and (not rule.channels or row.channel in rule.channels)
        and _day(row) >= since
    ]
    # Where orders count, what happened at one moment counts once.
    number = len({row.occurred_us for row in chosen}) if "purchase" in rule.kinds else len(chosen)
    if number < rule.at_least or (rule.at_most is not None and number > rule.at_most):
        return False
    rhythm = (rule.rhythm_at_least, rule.rhythm_at_most, rule.usual_at_least, rule.usual_at_most)
    if not days:
        asked = any(bound is not None for bound in (*rhythm, rule.pace_at_least))
        return not asked and rule.ordered is not True and _new(rule, before, day)
    gaps = len(days) - 1 + scope.mean_gap_weight
    mean = (days[-1] - days[0] + scope.mean_gap_days * scope.mean_gap_weight) / gaps
    silence = day - days[-1]
    return (
        (rule.rhythm_at_least is None or silence / mean >= rule.rhythm_at_least)
        and (rule.rhythm_at_most is None or silence / mean <= rule.rhythm_at_most)
        and (rule.usual_at_least is None or silence / scope.mean_gap_days >= rule.usual_at_least)
        and (rule.usual_at_most is None or silence / scope.mean_gap_days <= rule.usual_at_most)
        and (rule.pace_at_least is None or scope.mean_gap_days >= rule.pace_at_least * mean)
        and rule.ordered is not False
        and _new(rule, before, day)
    )


def _new(rule: Evidence, before: list[Row], day: int) -> bool:
    if rule.new_within_days is None:
        return True
    done = [_day(row) for row in before if row.kind in BEHAVIOUR]
    return bool(done) and min(done) >= day - rule.new_within_days


def _day(row: Row) -> int:
    return row.occurred_us // DAY_US
