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
from features.sources._numbers import to_numbers
from features.sources._people import label
from features.sources._rows import ExportOptions, Exports, RawTable
from features.sources._typed_rows import Rows

#: Chances of all that was eligible add up to one, but for rounding.
TOLERANCE = 1e-6


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
                "decision_id", "phase", "propensity", "propensities", "policy", "explore", "cost", "outcome", "value",
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
        eligible = self._eligible(rows, action, words)
        propensity = self._propensity(rows, eligible, action)
        cost = rows.number("cost", required=rows.has("cost"), least=0, most=LARGEST_AMOUNT)
        given = {
            "source_id": customer,
            "decision_id": rows.event_ids(),
            "decided_us": rows.moment("decided_at"),
            "phase": rows.text("phase"),
            "eligible": eligible,
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

    def _propensity(self, rows: Rows, eligible: pa.Array, action: pa.Array) -> pa.Array:
        """Read the chance of what was chosen; where those of all eligible actions are told, they must add up."""
        propensity = rows.number("propensity", most=1)
        rows.verdict.reject(as_mask(pc.less_equal(propensity, 0.0)), "propensity is not above 0")
        if not rows.has("propensities"):
            return propensity
        column = rows.raw("propensities")
        if not pa.types.is_list(column.type):
            column = pc.split_pattern(rows.text("propensities"), self.options.separator)
        told = as_mask(pc.is_valid(column)) & as_mask(pc.greater(pc.list_value_length(column), 0))
        sizes = pc.equal(pc.list_value_length(column), pc.list_value_length(eligible))
        rows.verdict.reject(told & ~as_mask(sizes), "propensities are not as many as the eligible actions")
        told &= rows.verdict.kept
        column, names = column.filter(pa.array(told)), eligible.filter(pa.array(told))
        numbers, absent, bad = to_numbers(pc.list_flatten(column), self.options.decimal)
        owner = np.flatnonzero(told)[pc.list_parent_indices(column).to_numpy(zero_copy_only=False)]
        wrong = absent | bad | ~((numbers > 0) & (numbers <= 1))

        def summed(values: np.ndarray) -> np.ndarray:
            return np.bincount(owner, weights=values, minlength=rows.rows)

        rows.verdict.reject(summed(wrong) > 0, "propensities are not all above 0 and at most 1")
        numbers = np.where(wrong, 0.0, numbers)
        rows.verdict.reject(
            told & (np.abs(summed(numbers) - 1) > TOLERANCE), "propensities do not add up to 1"
        )
        chosen = as_mask(pc.equal(pc.list_flatten(names), action.take(pa.array(owner))))
        found = pa.array(summed(np.where(chosen, numbers, 0.0)), mask=~told)
        apart = pc.greater(pc.abs(pc.subtract(propensity, found)), TOLERANCE)
        rows.verdict.reject(as_mask(apart), "propensity is not that of the action in propensities")
        return pc.coalesce(propensity, found)

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
