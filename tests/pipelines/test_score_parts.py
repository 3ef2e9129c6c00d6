"""Lists scored in parts: the same bytes whatever the parts, and what was finished survives a kill."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from pipelines import score, score_list, score_parts
from pipelines.score_lock import held
from pipelines.score_record import record_of


@pytest.fixture(scope="module")
def listed(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, everybody scored by the stage, and a list in an order of its own with strangers on it, scored whole."""
    project = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("parts") / "shop"))
    score.run(project)
    ids = pq.read_table(project / "data/scores.parquet")["customer_id"].to_pylist()
    shuffled = pd.Series([*ids, "nobody"]).sample(frac=1.0, random_state=3)
    (project / "list.csv").write_text("\n".join(["customer_id", *shuffled, ids[0]]))
    for ending in ("csv", "parquet"):
        scores(project, f"whole.{ending}")
    return project


def scores(project: Path, name: str, part_persons: int | None = None) -> bytes:
    score_list.run(project, project / "list.csv", project / name, None, part_persons=part_persons)
    return (project / name).read_bytes()


def test_the_size_of_the_parts_changes_no_byte(listed: Path) -> None:
    assert scores(listed, "parts.parquet", part_persons=60) == (listed / "whole.parquet").read_bytes()


def test_neither_the_rows_scored_at_once_nor_the_blocks_of_the_list_change_a_byte(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.score_batches.ROWS", 40)
    for module in ("score_parts", "score_assembled"):
        monkeypatch.setattr(f"pipelines.{module}.BLOCK", 11)
    assert scores(listed, "blocks.csv", part_persons=90) == (listed / "whole.csv").read_bytes()


def test_a_run_that_was_cut_short_goes_on_with_the_parts_it_had(
    listed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, calls = score_parts._scored, []

    def failing(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    (listed / "resumed.csv").write_text("what was there")
    monkeypatch.setattr(score_parts, "_scored", failing)
    with pytest.raises(KeyboardInterrupt):
        scores(listed, "resumed.csv", part_persons=60)
    assert (listed / "resumed.csv").read_text() == "what was there"
    assert len(list((listed / "data/score_list").glob("*/part-*.arrow"))) == 1
    caplog.set_level(logging.INFO)
    assert scores(listed, "resumed.csv", part_persons=60) == (listed / "whole.csv").read_bytes()
    assert len(calls) == 4, "three parts: one of the first run, two of the second"
    assert "earlier run" in caplog.text and "customers/s" in caplog.text
    assert not (listed / "data/score_list").exists()


def test_another_run_of_the_same_list_says_so_and_parts_of_other_models_go_unless_a_run_is_at_them(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale, busy = (listed / "data/score_list" / name for name in ("0000-0000-0000", "1111-1111-1111"))
    for folder in (stale, busy):
        folder.mkdir(parents=True)
        (folder / "part-00000.arrow").write_bytes(b"of other models")

    def at_work(job: score_parts.Job, folder: Path) -> list[Path]:
        assert busy.exists() and not stale.exists()
        with pytest.raises(InputError, match="another run"), score_parts.finished_parts(job):
            raise AssertionError("two runs in one folder")
        assert folder.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(score_parts, "_all_parts", at_work)
    with held(busy), pytest.raises(KeyboardInterrupt):
        scores(listed, "twice.csv")
    shutil.rmtree(busy.parent)


def test_everybody_without_a_list_is_what_the_stage_gives(listed: Path) -> None:
    said = score_list.run(listed, None, listed / "all.parquet", None, part_persons=70)
    assert pq.read_table(listed / "all.parquet").equals(pq.read_table(listed / "data/scores.parquet"))
    assert "customers as of 2024-02-05" in said
    with pytest.raises(InputError, match="--out"):
        score_list.run(listed, None, None, None)


def test_the_record_beside_the_scores_says_what_made_them(listed: Path) -> None:
    record = json.loads(record_of(listed / "whole.csv").read_text())
    found = pd.read_csv(listed / "whole.csv", dtype={"customer_id": str})
    assert record["model_version"] == found["model_version"].unique().item()
    assert record["data_hash"] == found["data_hash"].unique().item() and record["as_of"] == "2024-02-05"
    assert set(record["contracts"]) >= {"churn", "readiness"} and record["models"]["models"] == "trained"
    counts = record["counts"]
    assert counts["rows"] == len(found) == counts["list"]["ids"] and counts["list"]["duplicates"] == 1
    assert counts["eligible"] == found["eligible"].sum()
    assert sum(counts["not_eligible"].values()) == (~found["eligible"]).sum()
