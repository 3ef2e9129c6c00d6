"""What is usual: each moment of the past against the moments before it, and the newest in the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: How far counts lie from what they are compared with: ``(counts, reference, moments in the reference)``.
Distance = Callable[[Floats, Floats, Floats], Floats]
#: Fewer past comparisons say nothing about what is usual.
LEAST_PAST = 3
#: Without a past the limit itself must do, and is taken so many times as wide.
WITHOUT_PAST = 2.5
#: What has been out of the ordinary for so many moments on end is the new ordinary.
LASTS = 4
#: Standard errors that are put down to chance.
CHANCE = 3.0


@dataclass(frozen=True)
class Walk:
    """What moved at each moment, oldest first; every array has shape (..., moments).

    Attributes
    ----------
    moved : float array
        How far each moment lies from those before it, chance taken off; NaN: not compared.
    bound : float array
        How far it may.
    out : bool array
        Whether it is farther.
    """

    moved: Floats
    bound: Floats
    out: npt.NDArray[np.bool_]

    @property
    def compared(self) -> int:
        """How many numbers were compared at the newest moment."""
        return int((~np.isnan(self.moved[..., -1])).sum())

    def since(self) -> npt.NDArray[np.int64]:
        """Give the moment at which the present run out of the ordinary began; -1: there is none.

        Examples
        --------
        >>> out = np.array([[True, False, True, True], [True, True, True, False]])
        >>> Walk(np.zeros((2, 4)), np.zeros((2, 4)), out).since().tolist()
        [2, -1]
        """
        last_calm = np.where(~self.out, np.arange(self.out.shape[-1]), -1).max(axis=-1)
        return np.where(self.out[..., -1], last_calm + 1, -1).astype(np.int64)

    def by_chance(self) -> float | None:
        """Give how many comparisons passed the limit at a past moment, on average; None without such a moment."""
        settled = np.cumsum(~np.isnan(self.moved), axis=-1) > LEAST_PAST
        settled[..., -1] = False
        moments = settled.reshape(-1, settled.shape[-1]).any(axis=0)
        if not moments.any():
            return None
        # Only where a run begins: what lasts is one event.
        begins = self.out & ~np.concatenate([np.zeros_like(self.out[..., :1]), self.out[..., :-1]], axis=-1)
        return float((begins & settled).reshape(-1, settled.shape[-1])[:, moments].sum(axis=0).mean())


def walk(
    counts: Floats, distance: Distance, *, reference: int, limit: float, beyond: float, min_rows: float = 1,
    both: bool = True,
) -> Walk:  # fmt: skip
    """Compare the counts of each moment with those of the ordinary moments before it.

    A moment has moved if it lies farther than ``limit`` and than ``beyond`` times the most that any ordinary moment
    before it did (with fewer than three of these: than ``WITHOUT_PAST`` times the limit). A moment that has moved is
    no measure for the later ones, until it has lasted ``LASTS`` moments: then it is how things are now.

    Parameters
    ----------
    counts : float array of shape (..., moments, bins)
        Rows per bin, oldest moment first.
    distance : callable
        For example `psi`.
    reference : int
        At most so many ordinary moments before are compared with.
    limit, beyond : float
        See above.
    min_rows : float
        Fewer rows are not compared.
    both : bool
        Whether both sides need so many rows; else one will do: nothing at all is then a finding.

    Examples
    --------
    >>> stopped = np.array([[100.0], [90.0], [110.0], [100.0], [95.0], [0.0], [0.0]])
    >>> found = walk(stopped, log_ratio, reference=4, limit=0.3, beyond=1.5, both=False)
    >>> found.out.tolist(), int(found.since())
    ([False, False, False, False, False, True, True], 5)
    """
    shape, moments = counts.shape[:-1], counts.shape[-2]
    moved, bound = np.full(shape, np.nan), np.full(shape, np.nan)
    out, ordinary = np.zeros(shape, dtype=np.bool_), np.ones(shape, dtype=np.bool_)
    most, past, run = np.zeros(shape[:-1]), np.zeros(shape[:-1]), np.zeros(shape[:-1])
    rows = counts.sum(axis=-1)
    for moment in range(moments):
        usable = ordinary[..., :moment] & ((rows[..., :moment] > 0) | (not both))
        newer = np.cumsum(usable[..., ::-1], axis=-1)[..., ::-1]
        used = usable & (newer <= reference)
        before = (counts[..., :moment, :] * used[..., None]).sum(axis=-2)
        number = used.sum(axis=-1).astype(np.float64)
        mean = before.sum(axis=-1) / np.maximum(number, 1)
        fewest = (
            np.minimum(rows[..., moment], before.sum(axis=-1))
            if both
            else np.maximum(rows[..., moment], mean)
        )
        enough = (fewest >= min_rows) & (number > 0)
        now = np.where(enough, distance(counts[..., moment, :], before, np.maximum(number, 1)), np.nan)
        allowed = np.maximum(np.where(past >= LEAST_PAST, limit, WITHOUT_PAST * limit), beyond * most)
        is_out = enough & (np.nan_to_num(now) > allowed)
        moved[..., moment], bound[..., moment], out[..., moment] = now, allowed, is_out
        run = np.where(is_out & (past >= LEAST_PAST), run + 1, 0)
        # Until there is a past, everything belongs to it: else a steady trend would never be learnt.
        excluded = is_out & (past >= LEAST_PAST)
        ordinary[..., moment] = ~excluded
        lasted = run >= LASTS
        if lasted.any():
            # The run itself is what the next moments are compared with; what was before it no longer is.
            now_usual = np.arange(moment + 1) > moment - LASTS
            ordinary[..., : moment + 1] = np.where(lasted[..., None], now_usual, ordinary[..., : moment + 1])
            run = np.where(lasted, 0, run)
        calm = enough & (~excluded | lasted)
        most = np.where(calm, np.maximum(most, np.nan_to_num(now)), most)
        past = past + calm
    return Walk(moved, bound, out)


def psi(counts: Floats, reference: Floats, number: Floats | float = 1.0) -> Floats:
    """Give the population stability index of two sets of counts, less what chance seldom passes.

    Parameters
    ----------
    counts, reference : float array of shape (..., bins)
        Rows per bin, in the same bins.
    number : float array
        Not used: the index is about shares.

    Returns
    -------
    float array of shape (...)
        0 where the shares are as near as chance makes them: two samples of ``n`` and ``m`` rows in ``b`` bins give
        ``(b - 1) (1/n + 1/m)`` on average, spread like a chi-square; two standard deviations are taken off. A bin
        that is empty on both sides does not count.

    References
    ----------
    Yurdakul and Naranjo (2020), "Statistical properties of the population stability index", Journal of Risk Model
    Validation 14.

    Examples
    --------
    >>> even = np.array([500.0, 500.0])
    >>> float(psi(np.array([50.0, 50.0]), even)), round(float(psi(np.array([90.0, 10.0]), even)), 2)
    (0.0, 0.81)
    """
    n, m = counts.sum(axis=-1), reference.sum(axis=-1)
    used = (counts + reference) > 0
    bins = used.sum(axis=-1)
    p, q = (
        np.where(used, (one + 0.5) / np.maximum(total + 0.5 * bins, 1.0)[..., None], 1.0)
        for one, total in ((counts, n), (reference, m))
    )
    found = ((p - q) * np.log(p / q)).sum(axis=-1)
    freedom = np.maximum(bins - 1, 0)
    chance = (freedom + 2 * np.sqrt(2.0 * freedom)) * (1 / np.maximum(n, 1) + 1 / np.maximum(m, 1))
    return np.asarray(np.maximum(found - chance, 0.0))


def log_ratio(counts: Floats, reference: Floats, number: Floats | float = 1.0) -> Floats:
    """Give the distance of a number from its usual mean, as a logarithm, less what chance seldom passes (Poisson).

    Examples
    --------
    >>> round(float(log_ratio(np.array([500.0]), np.array([4000.0]), 4.0)), 2)
    0.58
    """
    now, before = counts.sum(axis=-1), reference.sum(axis=-1)
    found = np.abs(np.log((now + 0.5) / (before / number + 0.5)))
    # Under "nothing changed" both counts come from the pooled mean.
    pooled = (now + before) / (number + 1.0)
    chance = CHANCE * np.sqrt((1 + 1 / np.asarray(number)) / np.maximum(pooled, 0.5))
    return np.asarray(np.maximum(found - chance, 0.0))


def share(counts: Floats, reference: Floats, number: Floats | float = 1.0) -> Floats:
    """Give the distance between two shares (the first bin of two), less what chance seldom passes.

    Examples
    --------
    >>> round(float(share(np.array([300.0, 700.0]), np.array([2000.0, 8000.0]))), 2)
    0.06
    """
    n, m = np.maximum(counts.sum(axis=-1), 1), np.maximum(reference.sum(axis=-1), 1)
    p, q = counts[..., 0] / n, reference[..., 0] / m
    pooled = (counts[..., 0] + reference[..., 0] + 0.5) / (n + m + 1)
    chance = CHANCE * np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return np.asarray(np.maximum(np.abs(p - q) - chance, 0.0))
