"""Adding a family is one file: what is written here is seen everywhere, and nothing else was changed."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

import features.families
from features.plan import Plan
from features.registry import families
from features.table import column_dictionary
from models.bundle import load
from models.explain import reasons
from models.newest_rows import newest_rows
from models.panel import panel_of
from pipelines import features as features_stage
from pipelines import features_report, fetch, ingest, train_probability
from pipelines.paths import Project
from tests.laws import feature_laws as law
from tests.laws import slow_way

Log = Callable[..., pd.DataFrame]
PlanWith = Callable[[tuple[str, ...]], Plan]
#: A family that reads a column of its own and learns from everybody.
WEATHER = '''
"""Weather: how rainy it was when the customer was here."""

import numpy as np
import pyarrow as pa

from features.contract import BEHAVIOUR
from features.families._base import Crowd, Family, Measure, windowed
from features.history import ratio


def _rainy(history, scope):
    here = history.only(kinds=scope.behaviour)
    return here, here.where(here.column("day") % 3 == 0)


def _count(history, scope):
    here, rainy = _rainy(history, scope)
    return pa.table({"all": [0], "events": [len(here.row)], "rainy": [len(rainy.row)]})


def _fit(counts, scope, before):
    return pa.table({"share": [sum(counts["rainy"].to_pylist()) / max(1, sum(counts["events"].to_pylist()))]})


def _measures(history, scope):
    here, rainy = _rainy(history, scope)
    usual = 0.0 if scope.learnt is None else scope.learnt["share"][0].as_py()
    yield from windowed("rainy", rainy.count(), history, "events", "Rainy events in the last {days} days",
                        "Gebeurtenissen in de regen, laatste {days} dagen")
    yield Measure("share", ratio(rainy.total(), here.total()) - usual, "share", "Rainier than others by this share",
                  "Zoveel vaker in de regen dan anderen")
    yield Measure("time", here.total(np.nan_to_num(here.floats("duration_s"))), "seconds", "Time spent, rain or not",
                  "Tijd, regen of niet")


FAMILY = Family(_measures, needs=BEHAVIOUR, reads=("duration_s",), crowd=Crowd(_count, _fit, ("all",)))
'''
REFERENCE = """
from features.contract import BEHAVIOUR, DAY_US
import pyarrow as pa


def rainy(row):
    return row.occurred_us // DAY_US % 3 == 0


def here(mine, scope):
    return [row for row in mine if row.kind in BEHAVIOUR and row.kind in scope.kinds]


def learn(everybody, scope, frame, before):
    rows = [row for mine in everybody.values() for row in here(mine, scope)]
    return pa.table({"share": [sum(map(rainy, rows)) / max(1, len(rows))]})


def reference(mine, scope, frame, learnt):
    rows = here(mine, scope)
    wet = [row for row in rows if rainy(row)]
    out = {}
    for days in frame.windows_days:
        since = frame.cutoff_us - days * DAY_US
        out[f"rainy__{days}d"] = sum(row.occurred_us >= since for row in wet)
    out["share"] = (len(wet) / len(rows) if rows else 0.0) - learnt["share"][0].as_py()
    out["time"] = sum(row.duration_s or 0.0 for row in rows)
    return out
