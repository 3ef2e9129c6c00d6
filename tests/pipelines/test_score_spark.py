"""Scores of Spark are those of one machine, bit for bit, however the customers come to the tasks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.settings import EngineSettings
from models.newest_rows import newest_rows
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score import score_tables
from pipelines.score_columns import as_arrow
from pipelines.score_spark import score_newest

pytestmark = pytest.mark.spark


def test_everybody_has_the_same_scores(trained_shop: Path, tmp_path: Path) -> None:
    project = Project(Path(shutil.copytree(trained_shop, tmp_path / "shop")))
    params, plan = load_params(project.root), load_plan(project)
    tables = [newest_rows(path, plan.as_of_us) for path in (project.features, project.labels)]
    for path in (project.features, project.labels):
        for file in path.glob("*.parquet"):
            pq.write_table(pq.read_table(file), file, row_group_size=40)
    expected = score_tables(project, params, plan, *tables)
    settings = EngineSettings(name="spark", threads=2, memory_gb=2.0)
    found = score_newest(project, params.model_copy(update={"engine": settings}), plan)
    assert len(found) > 80
    for scores in (expected, found):
        scores["id_space"] = "customer"
        scores["customer_id"] = scores["customer_id"].astype(str)
        scores["next_categories"] = None  # the driver's, from the events
    assert as_arrow(found, plan).equals(as_arrow(expected, plan))
    assert not list((project.root / "data").glob(".*"))
