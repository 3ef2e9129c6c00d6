"""Cadence: the customer's own rhythm of buying, in whole days between days with an order.

An order of yesterday is one day of silence.

References
----------
Platzer and Reutterer, "Ticking away the moments: timing regularity helps to better predict customer
activity", Marketing Science 35(5), 2016. Burstiness: Goh and Barabasi, EPL 81 (2008) 48002.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope
from features.history import Floats, History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    days = history.orders.by_day
    gap = np.maximum(days.gap, 0.0)
    gaps = np.maximum(days.total() - 1.0, 0.0)
    today = float(history.frame.cutoff_day)
    silence = today - days.nth_last("day", 1, today - history.frame.lookback_days)
    prior, weight = scope.mean_gap_days, scope.mean_gap_weight
    mean = (days.total(gap) + prior * weight) / (gaps + weight)
    away = np.where(days.gap > 0, gap - days.spread(mean), 0.0)
    spread = np.sqrt(ratio(days.total(away * away), gaps))
    yield Measure("gap_mean", mean, "days", "Mean days between orders, drawn to the usual of the source",
                  "Gemiddelde dagen tussen bestellingen, getrokken naar wat gebruikelijk is")  # fmt: skip
    yield Measure("silence_in_gaps", silence / mean, "gaps", "Days since the last order / own mean gap",
                  "Dagen sinds de laatste bestelling / eigen gemiddelde tussentijd")  # fmt: skip
    yield Measure("gap_spread", spread, "days", "Standard deviation of the days between orders",
                  "Standaardafwijking van de dagen tussen bestellingen")  # fmt: skip
    yield Measure("gap_variation", ratio(spread, mean), "ratio", "Spread / mean of the days between orders",
                  "Spreiding / gemiddelde van de dagen tussen bestellingen")  # fmt: skip
    yield Measure("burstiness", ratio(spread - mean, spread + mean), "-1..1",
                  "Burstiness: -1 clockwork, 0 random, 1 bursts",
                  "Grilligheid: -1 klokvast, 0 toevallig, 1 vlagen")  # fmt: skip
    yield Measure("silence_z", (silence - mean) / (spread + 0.5 * mean), "spreads",
                  "Days overdue in own spreads", "Dagen te laat, in eigen spreidingen")  # fmt: skip
    yield from _recent(days, silence, mean)
    yield from _survival(days, silence, gaps)
    yield Measure("order_rate", days.total() / np.maximum(days.first_days(), 7.0), "days per day",
                  "Order days per day since the first order (at least a week)",
                  "Besteldagen per dag sinds de eerste bestelling (minstens een week)")  # fmt: skip


def _recent(days: History, silence: Floats, mean: Floats) -> Iterator[Measure]:
    top = days.top(np.maximum(days.gap, 0.0))
    last = days.nth_last("day", 1, 0.0)
    gap_1 = np.where(days.total() >= 2, last - days.nth_last("day", 2, 0.0), mean)
    gap_3 = np.where(days.total() >= 4, (last - days.nth_last("day", 4, 0.0)) / 3.0, mean)
    yield Measure("gap_last", gap_1, "days", "Days between the last two orders",
                  "Dagen tussen de laatste twee bestellingen")  # fmt: skip
    yield Measure("gap_last_3", gap_3, "days", "Mean of the last three gaps",
                  "Gemiddelde van de laatste drie tussentijden")  # fmt: skip
    yield Measure("slowing", gap_3 / mean, "ratio", "Last three gaps / own mean gap (above 1: slowing down)",
                  "Laatste drie tussentijden / eigen gemiddelde (boven 1: vertraagt)")  # fmt: skip
    yield Measure("silence_in_last_gaps", silence / np.maximum(gap_3, 1.0), "gaps",
                  "Days since the last order / mean of the last three gaps",
                  "Dagen sinds de laatste bestelling / laatste drie tussentijden")  # fmt: skip
    yield Measure("silence_in_top_gap", silence / np.maximum(np.maximum(top, mean), 1.0), "ratio",
                  "Days since the last order / longest gap so far",
                  "Dagen sinds de laatste bestelling / langste tussentijd tot nu toe")  # fmt: skip


def _survival(days: History, silence: Floats, gaps: Floats) -> Iterator[Measure]:
    own = days.spread(silence)
    longer = days.total((days.gap > own).astype(np.float64))
    yield Measure("longer_gaps", (longer + 0.5) / (gaps + 1.0), "share",
                  "Share of own gaps that were longer than the present silence",
                  "Aandeel eigen tussentijden langer dan de huidige stilte")  # fmt: skip
    for ahead in (7, 28):
        soon = days.total(((days.gap > own) & (days.gap <= own + ahead)).astype(np.float64))
        yield Measure(f"ends_within_{ahead}", (soon + 0.5) / (longer + 1.0), "share",
                      f"Of own gaps this long: share that ended within {ahead} days",
                      f"Van eigen tussentijden van deze lengte: deel dat eindigde "
                      f"binnen {ahead} dagen")  # fmt: skip


FAMILY = Family(_measures, needs=("purchase",))
