"""Tasks in processes of their own."""

from __future__ import annotations

import os
from functools import partial

import pytest

from features.errors import InputError
from models.processes import in_processes


def _refused(words: str) -> None:
    raise InputError(words)


def test_tasks_run_elsewhere_and_their_results_come_in_order() -> None:
    tasks = [partial(abs, -1), os.getpid, partial(abs, -3)]
    one, process, three = in_processes(tasks, workers=2)
    assert (one, three) == (1, 3) and process != os.getpid()


def test_one_worker_starts_no_process() -> None:
    assert in_processes([os.getpid, os.getpid], workers=1) == [os.getpid()] * 2
    assert in_processes([os.getpid], workers=2) == [os.getpid()]
    assert in_processes([], workers=2) == []


def test_what_a_task_raises_elsewhere_is_raised_here() -> None:
    with pytest.raises(InputError, match="no such thing"):
        in_processes([os.getpid, partial(_refused, "no such thing")], workers=2)


def test_a_process_that_dies_is_told_with_its_remedy() -> None:
    with pytest.raises(InputError, match=r"engine\.threads: 1"):
        in_processes([os.getpid, partial(os._exit, 3)], workers=2)
