"""Scores of Spark are those of one machine, bit for bit, however the customers come to the tasks."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.settings import EngineSettings
from models.newest_rows import newest_rows
from models.policies.settings import Budget, PolicySettings
from models.policies.trace import write_trace
from pipelines import score_list
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
    expected, reasons = score_tables(project, params, plan, *tables)
    settings = EngineSettings(name="spark", threads=2, memory_gb=2.0)
    found, why = score_newest(project, params.model_copy(update={"engine": settings}), plan)
    assert len(found) > 80
    names = {
        "ids": found["customer_id"].astype(str).to_numpy(object),
        "id_spaces": np.full(len(found), "x", object),
    }
    for name, one in (("one machine", reasons), ("spark", why)):
        write_trace(one.trace, **names, path=tmp_path / f"{name}.parquet")
    assert (tmp_path / "spark.parquet").read_bytes() == (tmp_path / "one machine.parquet").read_bytes()
    assert why.decisions.equals(reasons.decisions)
    for scores in (expected, found):
        scores["id_space"] = "customer"
        scores["customer_id"] = scores["customer_id"].astype(str)
        scores["next_categories"] = None  # the driver's, from the events
    assert as_arrow(found, plan).equals(as_arrow(expected, plan))
    assert not list((project.root / "data").glob(".*"))


def test_customers_who_compete_for_a_budget_are_decided_on_together_or_not_at_all(trained_shop: Path) -> None:
    project = Project(trained_shop)
    params, plan = load_params(project.root), load_plan(project)
    policy = PolicySettings(budgets={"money": Budget(limit=10.0)})
    with pytest.raises(InputError, match=r"policy\.budgets"):
        score_newest(project, params.model_copy(update={"policy": policy}), plan)


def test_a_list_has_the_same_bytes(trained_shop: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(trained_shop, tmp_path / "shop"))
    (project / "list.csv").write_text("customer_id\n00012\nnobody\n00003\n00044\n")
    score_list.run(project, project / "list.csv", project / "local.parquet", None, part_persons=2)
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("name: local", "name: spark"))
    score_list.run(project, project / "list.csv", project / "spark.parquet", None)
    assert (project / "spark.parquet").read_bytes() == (project / "local.parquet").read_bytes()
