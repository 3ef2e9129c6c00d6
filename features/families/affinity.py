"""Affinity: the customer's taste, in a space where categories that are bought by the same people lie near each other.

The space is learnt from everybody, at each cutoff from what was known then: shrunk positive pointwise mutual
information of categories, factored by its largest eigenvalues.

References
----------
Levy and Goldberg, "Neural word embedding as implicit matrix factorization", NIPS 2014. Axes through time:
orthogonal Procrustes, as in Hamilton, Leskovec and Jurafsky, ACL 2016.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.families._base import Crowd, Family, Measure, Scope
from features.history import Floats, History, Ints, ratio

#: Axes of the space, and how many of them are columns.
AXES, COORDINATES = 8, 4
#: Of a customer the categories bought most, and of all categories those bought by most.
TOP_OF_CUSTOMER, TOP_OF_CROWD = 20, 200
#: Customers by whom a pair is drawn to chance: rare pairs tell little.
PAIR_WEIGHT = 10.0
#: A line weighs half as much for every so many days of age.
HALF_LIFE_DAYS = 182
#: Taste of the last so many days against the taste before.
RECENT_DAYS = 56
#: Bits that another processor might compute otherwise are not worth keeping.
DECIMALS = 6
#: How much an axis wants to stay itself when the space is turned to how it lay before.
STAY = 1e-3
#: Lengths (squared, of both) below which nothing has a direction.
NOTHING = 1e-12

_AXES = tuple(f"axis_{axis + 1}" for axis in range(AXES))
_SPACE = pa.schema(
    [("category", pa.string()), ("customers", pa.int64()), *((axis, pa.float64()) for axis in _AXES)]
)


# ---- what is learnt from everybody -------------------------------------------------------------------------


def _count(history: History, scope: Scope) -> pa.Table:
    """Count customers per pair of categories, ``one <= other``; a category with itself counts its customers.

    ``leading`` counts each customer once in all, at the category bought most.
    """
    words: NDArray[np.str_] = history.words["category"]
    row, word, rank = _most_bought(history.only(kinds=("purchase",)))
    # Each category is paired with itself and with those after it of the same customer.
    ends = np.cumsum(np.bincount(row, minlength=history.frame.customers))
    others = ends[row] - np.arange(len(row))
    left = np.repeat(np.arange(len(row)), others)
    right = left + np.arange(len(left)) - np.repeat(np.cumsum(others) - others, others)
    key, customers, leading = _counted(
        word[left] * max(len(words), 1) + word[right], (left == right) & (rank[left] == 0), len(words)
    )
    one, other = np.divmod(key, max(len(words), 1))
    text = pa.array(words.tolist(), pa.string())
    return pa.table(
        {
            "one": text.take(pa.array(one)),
            "other": text.take(pa.array(other)),
            "customers": customers,
            "leading": leading,
        }
    )


def _counted(key: Ints, leading: NDArray[np.bool_], words: int) -> tuple[Ints, Ints, Ints]:
    """Give the distinct keys, rising, how often each occurs, and how often it leads."""
    if words * words > 4 * len(key):
        distinct, key = np.unique(key, return_inverse=True)
        return (
            distinct,
            np.bincount(key, minlength=len(distinct)),
            np.bincount(key[leading], minlength=len(distinct)),
        )
    # Counting every pair there could be costs less than sorting those there are.
    counts = np.bincount(key, minlength=words * words)
    distinct = np.flatnonzero(counts)
    return distinct, counts[distinct], np.bincount(key[leading], minlength=words * words)[distinct]


def _most_bought(bought: History) -> tuple[Ints, Ints, Ints]:
    """Give customer row, category and its rank among the customer's own, by (row, category)."""
    pair = bought.column("category").astype(np.int64, copy=False)
    known = np.flatnonzero(pair >= 0)
    pair = pair[known]
    line = _last_of_pairs(pair, known)
    pairs = np.flatnonzero(line >= 0)
    lines = np.bincount(pair)[pairs]
    row = bought.row[line[pairs]]
    word = bought.column("category_word").astype(np.int64, copy=False)[line[pairs]]
    # Pairs stand by (row, category), and a stable sort keeps equals in order.
    most = int(lines.max(initial=0))
    order = np.argsort(row * (most + 1) + most - lines, kind="stable")
    ends = np.cumsum(np.bincount(row, minlength=bought.frame.customers))
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = np.arange(len(row)) - np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[row]
    top = rank < TOP_OF_CUSTOMER
    return row[top], word[top], rank[top]


