"""Scores of Spark are those of one machine, bit for bit, however the customers come to the tasks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.engines.spark_session import session
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
SETTINGS = EngineSettings(name="spark", threads=2, memory_gb=2.0)


@pytest.fixture(scope="module")
def project(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The shop, and one Spark session for all tests of this file."""
    folder = tmp_path_factory.mktemp("spark")
    with session(SETTINGS, folder):
        yield Project(Path(shutil.copytree(trained_shop, folder / "shop")))


def test_everybody_has_the_same_scores(project: Project, tmp_path: Path) -> None:
    params, plan = load_params(project.root), load_plan(project)
    tables = [newest_rows(path, plan.as_of_us) for path in (project.features, project.labels)]
    for path in (project.features, project.labels):
        for file in path.glob("*.parquet"):
            pq.write_table(pq.read_table(file), file, row_group_size=40)
    expected, reasons = score_tables(project, params, plan, *tables)
    found, why = score_newest(project, params.model_copy(update={"engine": SETTINGS}), plan)
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


def test_customers_who_compete_for_a_budget_are_decided_on_together_or_not_at_all(project: Project) -> None:
    params, plan = load_params(project.root), load_plan(project)
    policy = PolicySettings(budgets={"money": Budget(limit=10.0)})
    with pytest.raises(InputError, match=r"policy\.budgets"):
        score_newest(project, params.model_copy(update={"policy": policy}), plan)


def test_a_list_has_the_same_bytes(project: Project) -> None:
    root = project.root
    (root / "list.csv").write_text("customer_id\n00012\nnobody\n00003\n00044\n")
    score_list.run(root, root / "list.csv", root / "local.parquet", None, part_persons=2)
    params = root / "params.yaml"
    params.write_text(params.read_text().replace("name: local", "name: spark"))
    score_list.run(root, root / "list.csv", root / "spark.parquet", None)
    assert (root / "spark.parquet").read_bytes() == (root / "local.parquet").read_bytes()
