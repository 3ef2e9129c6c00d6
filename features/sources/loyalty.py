"""A loyalty programme: who joined, and the points they saved and spent.

What becomes what: a member is a ``subscribe`` of their card when they joined, and links the card and the e-mail
address to the customer number (without one: the address to the card), known from ``linked_at`` on, where that is not
told since they joined; a row of points is ``loyalty_earn`` or ``loyalty_redeem`` with the points as quantity. An export
shows the tier of the day it was made, so the tier is known from ``tier_since`` on, and without that column from the
newest moment in the export on; never before the link.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from features.addresses import hidden
from features.pseudonyms import email_ids, spaced
from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._people import later, unlike
from features.sources._rows import ChannelOptions, Exports, RawTable
from features.sources._typed_rows import Rows

KINDS = {"earn": "loyalty_earn", "redeem": "loyalty_redeem"}
#: Channels that need no translation.
USUAL = ("store", "web", "app")


class LoyaltyOptions(ChannelOptions):
    """Options of the kind ``loyalty``. ``types``: the export's word for a row of points to earn or redeem."""

    types: dict[str, Literal["earn", "redeem"]] = Field(default_factory=dict)


class Loyalty(Exports):
    """Reads the tables ``members`` and ``points``."""

    Options = LoyaltyOptions
    options: LoyaltyOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "members": RawTable(
            needed=("card_number", "joined_at"),
            optional=("customer_id", "email", "linked_at", "tier", "tier_since", "channel", "store"),
            key=("card_number",),
        ),
        "points": RawTable(
            needed=("card_number", "at", "type", "points"),
            optional=("transaction_id", "store", "channel"),
            key=("transaction_id",),
        ),
    }

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(("loyalty_earn", "loyalty_redeem", "subscribe"), self.options.declared(*USUAL))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"members": self._members, "points": self._points}

    def _members(self, rows: Rows) -> CanonicalBatch:
        card = spaced(rows.text("card_number", required=True), "card")
        customer, joined = hidden(rows.text("customer_id"), self.key), rows.moment("joined_at")
        since = rows.moment("tier_since", required=False)
        if not rows.has("tier_since"):
            since = pa.repeat(pa.scalar(self._newest, pa.int64()), rows.rows)
        # No card is anybody's before it was given out.
        linked = later(joined, rows.moment("linked_at", required=False))
        since = pc.if_else(pc.is_valid(since), later(since, linked), since)
        email, who = email_ids(rows.text("email"), self.key), pc.coalesce(customer, card)
        return rows.result(
            rows.event(card, joined, "subscribe", channel=self._channel(rows)),
            attributes=[rows.attribute("loyalty_tier", rows.text("tier"), who, since)],
            links=[rows.link(card, customer, linked), rows.link(unlike(email, who), who, linked)],
        )

    def _points(self, rows: Rows) -> CanonicalBatch:
        card = spaced(rows.text("card_number", required=True), "card")
        words = {**{word: word for word in KINDS}, **self.options.types}
        kinds = rows.word("type", {raw: KINDS[word] for raw, word in words.items()}, required=True)
        # Some programmes write what is spent below zero.
        points = pc.abs(rows.number("points", required=True))
        moment = rows.moment("at")
        return rows.result(rows.event(card, moment, kinds, channel=self._channel(rows), quantity=points))

    def _channel(self, rows: Rows) -> pa.Array:
        """Read where it happened; without a word: in the store that is named, on the web where none is."""
        named = pc.is_valid(rows.text("store"))
        place = pc.if_else(named, "store", "web") if rows.has("store") else "store"
        return pc.coalesce(rows.word("channel", self.options.words(*USUAL), other="other"), place)

    @cached_property
    def _newest(self) -> int | None:
        """The newest moment of the export (never after tomorrow: such rows are rejected)."""
        moments = [
            pc.max(rows.moment(name, required=needed).filter(pa.array(rows.verdict.kept))).as_py()
            for table, name, needed in (
                ("members", "joined_at", True), ("members", "linked_at", False), ("points", "at", True),
            )
            for rows in self.whole(table)
        ]  # fmt: skip
        return max((moment for moment in moments if moment is not None), default=None)


SOURCE = Loyalty
