"""Task F on Spark: the kernel in Spark's Python workers against the same columns as SQL and as Ibis expressions.

``python -m benchmarks.features.spark --events 100000 [--json FILE] [--folder FOLDER]``: on ``local[2]``, each side in
a process of its own, writes its table to Parquet, and counts the CPU seconds of everything that ran: the driver, Java
and the Python workers, from the start of the interpreter. The results are compared cell by cell.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.features import project, task
from benchmarks.features.compare import compare
from benchmarks.features.generate import generate
from benchmarks.features.measure import measure
from benchmarks.features.peers import duckdb_sql, with_ibis
from benchmarks.features.peers.duckdb_sql import _ever, _whole, _within

#: Tasks that run at a time.
THREADS = 2
SIDES = ("project", "project_unsorted", "spark_sql", "ibis")


def run_project(spark: Any, events: Path, out: Path) -> None:
    """Write the table with the engine ``spark``; it finds the session that is active."""
    from features.settings import EngineSettings

    project.run(events, out, EngineSettings(name="spark", threads=THREADS))


def run_spark_sql(spark: Any, events: Path, out: Path) -> None:
    """Write the table with the SQL of the best peer, for all cutoffs at once.

    The log is read, partitioned by customer and kept once, so no window and no join moves a row between partitions. One
    query a cutoff, as DuckDB likes it, costs Spark more: each is planned and compiled anew.
    """
    log = spark.read.parquet(str(events / "events.parquet")).select(*task.READS)
    log.repartition(THREADS, "customer_id").createOrReplaceTempView("log")
    by_customer = "OVER (PARTITION BY customer_id ORDER BY occurred_us)"
    never = duckdb_sql.NEVER
    spark.sql(
        f"""
SELECT customer_id, occurred_us, kind, channel, category, value,
  (occurred_us - lag(occurred_us) {by_customer}) / {task.DAY_US} AS gap,
  CASE WHEN lead(day) {by_customer} = day THEN lead(occurred_us) {by_customer} ELSE {never} END AS next_in_days,
  lead(occurred_us, 1, {never}) OVER (PARTITION BY customer_id, category ORDER BY occurred_us) AS next_in_categories,
  lead(occurred_us, 1, {never}) OVER (PARTITION BY customer_id, session_id ORDER BY occurred_us) AS next_in_sessions
FROM (SELECT *, occurred_us div {task.DAY_US} AS day FROM log)
"""
    ).persist().createOrReplaceTempView("events")
    spark.sql(spark_query()).write.option("compression", "lz4_raw").parquet(str(out / "all"))


def spark_query() -> str:
    """Write the query: one narrow aggregate per window over the rows of that window, joined."""
    cutoffs = ", ".join(f"({cutoff})" for cutoff in task.CUTOFFS)
    tables = [f"cutoffs AS (SELECT CAST(col1 AS BIGINT) AS cutoff_us FROM VALUES {cutoffs})"]
    rows = "FROM events JOIN cutoffs ON occurred_us < cutoff_us"
    columns: dict[str, Iterator[str]] = {
        f"ever AS (SELECT customer_id, cutoff_us, %s {rows}": _ever("cutoff_us")
    }
    for days in task.WINDOWS:
        within = f"{rows} AND occurred_us >= cutoff_us - {days * task.DAY_US}"
        columns[f"within_{days} AS (SELECT customer_id, cutoff_us, %s {within}"] = _within("cutoff_us", days)
    for text, found in columns.items():
        tables.append(text % ", ".join(found) + " GROUP BY customer_id, cutoff_us)")
    joins = "\n".join(f"LEFT JOIN within_{days} USING (customer_id, cutoff_us)" for days in task.WINDOWS)
    cells = ",\n  ".join(f'CAST({_whole(name)} AS FLOAT) AS "{name}"' for name in task.COLUMNS)
    query = f"WITH {', '.join(tables)}\nSELECT customer_id, cutoff_us,\n  {cells}\nFROM ever\n{joins}"
    return query.replace('"', "`")


def run_ibis(spark: Any, events: Path, out: Path) -> None:
    """Write the table with the very expressions of the Ibis peer; the log is kept once it is read."""
    import ibis

    connection = ibis.pyspark.connect(spark)
    table = with_ibis.features(with_ibis.read(Kept(connection), events), *task.CUTOFFS)
    connection.to_parquet(table, str(out / "all"), compression="lz4_raw")


class Kept:
    """A connection of Ibis to Spark that keeps a table in memory, where DuckDB makes a temporary one."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read_parquet(self, path: Path) -> Any:
        """Read a file."""
        return self._connection.read_parquet(str(path))

    def create_table(self, name: str, table: Any, temp: bool) -> Any:
        """Keep a table."""
        return table.cache()


