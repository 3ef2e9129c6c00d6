"""The columns of a score file: the horizons of the plan, and the right type even where nothing is known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from features.plan import Plan
from features.settings import LabelContract
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_columns import as_arrow, score_columns


@pytest.fixture
def plan(trained_shop: Path) -> Plan:
    return load_plan(Project(trained_shop))


def timed(plan: Plan, *horizons: int) -> Plan:
    timing = LabelContract(target="timing", horizon_days=horizons[-1], horizons_days=horizons)
    others = tuple(one for one in plan.contracts if one.target != "timing")
    return plan.model_copy(update={"contracts": (*others, timing)})


def test_the_horizons_are_those_of_the_plan(plan: Plan) -> None:
    names = score_columns(timed(plan, 7, 30)).names
    assert [name for name in names if name.startswith("p_order")] == ["p_order_7d", "p_order_30d"]
    assert "p_left_30d" in names
    assert names.index("p_order_30d") < names.index("next_order_p10") < names.index("predicted_value")


def test_a_column_without_any_value_keeps_its_type(plan: Plan) -> None:
    schema = score_columns(timed(plan, 7))
    empty = pd.DataFrame({name: [None, None] for name in schema.names})
    for name in ("eligible", "is_control"):
        empty[name] = False
    table = as_arrow(empty, timed(plan, 7))
    assert table.schema == schema and table["next_categories"].type == pa.list_(pa.string())
    assert table["next_order_p50"].null_count == 2
