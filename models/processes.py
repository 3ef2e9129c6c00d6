"""Independent pieces of plain Python on several cores: each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from features.errors import InputError

T = TypeVar("T")


def in_processes(tasks: Sequence[Callable[[], T]], workers: int) -> list[T]:
    """Run tasks that do not touch each other, a few at a time, in processes that start empty.

    For work that holds the interpreter lock, such as drawing; `models.side_by_side` is for learning.

    Parameters
    ----------
    tasks : sequence of callables
        What to do; what they take and give must be picklable.
    workers : int
        How many at once; 1: all of them here, one after the other.

    Returns
    -------
    list
        One result per task, in their order. What a task raises is raised here.

    Raises
    ------
    InputError
        If a process was killed, as for want of memory.

    Examples
    --------
    >>> in_processes([lambda: 1, lambda: 2], workers=1)
    [1, 2]
    """
    from joblib import Parallel, delayed

    try:
        return list(Parallel(n_jobs=max(1, min(workers, len(tasks))))(delayed(task)() for task in tasks))
    except BrokenProcessPool as error:
        told = "a process was killed; if that was for want of memory, set engine.threads: 1 in params.yaml"
        raise InputError(told) from error
