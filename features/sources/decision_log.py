"""The log of decisions: who was considered for what, what was chosen, and with which probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.addresses import hidden
from features.pseudonyms import email_ids, spaced
from features.settings import Name
from features.sources._base import LARGEST_AMOUNT, Declaration
from features.sources._batches import STAGED_DECISIONS, CanonicalBatch
from features.sources._columns import as_mask, fill_table
from features.sources._people import label
from features.sources._rows import ExportOptions, Exports, RawTable
from features.sources._typed_rows import Rows


class DecisionLogOptions(ExportOptions):
    """Options of the kind ``decision_log``.

    ``actions`` are all that may be chosen, told here because they must be known before a row is read; doing nothing
    is ``none``. ``words``: the log's word for an action, where it is another. ``id_space``: what ``customer_id`` is
    the id of.
    """

    actions: tuple[Name, ...] = Field(min_length=1)
    words: dict[str, Name] = Field(default_factory=dict)
    separator: str = Field(default="|", min_length=1)
    id_space: Literal["customer", "card", "email", "browser"] = "customer"

    @field_validator("actions")
    @classmethod
    def _nothing_first(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        if "none" not in actions or len(set(actions)) < len(actions):
            raise ValueError("name every action once, and none among them")
        return actions


class DecisionLog(Exports):
    """Reads the table ``decisions``."""

    Options = DecisionLogOptions
    options: DecisionLogOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "decisions": RawTable(
            needed=("decided_at", "customer_id", "eligible", "action"),
            optional=(
                "decision_id", "phase", "propensity", "policy", "explore", "cost", "outcome", "value",
            ),
            key=("decision_id",),
            role="decisions",
        )
    }  # fmt: skip

    def declaration(self) -> Declaration:
        """Say what the source can produce: decisions only."""
        return Declaration((), (), self.options.actions)

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"decisions": self._decisions}

    def _decisions(self, rows: Rows) -> CanonicalBatch:
        customer = self._customer(rows)
        rows.verdict.reject(as_mask(pc.is_null(customer)), "customer is missing")
        words = {**{action: action for action in self.options.actions}, **self.options.words}
        action = rows.word("action", words, required=True)
        propensity = rows.number("propensity", most=1)
        rows.verdict.reject(as_mask(pc.less_equal(propensity, 0.0)), "propensity is not above 0")
        cost = rows.number("cost", required=rows.has("cost"), least=0, most=LARGEST_AMOUNT)
        given = {
            "source_id": customer,
            "decision_id": rows.event_ids(),
            "decided_us": rows.moment("decided_at"),
            "phase": rows.text("phase"),
            "eligible": self._eligible(rows, action, words),
            "action": action,
            "propensity": propensity,
            "policy": label(rows, "policy").fill_null("logged"),
            "explore": rows.flag("explore"),
            "cost": cost.fill_null(0.0),
            "outcome": rows.number("outcome", least=0, most=1),
            "value": rows.number("value", least=-LARGEST_AMOUNT, most=LARGEST_AMOUNT),
        }
        return rows.result(decisions=fill_table(STAGED_DECISIONS, rows.rows, given))

    def _customer(self, rows: Rows) -> pa.Array:
        ids = rows.text("customer_id")
        return (
            email_ids(ids, self.key)
            if self.options.id_space == "email"
            else spaced(hidden(ids, self.key), self.options.id_space)
        )

    def _eligible(self, rows: Rows, action: pa.Array, words: Mapping[str, str]) -> pa.Array:
        """Read which actions could have been chosen; the one that was must be among them."""
        column = rows.raw("eligible")
        if not pa.types.is_list(column.type):
            column = pc.split_pattern(rows.text("eligible", required=True), self.options.separator)
        column = column.cast(pa.list_(pa.string()))
        owner = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
        named = pc.utf8_lower(pc.utf8_trim_whitespace(pc.list_flatten(column)))
        known = pa.array([word.lower() for word in words], pa.string())
        found = pa.array(list(words.values()), pa.string()).take(pc.index_in(named, value_set=known))

        def any_of(mask: np.ndarray) -> np.ndarray:
            return np.bincount(owner[mask], minlength=rows.rows) > 0

        rows.verdict.reject(~any_of(np.ones(len(owner), bool)), "eligible is missing")
        unknown = any_of(as_mask(pc.is_null(found)))
        rows.verdict.reject(unknown, f"eligible holds something else than {', '.join(words)}")
        chosen = any_of(as_mask(pc.equal(found, action.take(pa.array(owner)))))
        rows.verdict.reject(~chosen, "action is not among those eligible")
        counts = np.bincount(owner, minlength=rows.rows)
        offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(counts)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), found)


SOURCE = DecisionLog