def one(side: str, events: Path, out: Path) -> None:
    """Run one side and print what it cost as JSON."""
    began = time.perf_counter()
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    out.mkdir(parents=True)
    builder = SparkSession.builder.master(f"local[{THREADS}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "ERROR")
    builder = builder.config("spark.driver.memory", "3g").config("spark.sql.shuffle.partitions", str(THREADS))
    with tempfile.TemporaryDirectory() as scratch:
        spark = builder.config("spark.sql.warehouse.dir", scratch).getOrCreate()
        runs = {"spark_sql": run_spark_sql, "ibis": run_ibis}
        runs.get(side, run_project)(spark, events, out)
        # Before Spark ends: what its processes used is told by the living only.
        said = {"cpu_s": cpu_of_tree(os.getpid()), "wall_s": time.perf_counter() - began}
        spark.stop()
    print(json.dumps(said))


def cpu_of_tree(pid: int) -> float:
    """Give the CPU seconds of a process, its living descendants, and the dead ones they waited for."""
    ticks, found = 0, [pid]
    for process in found:
        # After the name, which may hold blanks: the state is field 3; 14 to 17 are utime, stime, cutime, cstime.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run every side, compare, and say the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--sides", nargs="*", default=list(SIDES), choices=SIDES)
    parser.add_argument("--one", nargs=3, metavar=("SIDE", "EVENTS", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]), Path(given.one[2]))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        found = compared(given.events, given.sides, Path(scratch))
    text = json.dumps(found, indent=1, sort_keys=True)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", encoding="utf-8")


def compared(events: int, sides: list[str], folder: Path) -> dict[str, Any]:
    """Run some sides on a log of so many events.

    Returns
    -------
    dict
        ``events``, per side ``cpu_s``, ``wall_s``, ``peak_mb`` and (of peers) ``differ`` (cells by column), and
        ``ratios``: CPU of each peer over that of the project, on a log that says it is sorted and on one that does not.
    """
    log = generate(events, folder / "events").parent
    # The same rows, but the file does not say that they are sorted: Spark has to bring customers together.
    (folder / "unsorted").mkdir()
    pq.write_table(pq.read_table(log / "events.parquet"), folder / "unsorted" / "events.parquet")
    results: dict[str, dict[str, Any]] = {}
    for side in sides:
        command = [sys.executable, "-m", "benchmarks.features.spark"]
        given = folder / "unsorted" if side == "project_unsorted" else log
        cost, said = measure([*command, "--one", side, str(given), str(folder / side)], Path.cwd())
        results[side] = {**json.loads(said.strip().splitlines()[-1]), "peak_mb": cost.peak_mb}
        if not side.startswith("project") and "project" in results:
            results[side]["compared"] = compare(folder / side, folder / "project" / "features.parquet")
    peers = [side for side in sides if not side.startswith("project")]
    ratios = {
        f"{side}_cpu" if own == "project" else f"{side}_cpu_unsorted": results[side]["cpu_s"]
        / results[own]["cpu_s"]
        for own in ("project", "project_unsorted")
        if own in results
        for side in peers
    }
    return {"events": events, "ratios": ratios, "sides": results}


if __name__ == "__main__":
    main()