def _last_of_pairs(pair: Ints, events: Ints) -> Ints:
    """Give the last of these events of each (customer, category) pair; -1 where there is none."""
    line = np.full(int(pair.max(initial=-1)) + 1, -1, dtype=np.int64)
    # Sorted by time: the last write wins.
    line[pair] = events
    return line


def _days(events: History) -> Ints:
    return events.column("day").astype(np.int64, copy=False)


def _fit(pairs: pa.Table, scope: Scope, before: pa.Table | None) -> pa.Table:
    """Place of each category in the space: ``category, customers, axis_1 ..``, by category."""
    if not len(pairs):
        return _SPACE.empty_table() if before is None else before
    own = pairs.filter(pc.equal(pairs["one"], pairs["other"])).select(["one", "customers"])
    chosen = own.sort_by([("customers", "descending"), ("one", "ascending")]).slice(0, TOP_OF_CROWD)
    chosen = chosen.sort_by("one").combine_chunks()
    with threadpool_limits(1):
        space = _factored(_information(pairs, chosen["one"], pc.sum(pairs["leading"]).as_py()))
        if before is not None:
            space = space @ _turned(space, chosen["one"], before)
    columns = [chosen["one"], chosen["customers"], *np.ascontiguousarray((space.round(DECIMALS) + 0.0).T)]
    return pa.table(columns, schema=_SPACE)


def _information(pairs: pa.Table, categories: pa.ChunkedArray, customers: int) -> Floats:
    """Log of how much more often two categories are bought by one customer than by chance; at least 0."""
    one, other = (pc.index_in(pairs[name], value_set=categories) for name in ("one", "other"))
    known = pc.and_(one.is_valid(), other.is_valid())
    one, other = (places.filter(known).to_numpy() for places in (one, other))
    together = np.zeros((len(categories), len(categories)))
    together[one, other] = together[other, one] = pairs["customers"].filter(known).to_numpy()
    own = together.diagonal().copy()
    chance = own[:, None] * own[None, :] / customers
    more = (together + PAIR_WEIGHT) / (chance + PAIR_WEIGHT)
    surprise = np.zeros_like(more)
    surprise[more > 1] = [math.log(value) for value in more[more > 1].tolist()]
    return surprise


