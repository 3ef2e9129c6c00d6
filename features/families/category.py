"""Category: how broad the customer buys, how much comes back, how much is new, and the favourite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import Floats, History, Ints, Mask, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    bought = history.only(kinds=("purchase",))
    breadth, new = bought.distinct("category"), bought.first_seen("category")
    yield from windowed("breadth", breadth, history, "categories",
                        "Different categories bought in the last {days} days",
                        "Verschillende categorieën gekocht in de laatste {days} dagen")  # fmt: skip
    yield from windowed("new_share", ratio(new, breadth), history, "share",
                        "Share of the categories of the last {days} days never bought before them",
                        "Aandeel nieuwe categorieën binnen de laatste {days} dagen",
                        scope.kind_windows_days)  # fmt: skip
    row, counts, newest = _per_category(bought)
    total, kinds = history.per_row(row, counts), history.per_row(row)
    favourite = bought.where(_of_favourite(bought, row, counts, newest))
    yield Measure("concentration", ratio(history.per_row(row, counts * counts), total * total), "0..1",
                  "Herfindahl concentration of lines over categories",
                  "Herfindahl-concentratie van bestelregels over categorieën")  # fmt: skip
    yield Measure("top_share", ratio(favourite.total(), total), "share",
                  "Share of lines in the favourite category",
                  "Aandeel bestelregels in de favoriete categorie")  # fmt: skip
    yield Measure("repeat_share", ratio(total - kinds, total), "share",
                  "Share of lines that repeat a category bought before",
                  "Aandeel bestelregels in een eerder gekochte categorie")  # fmt: skip
    yield from _favourite(history, bought, favourite, scope)


def _favourite(history: History, bought: History, favourite: History, scope: Scope) -> Iterator[Measure]:
    yield Measure("top_recency", favourite.last_days(), "days",
                  "Days since the favourite category was last bought",
                  "Dagen sinds de favoriete categorie voor het laatst gekocht is")  # fmt: skip
    days = favourite.by_day
    today = float(history.frame.cutoff_day)
    silence = today - days.nth_last("day", 1, today - history.frame.lookback_days)
    gap = days.total(np.maximum(days.gap, 0.0)) + scope.mean_gap_days * scope.mean_gap_weight
    gap_mean = gap / (np.maximum(days.total() - 1.0, 0.0) + scope.mean_gap_weight)
    yield Measure("top_silence_in_gaps", silence / gap_mean, "gaps",
                  "Days since the favourite category / own mean days between buying it",
                  "Dagen sinds de favoriete categorie / eigen gemiddelde tussentijd daarvan")  # fmt: skip
    newest = history.orders.nth_last("occurred_us", 1, -1.0).astype(np.int64)
    last, of_it = (lines.per_row(lines.row[lines.column("occurred_us") == newest[lines.row]])
                   for lines in (bought, favourite))  # fmt: skip
    yield Measure("top_share_last", ratio(of_it, last), "share",
                  "Share of the lines of the last order in the favourite category",
                  "Aandeel regels van de laatste bestelling in de favoriete categorie")  # fmt: skip


def _per_category(bought: History) -> tuple[Ints, Floats, Ints]:
    """Give customer row, number of lines and last line of each customer and category."""
    code = bought.column("category").astype(np.int64, copy=False)
    place = np.flatnonzero(code >= 0)
    coded = code[place]
    counts = np.bincount(coded)
    newest = np.zeros(len(counts), dtype=np.int64)
    # Sorted by time: the last write wins.
    newest[coded] = place
    pairs = np.flatnonzero(counts)
    newest = newest[pairs]
    return bought.row[newest], counts[pairs].astype(np.float64), newest


def _of_favourite(bought: History, row: Ints, counts: Floats, newest: Ints) -> Mask:
    """Tell which lines are of the category with most lines; of equals, of the one bought last."""
    most = np.zeros(bought.frame.customers)
    np.maximum.at(most, row, counts)
    tops = counts == most[row]
    # Two categories of one order are told apart by their last line.
    line = np.full(bought.frame.customers, -1, dtype=np.int64)
    np.maximum.at(line, row[tops], newest[tops])
    code = bought.column("category").astype(np.int64, copy=False)
    # One code more, for who bought nothing that has a category: no line is of it.
    favourite: Mask = code == np.append(code, -2)[line][bought.row]
    return favourite


FAMILY = Family(_measures, needs=("purchase",))
