"""The second half of ingest: staged rows to the canonical tables, duplicates settled and rows sorted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.contract import BEHAVIOUR, CUSTOMERS, EVENTS, IDS, LINKS, QUARANTINE
from features.errors import InputError
from features.sources._base import Source
from features.staging import Staging

GROUP_ROWS = 500_000


class Canonical:
    """Reads what was staged with DuckDB, which sorts within bounded memory, and writes it with pyarrow.

    Parameters
    ----------
    folder : Path
        Where the canonical tables go.
    staging : Staging
        The closed staging area.
    source : Source
        The source that was read: it says which events are the same.
    threads : int
        Threads of DuckDB.
    memory_gb : float
        Memory of DuckDB in gigabytes; more is kept on disk, inside the staging folder.
    """

    def __init__(
        self, folder: Path, staging: Staging, source: Source, *, threads: int, memory_gb: float
    ) -> None:
        self._folder = folder
        self._staging = staging
        self._source = source
        self._connection = duckdb.connect()
        self._connection.execute(f"set threads = {int(threads)}")
        self._connection.execute(f"set memory_limit = '{int(memory_gb * 1024)}MiB'")
        self._connection.execute(f"set temp_directory = {_quoted(staging.folder / 'spill')}")
        self.first_us: int | None = None
        self.last_us: int | None = None

    def close(self) -> None:
        """Close DuckDB."""
        self._connection.close()

    def write_events(self) -> npt.NDArray[np.int64]:
        """Write the events by customer, moment and id.

        Returns
        -------
        array of int64, files x 2
            Per raw file the events kept and the duplicates dropped.
        """
        files = len(self._staging.counts)
        tally = np.zeros((files, 2), np.int64)
        behaviour = pa.array(BEHAVIOUR)

        def kept() -> Iterator[pa.Table]:
            for table in self._stream(self._events_sql()):
                dropped = table["_dropped"].to_numpy()
                origin = table["_file"].to_numpy()
                tally[:, 0] += np.bincount(origin[~dropped], minlength=files)
                tally[:, 1] += np.bincount(origin[dropped], minlength=files)
                rows = table.filter(pa.array(~dropped)).select(EVENTS.names).cast(EVENTS)
                self._note_span(rows.filter(pc.is_in(rows["kind"], value_set=behaviour))["occurred_us"])
                yield rows

        write_table(self._folder / "events.parquet", EVENTS, kept())
        return tally

    def _events_sql(self) -> str:
        """Say which copies of an event are dropped, or what id each copy gets."""
        content = "" if self._source.whole_row else "".join(
            f"{name}, " for name in EVENTS.names if name not in self._source.identity
        )  # fmt: skip
        copies = (
            f"select *, row_number() over (partition by {', '.join(self._source.identity)} "
            f"order by {content}_file, _row) - 1 as _copy from {self._staged('events')}"
        )
        if self._source.duplicates == "drop":
            chosen = f"select *, _copy > 0 as _dropped from ({copies})"
        else:
            # The copy's number goes into its id, so that ids stay unique and no order of rows matters.
            numbered = "(md5_number_lower(event_id::varchar || ':' || _copy::varchar) >> 1)::bigint"
            chosen = (
                f"select * replace (case when _copy = 0 then event_id else {numbered} end as event_id), "
                f"false as _dropped from ({copies})"
            )
        return f"{chosen} order by customer_id, occurred_us, event_id"

    def _note_span(self, occurred: pa.ChunkedArray) -> None:
        if len(occurred):
            span = pc.min_max(occurred)
            first, last = span["min"].as_py(), span["max"].as_py()
            self.first_us = first if self.first_us is None else min(first, self.first_us)
            self.last_us = last if self.last_us is None else max(last, self.last_us)

    def write_customers(self) -> None:
        """Write attributes: one row per customer and attribute whenever its value changed."""
        changed = (
            "select *, lag(value) over (partition by customer_id, attribute order by known_us, value) "
            f"as _before from (select distinct * from {self._staged('customers')})"
        )
        sql = (
            f"select * from ({changed}) where _before is distinct from value "
            "order by customer_id, attribute, known_us, value"
        )
        self._write("customers", CUSTOMERS, sql)

    def write_links(self) -> None:
        """Write identity links: when each was known first."""
        sql = (
            f"select anonymous_id, customer_id, min(known_us) as known_us from {self._staged('links')} "
            "group by all order by all"
        )
        self._write("links", LINKS, sql)

    def write_quarantine(self) -> dict[str, int]:
        """Write the rejected rows in the order of files and rows; give the number per reason."""
        staged = self._staged("quarantine")
        self._write("quarantine", QUARANTINE, f"select * from {staged} order by _file, row, reason, raw")
        found = self._connection.execute(
            f"select reason, count(*) from {staged} group by 1 order by 1"
        ).fetchall()
        return {str(reason): int(count) for reason, count in found}

    def write_ids(self, path: Path) -> None:
        """Write the table of ids; two ids of the source with one pseudonym are an `InputError`."""
        distinct = f"(select distinct source_id, customer_id from {self._staged('ids')})"
        clash = self._connection.execute(
            f"select customer_id, list_sort(list(source_id)) from {distinct} "
            "group by 1 having count(*) > 1 order by 1 limit 1"
        ).fetchone()
        if clash is not None:
            raise InputError(
                f"source ids {clash[1]} have the same pseudonym; set another key in the environment variable "
                "KLANTREIS_ID_KEY and start again"
            )
        write_table(path, IDS, self._stream(f"select * from {distinct} order by customer_id"))

    def seen(self) -> pa.Table:
        """Give per customer the moment from which we know of a behaviour event of theirs."""
        own = ", ".join(f"'{kind}'" for kind in BEHAVIOUR)
        sql = (
            "select source_id, customer_id, first_us from "
            "(select customer_id, min(greatest(occurred_us, known_us)) as first_us "
            f"from {self._staged('events')} where kind in ({own}) group by 1) "
            f"join (select distinct source_id, customer_id from {self._staged('ids')}) "
            "using (customer_id) order by customer_id"
        )
        return self._connection.sql(sql).to_arrow_table()

    def write_decisions(self, schema: pa.Schema, decisions: pa.Table) -> None:
        """Write the decision log by moment, customer and id."""
        order = [(name, "ascending") for name in ("decided_us", "customer_id", "decision_id")]
        write_table(self._folder / "decisions.parquet", schema, iter([decisions.sort_by(order)]))

    def _write(self, name: str, schema: pa.Schema, sql: str) -> None:
        write_table(self._folder / f"{name}.parquet", schema, self._stream(sql))

    def _staged(self, table: str) -> str:
        return f"read_parquet({_quoted(self._staging.path(table))})"

    def _stream(self, sql: str) -> Iterator[pa.Table]:
        for batch in self._connection.sql(sql).to_arrow_reader(GROUP_ROWS):
            yield pa.Table.from_batches([batch])


def write_table(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
    """Write tables to one Parquet file in row groups of a fixed size, however the rows arrive.

    Parameters
    ----------
    path : Path
        The file.
    schema : schema
        Its columns; more columns in ``tables`` are left out.
    tables : iterator of table
        The rows, in order.
    """
    pending = schema.empty_table()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in tables:
            pending = pa.concat_tables([pending, table.select(schema.names).cast(schema)])
            while pending.num_rows >= GROUP_ROWS:
                writer.write_table(pending.slice(0, GROUP_ROWS).combine_chunks(), row_group_size=GROUP_ROWS)
                pending = pending.slice(GROUP_ROWS)
        if pending.num_rows:
            writer.write_table(pending.combine_chunks(), row_group_size=GROUP_ROWS)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