"""


def forget(*names: str) -> None:
    for name in [name for name in sys.modules if name in names or name.split(".")[0] in names]:
        del sys.modules[name]


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The file in a folder of families."""
    (tmp_path / "weather.py").write_text(WEATHER)
    monkeypatch.setattr(features.families, "__path__", [*features.families.__path__, str(tmp_path)])
    yield "weather"
    forget("features.families.weather")
    if hasattr(features.families, "weather"):
        del features.families.weather


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The file in a package of one's own."""
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "weather.py").write_text(WEATHER)
    monkeypatch.syspath_prepend(tmp_path)
    forget("my_package")
    yield "my_package.weather"
    forget("my_package")


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its slow reference, in a folder of references."""
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "weather.py").write_text(REFERENCE)
    monkeypatch.setattr(slow_way, "REFERENCES", tmp_path / "references")
    slow_way.slow.cache_clear()
    yield
    slow_way.slow.cache_clear()


@pytest.fixture(params=["dropped", "own"])
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def test_a_file_in_the_folder_is_one_of_the_families(dropped: str, plan_with: PlanWith) -> None:
    assert dropped in families()
    # So the plan of the laws has it, and it is asked for a slow reference.
    assert dropped in plan_with(tuple(families())).families
    assert dropped not in slow_way.written()


def test_its_columns_are_in_the_dictionary_with_their_words(name: str, plan_with: PlanWith) -> None:
    columns = {row["name"]: row for row in column_dictionary(plan_with(("recency", name)))}
    added = {column for column in columns if column.startswith("weather__")}
    assert added == {"weather__rainy__7d", "weather__rainy__28d", "weather__rainy__90d", "weather__share",
                     "weather__time"}  # fmt: skip
    assert columns["weather__rainy__7d"] == {
        "name": "weather__rainy__7d", "family": "weather", "unit": "events", "default": 0.0,
        "meaning_en": "Rainy events in the last 7 days",
        "meaning_nl": "Gebeurtenissen in de regen, laatste 7 dagen",
    }  # fmt: skip


def test_it_is_held_to_the_laws(name: str, plan_with: PlanWith, random_log: Log) -> None:
    plan, log = plan_with(("recency", name)), random_log(3, linked=True)
    law.what_is_not_yet_known_changes_no_bit(plan, log, random_log(4))
    law.order_and_partition_change_no_bit(plan, log, 3, 1)
    law.training_row_is_scoring_row(plan, log)
    law.everybody_has_one_row_and_no_gap(plan, log)
    law.a_family_says_the_same_beside_others(plan, log)


@pytest.mark.usefixtures("reference")
def test_it_is_compared_with_its_reference(dropped: str, plan_with: PlanWith, random_log: Log) -> None:
    plan, log = plan_with((dropped,)), random_log(5, linked=True)
    assert slow_way.differences(dropped, plan, log) == []
    assert slow_way.learnt_differences(dropped, plan, log) == []


@pytest.mark.parametrize(
    ("right", "wrong", "laws"),
    [
        # Sees who is there later.
        ('scope.learnt["share"][0].as_py()', "float(len(history._columns['row']))",
         (law.what_is_not_yet_known_changes_no_bit,)),
        # Depends on who else is in the batch.
        ('scope.learnt["share"][0].as_py()', "float(history.frame.customers)",
         (law.order_and_partition_change_no_bit,)),
        # Counts batches.
        ('"events": [len(here.row)]', '"events": [1]', (law.order_and_partition_change_no_bit,)),
    ],
    ids=["future", "batch", "learning"],
)  # fmt: skip
def test_a_family_that_breaks_a_law_is_caught(
    right: str, wrong: str, laws: tuple[Callable[..., None], ...], tmp_path: Path, own: str,
    plan_with: PlanWith, random_log: Log,
) -> None:  # fmt: skip
    assert right in WEATHER
    (tmp_path / "my_package" / "weather.py").write_text(WEATHER.replace(right, wrong))
    plan, log = plan_with((own,)), random_log(3)
    for broken in laws:
        more = (log, random_log(4)) if "known" in broken.__name__ else (log, 3, 1)
        with pytest.raises(AssertionError):
            broken(plan, *more)


def shop(repo: Path, root: Path, family: str) -> Path:
    """The small shop of tests/pipelines, nothing run in it, with this family only."""
    spec = importlib.util.spec_from_file_location("small_shop", repo / "tests" / "pipelines" / "conftest.py")
    assert spec is not None and spec.loader is not None
    small: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(small)
    shutil.copytree(repo / "conf" / "journeys", root / "conf" / "journeys")
    (root / "conf" / "sources").mkdir()
    (root / "conf" / "sources" / "shop.yaml").write_text(yaml.safe_dump(small.MAPPING))
    (root / "raw").mkdir()
    small.order_lines().to_csv(root / "raw" / "orders.csv", index=False)
    params = (repo / "params.yaml").read_text()
    for old, new in small.LIGHTER:
        params = params.replace(old, new)
    settings = yaml.safe_load(params)
    settings["features"]["families"] = [family]
    settings["features"]["kind_windows_days"] = None
    (root / "params.yaml").write_text(yaml.safe_dump(settings))
    return root


def test_it_is_in_the_model_and_in_the_words_of_the_report(own: str, repo: Path, tmp_path: Path) -> None:
    root = shop(repo, tmp_path / "shop", own)
    project = Project(root)
    for stage in (fetch, ingest, features_stage):
        stage.run(root)
    train_probability.run(root, "readiness")
    plan = Plan.model_validate_json(project.plan.read_text())
    artifacts = project.artifacts("readiness")
    assert any(
        "weather__share" in load(folder).columns for folder in sorted(artifacts.iterdir()) if folder.is_dir()
    )
    assert pq.read_table(project.crowd / "weather.parquet").num_rows == len(plan.all_cutoffs)
    dictionary = json.loads(project.columns.read_text())
    panel = panel_of(newest_rows(project.features, plan.as_of_us), None, "readiness", plan.journey.phase_keys)
    told = reasons(panel, artifacts, dictionary, "en", 3, ~panel.in_phase("dormant"))
    assert any("Rainy events in the last" in one for said in told for one in said)
    assert "weather" in "\n".join(features_report.run(root, 500))
    measured = json.loads((project.reports / "features.json").read_text())
    assert "weather" in json.dumps(measured["families"])
