"""Backtest tasks: which target, over which horizon, at which past cutoffs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from features.contract import DAY_US
from features.cutoffs import midnight_us
from features.errors import InputError
from features.settings import Days, LabelContract, Settings, TargetEvent
from pipelines.params import read_settings


class Task(Settings):
    """One backtest task. Only this may be declared per task; the rest is the shipped ``params.yaml``."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
    source: str
    target: Literal["churn", "purchase", "inactive"]
    horizon_days: Days
    active_days: Days | None = None
    start: date
    step_days: Days
    test_cutoffs: Annotated[tuple[date, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Task:
        if list(self.test_cutoffs) != sorted(set(self.test_cutoffs)):
            raise ValueError(f"test_cutoffs must rise, without repeats; found {list(self.test_cutoffs)}")
        first = midnight_us(self.test_cutoffs[0]) - self.horizon_days * DAY_US
        if midnight_us(self.start) > first:
            raise ValueError(
                f"start {self.start} leaves no training cutoff: the first test cutoff {self.test_cutoffs[0]} "
                f"minus the horizon of {self.horizon_days} days lies before it"
            )
        return self

    def contract(self, min_positives: int, min_negatives: int) -> LabelContract:
        """Spell the task out as a label contract.

        Examples
        --------
        >>> task = Task(name="t", source="cdnow", target="inactive", horizon_days=7, active_days=7,
        ...             start=date(2021, 1, 1), step_days=1, test_cutoffs=(date(2021, 2, 1),))
        >>> contract = task.contract(50, 50)
        >>> contract.target, contract.event, contract.active_event
        ('churn', 'behaviour', 'behaviour')
        """
        event: TargetEvent = "behaviour" if self.target == "inactive" else "purchase"
        return LabelContract(
            target="readiness" if self.target == "purchase" else "churn",
            event=event,
            active_event=event,
            horizon_days=self.horizon_days,
            active_days=self.active_days,
            min_positives=min_positives,
            min_negatives=min_negatives,
        )

    def training_cutoffs(self, test_us: int) -> list[int]:
        """Test cutoff minus the horizon, and every step back to the start; ascending microseconds.

        Examples
        --------
        >>> task = Task(name="t", source="cdnow", target="churn", horizon_days=7, start=date(2021, 1, 1),
        ...             step_days=7, test_cutoffs=(date(2021, 2, 1),))
        >>> from features.cutoffs import day_of
        >>> [str(day_of(cutoff)) for cutoff in task.training_cutoffs(midnight_us(date(2021, 1, 20)))]
        ['2021-01-06', '2021-01-13']
        """
        newest = test_us - self.horizon_days * DAY_US
        return sorted(range(newest, midnight_us(self.start) - 1, -self.step_days * DAY_US))


class TaskFile(Settings):
    """A file of tasks."""

    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]


def load_tasks(path: Path) -> tuple[Task, ...]:
    """Read a task file.

    Raises
    ------
    InputError
        If a key is unknown or a value not allowed, or two tasks share a name.
    """
    tasks = read_settings(path, TaskFile).tasks
    names = [task.name for task in tasks]
    if len(names) != len(set(names)):
        raise InputError(f"{path}: task names must be distinct, found {names}")
    return tasks
