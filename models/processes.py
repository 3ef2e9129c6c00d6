"""Independent pieces of plain Python on several cores: each in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")


def in_processes(tasks: Sequence[Callable[[], T]], workers: int) -> list[T]:
    """Run tasks that do not touch each other, a few at a time: the first here, the others in processes of their own.

    For work that holds the interpreter lock, such as drawing; `models.side_by_side` is for learning. A process takes
    a second to start, and starts empty: nothing of it depends on what was done here before.

    Parameters
    ----------
    tasks : sequence of callables
        Functions of a module, or ``functools.partial`` of one; what they take and give must be picklable.
    workers : int
        How many at once; 1: all of them here.

    Returns
    -------
    list
        One result per task, in their order. What a task raises is raised here.

    Examples
    --------
    >>> in_processes([lambda: 1, lambda: 2], workers=1)
    [1, 2]
    """
    if workers == 1 or len(tasks) < 2:
        return [task() for task in tasks]
    first, *others = tasks
    with ThreadPoolExecutor(workers - 1) as pool:
        started = [pool.submit(_elsewhere, task) for task in others]
        return [first(), *(one.result() for one in started)]


def _elsewhere(task: Callable[[], T]) -> T:
    """Run one task in a process of its own and wait for it."""
    # Not fork: threads of other libraries may hold locks that nobody would give back in the copy.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_done, args=(task, sender), daemon=True)
    process.start()
    sender.close()
    try:
        found, error = receiver.recv()
    except EOFError:
        process.join()
        raise RuntimeError(
            f"a process ended without a result (exit code {process.exitcode}); if it was killed for want of memory, "
            "run with engine.threads: 1 in params.yaml"
        ) from None
    process.join()
    if error is not None:
        raise error
    result: T = found
    return result


def _done(task: Callable[[], Any], sender: Connection) -> None:
    """Send the result of a task, or what it raised."""
    try:
        sender.send((task(), None))
    except Exception as error:
        sender.send((None, error))
