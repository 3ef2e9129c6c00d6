"""Pace of the last 7 days against the last 30, per kind, per channel and in all."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.features.task import CHANNELS8, KINDS15
from features.families._base import Family, Measure, Scope
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    week, month = (history.frame.windows_days.index(days) for days in (7, 30))
    kinds = history.count(by=history.by_kind(KINDS15))
    channels = history.count(by=history.by_channel(CHANNELS8))
    for word, nested in zip((*KINDS15, *CHANNELS8, "all"), (*kinds, *channels, history.count()), strict=True):
        yield Measure(word, ratio(nested[week] / 7.0, nested[month] / 30.0), "ratio",
                      f"{word}: 7 days / 30 days", f"{word}: 7 dagen / 30 dagen")  # fmt: skip


FAMILY = Family(_measures)