def _factored(information: Floats) -> Floats:
    """Rows whose products come nearest to the information; the largest number of each axis is positive."""
    values, vectors = np.linalg.eigh(information)
    largest = np.argsort(-values, kind="stable")[:AXES]
    axes = vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0.0))
    most = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[most, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    space = np.zeros((len(information), AXES))
    space[:, : axes.shape[1]] = axes
    return space


def _turned(space: Floats, categories: pa.ChunkedArray, before: pa.Table) -> Floats:
    """Rotation that brings the categories nearest to where they lay before, so that axes keep their meaning."""
    places = pc.index_in(categories, value_set=before["category"])
    there = places.is_valid().to_numpy()
    earlier = np.column_stack([before[axis].to_numpy() for axis in _AXES])
    shared = space[there].T @ earlier[places.drop_null().to_numpy()]
    # An axis of which nothing is known from before stays where it is.
    left, _, right = np.linalg.svd(shared + STAY * np.eye(AXES))
    turned: Floats = left @ right
    return turned


# ---- what it says of a customer ----------------------------------------------------------------------------


def _heaps(events: History, heap: Ints, heaps: int, learnt: pa.Table) -> list[list[Floats]]:
    """Weigh events by their age, and add up weights and weighted places per customer.

    First the events of a category are added up in event order, then the categories of a customer by name: so no sum
    depends on the batch.

    Parameters
    ----------
    events : History
        Events of which those of a category that has a place count.
    heap : array of int64
        One per event: the heap it is added to.
    heaps : int
        How many there are.
    learnt : table
        The places (``_fit``).

    Returns
    -------
    list of list of array
        Per heap: the weight per customer, the sum of squared lengths, then the sum on each axis.
    """
    code = events.by_category([str(word) for word in learnt["category"].to_pylist()]).code
    known = np.flatnonzero(code >= 0)
    # A table by whole days, because a vectorised power may differ in its last bit by place in the array.
    table = np.array([0.5 ** (age / HALF_LIFE_DAYS) for age in range(events.frame.lookback_days + 1)])
    age = events.frame.cutoff_day - 1 - _days(events)[known]
    pair = events.column("category").astype(np.int64, copy=False)[known]
    line = _last_of_pairs(pair, known)
    flat = np.bincount(heap[known] * len(line) + pair, table[age], heaps * len(line))
    weights = flat.astype(np.float64, copy=False).reshape(heaps, -1)
    axes = [learnt[axis].to_numpy() for axis in _AXES]
    summed: list[Floats] = [reduce(add, [axis * axis for axis in axes]), *axes]
    out = []
    for weight in weights:
        pairs = np.flatnonzero(weight)
        row, place, weighed = events.row[line[pairs]], code[line[pairs]], weight[pairs]
        sums: list[Floats] = [weighed * values[place] for values in summed]
        out.append([events.per_row(row, one) for one in (weighed, *sums)])
    return out


def _taste(*heaps: list[Floats]) -> list[Floats]:
    """Mean place of heaps taken together, per axis and customer; the origin where they are empty."""
    weight, _, *sums = (reduce(add, parts) for parts in zip(*heaps, strict=True))
    return [ratio(axis, weight) for axis in sums]


def _spread(heaps: list[list[Floats]], taste: list[Floats]) -> Floats:
    """Root of the mean squared distance to the taste."""
    weight, square = (reduce(add, parts) for parts in list(zip(*heaps, strict=True))[:2])
    around = ratio(square, weight) - reduce(add, [mean * mean for mean in taste])
    # What is left of one place less itself is rounding.
    spread: Floats = np.sqrt(np.where(around > NOTHING, around, 0.0))
    return spread


def _near(one: list[Floats], other: list[Floats]) -> Floats:
    """Cosine of the angle between two places, -1..1; 0 where one of them has no direction."""
    inner, ones, others = (
        reduce(add, [a * b for a, b in zip(left, right, strict=True)])
        for left, right in ((one, other), (one, one), (other, other))
    )
    length = ones * others
    return ratio(inner, np.sqrt(np.where(length > NOTHING, length, 0.0)))


def _measures(history: History, scope: Scope) -> Iterator[Measure]:
    learnt = _SPACE.empty_table() if scope.learnt is None else scope.learnt
    since = history.frame.cutoff_day - RECENT_DAYS
    lines = history.only(kinds=("purchase",))
    newest = history.orders.nth_last("occurred_us", 1, -1.0).astype(np.int64)
    last = lines.column("occurred_us") == newest[lines.row]
    heaps = _heaps(lines, 2 * (_days(lines) >= since) + last, 4, learnt)
    before, before_last, recent, recent_last = heaps
    taste = _taste(*heaps)
    for axis in range(COORDINATES):
        yield Measure(f"taste_{axis + 1}", taste[axis], "place",
                      f"Taste of the customer on axis {axis + 1} of the space of categories",
                      f"Smaak van de klant op as {axis + 1} van de ruimte van categorieën")  # fmt: skip
    yield Measure("spread", _spread(heaps, taste), "distance", "How far apart the categories bought lie",
                  "Hoe ver de gekochte categorieën uit elkaar liggen")  # fmt: skip
    yield Measure("near_crowd", _near(taste, _crowd_taste(learnt, history.frame.customers)), "-1..1",
                  "How near the customer's taste is to that of everybody",
                  "Hoe dicht de smaak van de klant bij die van iedereen ligt")  # fmt: skip
    yield Measure("near_before", _near(_taste(recent, recent_last), _taste(before, before_last)),
                  "-1..1", f"How near the taste of the last {RECENT_DAYS} days is to the taste before them",
                  f"Hoe dicht de smaak van de laatste {RECENT_DAYS} dagen bij de smaak daarvoor ligt")  # fmt: skip
    yield Measure("near_last", _near(_taste(before_last, recent_last), _taste(before, recent)),
                  "-1..1", "How near the last order is to what was bought before it",
                  "Hoe dicht de laatste bestelling ligt bij wat ervoor gekocht is")  # fmt: skip
    if "product_view" in scope.kinds:
        views = history.only(kinds=("product_view",))
        views = views.where(_days(views) >= since)
        (looked,) = _heaps(views, np.zeros(len(views.row), dtype=np.int64), 1, learnt)
        yield Measure("near_looked", _near(_taste(looked), taste), "-1..1",
                      f"How near what was looked at in the last {RECENT_DAYS} days is to what was bought",
                      f"Hoe dicht wat de laatste {RECENT_DAYS} dagen bekeken is bij het gekochte ligt")  # fmt: skip


def _crowd_taste(learnt: pa.Table, number: int) -> list[Floats]:
    customers = [float(count) for count in learnt["customers"].to_pylist()]
    places = [
        math.fsum(place * count for place, count in zip(learnt[axis].to_pylist(), customers, strict=True))
        for axis in _AXES
    ]
    return [np.full(number, place / math.fsum(customers) if customers else 0.0) for place in places]


FAMILY = Family(_measures, needs=("purchase",), crowd=Crowd(_count, _fit, ("one", "other")))
