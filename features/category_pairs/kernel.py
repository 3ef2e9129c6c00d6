"""The kernel of the next category: a batch of whole persons to pairs of customer and category, at several cutoffs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features import cutoffs as cut
from features.category_pairs.chosen import of_customers
from features.category_pairs.crowd_counts import BUYERS_DAYS, CrowdCounts, added, count_crowd
from features.category_pairs.draw import smallest_draws
from features.category_pairs.measures import customer_measures, pair_measures
from features.category_pairs.pair_days import PairDays
from features.category_pairs.taste import taste
from features.contract import DAY_US
from features.events import Events
from features.history import History, Ints
from features.phases import Evidences
from features.plan import Plan
from features.scope import scope_of
from features.settings import LabelContract

#: What was bought in the last so many days counts as bought lately.
LATELY_DAYS = 56
_PER_CUSTOMER = ("phase", "own", "customer", "taste", "lately", "bought", "new")
#: Customers whose pairs are worked out at once: bounds the memory, changes no bit.
CHUNK = 20_000


@dataclass(frozen=True)
class Asked:
    """What is wanted of the kernel.

    Attributes
    ----------
    plan : Plan
        Look-back, kinds, usual gap, journey, and until when the log is complete.
    contract : LabelContract
        Horizon and gap of the label (days); the population is who bought in the last ``active_days``.
    context : tuple of str
        Categories that say something of a customer, most bought first.
    top : int
        How many of them, from the first, are predicted.
    cutoffs : tuple of int
        Midnights, microseconds.
    new_days : int
        A category not bought for so many days is new.
    max_rows : int or None
        Pairs per cutoff that are given, of whole customers (drawn by ``seed``); null: the whole population.
    seed : int
        Of the draw.
    with_crowd : bool
        Whether everybody is counted, which costs as much again.
    """

    plan: Plan
    contract: LabelContract
    context: tuple[str, ...]
    top: int
    cutoffs: tuple[int, ...]
    new_days: int = 112
    max_rows: int | None = None
    seed: int = 7
    with_crowd: bool = True

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that are predicted."""
        return self.context[: self.top]


@dataclass(frozen=True)
class Pairs:
    """Customers of one cutoff, by ``customer_id``, and what their past says of each category.

    Attributes
    ----------
    cutoff_us : int
        Microseconds.
    customer_id : int64 array, shape (n,)
    phase : int16 array, shape (n,)
        Place in the phases of the journey; all 0 without one.
    own : float32 array, shape (n, categories, len(own_names))
        Measures of the pair.
    customer : float32 array, shape (n, len(customer_names))
        Measures of the customer.
    taste, lately : uint8 array, shape (n, context)
        Taste by the whole look-back, and by its last ``LATELY_DAYS``.
    bought : float32 array, shape (n, categories)
        1 if bought in the label window, else 0; NaN where that is not known.
    new : bool array, shape (n, categories)
        Not bought in the last ``new_days``.
    crowd : CrowdCounts or None
        Of everybody, whether drawn or not.
    """

    cutoff_us: int
    customer_id: Ints
    phase: NDArray[np.int16]
    own: NDArray[np.float32]
    own_names: tuple[str, ...]
    customer: NDArray[np.float32]
    customer_names: tuple[str, ...]
    taste: NDArray[np.uint8]
    lately: NDArray[np.uint8]
    bought: NDArray[np.float32]
    new: NDArray[np.bool_]
    crowd: CrowdCounts | None

    def take(self, rows: Ints | NDArray[np.bool_]) -> Pairs:
        """Keep some customers."""
        names = ("customer_id", *_PER_CUSTOMER)
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def category_pairs(batch: pa.Table, asked: Asked) -> list[Pairs]:
    """Work out the pairs of a batch of WHOLE persons.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events (columns ``features.events.READS``) in any order; a person is never split over batches.
    asked : Asked
        Categories, cutoffs, label.

    Returns
    -------
    list of Pairs
        One per cutoff; of the population (who bought in the last ``active_days``) those with the smallest draws.
    """
    events = Events.from_arrow(batch)
    return [_at_cutoff(events, cutoff_us, asked) for cutoff_us in asked.cutoffs]


def merged(parts: list[Pairs], asked: Asked) -> Pairs:
    """Put the batches of one cutoff together: the same pairs, however persons were batched."""
    ids = np.concatenate([part.customer_id for part in parts])
    kept = _drawn(ids, asked)
    order = kept[np.argsort(ids[kept], kind="stable")]
    crowds = [part.crowd for part in parts if part.crowd is not None]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts])[order] for name in _PER_CUSTOMER}
    first = parts[0]
    return Pairs(
        cutoff_us=first.cutoff_us, customer_id=ids[order], own_names=first.own_names,
        customer_names=first.customer_names, crowd=added(crowds) if crowds else None, **arrays,
    )  # fmt: skip


