"""Laws of every registered kind of source, held on a tiny export of each.

A kind of source (``features/sources/<kind>.py``) has a fixture ``tests/features/sources/fixtures/<kind>.py`` with

- ``write(folder)``: writes raw files, good and malformed rows, and gives the settings beside kind, title, path and
  rhythm (``{"options": {...}}``);
- ``COUNTS``: the rows in, kept, quarantined and de-duplicated that ingest must count of them;
- ``SECRETS``: raw texts (addresses, names) that must be nowhere in the canonical tables;
- ``ALONE = False`` if there is no event of a customer in it (costs, decisions): it is then read beside purchases.

Rows are reversed and files are split and exported twice by these tests: no fixture needs to do so.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import features.sources
from features import contract
from features.discovery import discover
from features.ingest import ingest
from features.settings import SourceSettings
from features.sources import open_source
from features.sources._batches import CanonicalBatch, RawBatch
from features.sources._rows import Exports

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
TABLES = ("events", "customers", "links", "decisions", "costs")
KINDS = discover(features.sources, "SOURCE")
#: Kinds whose files may be split and exported twice under another name: they are found by a pattern.
FLAT = sorted(kind for kind, source in KINDS.items() if issubclass(source, Exports))
FIXTURES = Path(__file__).resolve().parents[1] / "features" / "sources" / "fixtures"


def fixture_of(kind: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fixture_of_{kind}", FIXTURES / f"{kind}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class World:
    """The export of a kind in ``<folder>/raw`` and what ingest makes of it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder, self.raw = kind, folder, folder / "raw"
        self.raw.mkdir(parents=True)
        self.fixture = fixture_of(kind)
        self.given = self.fixture.write(self.raw)

    @property
    def settings(self) -> SourceSettings:
        text = {"kind": self.kind, "title": self.kind, "path": ["raw"], "rhythm": RHYTHM, "id_key": "public"}
        if getattr(self.fixture, "ALONE", True):
            return SourceSettings.model_validate_json(json.dumps({**text, **self.given}))
        (self.folder / "base").mkdir(exist_ok=True)
        (self.folder / "base" / "base.csv").write_text("who,when\nK1,2024-01-01\nK2,2024-03-01\n")
        options = {
            "files": "*.csv",
            "columns": {"customer": "who", "occurred": "when"},
            "constants": {"kind": "page_view"},
        }
        parts = {
            "base": {"kind": "table", "folder": "base", "options": options},
            "own": {"kind": self.kind, "folder": "raw", "options": self.given.get("options", {})},
        }
        combined = {"kind": "combined", "path": ["."], "options": {"parts": parts}}
        return SourceSettings.model_validate_json(json.dumps({**text, **combined}))

    def ingest(self) -> dict[str, Any]:
        meta = ingest(
            "world",
            self.settings,
            self.folder,
            self.out,
            self.folder / "ids.parquet",
            now_us=NOW_US,
            threads=1,
        )
        counts = meta["counts"]
        for file in counts["files"]:
            assert file["rows_in"] == file["kept"] + file["quarantined"] + file["deduplicated"], file
        base = [file for file in counts["files"] if file["file"] == "base/base.csv"]
        return {key: counts[key] - sum(file[key] for file in base) for key in self.fixture.COUNTS} | {
            "meta": meta
        }

    @property
    def out(self) -> Path:
        return self.folder / "canonical"

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        return {name: pq.read_table(self.out / f"{name}.parquet").to_pylist() for name in TABLES}

    def batches(self) -> list[RawBatch]:
        return [
            batch
            for file in self.source.raw_files()
            if file.role != "lookup"
            for batch in self.source.batches(file)
        ]

    @property
    def source(self) -> Any:
        settings = {"kind": self.kind, "title": "t", "path": ["raw"], "rhythm": RHYTHM, "id_key": "public"}
        text = json.dumps({**settings, **self.given})
        return open_source("world", SourceSettings.model_validate_json(text), self.folder, now_us=NOW_US)

    def rewrite(self, change: Callable[[Any], dict[str, Any]]) -> None:
        """Replace every raw file by others: ``change`` gives for a table or list of rows those by suffix."""
        for path in sorted(self.raw.rglob("*")):
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                for suffix, order in change(np.arange(table.num_rows)).items():
                    pq.write_table(table.take(order), path.with_stem(path.stem + suffix))
            elif path.suffix == ".csv":
                header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
                for suffix, order in change(np.arange(len(rows))).items():
                    with path.with_stem(path.stem + suffix).open("w", newline="", encoding="utf-8") as file:
                        csv.writer(file).writerows([header, *(rows[place] for place in order)])


