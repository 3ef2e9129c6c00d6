"""The tills of the shops: receipt lines of customers who showed their loyalty card.

What becomes what: a line is a ``purchase`` in the store, or with an amount below zero a ``return``; the receipt is the
session. Whose receipt it is only a card tells: lines without one are quarantined and counted, they belong to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.fingerprint import fingerprint
from features.pseudonyms import spaced
from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._columns import as_mask
from features.sources._rows import ExportOptions, Exports, RawTable
from features.sources._typed_rows import Rows


class PointOfSale(Exports):
    """Reads the table ``receipts``."""

    Options = ExportOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "receipts": RawTable(
            needed=("receipt_id", "at", "card_number", "amount"),
            optional=("line_no", "store", "category", "quantity"),
            key=("store", "receipt_id", "line_no"),
        )
    }

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(("purchase", "return"), ("store",))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"receipts": self._receipts}

    def _receipts(self, rows: Rows) -> CanonicalBatch:
        card, receipt = rows.text("card_number"), rows.text("receipt_id", required=True)
        rows.verdict.reject(as_mask(pc.is_null(card)), "receipt without a card belongs to nobody")
        moment, amount = rows.moment("at"), rows.number("amount", required=True)
        kind = np.where(as_mask(pc.less(amount, 0.0)), "return", "purchase")
        # Receipt numbers start anew in every store.
        basket = fingerprint({"store": rows.text("store"), "receipt": receipt})
        sold = rows.event(
            spaced(card, "card"), moment, pa.array(kind), channel="store", session_id=basket,
            category=rows.text("category"), value=amount, quantity=pc.abs(rows.number("quantity")),
        )  # fmt: skip
        return rows.result(sold)


SOURCE = PointOfSale
