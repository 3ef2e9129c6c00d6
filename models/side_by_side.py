"""Independent pieces of learning on several cores, with the bits of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def side_by_side(tasks: Sequence[Callable[[], T]], workers: int) -> list[T]:
    """Run tasks that do not touch each other, a few at a time.

    Threads are enough: LightGBM and BLAS work outside the interpreter lock. BLAS keeps to one thread per task, so
    that the number of workers changes no bit.

    Parameters
    ----------
    tasks : sequence of callables
        What to do; the heaviest first fills the cores best.
    workers : int
        How many at once. Each holds its own copy of what it learns from.

    Returns
    -------
    list
        One result per task, in their order.

    Examples
    --------
    >>> side_by_side([lambda: 1, lambda: 2, lambda: 3], workers=2)
    [1, 2, 3]
    """
    import sklearn.linear_model  # noqa: F401  (the pool of a library that is not loaded yet is not held)
    from threadpoolctl import threadpool_limits

    # Limits are of the whole process: set once around all, or one task would lift them for another.
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]
