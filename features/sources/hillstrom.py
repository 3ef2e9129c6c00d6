"""The MineThatData e-mail challenge (Hillstrom 2008): 64,000 customers, a randomised mailing, two weeks of results.

The file has one row per customer, no id, no date and no log of events. What is constructed of it (the rest is as it
stands there; ``conf/sources/hillstrom.yaml`` says the same to who uses it):

- the day of the decision is ``options.decided_on``, for everybody;
- the last purchase lies ``recency`` whole months before, and all money of the past year (``history``) is put there, in
  equal parts over the departments (``mens``, ``womens``) and the channels (Phone, Web; Multichannel is both) bought in;
- who is no ``newbie`` was a customer before the past year: that is ``other``, thirteen months before the decision;
- zip code, channel and newbie are attributes, known when it was decided.

A row is the decision which e-mail a customer got (``none``, ``mens``, ``womens``), drawn with 1/3 each, with a visit or
an order (``options.outcome``) and the spend of the two weeks after. These are in the decision only: on which day they
fell is not known, so no event is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.sources._base import LARGEST_AMOUNT, Declaration
from features.sources._batches import STAGED_DECISIONS, CanonicalBatch
from features.sources._columns import Mask, as_mask, fill_table
from features.sources._copies import PeopleWithoutIds
from features.sources._rows import ExportOptions, RawTable
from features.sources._typed_rows import Rows, Told

ACTIONS = ("none", "mens", "womens")
WORDS = {"No E-Mail": "none", "Mens E-Mail": "mens", "Womens E-Mail": "womens"}
CHANNELS = {"Phone": "phone", "Web": "web", "Multichannel": "both"}
#: Customers were drawn into the three groups with equal chances.
PROPENSITY = 1 / 3
#: Before the past year, for who is not new in it.
EARLIER_MONTHS = 13


class HillstromOptions(ExportOptions):
    """Options of the kind ``hillstrom``: the day that stands for the mailing, and what counts as its success."""

    decided_on: date
    outcome: Literal["visit", "conversion"] = "visit"


class Hillstrom(PeopleWithoutIds):
    """Reads the one table of the challenge, from CSV or Parquet."""

    Options = HillstromOptions
    options: HillstromOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "customers": RawTable(
            needed=(
                "recency", "history", "mens", "womens", "zip_code", "newbie", "channel", "segment", "visit",
                "conversion", "spend",
            ),
            stem="hillstrom",
        )
    }  # fmt: skip

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(("other", "purchase"), ("phone", "web"), ACTIONS)

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of the one table."""
        return {"customers": self._customers}

    def _customers(self, rows: Rows) -> CanonicalBatch:
        decided = pd.Timestamp(self.options.decided_on)
        who = pa.array(rows.event_ids("customer")).cast(pa.string())
        recency = rows.number("recency", required=True, least=1, most=12)
        rows.verdict.reject(
            ~as_mask(pc.equal(pc.floor(recency), recency)), "recency is no whole number of months"
        )
        months = recency.fill_null(1.0).to_numpy().astype(np.int64).clip(1, 12)
        bought = np.array([_before(decided, month) for month in range(13)])[months]
        lines = self._lines(rows, who, pa.array(bought))
        newbie, known = self._flag(rows, "newbie"), pa.array(np.full(rows.rows, _before(decided, 0)))
        earlier = pa.array(np.full(rows.rows, _before(decided, EARLIER_MONTHS)))
        customer = rows.event(who, earlier, "other", what="customer before", where=~newbie)
        told = {
            "zip_code": rows.text("zip_code", required=True),
            "channel": rows.text("channel"),
            "newbie": pa.array(np.where(newbie, "yes", "no")),
        }
        attributes = [rows.attribute(name, values, who, known) for name, values in told.items()]
        decisions = self._decisions(rows, who, known)
        return rows.result(lines[0], extra=[*lines[1:], customer], attributes=attributes, decisions=decisions)

    def _lines(self, rows: Rows, who: pa.Array, bought: pa.Array) -> list[Told]:
        """Put the money of the past year at the last purchase: a line per department and channel bought in."""
        history = rows.number("history", required=True, least=0, most=LARGEST_AMOUNT)
        channel = rows.word("channel", CHANNELS, required=True)
        mens, womens = self._flag(rows, "mens"), self._flag(rows, "womens")
        both_channels = as_mask(pc.equal(channel, "both"))
        both = mens & womens
        department = np.select([mens, womens], ["mens", "womens"], default="neither")
        value = pc.divide(history, pa.array((1.0 + both) * (1.0 + both_channels)))
        first = np.where(as_mask(pc.equal(channel, "web")), "web", "phone")
        everybody = np.ones(rows.rows, np.bool_)
        lines = (
            ("", everybody, department, first),
            ("womens", both, np.full(rows.rows, "womens"), first),
            ("web", both_channels, department, np.full(rows.rows, "web")),
            ("womens web", both & both_channels, np.full(rows.rows, "womens"), np.full(rows.rows, "web")),
        )
        return [
            rows.event(
                who, bought, "purchase", what=what, where=where, value=value,
                category=pa.array(category, pa.string()), channel=pa.array(over, pa.string()),
            )
            for what, where, category, over in lines
        ]  # fmt: skip

    def _decisions(self, rows: Rows, who: pa.Array, decided: pa.Array) -> pa.Table:
        given = {
            "source_id": who,
            "decision_id": rows.event_ids("decision"),
            "decided_us": decided,
            "eligible": list(ACTIONS),
            "action": rows.word("segment", WORDS, required=True),
            "propensity": PROPENSITY,
            "policy": "randomised",
            "explore": True,
            "cost": 0.0,
            "outcome": pa.array(self._flag(rows, self.options.outcome).astype(np.float64)),
            "value": rows.number("spend", required=True, least=0, most=LARGEST_AMOUNT),
        }
        return fill_table(STAGED_DECISIONS, rows.rows, given)

    def _flag(self, rows: Rows, name: str) -> Mask:
        found = rows.flag(name)
        rows.verdict.reject(as_mask(pc.is_null(found)), f"{name} is missing")
        return as_mask(found)


def _before(day: pd.Timestamp, months: int) -> int:
    """Midnight so many calendar months before a day, in microseconds."""
    return int((day - pd.DateOffset(months=months)).value // 1000)


SOURCE = Hillstrom
