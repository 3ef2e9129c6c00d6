"""Any log in CSV or Parquet, by a mapping in YAML: columns, constants, value maps, skip rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.fingerprint import fingerprint
from features.manifest import inside
from features.money import Money, parse_money
from features.settings import SourceSettings
from features.sources._base import Declaration, Source
from features.sources._batches import STAGED_ATTRIBUTES, CanonicalBatch, RawBatch, RawFile, Verdict
from features.sources._columns import Column, Mask, as_mask, fill_table, id_strings
from features.sources._csv import CsvDialect, csv_batches
from features.sources._files import parquet_batches, require_columns
from features.sources._moments import to_micros
from features.sources._numbers import to_numbers
from features.sources._table_options import SkipRule, TableOptions

PARQUET = (".parquet", ".pq")


class Table(Source):
    """Reads the files that match ``options.files`` in the folder of the source."""

    Options = TableOptions
    options: TableOptions

    def __init__(self, name: str, settings: SourceSettings, folder: Any, now_us: int) -> None:
        super().__init__(name, settings, folder, now_us)
        self.duplicates = self.options.duplicates
        if self.options.columns.event_id is not None:
            self.identity = ("event_id",)
            self.whole_row = False

    def declaration(self) -> Declaration:
        """Say what the mapping can produce."""
        return Declaration(self.options.kinds, self.options.channels)

    def raw_files(self) -> tuple[RawFile, ...]:
        """Find the files by their patterns, sorted by name."""
        if self.folder.is_file():
            return (RawFile(self.folder, self.folder.name, "events"),)
        names = set()
        for pattern in self.options.patterns:
            inside(self.folder, pattern)
            names |= {
                path.relative_to(self.folder).as_posix()
                for path in self.folder.glob(pattern)
                if path.is_file()
            }
        if not names:
            raise InputError(
                f"no file in {self.folder} matches {', '.join(self.options.patterns)}; "
                f"change options.files or path in conf/sources/{self.name}.yaml"
            )
        return tuple(RawFile(inside(self.folder, name), name, "events") for name in sorted(names))

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read one file, by its ending as Parquet or as CSV."""
        if file.path.suffix.lower() in PARQUET:
            return parquet_batches(file)
        options = self.options
        dialect = CsvDialect(
            self.name, options.encoding, options.delimiter, options.missing, tuple(self._wanted)
        )
        return csv_batches(file, dialect)

    @cached_property
    def _money(self) -> Money | None:
        text = self.options.columns.value
        return None if text is None else parse_money(text)

    @cached_property
    def _wanted(self) -> dict[str, str]:
        """Every raw column that the mapping needs, and the key that asks for it."""
        where = f"in conf/sources/{self.name}.yaml"
        wanted = {}
        for key, column in self.options.columns.model_dump(exclude={"value"}, exclude_none=True).items():
            wanted[column] = f"options.columns.{key} {where}"
        for column in self._money.columns if self._money else ():
            wanted[column] = f"options.columns.value {where}"
        for number, rule in enumerate(self.options.skip):
            wanted[rule.column] = f"options.skip.{number}.column {where}"
        for name, attribute in self.options.attributes.items():
            wanted[attribute.column] = f"options.attributes.{name}.column {where}"
        return wanted

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into a canonical batch."""
        raw, names = batch.data, self.options.columns
        require_columns(raw.column_names, self._wanted, batch.file)
        verdict = Verdict(raw.num_rows)
        for rule in self.options.skip:
            verdict.reject(self._skipped(raw[rule.column], rule), f"skipped by rule: {rule}")
        customers = id_strings(raw[names.customer])
        occurred, unread = self._moments(raw[names.occurred], batch, names.occurred)
        self.check_rows(verdict, customers, occurred, unread)
        kinds = self._kinds(raw, verdict)
        given: dict[str, Any] = {
            "source_id": customers,
            "event_id": self._event_ids(raw),
            "occurred_us": occurred,
            "known_us": self._known(raw, batch, verdict, occurred),
            "kind": kinds,
            "channel": self._channels(raw),
            "value": self._values(raw, verdict, kinds),
            "rating_scale": self.options.constants.rating_scale,
        }
        if names.session is not None:
            session = id_strings(raw[names.session])
            numbers = pa.array(fingerprint({"customer": customers, "session": session}))
            given["session_id"] = pc.if_else(pc.is_null(session), pa.scalar(None, pa.int64()), numbers)
        for name in ("campaign", "category"):
            column = getattr(names, name)
            given[name] = getattr(self.options.constants, name) if column is None else id_strings(raw[column])
        for name in ("quantity", "rating", "sentiment"):
            given[name] = self._numbers(raw, name, verdict)
        events = self.events(raw.num_rows, given, verdict)
        keep = verdict.kept
        attributes = self._attributes(raw, customers, np.asarray(given["known_us"]), keep)
        return CanonicalBatch(
            verdict.reasons(), events.filter(pa.array(keep)), batch.rows[keep], attributes=attributes
        )

    def _moments(self, column: Column, batch: RawBatch, name: str) -> tuple[npt.NDArray[np.int64], Mask]:
        where = f"{batch.file.name}: column {name!r}"
        return to_micros(column, self.options.date_format, self.options.time_zone, where=where)

    def _known(
        self, raw: pa.Table, batch: RawBatch, verdict: Verdict, occurred: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """Read when the row became known; a row that does not say so was known when it occurred."""
        name = self.options.columns.known
        if name is None:
            return occurred
        known, unread = self._moments(raw[name], batch, name)
        missing = as_mask(pc.is_null(raw[name]))
        verdict.reject(unread & ~missing, "known cannot be read as a date")
        verdict.reject(~unread & (known > self.latest_us), "known lies in the future")
        return np.where(missing, occurred, known)

    def _kinds(self, raw: pa.Table, verdict: Verdict) -> pa.Array:
        options = self.options
        if options.columns.kind is None:
            return pa.repeat(options.constants.kind, raw.num_rows)
        kinds = _mapped(id_strings(raw[options.columns.kind]), options.values.kind)
        verdict.reject(as_mask(pc.is_null(kinds)), "kind is missing")
        verdict.reject(
            ~as_mask(pc.is_in(kinds, value_set=pa.array(options.kinds))), "kind is not mapped or declared"
        )
        return kinds

    def _channels(self, raw: pa.Table) -> Any:
        options = self.options
        if options.columns.channel is None:
            return options.constants.channel
        channels = _mapped(id_strings(raw[options.columns.channel]), options.values.channel)
        known = pc.or_(pc.is_null(channels), pc.is_in(channels, value_set=pa.array(options.channels)))
        return pc.if_else(known, channels, "other")

    def _values(self, raw: pa.Table, verdict: Verdict, kinds: pa.Array) -> pa.Array | None:
        """Compute the amounts; those of returns are written below zero."""
        if self._money is None:
            constant = self.options.constants.value
            return None if constant is None else pa.repeat(pa.scalar(constant), raw.num_rows)
        missing, bad = np.zeros(raw.num_rows, bool), np.zeros(raw.num_rows, bool)
        values = {}
        for name in self._money.columns:
            values[name], absent, wrong = to_numbers(raw[name], self.options.decimal)
            missing |= absent
            bad |= wrong
        amounts = self._money.evaluate(values)
        amounts = np.repeat(amounts, raw.num_rows) if not values else amounts
        returned = as_mask(pc.equal(kinds, "return"))
        verdict.reject(bad | (~missing & ~np.isfinite(amounts)), "value is not a number")
        verdict.reject(missing & as_mask(pc.equal(kinds, "purchase")), "value of a purchase is missing")
        if not self.options.allow_negative:
            verdict.reject(~missing & ~returned & (amounts < 0), "value is negative")
        return pa.array(np.where(returned, -np.abs(amounts), amounts) + 0.0, mask=missing)

    def _numbers(self, raw: pa.Table, name: str, verdict: Verdict) -> Any:
        column = getattr(self.options.columns, name)
        if column is None:
            return getattr(self.options.constants, name, None)
        numbers, missing, bad = to_numbers(raw[column], self.options.decimal)
        verdict.reject(bad, f"{name} is not a number")
        return pa.array(numbers, mask=missing | bad)

    def _event_ids(self, raw: pa.Table) -> npt.NDArray[np.int64]:
        name = self.options.columns.event_id
        whole = dict(zip(raw.column_names, raw.columns, strict=True))
        if name is None:
            return fingerprint(whole)
        ids = id_strings(raw[name])
        given = fingerprint({"event_id": ids})
        return np.where(as_mask(pc.is_null(ids)), fingerprint(whole), given)

    def _skipped(self, column: Column, rule: SkipRule) -> Mask:
        text = id_strings(column)
        if rule.missing is not None:
            return np.asarray(as_mask(pc.is_null(text)) == rule.missing)
        if rule.equals is not None or rule.among is not None:
            words = [str(word) for word in (rule.among if rule.among is not None else (rule.equals,))]
            return as_mask(pc.is_in(text, value_set=pa.array(words, pa.string())))
        numbers, missing, bad = to_numbers(column, self.options.decimal)
        beyond = np.less if rule.below is not None else np.greater
        limit = rule.below if rule.below is not None else rule.above
        assert limit is not None
        return np.asarray(beyond(numbers, limit) & ~missing & ~bad)

    def _attributes(
        self, raw: pa.Table, customers: Column, known: npt.NDArray[np.int64], keep: Mask
    ) -> pa.Table:
        parts = [STAGED_ATTRIBUTES.empty_table()]
        for name, attribute in self.options.attributes.items():
            values = id_strings(raw[attribute.column])
            given = pa.array(keep & as_mask(pc.is_valid(values)))
            columns = {"source_id": customers.filter(given), "value": values.filter(given)}
            constants = {"attribute": name, "sensitive": attribute.sensitive}
            moments = {"known_us": pa.array(known).filter(given)}
            parts.append(
                fill_table(STAGED_ATTRIBUTES, len(columns["value"]), {**columns, **constants, **moments})
            )
        return pa.concat_tables(parts)


def _mapped(words: Column, mapping: dict[str, str]) -> Column:
    """Replace raw words by canonical ones; a word without entry stays, unless ``"*"`` has one."""
    if not mapping:
        return words
    places = pc.index_in(words, value_set=pa.array(list(mapping), pa.string()))
    found = pa.array(list(mapping.values()), pa.string()).take(places)
    rest = (
        pc.if_else(pc.is_null(words), pa.scalar(None, pa.string()), mapping["*"]) if "*" in mapping else words
    )
    return pc.coalesce(found, rest)


SOURCE = Table
