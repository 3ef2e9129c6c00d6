"""Command ``explain``: one customer, both targets, the probability of the score file."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from models.newest_rows import newest_rows
from models.target import PROBABILITIES
from pipelines import explain, score
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score import score_tables


def test_it_tells_the_probability_that_is_in_the_score_file(shop: Path) -> None:
    project, plan = Project(shop), load_plan(Project(shop))
    tables = (newest_rows(path, plan.as_of_us) for path in (project.features, project.labels))
    scores, _ = score_tables(project, load_params(shop), plan, *tables)
    names = pq.read_table(project.ids).to_pandas().set_index("customer_id")["source_id"]
    both = scores[scores["p_churn"].notna() & scores["p_ready"].notna()].iloc[0]
    told = explain.run(shop, names[both["customer_id"]].removeprefix("customer:"), top=3)
    for target in PROBABILITIES:
        assert any(f"{100 * both[target.score]:.1f}%" in line for line in told), target
    assert sum("raises it" in line for line in told) == 2
    assert "features report" in told[-1]

    outside = scores[scores["p_churn"].isna()].iloc[0]
    told = explain.run(shop, names[outside["customer_id"]].removeprefix("customer:"))
    assert any(line.startswith("Churn: no probability:") for line in told)


def test_it_tells_why_the_customer_gets_the_action_of_the_score_file(shop: Path) -> None:
    score.run(shop)
    scores = pq.read_table(Project(shop).scores).to_pandas()
    for action, explore in scores[["action", "explore"]].drop_duplicates().itertuples(index=False):
        one = scores[
            (scores["action"] == action) & (scores["explore"] == explore) & ~scores["is_control"]
        ].iloc[0]
        told = [line for line in explain.run(shop, one["customer_id"]) if line.startswith("Next action: ")]
        assert len(told) == 1 and ("drawn at random" in told[0]) == explore
        assert told[0].startswith(f"Next action: {'nothing' if action == 'none' else action}: ")
    held = scores.loc[scores["is_control"], "customer_id"].iloc[0]
    assert any("control group" in line for line in explain.run(shop, held))


def test_an_unknown_customer_is_said(shop: Path) -> None:
    with pytest.raises(InputError, match="no such id"):
        explain.run(shop, "nobody")
