"""Tables that are canonical already, as a warehouse delivers them: the columns of ``features/contract.py``.

Folders (or files) ``events``, ``customers``, ``links`` and ``decisions``; only events must be there. Ids are those of
the warehouse, text or numbers: they become pseudonyms as everywhere, and ``browser:``, ``card:`` or ``email:`` before
one says whose id it is (a bare one is a customer's). Moments count microseconds since 1970 UTC, unless
``date_format`` says otherwise. Nothing is translated and nothing mended: a row against the contract is quarantined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.addresses import hidden
from features.contract import CHANNELS, KINDS
from features.fingerprint import fingerprint
from features.settings import Name
from features.sources._base import LARGEST_AMOUNT, Declaration
from features.sources._batches import STAGED_ATTRIBUTES, CanonicalBatch, RawFile
from features.sources._columns import as_mask, fill_table
from features.sources._people import label, refuse_before
from features.sources._rows import ENDINGS, RawTable
from features.sources._typed_rows import Rows, Told
from features.sources.decision_log import DecisionLog, DecisionLogOptions

#: The lowest and highest rating of each scale.
SCALES = {"nps": (0.0, 10.0), "stars": (1.0, 5.0)}


class CanonicalOptions(DecisionLogOptions):
    """Options of the kind ``canonical``.

    ``kinds`` and ``channels`` name what the events may be, told here because they must be known before a row is read;
    another channel becomes ``other``, another kind is quarantined. ``actions``: as for ``decision_log``.
    """

    kinds: tuple[str, ...] = Field(min_length=1)
    channels: tuple[str, ...] = ()
    actions: tuple[Name, ...] = ("none",)
    date_format: str | None = "epoch_us"

    @field_validator("kinds", "channels")
    @classmethod
    def _known(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(words) - {*KINDS, *CHANNELS})
        if unknown:
            raise ValueError(f"unknown words {unknown}; allowed: {', '.join((*KINDS, *CHANNELS))}")
        return words


class Canonical(DecisionLog):
    """Reads the tables ``events``, ``customers``, ``links`` and ``decisions``."""

    Options: ClassVar[type[DecisionLogOptions]] = CanonicalOptions
    options: CanonicalOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "events": RawTable(
            needed=("customer_id", "occurred_us", "kind"),
            optional=(
                "event_id", "known_us", "until_us", "channel", "campaign", "session_id", "category", "value",
                "quantity", "duration_s", "rating", "rating_scale", "sentiment",
            ),
            key=("event_id",),
        ),
        "customers": RawTable(
            needed=("customer_id", "attribute", "value", "known_us"), optional=("sensitive",),
            role="attributes", required=False,
        ),
        "links": RawTable(
            needed=("anonymous_id", "customer_id", "known_us"), role="attributes", required=False
        ),
        "decisions": RawTable(
            needed=("decided_at", "customer_id", "eligible", "action"),
            optional=DecisionLog.tables["decisions"].optional, key=("decision_id",),
            headers={"decided_at": "decided_us"}, role="decisions", required=False,
        ),
    }  # fmt: skip

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        options = self.options
        actions = options.actions if len(options.actions) > 1 else ()
        return Declaration(tuple(sorted(options.kinds)), tuple(sorted({*options.channels, "other"})), actions)

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        own = {"events": self._events, "customers": self._customers, "links": self._links}
        return {**super().readers(), **own}

    def _files_of(self, table: str, rules: RawTable) -> list[RawFile]:
        """Find the files of a table also in the folder of its name: that is how Spark writes one."""
        found = super()._files_of(table, rules)
        if table in self.options.files or self.folder.is_file():
            return found
        paths = (path for path in (self.folder / table).rglob("*") if path.name.lower().endswith(ENDINGS))
        names = sorted(path.relative_to(self.folder).as_posix() for path in paths if path.name[0] not in "._")
        return [*found, *(RawFile(self.folder / name, name, table, rules.role) for name in names)]

    def _events(self, rows: Rows) -> CanonicalBatch:
        who = hidden(rows.text("customer_id"), self.key)
        occurred, known = rows.moment("occurred_us"), rows.moment("known_us", required=False)
        refuse_before(rows, "known_us", known, "occurred_us", occurred)
        passed_on = as_mask(pc.is_valid(rows.raw("until_us")))
        rows.verdict.reject(
            passed_on, "until_us is set: give an event once, and who it is in the table links"
        )
        kind = rows.word("kind", {word: word for word in self.options.kinds}, required=True)
        channels = {word: word for word in self.options.channels}
        value, rating, scale = self._value(rows, kind), rows.number("rating"), self._scale(rows)
        _check_rating(rows, rating, scale)
        told = rows.event(
            who, occurred, kind,
            known=known, channel=rows.word("channel", channels, other="other"), campaign=label(rows, "campaign"),
            session_id=_sessions(who, rows.text("session_id")), category=label(rows, "category"), value=value,
            quantity=rows.number("quantity"), duration_s=rows.number("duration_s", least=0), rating=rating,
            rating_scale=scale, sentiment=rows.number("sentiment", least=-1, most=1),
        )  # fmt: skip
        return rows.result(told)

    def _value(self, rows: Rows, kind: pa.Array) -> pa.Array:
        value = rows.number("value", least=-LARGEST_AMOUNT, most=LARGEST_AMOUNT)
        missing = as_mask(pc.equal(kind, "purchase")) & as_mask(pc.is_null(value))
        rows.verdict.reject(missing, "value of a purchase is missing")
        returned = as_mask(pc.equal(kind, "return")) & as_mask(pc.greater(value, 0.0))
        rows.verdict.reject(returned, "value of a return is above 0")
        return value

    def _scale(self, rows: Rows) -> pa.Array:
        return rows.word("rating_scale", {word: word for word in SCALES})

    def _customers(self, rows: Rows) -> CanonicalBatch:
        given = {
            "source_id": hidden(rows.text("customer_id", required=True), self.key),
            "attribute": rows.text("attribute", required=True),
            "value": rows.text("value", required=True),
            "known_us": rows.moment("known_us"),
            "sensitive": pc.fill_null(rows.flag("sensitive"), False),
        }
        table = fill_table(STAGED_ATTRIBUTES, rows.rows, given)
        return rows.result(attributes=[Told(table, np.ones(rows.rows, bool))])

    def _links(self, rows: Rows) -> CanonicalBatch:
        lower = hidden(rows.text("anonymous_id", required=True), self.key)
        higher = hidden(rows.text("customer_id", required=True), self.key)
        return rows.result(links=[rows.link(lower, higher, rows.moment("known_us"))])


def _check_rating(rows: Rows, rating: pa.Array, scale: pa.Array) -> None:
    rated = as_mask(pc.is_valid(rating))
    rows.verdict.reject(rated & as_mask(pc.is_null(scale)), "rating has no rating_scale")
    for word, (least, most) in SCALES.items():
        outside = as_mask(pc.or_(pc.less(rating, least), pc.greater(rating, most)))
        beyond = f"rating lies outside {least:g} to {most:g} of {word}"
        rows.verdict.reject(outside & as_mask(pc.equal(scale, word)), beyond)


def _sessions(who: pa.Array, sessions: pa.Array) -> pa.Array:
    """Give each session of a customer a number."""
    numbers = pa.array(fingerprint({"customer": who, "session": sessions}))
    return pc.if_else(pc.is_null(sessions), pa.scalar(None, pa.int64()), numbers)


SOURCE = Canonical
