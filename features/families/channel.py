"""Channel: where the customer does things, and how that changes. Says nothing of a single declared channel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import Floats, Groups, History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    if len(scope.channels) < 2:
        return
    known = history.only(kinds=scope.behaviour, channels=scope.channels)
    by = known.by_channel(scope.channels)
    here, since = known.total(by=by), known.last_days_by(by)
    total = history.only(kinds=scope.behaviour).total()
    for channel, events, days in zip(scope.channels, here, since, strict=True):
        yield Measure(f"{channel}_share", ratio(events, total), "share",
                      f"Share of the customer's events in channel {channel}",
                      f"Aandeel van de gebeurtenissen in kanaal {channel}")  # fmt: skip
        yield Measure(f"{channel}_recency", days, "days",
                      f"Days since the customer last used channel {channel}",
                      f"Dagen sinds laatste gebruik van kanaal {channel}")  # fmt: skip
    yield Measure("used", (here > 0).sum(axis=0).astype(np.float64), "channels",
                  "Number of channels the customer used", "Aantal gebruikte kanalen")  # fmt: skip
    yield from _mix(known, scope, here)
    yield from _changes(known, by, here)


def _mix(known: History, scope: Scope, here: Floats) -> Iterator[Measure]:
    days = known.frame.windows_days[:2][-1]
    day = known.column("day").astype(np.int64, copy=False)
    short = known.where(day >= known.frame.cutoff_day - days)
    recent = short.total(by=short.by_channel(scope.channels))
    # Whole numbers until the last division: their sums over channels are exact in any order.
    total, lately = here.sum(axis=0), recent.sum(axis=0)
    usual = np.take_along_axis(recent, here.argmax(axis=0)[None], axis=0)[0]
    apart = np.abs(recent * total - here * lately).sum(axis=0)
    yield Measure("concentration", ratio((here * here).sum(axis=0), total * total), "0..1",
                  "Herfindahl concentration of events over channels",
                  "Herfindahl-concentratie van gebeurtenissen over kanalen")  # fmt: skip
    yield Measure("main_changed", (usual < recent.max(axis=0)).astype(np.float64), "0 or 1",
                  f"1 if the main channel of the last {days} days is another than usual",
                  f"1 als het hoofdkanaal van de laatste {days} dagen een ander is dan gewoonlijk"
                  )  # fmt: skip
    yield Measure("mix_shift", ratio(apart, 2.0 * total * (lately + 1.0)), "0..1",
                  f"Distance of the channels of the last {days} days to the usual ones, drawn to 0",
                  f"Afstand van de kanalen van de laatste {days} dagen tot de gebruikelijke, "
                  "getrokken naar 0")  # fmt: skip


def _changes(known: History, by: Groups, here: Floats) -> Iterator[Measure]:
    row, day, channel = known.row, known.column("day"), by.code
    later = row[1:] == row[:-1]
    new_day, switched = later & (day[1:] != day[:-1]), later & (channel[1:] != channel[:-1])
    for name, steps, en, nl in (
        ("switch_share", later, "events in another channel than the event before",
         "gebeurtenissen in een ander kanaal dan de vorige"),
        ("day_switch_share", new_day, "active days begun in another channel than the one before ended in",
         "actieve dagen begonnen in een ander kanaal dan waar de vorige eindigde"),
    ):  # fmt: skip
        share = (known.per_row(row[1:][switched & steps]) + 0.1) / (known.per_row(row[1:][steps]) + 1.0)
        yield Measure(name, share, "share", f"Share of {en}, drawn to 0.1",
                      f"Aandeel {nl}, getrokken naar 0,1")  # fmt: skip
    first, last = np.zeros((2, known.frame.customers), dtype=np.int64)
    # Sorted by time: the last write wins, and backwards that is the first event.
    first[row[::-1]], last[row] = channel[::-1], channel
    yield Measure("last_is_first", (first == last).astype(np.float64), "0 or 1",
                  "1 if the last event was in the channel of the first (or there is none)",
                  "1 als de laatste gebeurtenis in het kanaal van de eerste was (of er geen is)")  # fmt: skip
    of_last = np.take_along_axis(here, last[None], axis=0)[0]
    yield Measure("last_share", ratio(of_last, here.sum(axis=0)), "share",
                  "Share of the customer's events in the channel of the last one",
                  "Aandeel gebeurtenissen in het kanaal van de laatste")  # fmt: skip


FAMILY = Family(_measures)
