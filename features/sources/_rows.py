"""Flat exports: one file per table in CSV or Parquet, with columns of any name.

An adapter of such an export is a subclass of `Exports`: its declaration, its tables (`RawTable`) and one function
per table that turns `Rows` into a canonical batch. What all of them can be told (`ExportOptions`) is the same.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.contract import CHANNELS
from features.errors import InputError
from features.manifest import inside
from features.settings import Settings, SourceSettings
from features.sources._base import Source
from features.sources._batches import CanonicalBatch, RawBatch, RawFile, Role
from features.sources._csv import CsvDialect, csv_batches
from features.sources._files import parquet_batches, require_columns
from features.sources._typed_rows import Rows
from features.sources._written import WrittenOptions

logger = logging.getLogger(__name__)

PARQUET = (".parquet", ".pq")
ENDINGS = (".csv", ".csv.gz", ".tsv", ".txt", *PARQUET)


@dataclass(frozen=True)
class RawTable:
    """One table of an export.

    Parameters
    ----------
    needed : tuple of str
        Columns (by our names) that must be there.
    optional : tuple of str
        Columns that are read where they are.
    key : tuple of str
        Columns that name a row: two rows of one key are the same row, exported twice. None: rows that are equal
        throughout.
    headers : mapping of str to str
        How the export calls a column, where it is not our name; ``options.columns`` goes before.
    role : str
        What the rows are (see `RawFile`).
    required : bool
        Whether an export without this table is refused.
    stem : str
        How the name of the file begins; empty: the name of the table.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    role: Role = "events"
    required: bool = True
    stem: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, by our names."""
        return (*self.needed, *self.optional)


class ExportOptions(WrittenOptions):
    """What can be said of any flat export."""

    files: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)


class ChannelOptions(ExportOptions):
    """Options of an export whose rows name a channel: how the export's words translate."""

    channels: dict[str, str] = Field(default_factory=dict)

    @field_validator("channels")
    @classmethod
    def _known_channels(cls, channels: dict[str, str]) -> dict[str, str]:
        for word, channel in channels.items():
            if channel not in CHANNELS:
                raise ValueError(f"{word}: unknown channel {channel!r}; allowed: {', '.join(CHANNELS)}")
        return channels

    def words(self, *usual: str) -> dict[str, str]:
        """Give every word that is understood: our own for the ``usual`` channels, and those of the option."""
        return {**{channel: channel for channel in usual}, **self.channels}

    def declared(self, *usual: str) -> tuple[str, ...]:
        """Give the channels that rows may have: those of `words`, and ``other`` for every other word."""
        return tuple(sorted({*self.words(*usual).values(), "other"}))