def test_every_registered_kind_has_a_fixture() -> None:
    assert {path.stem for path in FIXTURES.glob("*.py")} == set(KINDS)


@pytest.fixture(params=sorted(path.stem for path in FIXTURES.glob("*.py")))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(request.param, tmp_path / "one")


@pytest.fixture(params=FLAT)
def flat(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(request.param, tmp_path / "one")


def test_rows_in_are_kept_quarantined_or_deduplicated(world: World) -> None:
    found = world.ingest()
    meta = found.pop("meta")
    assert found == world.fixture.COUNTS
    quarantine = pq.read_table(world.out / "quarantine.parquet")
    assert quarantine.num_rows == found["quarantined"] == sum(meta["quarantine_reasons"].values())


def test_only_what_is_declared_comes_out(world: World) -> None:
    meta = world.ingest()["meta"]
    tables = world.tables()
    assert {row["kind"] for row in tables["events"]} <= set(meta["kinds"]) <= set(contract.KINDS)
    channels = {row["channel"] for row in tables["events"]} - {None}
    assert channels <= set(meta["channels"]) <= set(contract.CHANNELS)
    assert {row["channel"] for row in tables["costs"]} <= set(contract.CHANNELS)
    assert meta["has_decisions"] or not tables["decisions"]
    for row in tables["decisions"]:
        assert row["action"] in row["eligible"] and set(row["eligible"]) <= set(meta["actions"])


def test_the_order_of_rows_does_not_matter(world: World) -> None:
    world.ingest()
    before = world.tables()
    world.rewrite(lambda rows: {"": rows[::-1]})
    world.ingest()
    assert world.tables() == before


def test_how_rows_are_spread_over_files_does_not_matter(flat: World) -> None:
    flat.ingest()
    before = flat.tables()
    # The file of that name holds the last rows: they are read before the first ones.
    flat.rewrite(lambda rows: {"": rows[len(rows) // 2 :], "_2": rows[: len(rows) // 2]})
    found = flat.ingest()
    assert flat.tables() == before
    assert found["rows_in"] == flat.fixture.COUNTS["rows_in"]


def test_a_duplicate_export_changes_nothing(flat: World) -> None:
    flat.ingest()
    before = flat.tables()
    flat.rewrite(lambda rows: {"": rows, "_again": rows})
    found = flat.ingest()
    assert flat.tables() == before
    assert found["rows_in"] == 2 * flat.fixture.COUNTS["rows_in"]
    assert found["quarantined"] == 2 * flat.fixture.COUNTS["quarantined"]


def test_rows_one_by_one_tell_what_they_tell_together(world: World) -> None:
    for batch in world.batches():
        together = world.source.canonical(batch)
        rows = [
            RawBatch(batch.file, batch.data.slice(place, 1), batch.rows[place : place + 1])
            for place in range(batch.data.num_rows)
        ]
        source = world.source
        apart = [source.canonical(one) for one in rows]
        for name in ("events", "attributes", "links", "decisions", "costs"):
            assert told(apart, name) == told([together], name), name
        assert [one.reasons[0].as_py() for one in apart] == together.reasons.to_pylist()


def told(batches: list[CanonicalBatch], name: str) -> list[str]:
    parts = [getattr(one, name) for one in batches]
    return sorted(map(repr, pa.concat_tables(parts).to_pylist())) if parts else []


def test_no_address_and_no_name_passes_ingest(world: World) -> None:
    world.ingest()
    raw = "".join(path.read_text(encoding="utf-8") for path in sorted(world.raw.rglob("*.csv"))).lower()
    texts = [path.read_bytes() for path in (world.folder / "ids.parquet", world.out / "meta.json")]
    seen = json.dumps(world.tables()) + repr(pq.read_table(world.folder / "ids.parquet").to_pylist())
    seen += repr(texts)
    for secret in world.fixture.SECRETS:
        assert secret.lower() in raw, "a secret that is in no raw file tests nothing"
        assert secret.lower() not in seen.lower()
    assert "@" not in json.dumps(world.tables())


def test_quarantine_masks_addresses(world: World) -> None:
    world.ingest()
    raws = pq.read_table(world.out / "quarantine.parquet")["raw"].to_pylist()
    for secret in (one for one in world.fixture.SECRETS if "@" in one):
        assert not any(secret.lower() in raw.lower() for raw in raws)
