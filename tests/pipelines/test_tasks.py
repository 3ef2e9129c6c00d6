"""Backtest tasks: the shipped protocol, and mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.contract import DAY_US
from features.cutoffs import midnight_us
from features.errors import InputError
from pipelines.tasks import load_tasks

GOOD = """
tasks:
  - {name: a, source: cdnow, target: churn, horizon_days: 28, active_days: 56, start: 1997-04-07,
     step_days: 28, test_cutoffs: [1998-01-05]}
"""


def test_the_shipped_task_files_are_the_published_protocol(repo: Path) -> None:
    tasks = {
        t.name: t for path in sorted((repo / "benchmarks/tasks").glob("*.yaml")) for t in load_tasks(path)
    }
    assert set(tasks) == {"cdnow_churn84", "cdnow_buy28", "journey_churn28", "journey_buy7", "ga4_inactive7"}
    assert [str(day) for day in tasks["journey_churn28"].test_cutoffs] == [
        "2017-10-02",
        "2017-10-30",
        "2017-11-27",
    ]


def test_every_training_label_has_matured_before_the_test_cutoff(repo: Path) -> None:
    for path in sorted((repo / "benchmarks/tasks").glob("*.yaml")):
        for task in load_tasks(path):
            for test in task.test_cutoffs:
                cutoffs = task.training_cutoffs(midnight_us(test))
                assert cutoffs and cutoffs == sorted(cutoffs)
                assert cutoffs[0] >= midnight_us(task.start)
                assert cutoffs[-1] + task.horizon_days * DAY_US <= midnight_us(test)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("target: churn", "target: churned", "'churn', 'purchase' or 'inactive'"),
        ("start: 1997-04-07", "start: 1998-01-01", "no training cutoff"),
        ("step_days: 28,", "", "step_days"),
        ("name: a,", "name: a, extra: 1,", "unknown key"),
        ("test_cutoffs: [1998-01-05]", "test_cutoffs: []", "test_cutoffs"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = tmp_path / "tasks.yaml"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=said):
        load_tasks(path)


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tasks.yaml"
    path.write_text(GOOD + GOOD.split("tasks:\n")[1])
    with pytest.raises(InputError, match="distinct"):
        load_tasks(path)