def _at_cutoff(events: Events, cutoff_us: int, asked: Asked) -> Pairs:
    plan = asked.plan
    past = cut.past(events, cutoff_us, plan.lookback_days)
    bought = past.only(kinds=("purchase",))
    active = cut.past(events, cutoff_us, asked.contract.active_days or cut.EVER_DAYS)
    population = np.flatnonzero(active.only(kinds=("purchase",)).total() > 0)
    chosen = population[np.sort(_drawn(events.customers[population], asked))]
    phase = np.zeros(len(events.customers), dtype=np.int16)
    if plan.journey.phases and len(chosen):
        phase = Evidences(past, plan.journey, scope_of(plan)).phase(cutoff_us // DAY_US).astype(np.int16)
    chunks = [chosen[at : at + CHUNK] for at in range(0, max(len(chosen), 1), CHUNK)]
    parts = [_measured(of_customers(past, rows), asked) for rows in chunks]
    measured = {
        name: np.concatenate([part[name] for part in parts])
        for name in ("own", "customer", "taste", "lately", "new")
    }
    own_names, customer_names = _names(past, asked)
    return Pairs(
        cutoff_us=cutoff_us, customer_id=events.customers[chosen], phase=phase[chosen], own_names=own_names,
        customer_names=customer_names, bought=_bought_soon(events, cutoff_us, asked)[chosen],
        crowd=_crowd(bought, asked) if asked.with_crowd else None, **measured,
    )  # fmt: skip


def _drawn(ids: Ints, asked: Asked) -> Ints:
    customers = None if asked.max_rows is None else max(1, asked.max_rows // max(len(asked.categories), 1))
    return smallest_draws(ids, asked.seed, customers)


def _measured(history: History, asked: Asked) -> dict[str, NDArray[Any]]:
    plan, top = asked.plan, asked.top
    pairs = pair_measures(history, asked.categories, plan.kinds, plan.mean_gap_days)
    own = np.empty((history.frame.customers, len(asked.categories), len(pairs)), dtype=np.float32)
    for place, (_, one) in enumerate(pairs):
        own[:, :, place] = one
    customer = [one for _, one in customer_measures(history, plan.mean_gap_days)]
    days = PairDays.of(history.only(kinds=("purchase",)), asked.context)
    last, total = days.last(), days.total()
    known = total > 0
    (lately,) = days.within((LATELY_DAYS,))
    return {
        "own": own, "customer": np.stack(customer, axis=1).astype(np.float32), "taste": taste(total),
        "lately": taste(lately),
        "new": ~known[:, :top] | (last[:, :top] > asked.new_days),
    }  # fmt: skip


def _names(history: History, asked: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    nobody, plan = of_customers(history, np.zeros(0, dtype=np.int64)), asked.plan
    pairs = pair_measures(nobody, asked.categories, plan.kinds, plan.mean_gap_days)
    own = customer_measures(nobody, plan.mean_gap_days)
    return tuple(name for name, _ in pairs), tuple(name for name, _ in own)


def _bought_soon(events: Events, cutoff_us: int, asked: Asked) -> NDArray[np.float32]:
    """Say whether each customer of the cutoff bought each category in the label window; NaN where not known."""
    plan, shape = asked.plan, (len(events.customers), len(asked.categories))
    start, end = cut.label_window(cutoff_us, asked.contract)
    until = min(plan.as_of_us, plan.complete_until_us)
    if not cut.window_is_complete(start, end, plan.missing_days, until):
        return np.full(shape, np.nan, dtype=np.float32)
    later = cut.future(events, start, end, known_by_us=end).only(kinds=("purchase",))
    soon = later.total(by=later.by_category(asked.categories)).T > 0
    # The label follows the person: who was a browser at the cutoff may have bought as a customer.
    followed: NDArray[np.float32] = soon[cut.successors(events, cutoff_us, end)].astype(np.float32)
    return followed


def _crowd(bought: History, asked: Asked) -> CrowdCounts:
    buyers = np.flatnonzero(bought.total() > 0)
    return added(_crowd_chunks(bought, buyers, asked))


def _crowd_chunks(bought: History, buyers: Ints, asked: Asked) -> Iterator[CrowdCounts]:
    for at in range(0, max(len(buyers), 1), CHUNK):
        some = of_customers(bought, buyers[at : at + CHUNK])
        days = some.by_day
        age = some.frame.cutoff_day - 1 - days.column("day").astype(np.int64, copy=False)
        recent = days.per_row(days.row[age < BUYERS_DAYS])
        yield count_crowd(PairDays.of(some, asked.context), days.total(), recent, len(asked.categories))
