"""Runs every engine in its own process, in turn, and turns what they cost into ratios.

Imports nothing heavy before the last run: a new process starts with the peak memory of its parent in its books.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.features.measure import Cost, measure
from benchmarks.features.task import COLUMNS
from features.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "benchmarks.features"
#: Module and package of each peer, by how much a run costs.
PEERS = {
    "polars": ("peers.with_polars", "polars"),
    "polars_best": ("peers.polars_best", "polars"),
    "duckdb_sql": ("peers.duckdb_sql", "duckdb"),
    "ibis": ("peers.with_ibis", "ibis"),
    "pandas": ("peers.with_pandas", "pandas"),
    "naive_sql": ("peers.naive_sql", "duckdb"),
}
#: Whose result the others are compared with: the first of these that ran.
REFERENCES = ("naive_sql", "duckdb_sql", "pandas", "polars")
#: Packages whose version belongs to the numbers.
VERSIONS = ("duckdb", "ibis-framework", "numpy", "pandas", "polars", "pyarrow")

logger = logging.getLogger(__name__)


def default_peers(events: int) -> tuple[str, ...]:
    """Say which peers run by default: all up to a million events, Polars up to ten million.

    Examples
    --------
    >>> default_peers(10_000_000), default_peers(50_000_000)
    (('polars', 'polars_best'), ())
    """
    if events <= 1_000_000:
        return tuple(PEERS)
    return ("polars", "polars_best") if events <= 10_000_000 else ()


def installed(peer: str) -> bool:
    """Tell whether the package of a peer is here."""
    return importlib.util.find_spec(PEERS[peer][1]) is not None


@dataclass
class Run:
    """One size of the benchmark.

    Attributes
    ----------
    events : int
        Rows of the log.
    peers : tuple of str
        Who runs beside the project and the scan floor.
    repeat : int
        Runs of each; the lowest number counts.
    work : Path
        Where the log stands and results are written.
    costs : dict
        What each engine cost.
    load : list of float
        Processes that wanted a processor, before each round and at the end: wall times mean something where
        this stays below the number of processors.
    """

    events: int
    peers: tuple[str, ...]
    repeat: int
    work: Path
    costs: dict[str, Cost] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for peer in self.peers:
            if peer not in PEERS:
                raise InputError(f"--peers names {peer!r}; allowed: {', '.join(PEERS)}")
            if not installed(peer):
                raise InputError(
                    f"peer {peer!r} needs the package {PEERS[peer][1]}; install it or leave it out of --peers"
                )

    def everything(self) -> dict[str, Any]:
        """Make the log, run everybody, compare the results and give what goes into the JSON file."""
        self._call("generate", str(self.events), str(self.work))
        out = self.work / "out"
        try:
            for engine in self._turns():
                self._one(engine, out / engine)
            rows, equal = self._results(out)
        finally:
            shutil.rmtree(out, ignore_errors=True)
        return {
            "events": self.events,
            "rows": rows,
            "columns": len(COLUMNS),
            "repeat": self.repeat,
            "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "load": [round(load, 1) for load in self.load],
            "versions": dict(_versions()),
            "measured": {name: _rounded(vars(cost)) for name, cost in self.costs.items()},
            "ratios": _rounded(ratios(self.costs, {name for name, one in equal.items() if wrong(one)})),
            "equal": equal,
        }

    def _turns(self) -> Iterator[str]:
        """Everybody once a round, every second round backwards: a machine that slows down slows all."""
        order = ("floor", "project", *self.peers)
        for turn in range(self.repeat):
            self.load.append(os.getloadavg()[0])
            yield from reversed(order) if turn % 2 else order
        self.load.append(os.getloadavg()[0])

    def _one(self, engine: str, out: Path) -> None:
        shutil.rmtree(out, ignore_errors=True)
        if engine == "floor":
            cost = Cost(**json.loads(self._call("floor", str(self.work))[1]))
        else:
            module = "project" if engine == "project" else PEERS[engine][0]
            cost = self._call(module, str(self.work), str(out))[0]
        logger.info(
            "%s: %.2f CPU s, %.2f s, %.0f MB at %d events",
            engine, cost.cpu_s, cost.wall_s, cost.peak_mb, self.events,
        )  # fmt: skip
        self.costs[engine] = cost.best(self.costs.get(engine, cost))

    def _results(self, out: Path) -> tuple[int, dict[str, Any]]:
        """Count the rows and compare every result with the reference."""
        from benchmarks.features.compare import compare, rows  # after the runs: see above

        ran = ("project", *self.peers)
        reference = next((name for name in REFERENCES if name in ran), None)
        others = [name for name in ran if reference not in (None, name)]
        equal = {
            name: {"reference": reference, **compare(out / str(reference), out / name)} for name in others
        }
        return rows(out / "project"), equal

    def _call(self, module: str, *arguments: str) -> tuple[Cost, str]:
        return measure((sys.executable, "-m", f"{PACKAGE}.{module}", *arguments), ROOT)


def wrong(comparison: dict[str, Any]) -> str:
    """Say in one line where a result differs from the reference; nothing if it does not.

    Examples
    --------
    >>> wrong({"reference": "naive_sql", "rows": 9, "differ": {}})
    ''
    """
    if "fault" in comparison:
        return str(comparison["fault"])
    differ = comparison["differ"]
    columns = ", ".join(f"{name} ({cells} cells)" for name, cells in list(differ.items())[:5])
    more = f" and {len(differ) - 5} more columns" if len(differ) > 5 else ""
    return f"{columns}{more}; {comparison.get('example', '')}" if differ else ""


def ratios(costs: dict[str, Cost], differing: set[str]) -> dict[str, float]:
    """Give what peers cost over what the project costs, and the project over the floor.

    A result that differs has no cost worth telling: its ratios are left out; if it is the project's, all are.

    Examples
    --------
    >>> costs = {"floor": Cost(0.1, 0.1, 9), "project": Cost(2.0, 1.0, 9), "polars": Cost(5.0, 3.0, 9)}
    >>> ratios(costs, set())
    {'scan_floor': 20.0, 'wall_per_cpu': 0.5, 'polars_cpu': 2.5, 'polars_wall': 3.0}
    """
    if "project" in differing:
        return {}
    project = costs["project"]
    found = {
        "scan_floor": project.cpu_s / costs["floor"].cpu_s,
        "wall_per_cpu": project.wall_s / project.cpu_s,
    }
    for name, cost in costs.items():
        if name not in ("floor", "project") and name not in differing:
            found |= {f"{name}_cpu": cost.cpu_s / project.cpu_s, f"{name}_wall": cost.wall_s / project.wall_s}
    return found


def _versions() -> Iterator[tuple[str, str]]:
    for name in VERSIONS:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}


def faults(answer: dict[str, Any], names: Sequence[str] = ()) -> list[str]:
    """Say of every result that differs where; empty if all are equal."""
    found = ((name, wrong(one)) for name, one in answer["equal"].items() if not names or name in names)
    return [f"{name}: {words}" for name, words in found if words]
