"""What advertising cost: one row per day, channel and campaign. It says nothing of any customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import pyarrow.compute as pc

from features.contract import CHANNELS, DAY_US
from features.sources._base import LARGEST_AMOUNT, Declaration
from features.sources._batches import STAGED_COSTS, CanonicalBatch
from features.sources._columns import fill_table
from features.sources._rows import ChannelOptions, Exports, RawTable
from features.sources._typed_rows import Rows


class AdCosts(Exports):
    """Reads the table ``costs``."""

    Options = ChannelOptions
    options: ChannelOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "costs": RawTable(needed=("day", "channel", "cost"), optional=("campaign",), role="costs")
    }

    def declaration(self) -> Declaration:
        """Say what the source can produce: no event at all."""
        return Declaration((), ())

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"costs": self._costs}

    def _costs(self, rows: Rows) -> CanonicalBatch:
        day = rows.moment("day", zone="UTC")  # a day is a day, wherever the clock stands
        given = {
            "day_us": pc.multiply(pc.divide(day, DAY_US), DAY_US),
            "channel": rows.word("channel", self.options.words(*CHANNELS), other="other", required=True),
            "campaign": rows.text("campaign"),
            "amount": rows.number("cost", required=True, least=0, most=LARGEST_AMOUNT),
        }
        return rows.result(costs=fill_table(STAGED_COSTS, rows.rows, given))


SOURCE = AdCosts
