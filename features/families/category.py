"""Category: how broad the customer buys, how much comes back, how much is new."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.families._base import Family, Measure, Scope, windowed
from features.history import History, ratio


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    bought = history.only(kinds=("purchase",))
    breadth, new = bought.distinct("category"), bought.first_seen("category")
    yield from windowed("breadth", breadth, history, "categories",
                        "Different categories bought in the last {days} days",
                        "Verschillende categorieën gekocht in de laatste {days} dagen")  # fmt: skip
    yield from windowed("new_share", ratio(new, breadth), history, "share",
                        "Share of the categories of the last {days} days never bought before them",
                        "Aandeel nieuwe categorieën binnen de laatste {days} dagen")  # fmt: skip
    row, counts = bought.pair_counts("category")
    total, kinds = history.per_row(row, counts), history.per_row(row)
    top = np.zeros(len(total))
    np.maximum.at(top, row, counts)
    yield Measure("concentration", ratio(history.per_row(row, counts * counts), total * total), "0..1",
                  "Herfindahl concentration of lines over categories",
                  "Herfindahl-concentratie van bestelregels over categorieën")  # fmt: skip
    yield Measure("top_share", ratio(top, total), "share", "Share of lines in the favourite category",
                  "Aandeel bestelregels in de favoriete categorie")  # fmt: skip
    yield Measure("repeat_share", ratio(total - kinds, total), "share",
                  "Share of lines that repeat a category bought before",
                  "Aandeel bestelregels in een eerder gekochte categorie")  # fmt: skip


FAMILY = Family(_measures, needs=("purchase",))
