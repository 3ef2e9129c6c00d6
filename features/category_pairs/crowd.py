"""What everybody together says of the categories at a cutoff: popularity, growth, adoption, and what goes with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.category_pairs.crowd_counts import POPULAR_DAYS, CrowdCounts
from features.history import Floats, Ints

_WEIGHTS = ("similar", "implied", "next")
#: Weights are whole multiples of this: sums of such numbers are exact, so their order changes no bit.
GRAIN = 2.0**-20
#: Customers that a rate is drawn to what is usual by.
PRIOR = 20.0
#: Ridge of both regressions, in squares of a taste (`features.category_pairs.taste`).
RIDGE = 64_000.0


@dataclass(frozen=True)
class Crowd:
    """What is made of the counts at one cutoff.

    Attributes
    ----------
    measures : list of (name, float array of shape (categories,))
        The same for every customer.
    similar : float array, shape (context, categories)
        Cosine of who bought what, 0 with itself; whole multiples of ``GRAIN``.
    implied : float array, shape (context, categories)
        Weights of the ridge regression of the taste for each category on the rest of the context; 0 with itself.
    next : float array, shape (context + 1, categories)
        Weights of the ridge regression of having bought in the last ``NEXT_DAYS`` on the tastes before; last the
        constant.
    """

    measures: list[tuple[str, Floats]]
    similar: Floats
    implied: Floats
    next: Floats

    @classmethod
    def of(cls, counts: CrowdCounts) -> Crowd:
        """Make it of the counts.

        References
        ----------
        Sarwar et al. (2001), item-based collaborative filtering, WWW 10. Steck (2019), embarrassingly shallow
        autoencoders for sparse data, WWW 28.

        Examples
        --------
        >>> adopted, free, together = np.array([1, 0]), np.array([2, 2]), np.array([[4, 2], [2, 1]])
        >>> nothing, more = np.zeros((2, 2)), np.zeros((3, 3))
        >>> popular, days = np.array([[1, 2]] * 3), np.array([5, 2])
        >>> counts = CrowdCounts(4, popular, adopted, free, days, 9, together, nothing, more, more[:, :2])
        >>> Crowd.of(counts).similar.tolist()
        [[0.0, 1.0], [1.0, 0.0]]
        """
        buyers = float(counts.buyers)
        rates = [(row + 0.5) / (buyers + 1.0) for row in counts.popular.astype(np.float64)]
        usual = (counts.adopted.sum() + 1.0) / (counts.free.sum() + PRIOR)
        adopted = (counts.adopted + PRIOR * usual) / (counts.free + PRIOR)
        measures = [(f"popular__{days}d", rate) for days, rate in zip(POPULAR_DAYS, rates, strict=True)]
        share = counts.days / max(counts.order_days, 1)
        measures += [("growth", rates[1] / rates[2]), ("adoption", adopted), ("share", share)]
        categories = len(counts.days)
        similar, implied = _cosines(counts.together), _implied(counts.tastes)
        return cls(
            measures, similar[:, :categories], implied[:, :categories], _next(counts.before, counts.then)
        )

    def as_json(self) -> dict[str, Any]:
        """Give lists; weights as multiples of ``GRAIN``."""
        weights = {name: np.rint(getattr(self, name) / GRAIN).astype(np.int64) for name in _WEIGHTS}
        measures = {name: values.tolist() for name, values in self.measures}
        return {"measures": measures, **{name: values.tolist() for name, values in weights.items()}}

    @classmethod
    def of_json(cls, content: dict[str, Any]) -> Crowd:
        """Read what ``as_json`` gave."""
        measures = [(name, np.asarray(values, np.float64)) for name, values in content["measures"].items()]
        return cls(measures, *(np.asarray(content[name], np.float64) * GRAIN for name in _WEIGHTS))


def _cosines(together: Ints) -> Floats:
    own = together.diagonal().astype(np.float64)
    length = np.sqrt(np.maximum(own[:, None] * own[None, :], 1.0))
    return _without_itself(_grained(together / length))


def _implied(tastes: Ints) -> Floats:
    with threadpool_limits(1):
        inverse = np.linalg.inv(tastes + RIDGE * np.eye(len(tastes)))
    return _without_itself(_grained(-inverse / inverse.diagonal()[None, :]))


def _next(before: Ints, then: Ints) -> Floats:
    ridge = RIDGE * np.eye(len(before))
    # The constant is not drawn to 0, but must have a solution where there is nobody.
    ridge[-1, -1] = 1.0
    with threadpool_limits(1):
        weights: Floats = np.linalg.solve(before + ridge, then).astype(np.float64)
    return _grained(weights)


def _grained(weights: Floats) -> Floats:
    grained: Floats = np.rint(weights / GRAIN) * GRAIN
    return grained


def _without_itself(weights: Floats) -> Floats:
    np.fill_diagonal(weights, 0.0)
    return weights


def near(crowd: Crowd, now: NDArray[np.uint8], lately: NDArray[np.uint8]) -> list[tuple[str, Floats]]:
    """Say how near each category lies to those a customer buys.

    Parameters
    ----------
    crowd : Crowd
        As known at the cutoff.
    now, lately : uint8 array, shape (customers, context)
        Tastes by the whole look-back, and by its last weeks.

    Returns
    -------
    list of (name, float array of shape (customers, categories))
    """
    categories = crowd.similar.shape[1]
    ever, tastes = (now > 0).astype(np.float64), now.astype(np.float64)
    # Rows of whole numbers times whole multiples of one grain: exact, so BLAS may add in any order.
    number = np.maximum(ever @ np.ones((ever.shape[1], 1)), 1.0)
    foreseen = tastes @ crowd.next[:-1] + crowd.next[-1]
    own = tastes[:, :categories] * crowd.next.diagonal()[:categories]
    return [
        ("near__mean", (ever @ crowd.similar) / number),
        ("near__most", _nearest(ever, crowd.similar)),
        ("implied__ever", tastes @ crowd.implied),
        ("implied__lately", lately.astype(np.float64) @ crowd.implied),
        ("foreseen", foreseen),
        ("foreseen__by_others", foreseen - own),
    ]


def _nearest(owned: Floats, similar: Floats) -> Floats:
    nearest = np.zeros((len(owned), similar.shape[1]))
    for place in range(len(similar)):
        np.maximum(nearest, owned[:, place, None] * similar[place], out=nearest)
    return nearest
