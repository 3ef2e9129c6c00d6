"""Find groups of alike customers, and how sure it is that they are there.

References
----------
Hennig (2007), "Cluster-wise assessment of cluster stability", Computational Statistics & Data Analysis 52.
Hubert and Arabie (1985), "Comparing partitions", Journal of Classification 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.personas.axes import Floats
from models.settings import PersonaSettings

Labels = NDArray[np.int64]
#: Customers whose silhouette is computed: it grows with their square.
SILHOUETTE_ROWS = 2000
#: Groups that agree this well between resamples (adjusted Rand) count as found again.
STABLE = 0.8
#: A silhouette of at least this part of the best one is as good.
CLOSE = 0.85
STARTS, RESTARTS = 4, 2


@dataclass(frozen=True)
class Clusters:
    """The groups that were found.

    Parameters
    ----------
    centres : float array, shape (groups, axes)
        On the common scale.
    stability : float array, shape (groups,)
        Mean overlap (Jaccard) with the most alike group in resamples; above 0.75 a group is really there.
    tried : tuple of mapping
        Per number of groups: ``k``, ``rand`` (mean adjusted Rand of resamples), ``silhouette``, ``smallest``
        (share of the smallest group).
    """

    centres: Floats
    stability: Floats
    tried: tuple[Mapping[str, float], ...]


def nearest(z: Floats, centres: Floats) -> Labels:
    """Give each customer's nearest centre; at a tie the first. A row's result does not depend on other rows.

    Parameters
    ----------
    z : float array, shape (customers, axes)
    centres : float array, shape (groups, axes)

    Examples
    --------
    >>> nearest(np.array([[0.0], [4.0]]), np.array([[1.0], [5.0]])).tolist()
    [0, 1]
    """
    far = np.stack([((z - centre) ** 2).sum(axis=1) for centre in centres])
    found: Labels = far.argmin(axis=0).astype(np.int64)
    return found


def find_clusters(z: Floats, settings: PersonaSettings) -> Clusters:
    """Choose the number of groups by stability and separation, and give the groups.

    Candidates are the numbers of groups that are found again in resamples (mean adjusted Rand of at least `STABLE`;
    if none is, the most stable alone) and whose smallest group is large enough. Of those whose silhouette is close
    to the best (`CLOSE`), the one with most groups wins: it tells more.

    Parameters
    ----------
    z : float array, shape (customers, axes)
        On the common scale.
    settings : PersonaSettings
        Least and most groups, resamples, smallest share, seed.
    """
    from threadpoolctl import threadpool_limits

    fits = {}
    # One thread: sums in another order would give other bits.
    with threadpool_limits(1):
        for k in range(settings.least, settings.most + 1):
            fits[k] = _fit(z, k, settings)
    able = [k for k, one in fits.items() if one[2]["smallest"] >= settings.smallest_share] or list(fits)
    stable = [k for k in able if fits[k][2]["rand"] >= STABLE]
    silhouette = {k: one[2]["silhouette"] for k, one in fits.items()}
    enough = CLOSE * max((silhouette[k] for k in stable), default=0.0)
    best = max((k for k in stable if silhouette[k] >= enough), default=None)
    centres, stability, _ = fits[best or max(able, key=lambda k: fits[k][2]["rand"])]
    return Clusters(centres, stability, tuple(one[2] for one in fits.values()))


def _fit(z: Floats, k: int, settings: PersonaSettings) -> tuple[Floats, Floats, dict[str, float]]:
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rng = np.random.default_rng([settings.seed, k])
    centres = _centres(z, k, STARTS, settings.seed)
    labels = nearest(z, centres)
    rand, overlap = [], []
    for _ in range(settings.resamples):
        drawn = z[rng.integers(0, len(z), len(z))]
        again = nearest(z, _centres(drawn, k, RESTARTS, int(rng.integers(2**31))))
        rand.append(float(adjusted_rand_score(labels, again)))
        overlap.append(_overlap(labels, again, k))
    some = np.sort(rng.permutation(len(z))[:SILHOUETTE_ROWS])
    several = len(np.unique(labels[some])) > 1
    found = {
        "k": float(k),
        "rand": round(float(np.mean(rand)), 4),
        "silhouette": round(float(silhouette_score(z[some], labels[some])), 4) if several else -1.0,
        "smallest": round(float(np.bincount(labels, minlength=k).min() / len(z)), 4),
    }
    return centres, np.mean(overlap, axis=0).round(4), found


def _centres(z: Floats, k: int, starts: int, seed: int) -> Floats:
    from sklearn.cluster import KMeans

    fitted: Any = KMeans(k, n_init=starts, random_state=seed, max_iter=100).fit(z)
    # In one order, whatever the start: the same groups are the same rows.
    centres: Floats = np.asarray(fitted.cluster_centers_, dtype=np.float64).round(6)
    return centres[np.lexsort(centres.T[::-1])]


def _overlap(labels: Labels, again: Labels, k: int) -> Floats:
    """Give the best Jaccard overlap of each group with a group of another fit."""
    both = np.zeros((k, k))
    np.add.at(both, (labels, again), 1.0)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    best: Floats = (both / np.maximum(either, 1.0)).max(axis=1)
    return best
