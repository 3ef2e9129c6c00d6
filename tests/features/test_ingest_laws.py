"""Laws of ingest over every registered kind of source, and what the ids are."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

import features.sources
from features import contract
from features.contract import PERSON_ORDER
from features.discovery import discover
from features.errors import InputError
from features.ingest import ingest
from features.manifest import write_manifest
from features.settings import SourceSettings

NOW_US = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
RHYTHM = {"step_days": 7, "churn_horizon_days": 7, "readiness_horizon_days": 7}
TABLES = {
    "events": contract.EVENTS,
    "customers": contract.CUSTOMERS,
    "links": contract.LINKS,
    "costs": contract.COSTS,
    "decisions": contract.DECISIONS,
    "quarantine": contract.QUARANTINE,
}


def load_worlds() -> dict[str, ModuleType]:
    """Load the fixtures of ``tests/laws/test_source_laws.py`` that hold events of their own."""
    found = {}
    for path in sorted((Path(__file__).parent / "sources" / "fixtures").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"world_of_{path.stem}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if getattr(module, "ALONE", True):
            found[path.stem] = module
    return found


WORLDS = load_worlds()


def settings_of(kind: str, folder: Path) -> SourceSettings:
    (folder / "raw").mkdir()
    extra = WORLDS[kind].write(folder / "raw")
    return SourceSettings.model_validate_json(
        json.dumps(
            {"kind": kind, "title": kind, "path": ["raw"], "id_key": "public", "rhythm": RHYTHM, **extra}
        )
    )


def run(kind: str, settings: SourceSettings, folder: Path) -> dict[str, Any]:
    return ingest(
        kind, settings, folder, folder / "canonical", folder / "ids.parquet", now_us=NOW_US, threads=1
    )


@pytest.fixture(params=sorted(WORLDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_tables_follow_the_contract(kind: str, tmp_path: Path) -> None:
    meta = run(kind, settings_of(kind, tmp_path), tmp_path)
    canonical = tmp_path / "canonical"
    assert sorted(path.name for path in canonical.iterdir()) == sorted(
        [*(f"{table}.parquet" for table in TABLES), "meta.json"]
    )
    for table, schema in TABLES.items():
        assert pq.read_schema(canonical / f"{table}.parquet").equals(schema), table
    assert pq.read_schema(tmp_path / "ids.parquet").equals(contract.IDS)
    events = pq.read_table(canonical / "events.parquet")
    keys = list(zip(*(events[name].to_pylist() for name in PERSON_ORDER), strict=True))
    assert keys == sorted(keys)
    holds = events.filter(pc.is_null(events["until_us"]))["event_id"].to_pylist()
    assert len(set(holds)) == len(holds) == len(set(events["event_id"].to_pylist()))
    assert set(events["kind"].to_pylist()) <= set(meta["kinds"]) <= set(contract.KINDS)
    assert set(events["channel"].to_pylist()) - {None} <= set(meta["channels"]) <= set(contract.CHANNELS)
    known = set(pq.read_table(tmp_path / "ids.parquet")["customer_id"].to_pylist())
    assert set(events["customer_id"].to_pylist()) <= known


def test_two_runs_give_the_same_bytes_and_leave_nothing_behind(kind: str, tmp_path: Path) -> None:
    settings = settings_of(kind, tmp_path)
    found = []
    for _ in range(2):
        run(kind, settings, tmp_path)
        paths = [*sorted((tmp_path / "canonical").iterdir()), tmp_path / "ids.parquet"]
        found.append([path.read_bytes() for path in paths])
    assert found[0] == found[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canonical", "ids.parquet", "raw"]


def test_manifest_is_written_only_when_it_changes(kind: str, tmp_path: Path) -> None:
    settings = settings_of(kind, tmp_path)
    out = tmp_path / "manifest.json"
    assert write_manifest(kind, settings, tmp_path, out)
    assert not write_manifest(kind, settings, tmp_path, out)
    text = out.read_text()
    assert str(tmp_path) not in text
    listed = json.loads(text)["files"]
    raw = tmp_path / "raw"
    there = {path.relative_to(raw).as_posix() for path in raw.rglob("*") if path.is_file()}
    assert {file["name"] for file in listed} == there
    victim = tmp_path / "raw" / listed[0]["name"]
    victim.write_bytes(victim.read_bytes() + b"\n")
    assert write_manifest(kind, settings, tmp_path, out)


def test_a_failing_run_leaves_the_old_output(kind: str, tmp_path: Path) -> None:
    settings = settings_of(kind, tmp_path)
    run(kind, settings, tmp_path)
    before = (tmp_path / "canonical" / "events.parquet").read_bytes()
    for path in (path for path in (tmp_path / "raw").rglob("*") if path.is_file()):
        path.write_bytes(b"\xff\xfe\xfd not what it was")
    with pytest.raises(InputError):
        run(kind, settings, tmp_path)
    assert (tmp_path / "canonical" / "events.parquet").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canonical", "ids.parquet", "raw"]


def test_another_key_gives_other_pseudonyms_of_the_same_customers(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(kind, tmp_path)
    found = []
    for key in ("", "secret"):
        monkeypatch.setenv("KLANTREIS_ID_KEY", key)
        run(kind, settings, tmp_path)
        found.append(pq.read_table(tmp_path / "ids.parquet"))
    # The id of an e-mail address is a keyed hash itself.
    shown = [{one for one in ids["source_id"].to_pylist() if not one.startswith("email:")} for ids in found]
    assert shown[0] == shown[1] and len(found[0]) == len(found[1])
    assert not set(found[0]["customer_id"].to_pylist()) & set(found[1]["customer_id"].to_pylist())


def test_two_ids_with_one_pseudonym_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "raw").mkdir()
    columns = {"customer": "who", "occurred": "when"}
    options = {"files": "*.csv", "columns": columns, "constants": {"kind": "page_view"}}
    (tmp_path / "raw" / "a.csv").write_text("who,when\na,2024-01-02\nb,2024-01-02\n")
    settings = SourceSettings.model_validate_json(
        json.dumps(
            {
                "kind": "table",
                "title": "t",
                "path": ["raw"],
                "rhythm": RHYTHM,
                "options": options,
                "id_key": "public",
            }
        )
    )
    monkeypatch.setattr("features.pseudonyms.pseudonym", lambda source_id, key: 5)
    with pytest.raises(InputError, match=r"\['a', 'b'\] have the same pseudonym.*KLANTREIS_ID_KEY"):
        run("table", settings, tmp_path)


def test_unknown_kind_of_source_names_those_allowed(tmp_path: Path) -> None:
    settings = settings_of("table", tmp_path).model_copy(update={"kind": "tabel"})
    with pytest.raises(InputError, match=r"allowed: .*complete_journey.* ga4, .* table"):
        run("table", settings, tmp_path)


def test_absent_folder_names_the_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_FOLDER", "else/where")
    places = (
        "nowhere",
        "${SOME_FOLDER:-x}/y",
        "${NO_SUCH_FOLDER:-fallback}/z",
        "package:no_such_package/data",
    )
    settings = settings_of("table", tmp_path).model_copy(update={"path": places})
    with pytest.raises(InputError) as caught:
        run("table", settings, tmp_path)
    message = str(caught.value)
    for word in (
        "nowhere",
        "else/where/y",
        "fallback/z",
        "no_such_package",
        "path in conf/sources/table.yaml",
    ):
        assert word in message


def test_decisions_of_the_journey(tmp_path: Path) -> None:
    run("complete_journey", settings_of("complete_journey", tmp_path), tmp_path)
    found = duckdb.sql(
        f"select source_id, strftime(make_timestamp(decided_us), '%m-%d'), action, eligible "
        f"from '{tmp_path}/canonical/decisions.parquet' join '{tmp_path}/ids.parquet' using (customer_id) "
        "order by 2, 1"
    ).fetchall()
    # Household 2 shops first on 1 February; household 3 never does.
    assert found == [
        ("1", "01-10", "A", ["none", "A"]),
        ("1", "02-10", "none", ["none", "B", "C"]),
        ("2", "02-10", "B", ["none", "B", "C"]),
    ]


def test_shipped_settings_are_valid(repo: Path) -> None:
    """Every file of conf/sources passes its adapter's own model (the data need not be there)."""
    from features.sources._base import validate_options

    kinds = discover(features.sources, "SOURCE")
    for path in sorted((repo / "conf" / "sources").glob("*.yaml")):
        text = json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str)
        settings = SourceSettings.model_validate_json(text)
        validate_options(kinds[settings.kind].Options, path.stem, settings.options)
