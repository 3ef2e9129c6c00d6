"""The phase of each customer at a cutoff, from the evidence rules of a journey (conf/journeys).

The open phase with the highest priority wins; with none open the customer is ``dormant``.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.contract import BEHAVIOUR
from features.families._base import Scope
from features.history import Floats, History, Ints, Mask
from features.settings import Evidence, JourneySettings
from features.timeline import EARLIEST, Timeline

#: How far and how finely the time in a phase is walked back.
WALK_STEP_DAYS = 7
WALK_STEPS = 13


class Timelines:
    """The timelines of one history, each made when it is first asked for."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._made: dict[tuple[tuple[str, ...], tuple[str, ...]], Timeline] = {}

    @cached_property
    def order_days(self) -> Timeline:
        """Days with an order, each once."""
        return Timeline(self._history.orders.by_day)

    def of(self, kinds: tuple[str, ...], channels: tuple[str, ...]) -> Timeline:
        """Events of these kinds (none named: any behaviour) and channels; the lines of one order are one."""
        key = (kinds, channels)
        if key not in self._made:
            chosen = self._history.only(kinds=kinds or BEHAVIOUR, channels=channels)
            self._made[key] = Timeline(chosen.moments if "purchase" in kinds else chosen)
        return self._made[key]


class Evidences:
    """What a journey's rules ask about, answerable for the cutoff and for any earlier day.

    Parameters
    ----------
    history : History
        Everything known at the cutoff.
    journey : JourneySettings
        The rules.
    scope : Scope
        Kinds the source can produce, and the usual gap between orders.
    timelines : Timelines, optional
        Of the same history; shared by several journeys, so that each is made once.
    """

    def __init__(
        self, history: History, journey: JourneySettings, scope: Scope, timelines: Timelines | None = None
    ) -> None:
        self._history = history
        self._journey = journey
        self._scope = scope
        self._timelines = timelines or Timelines(history)
        self._silences: dict[int, tuple[Floats, Floats]] = {}

    def silence(self, day: int) -> tuple[Floats, Floats]:
        """Days from the last order to a day (infinite without an order), and the own mean gap (days)."""
        if day not in self._silences:
            orders = self._timelines.order_days
            number = orders.count(EARLIEST, day)
            last, first = orders.last(day, 0), orders.first(day, 0)
            weight = self._scope.mean_gap_weight
            mean = (last - first + self._scope.mean_gap_days * weight) / (np.maximum(number - 1, 0) + weight)
            self._silences[day] = (np.where(number > 0, day - last, np.inf), mean)
        return self._silences[day]

    def holds(self, rule: Evidence, day: int) -> Mask:
        """Tell for which customers every condition of a rule held at the start of a day."""
        since: int | Ints = EARLIEST if rule.within_days is None else day - rule.within_days
        if rule.since_last_order:
            since = np.maximum(since, self._timelines.order_days.last(day, EARLIEST) + 1)
        count = self._timelines.of(rule.kinds, rule.channels).count(since, day)
        held = count >= rule.at_least
        if rule.at_most is not None:
            held &= count <= rule.at_most
        silence, mean = self.silence(day)
        held &= _within(silence / mean, rule.rhythm_at_least, rule.rhythm_at_most)
        held &= _within(silence / self._scope.mean_gap_days, rule.usual_at_least, rule.usual_at_most)
        if rule.pace_at_least is not None:
            held &= np.isfinite(silence) & (self._scope.mean_gap_days >= rule.pace_at_least * mean)
        if rule.ordered is not None:
            held &= np.isfinite(silence) == rule.ordered
        if rule.new_within_days is not None:
            held &= self._timelines.of((), ()).first(day, EARLIEST) >= day - rule.new_within_days
        return held

    def phase(self, day: int) -> Ints:
        """Place in ``journey.phase_keys`` of each customer's phase at the start of a day."""
        phases = self._journey.phases
        place = np.full(self._history.frame.customers, len(phases), dtype=np.int64)
        for index in sorted(range(len(phases)), key=lambda i: phases[i].priority):
            opened = np.zeros(len(place), dtype=np.bool_)
            for rule in filter(self._speaks, phases[index].evidence):
                opened |= self.holds(rule, day)
            place[opened] = index
        return place

    def _speaks(self, rule: Evidence) -> bool:
        """Tell whether a rule can hold for anybody, given what the source can produce."""
        declared = set(self._scope.kinds)
        possible = not rule.kinds or rule.at_least == 0 or declared & set(rule.kinds)
        return bool(possible) and not declared & set(rule.where_source_lacks)


def phases_at(
    history: History, journey: JourneySettings, scope: Scope, timelines: Timelines | None = None
) -> tuple[Ints, Floats]:
    """Phase of each customer at the cutoff, and for how long it has been that.

    Parameters
    ----------
    history : History
        Everything known at the cutoff, one row per customer of the batch.
    journey : JourneySettings
        The rules.
    scope : Scope
        Kinds the source can produce, and the usual gap between orders.
    timelines : Timelines, optional
        Of the same history, where several journeys are judged.

    Returns
    -------
    tuple of arrays, one value per customer
        Place in ``journey.phase_keys``, and days in that phase. The days are found by judging the same rules
        seven days earlier, and again, on the same rows as known at the cutoff: so in steps of 7 days, at
        most 91; 0 means the phase was entered in the last seven days.
    """
    walk = phase_walk(history, journey, scope, timelines)
    # Before a customer's first event there is no phase to be in: -1 is never the phase of now.
    same = np.logical_and.accumulate(walk[1:] == walk[0], axis=0)
    return walk[0].astype(np.int64), same.sum(axis=0) * float(WALK_STEP_DAYS)


def phase_walk(
    history: History, journey: JourneySettings, scope: Scope, timelines: Timelines | None = None
) -> NDArray[np.int8]:
    """Walk back from the cutoff in steps of seven days, judging the phase at each.

    Parameters
    ----------
    history, journey, scope, timelines
        As for ``phases_at``.

    Returns
    -------
    array of int8, shape (``WALK_STEPS`` + 1, customers)
        Place in ``journey.phase_keys``, now first; -1 where the customer had no event yet. Judged on the same
        rows as known at the cutoff.
    """
    key = f"phase_walk of {journey.name}"
    if not isinstance(walk := history.memo.get(key), np.ndarray):
        evidences = Evidences(history, journey, scope, timelines)
        today = history.frame.cutoff_day
        known_since = Timeline(history).first(today, today)
        walk = np.full((WALK_STEPS + 1, history.frame.customers), -1, dtype=np.int8)
        walk[0] = evidences.phase(today)
        for step in range(1, WALK_STEPS + 1):
            earlier = today - step * WALK_STEP_DAYS
            walk[step] = np.where(known_since < earlier, evidences.phase(earlier), -1)
        history.memo[key] = walk
    return walk


def _within(silence: Floats, at_least: float | None, at_most: float | None) -> Mask:
    """Tell which silences lie in ``[at_least, at_most]``; a bound asks for an order."""
    if at_least is None and at_most is None:
        return np.ones(len(silence), dtype=np.bool_)
    floor = 0.0 if at_least is None else at_least
    ceiling = np.inf if at_most is None else at_most
    return (silence >= floor) & (silence <= ceiling) & np.isfinite(silence)