class Exports(Source):
    """A folder of flat exports: finds the file or files of each table and reads them with typed columns."""

    Options: ClassVar[type[Settings]] = ExportOptions
    #: The tables by name, in the order in which they are read.
    tables: ClassVar[Mapping[str, RawTable]]
    identity = ("event_id",)
    whole_row = False

    def __init__(self, name: str, settings: SourceSettings, folder: Path, now_us: int) -> None:
        super().__init__(name, settings, folder, now_us)
        self.duplicates = self.options.duplicates
        for key in ("files", "columns"):
            self._known(f"options.{key}", getattr(self.options, key), self.tables)
        for table, columns in self.options.columns.items():
            self._known(f"options.columns.{table}", columns, self.tables[table].columns)

    @abstractmethod
    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give per table the function that turns its rows: pure, the same under every engine."""

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch of any of the tables into a canonical batch."""
        return self.readers()[batch.file.table](self.rows(batch))

    def rows(self, batch: RawBatch) -> Rows:
        """Give the typed columns of a batch; an `InputError` if a needed column is missing."""
        table = batch.file.table
        names = self._raw_names(table)
        where = f"in conf/sources/{self.name}.yaml"
        wanted = {names[one]: f"options.columns.{table}.{one} {where}" for one in self.tables[table].needed}
        # A column that the user names must be there, also where we could do without.
        told = self.options.columns.get(table, {})
        wanted |= {raw: f"options.columns.{table}.{one} {where}" for one, raw in told.items()}
        require_columns(batch.data.column_names, wanted, batch.file)
        return Rows(self, batch, names, self.tables[table].key)

    def raw_files(self) -> tuple[RawFile, ...]:
        """Find the files of every table, in the order of the tables, then by name."""
        found: dict[str, RawFile] = {}
        for table, rules in self.tables.items():
            files = self._files_of(table, rules)
            if not files:
                self._absent(table, rules)
            for file in files:
                if file.name in found:
                    raise InputError(
                        f"{file.name} is taken for table {found[file.name].table!r} and for {table!r}; "
                        f"say which files are which with options.files in conf/sources/{self.name}.yaml"
                    )
                found[file.name] = file
        if not found:
            raise InputError(
                f"no file in {self.folder} is one of the tables {', '.join(self.tables)}; change "
                f"options.files or path in conf/sources/{self.name}.yaml"
            )
        return tuple(found.values())

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read one file, by its ending as Parquet or as CSV."""
        if file.path.suffix.lower() in PARQUET:
            return parquet_batches(file)
        names = self._raw_names(file.table)
        wanted = tuple(names[one] for one in self.tables[file.table].columns)
        options = self.options
        return csv_batches(
            file, CsvDialect(self.name, options.encoding, options.delimiter, options.missing, wanted)
        )

    def whole(self, table: str) -> Iterator[Rows]:
        """Read a table from its first to its last row, to explain the rows of another."""
        for file in self.raw_files():
            if file.table == table:
                yield from (self.rows(batch) for batch in self.batches(file))

    def _raw_names(self, table: str) -> dict[str, str]:
        told, rules = self.options.columns.get(table, {}), self.tables[table]
        return {one: told.get(one, rules.headers.get(one, one)) for one in rules.columns}

    def _files_of(self, table: str, rules: RawTable) -> list[RawFile]:
        stem = rules.stem or table
        given = self.options.files.get(table, (f"{stem}.*", f"{stem}[-_]*.*"))
        folder = self.folder
        if folder.is_file():  # path names the one file of a source of one table
            return [RawFile(folder, folder.name, table, rules.role)] if len(self.tables) == 1 else []
        names = set()
        for pattern in (given,) if isinstance(given, str) else given:
            inside(folder, pattern)
            names |= {path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file()}
        if table not in self.options.files:
            names = {name for name in names if name.lower().endswith(ENDINGS)}
        return [RawFile(inside(folder, name), name, table, rules.role) for name in sorted(names)]

    def _absent(self, table: str, rules: RawTable) -> None:
        told = self.options.files.get(table)
        if rules.required or told is not None:
            patterns = told or f"{rules.stem or table}.csv, .csv.gz, .parquet, or {rules.stem or table}_*.csv"
            raise InputError(
                f"no file in {self.folder} is the table {table!r} (looked for {patterns}); put it there, or "
                f"change options.files.{table} or path in conf/sources/{self.name}.yaml"
            )
        logger.info("%s: there is no table %r; left out", self.name, table)

    def _known(
        self, key: str, found: Mapping[str, object], allowed: Mapping[str, object] | tuple[str, ...]
    ) -> None:
        unknown = sorted(set(found) - set(allowed))
        if unknown:
            raise InputError(
                f"conf/sources/{self.name}.yaml: {key} names {unknown}; allowed: {', '.join(allowed)}"
            )


def places(keys: pa.Array, wanted: pa.Array) -> pa.Array:
    """Find for each of ``wanted`` its place among ``keys``; null where it is not there, or is null.

    Examples
    --------
    >>> places(pa.array(["a", "b"]), pa.array(["b", "c", None])).to_pylist()
    [1, None, None]
    """
    return pc.index_in(wanted, value_set=keys, skip_nulls=True)
