"""The second half of ingest: staged rows to the canonical tables, duplicates settled and rows sorted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import (
    BEHAVIOUR,
    COSTS,
    CUSTOMERS,
    DECISIONS,
    EVENTS,
    IDS,
    LINKS,
    NEVER,
    PERSON_ORDER,
    QUARANTINE,
)
from features.duplicates import cost_copies, decision_copies, event_copies, repeated_rows
from features.errors import InputError
from features.identity import Links, owners, settle, versions
from features.row_groups import GROUP_ROWS, scratch_writer, write_table
from features.sources._base import Source
from features.staging import Staging

Tally = npt.NDArray[np.int64]
#: Rows with which an attribute of a customer gets another value, and those in which a value is told last.
_NEW, _LAST = (
    f"{beside}(value) over (partition by customer_id, attribute order by known_us) is distinct from value"
    for beside in ("lag", "lead")
)


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
        nothing = np.zeros(0, np.int64)
        self._links = Links(nothing, nothing, nothing)
        self._decisions = DECISIONS.empty_table()
        self.first_us: int | None = None
        self.last_us: int | None = None

    def close(self) -> None:
        """Close DuckDB."""
        self._connection.close()

    def write_links(self) -> None:
        """Write the identity links that say something new; from here on it is known who is who."""
        # The rows of one id and moment in the order of `settle`: whatever repeats the one before goes early.
        order = "(partition by anonymous_id order by known_us, anonymous_id <> customer_id, customer_id)"
        told = self._connection.execute(
            f"select anonymous_id, customer_id, known_us from {self._staged('links')} qualify "
            f"lag(customer_id) over {order} is distinct from customer_id "
            f"or lag(known_us) over {order} = known_us or lead(known_us) over {order} = known_us"
        ).fetchnumpy()
        self._links = settle(*(np.asarray(told[name], np.int64) for name in LINKS.names))
        columns = [getattr(self._links, name) for name in LINKS.names]
        table = pa.table([pa.array(column) for column in columns], names=LINKS.names)
        write_table(self._folder / "links.parquet", LINKS, iter([table]))

    def write_events(self) -> Tally:
        """Write the events by person, customer, moment and id: one row per event and owner.

        Returns
        -------
        array of int64, files x 2
            Per raw file the events kept and the duplicates dropped; of a raw row with several events the first.
        """
        tally = self._no_tally()
        sql = event_copies(self._staged("events"), self._source.parts(), extra=self._staging.has_extra)
        order = f"order by {', '.join(PERSON_ORDER)}"
        if not len(self._links):
            alone = f"select *, customer_id as person_id, null::bigint as until_us from ({sql}) {order}"
            self._write("events", EVENTS, self._kept(alone, tally), PERSON_ORDER)
            return tally
        self._put_aside("owned", EVENTS, (self._owned(rows) for rows in self._kept(sql, tally)))
        self._write("events", EVENTS, f"select * from {self._staged('owned')} {order}", PERSON_ORDER)
        return tally

    def _kept(self, sql: str, tally: Tally) -> Iterator[pa.Table]:
        """Stream the events that are not dropped; count both."""
        behaviour = pa.array(BEHAVIOUR)
        for table in self._stream(sql):
            dropped, origin = table["_dropped"].to_numpy(), table["_file"].to_numpy()
            first = ~table["_extra"].to_numpy()
            tally[:, 0] += np.bincount(origin[first & ~dropped], minlength=len(tally))
            tally[:, 1] += np.bincount(origin[first & dropped], minlength=len(tally))
            rows = table.filter(pa.array(~dropped)) if dropped.any() else table
            self._note_span(rows["occurred_us"].filter(pc.is_in(rows["kind"], value_set=behaviour)))
            yield rows

    def _owned(self, rows: pa.Table) -> pa.Table:
        """Give each event a row per owner."""
        ids, occurred, known = (rows[name].to_numpy() for name in ("customer_id", "occurred_us", "known_us"))
        found = versions(ids, occurred, known, self._links)
        rows = rows.take(pa.array(found.row))
        until = pa.array(found.until_us, mask=found.until_us == NEVER)
        for name, values in (("customer_id", found.owner), ("known_us", found.known_us)):
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(values))
        rows = rows.append_column("person_id", pa.array(self._links.persons(found.owner)))
        return rows.append_column("until_us", until)

    def _no_tally(self) -> Tally:
        return np.zeros((len(self._staging.counts), 2), np.int64)

    def _note_span(self, occurred: pa.ChunkedArray) -> None:
        if len(occurred):
            span = pc.min_max(occurred)
            first, last = span["min"].as_py(), span["max"].as_py()
            self.first_us = first if self.first_us is None else min(first, self.first_us)
            self.last_us = last if self.last_us is None else max(last, self.last_us)

    def write_customers(self) -> None:
        """Write attributes: one row per customer and attribute whenever its value changed.

        What is known of an id is known of whom it belongs to, from the moment that is known too.
        """
        said = _once(_ends(self._staged("customers")), "known_us")
        if len(self._links):
            schema = CUSTOMERS.append(pa.field("_said", pa.int64()))
            # When a value was said last counts too: it may be newer than what the other id said.
            turns = f"select * from {said} qualify {_NEW} or {_LAST}"
            inherited = (self._inherited(rows) for rows in self._stream(turns))
            self._put_aside("inherited", schema, inherited)
            # What was said before what is known already is no news, however late it becomes known of somebody:
            # an old yes takes no newer refusal back.
            newest = "max(_said) over (partition by customer_id, attribute order by known_us) = _said"
            said = _once(f"(select * from {self._staged('inherited')} qualify {newest})", "_said")
        order = "customer_id, attribute, known_us"
        self._write("customers", CUSTOMERS, f"select * from {said} qualify {_NEW} order by {order}")

    def _inherited(self, rows: pa.Table) -> pa.Table:
        ids, known = rows["customer_id"].to_numpy(), rows["known_us"].to_numpy()
        found = versions(ids, known, known, self._links)
        rows = rows.take(pa.array(found.row))
        for name, values in (("customer_id", found.owner), ("known_us", found.known_us)):
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(values))
        return rows

    def count_repeated(self) -> Tally:
        """Count the rows of attributes files that repeat another, per raw file: they tell nothing more."""
        return self._copies(repeated_rows(self._staged("rows")))

    def write_costs(self) -> Tally:
        """Write what was spent, one row per day, channel and campaign; count the copies dropped per raw file."""
        copies = cost_copies(self._staged("costs"))
        key = "day_us, channel, campaign, source"
        self._write(
            "costs", COSTS,
            f"select {key}, sum(amount order by amount) as amount from ({copies}) where not _dropped "
            f"group by {key} order by {key}",
        )  # fmt: skip
        return self._copies(copies)

    def read_decisions(self) -> Tally:
        """Read the decisions that were staged; count the copies dropped per raw file."""
        copies = decision_copies(self._staged("decisions"))
        rows = self._connection.sql(f"select * from ({copies}) where not _dropped").to_arrow_table()
        ids, decided = (rows[name].to_numpy().astype(np.int64) for name in ("customer_id", "decided_us"))
        # A decision is about who it was about then, as far as was known: a later link rewrites no log.
        owner = pa.array(owners(ids, decided, self._links))
        rows = rows.set_column(rows.column_names.index("customer_id"), "customer_id", owner)
        self._decisions = rows.select(DECISIONS.names).cast(DECISIONS)
        return self._copies(copies)

    def _copies(self, sql: str) -> Tally:
        tally = self._no_tally()
        counts = f"select _file, count(*) from ({sql}) where _dropped group by 1"
        for file, number in self._connection.execute(counts).fetchall():
            tally[file, 1] = number
        return tally

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
        distinct = f"(select distinct source_id, id_space, customer_id from {self._staged('ids')})"
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
        events = _quoted(self._folder / "events.parquet")
        sql = (
            "select source_id, customer_id, first_us from "
            "(select customer_id, min(greatest(occurred_us, known_us)) as first_us "
            f"from read_parquet({events}) where kind in ({own}) group by 1) "
            f"join (select distinct source_id, customer_id from {self._staged('ids')}) "
            "using (customer_id) order by customer_id"
        )
        return self._connection.sql(sql).to_arrow_table()

    def write_decisions(self, more: pa.Table | None) -> None:
        """Write the decision log by moment, customer and id: what was staged, and ``more``."""
        order = [(name, "ascending") for name in ("decided_us", "customer_id", "decision_id")]
        every = pa.concat_tables([self._decisions, *([] if more is None else [more.cast(DECISIONS)])])
        write_table(self._folder / "decisions.parquet", DECISIONS, iter([every.sort_by(order)]))

    def _write(
        self, name: str, schema: pa.Schema, rows: str | Iterator[pa.Table], sorted_by: tuple[str, ...] = ()
    ) -> None:
        tables = self._stream(rows) if isinstance(rows, str) else rows
        write_table(self._folder / f"{name}.parquet", schema, tables, sorted_by)

    def _put_aside(self, name: str, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
        """Write a table of this run among the staged ones."""
        with scratch_writer(self._staging.path(name), schema) as writer:
            for table in tables:
                writer.write_table(table.select(schema.names).cast(schema).combine_chunks())

    def _staged(self, table: str) -> str:
        return f"read_parquet({_quoted(self._staging.path(table))})"

    def _stream(self, sql: str) -> Iterator[pa.Table]:
        for batch in self._connection.sql(sql).to_arrow_reader(GROUP_ROWS):
            yield pa.Table.from_batches([batch])


def _ends(attributes: str) -> str:
    """Leave out what is told again and again: of an attribute that never changes, all between first and last."""
    key = "customer_id, attribute"
    spans = (
        f"(select {key}, min(known_us) as first_us, max(known_us) as last_us, min(value) <> max(value) as changes "
        f"from {attributes} group by all)"
    )
    return (
        f"(select said.* from {attributes} as said join {spans} using ({key}) "
        "where changes or known_us in (first_us, last_us))"
    )


def _once(attributes: str, said: str) -> str:
    """Give one value per customer, attribute and moment; of ``denied`` and ``granted`` the refusal stands."""
    key = f"customer_id, attribute, known_us, {said}"
    return (
        f"(select customer_id, attribute, min(value) as value, known_us, bool_or(sensitive) as sensitive, "
        f"{said} as _said from {attributes} group by {key})"
    )


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
