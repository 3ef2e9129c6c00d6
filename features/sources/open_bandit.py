"""Open Bandit (ZOZOTOWN): which garment was shown on a page, drawn with a known chance, and clicked or not.

An impression names no user: each row is a customer of its own. What becomes what:

- an impression is a decision at its moment: the action is the garment (``item_3``), eligible are all garments of the
  campaign, the propensity is the logged one, the outcome a click; its value is ``options.click_value`` per click.
  Something was always shown: doing nothing was never possible, so nothing says what a garment adds to showing none.
- CONSTRUCTED: the visit (``page_view``) in which it was shown is put a second before the day (UTC) begins. It is all
  that is told of a customer, and a decision is joined to what had happened at the midnight before it.
- ``user_feature_0`` to ``3`` are attributes, known from then on. Affinities of users with items are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from features.contract import DAY_US
from features.sources._base import Declaration
from features.sources._batches import STAGED_DECISIONS, CanonicalBatch
from features.sources._columns import as_mask, fill_table
from features.sources._copies import PeopleWithoutIds
from features.sources._rows import ExportOptions, RawTable
from features.sources._typed_rows import Rows

SECOND_US = 1_000_000
USER_FEATURES = tuple(f"user_feature_{number}" for number in range(4))


class OpenBanditOptions(ExportOptions):
    """Options of the kind ``open_bandit``.

    ``items``: garments of the campaign, numbered from 0. ``policy``: who chose. ``click_value``: money per click.
    """

    items: Annotated[int, Field(ge=2, le=1000)]
    policy: str = "logged"
    click_value: Annotated[float, Field(gt=0)] = 1.0


class OpenBandit(PeopleWithoutIds):
    """Reads the impressions of one campaign and one policy."""

    Options = OpenBanditOptions
    options: OpenBanditOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "impressions": RawTable(
            needed=("timestamp", "item_id", "click", "propensity_score"),
            optional=USER_FEATURES,
        )
    }

    @property
    def items(self) -> tuple[str, ...]:
        """Name the action of every garment."""
        return tuple(f"item_{number}" for number in range(self.options.items))

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(("page_view",), ("web",), ("none", *self.items))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of the one table."""
        return {"impressions": self._impressions}

    def _impressions(self, rows: Rows) -> CanonicalBatch:
        who = pa.array(rows.event_ids("customer")).cast(pa.string())
        shown = rows.moment("timestamp")
        before = pc.subtract(pc.multiply(pc.divide(shown, DAY_US), DAY_US), SECOND_US)
        visit = rows.event(who, before, "page_view", channel="web")
        attributes = [rows.attribute(name, rows.text(name), who, before) for name in USER_FEATURES]
        words = {str(number): item for number, item in enumerate(self.items)}
        action = self._item(rows, words)
        propensity = rows.number("propensity_score", required=True, most=1)
        rows.verdict.reject(as_mask(pc.less_equal(propensity, 0.0)), "propensity_score is not above 0")
        click = rows.flag("click")
        rows.verdict.reject(as_mask(pc.is_null(click)), "click is missing")
        outcome = click.cast(pa.float64())
        given = {
            "source_id": who,
            "decision_id": rows.event_ids("decision"),
            "decided_us": shown,
            "eligible": list(self.items),
            "action": action,
            "propensity": propensity,
            "policy": self.options.policy,
            "explore": None,
            "cost": 0.0,
            "outcome": outcome,
            "value": pc.multiply(outcome, self.options.click_value),
        }
        decisions = fill_table(STAGED_DECISIONS, rows.rows, given)
        return rows.result(visit, attributes=attributes, decisions=decisions)

    def _item(self, rows: Rows, words: Mapping[str, str]) -> pa.Array:
        text = rows.text("item_id", required=True)
        place = pc.index_in(text, value_set=pa.array(list(words), pa.string()), skip_nulls=True)
        unknown = as_mask(pc.is_valid(text)) & ~as_mask(pc.is_valid(place))
        rows.verdict.reject(unknown, f"item_id is not one of 0 to {len(words) - 1} (options.items)")
        return pa.array(list(words.values()), pa.string()).take(place)


SOURCE = OpenBandit
