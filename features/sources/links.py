"""Links between ids, made elsewhere: matches found by hand or by a fuzzy matching tool, merged or split accounts.

CSV files with one link per row: ``from_space, from_id, to_space, to_id, known_at``. From ``known_at`` on what the
first id does is done by the second; a link of an id to itself ends the one before. Addresses in the space
``email`` are written plainly, as in the other exports; inside they are keyed hashes as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from features.contract import ID_SPACES
from features.errors import InputError
from features.manifest import inside
from features.pseudonyms import email_ids, spaced
from features.settings import Settings
from features.sources._base import Declaration, Source
from features.sources._batches import STAGED_LINKS, CanonicalBatch, RawBatch, RawFile, Verdict
from features.sources._columns import Column, as_mask, fill_table, id_strings
from features.sources._csv import CsvDialect, csv_batches
from features.sources._files import require_columns
from features.sources._moments import check_zone, to_micros

COLUMNS = ("from_space", "from_id", "to_space", "to_id", "known_at")


class LinksOptions(Settings):
    """Options of the kind ``links``.

    ``files`` is a pattern inside the folder; ``columns`` maps canonical to raw names; ``date_format`` and
    ``time_zone`` say how ``known_at`` is read (as in ``conf/sources/table.yaml``).
    """

    files: str = "*.csv"
    columns: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None
    time_zone: str = "Europe/Amsterdam"
    delimiter: str | None = None

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in COLUMNS:
                raise ValueError(f"unknown column {name!r}; allowed: {', '.join(COLUMNS)}")
        return columns

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, time_zone: str) -> str:
        return check_zone(time_zone)


class LinksFile(Source):
    """Reads CSV files of links."""

    Options = LinksOptions
    options: LinksOptions

    def declaration(self) -> Declaration:
        """Say what the source can produce: no events at all."""
        return Declaration((), ())

    def raw_files(self) -> tuple[RawFile, ...]:
        """Find the files by their pattern, sorted by name."""
        inside(self.folder, self.options.files)
        names = sorted(
            path.relative_to(self.folder).as_posix() for path in self.folder.glob(self.options.files)
        )
        if not names:
            raise InputError(
                f"no file in {self.folder} matches {self.options.files}; change options.files or path in "
                f"conf/sources/{self.name}.yaml"
            )
        return tuple(RawFile(self.folder / name, name, "links", "attributes") for name in names)

    def batches(self, file: RawFile) -> Iterator[RawBatch]:
        """Read one file in batches."""
        wanted = tuple(self._raw_name(name) for name in COLUMNS)
        return csv_batches(file, CsvDialect(self.name, "utf-8", self.options.delimiter, ("",), wanted))

    def _raw_name(self, name: str) -> str:
        return self.options.columns.get(name, name)

    def canonical(self, batch: RawBatch) -> CanonicalBatch:
        """Turn a raw batch into links."""
        raw = batch.data
        keys = {
            self._raw_name(name): f"options.columns.{name} in conf/sources/{self.name}.yaml"
            for name in COLUMNS
        }
        require_columns(raw.column_names, keys, batch.file)
        verdict = Verdict(raw.num_rows)
        ends = [self._ids(raw, end, verdict) for end in ("from", "to")]
        places = [pc.index_in(space, value_set=pa.array(ID_SPACES)) for space, _ in ends]
        verdict.reject(
            as_mask(pc.greater(*places)),
            f"a link leads to an earlier space; their order is {', '.join(ID_SPACES)}",
        )
        moments, unread = to_micros(
            raw[self._raw_name("known_at")],
            self.options.date_format,
            self.options.time_zone,
            where="known_at",
        )
        verdict.reject(unread, "known_at cannot be read as a date")
        verdict.reject(moments > self.latest_us, "known_at lies in the future")
        keep = pa.array(verdict.kept)
        columns = {
            "anonymous_source_id": ends[0][1].filter(keep),
            "source_id": ends[1][1].filter(keep),
            "known_us": pa.array(moments).filter(keep),
        }
        links = fill_table(STAGED_LINKS, int(np.sum(verdict.kept)), columns)
        return CanonicalBatch(verdict.reasons(), links=links)

    def _ids(self, raw: pa.Table, end: str, verdict: Verdict) -> tuple[Column, Column]:
        """Read one end of each link: its space, and the id as it is known inside."""
        space = _whole(id_strings(raw[self._raw_name(f"{end}_space")]))
        given = _whole(id_strings(raw[self._raw_name(f"{end}_id")]))
        known = as_mask(pc.is_in(space, value_set=pa.array(ID_SPACES)))
        verdict.reject(~known, f"{end}_space is not one of {', '.join(ID_SPACES)}")
        ids = given
        for name in ID_SPACES:
            own = email_ids(given, self.key) if name == "email" else spaced(given, name)
            ids = pc.if_else(pc.fill_null(pc.equal(space, name), False), own, ids)
        empty = as_mask(pc.or_kleene(pc.is_null(given), pc.equal(given, "")))
        verdict.reject(empty, f"{end}_id is missing")
        verdict.reject(as_mask(pc.is_null(ids)), f"{end}_id is not an e-mail address")
        return space, ids


def _whole(column: Column) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


SOURCE = LinksFile
