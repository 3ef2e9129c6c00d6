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
from pipelines.score_record import record_of


@pytest.fixture(scope="module")
def listed(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, everybody scored by the stage, and a list in an order of its own with strangers on it."""
    project = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("parts") / "shop"))
    score.run(project)
    ids = pq.read_table(project / "data/scores.parquet")["customer_id"].to_pylist()
    shuffled = pd.Series([*ids, "nobody"]).sample(frac=1.0, random_state=3)
    (project / "list.csv").write_text("\n".join(["customer_id", *shuffled, ids[0]]))
    return project


def scores(project: Path, name: str, part_persons: int | None = None) -> bytes:
    score_list.run(project, project / "list.csv", project / name, None, part_persons=part_persons)
    return (project / name).read_bytes()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_size_of_the_parts_changes_no_byte(
    listed: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scores(listed, f"whole.{ending}")
    assert scores(listed, f"whole.{ending}", part_persons=60) == whole
    if ending == "csv":
        monkeypatch.setattr("pipelines.score_batches.ROWS", 7)
        assert scores(listed, "whole.csv") == whole


def test_blocks_of_the_list_are_put_together_in_its_order(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scores(listed, "blocks.csv")
    for module in ("score_parts", "score_assembled"):
        monkeypatch.setattr(f"pipelines.{module}.BLOCK", 11)
    assert scores(listed, "blocks.csv", part_persons=50) == whole


def test_a_run_that_was_cut_short_goes_on_with_the_parts_it_had(
    listed: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = scores(listed, "resumed.csv", part_persons=60)
    real, calls = score_parts._scored, []

    def failing(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(score_parts, "_scored", failing)
    with pytest.raises(KeyboardInterrupt):
        scores(listed, "resumed.csv", part_persons=60)
    assert (listed / "resumed.csv").read_bytes() == whole
    assert len(list((listed / "data/score_list").glob("*/part-*.arrow"))) == 1
    caplog.set_level(logging.INFO)
    assert scores(listed, "resumed.csv", part_persons=60) == whole
    assert len(calls) == 4, "three parts: one of the first run, two of the second"
    assert "earlier run" in caplog.text and "customers/s" in caplog.text
    assert not (listed / "data/score_list").exists()


def test_parts_of_other_models_are_not_gone_on_with(listed: Path) -> None:
    stale = listed / "data/score_list/0000-0000-0000"
    stale.mkdir(parents=True)
    (stale / "part-00000.arrow").write_bytes(b"of other models")
    scores(listed, "other.csv")
    assert not stale.exists()


def test_everybody_without_a_list_is_what_the_stage_gives(listed: Path) -> None:
    said = score_list.run(listed, None, listed / "all.parquet", None, part_persons=70)
    assert pq.read_table(listed / "all.parquet").equals(pq.read_table(listed / "data/scores.parquet"))
    assert "customers as of 2024-02-05" in said
    with pytest.raises(InputError, match="--out"):
        score_list.run(listed, None, None, None)


def test_the_record_beside_the_scores_says_what_made_them(listed: Path) -> None:
    scores(listed, "recorded.csv")
    record = json.loads(record_of(listed / "recorded.csv").read_text())
    found = pd.read_csv(listed / "recorded.csv", dtype={"customer_id": str})
    assert record["model_version"] == found["model_version"].unique().item()
    assert record["data_hash"] == found["data_hash"].unique().item() and record["as_of"] == "2024-02-05"
    assert set(record["contracts"]) >= {"churn", "readiness"} and record["models"]["models"] == "trained"
    counts = record["counts"]
    assert counts["rows"] == len(found) == counts["list"]["ids"] and counts["list"]["duplicates"] == 1
    assert counts["eligible"] == found["eligible"].sum()
    assert sum(counts["not_eligible"].values()) == (~found["eligible"]).sum()
