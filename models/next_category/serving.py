"""The next categories in the score file: the most probable known and new ones, in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.category_pairs.kernel import Asked, category_pairs
from features.engines.persons import each, persons
from features.events import READS
from features.plan import Plan
from features.settings import EngineSettings
from models.next_category.bundle import CategoryModel, load
from models.next_category.metrics import top
from models.next_category.settings import NextCategorySettings

#: One row per customer of the population.
NEXT = pa.schema([("customer_id", pa.int64()), ("next_categories", pa.list_(pa.string()))])
#: Ends the words of a category that would be new to the customer.
NEW = " new"


def predict(
    artifacts: Path,
    events: Path,
    plan: Plan,
    settings: NextCategorySettings,
    engine: EngineSettings,
    folder: Path,
) -> pa.Table:
    """Name the next categories of everybody who bought lately.

    Parameters
    ----------
    artifacts : Path
        ``artifacts/next_category``.
    events : Path
        Canonical events of whole persons: all, or those of a list.
    plan : Plan
        ``as_of_us`` is the moment of scoring.
    settings : NextCategorySettings
        How many ``known`` and ``new`` categories are named.
    engine : EngineSettings
        Threads and memory.
    folder : Path
        A folder for what does not fit in memory.

    Returns
    -------
    pyarrow.Table
        One row per customer who bought in the last ``active_days`` (`NEXT`), by ``customer_id``: ``next_categories`` as
        words with a probability, for example ``["beef 0.61", "milk 0.40", "cat food 0.03 new"]``, first the known,
        then the new ones. No row where there is no model.
    """
    model = load(artifacts)
    if model is None:
        return NEXT.empty_table()
    batches = persons(events, engine, folder, READS)
    return of_batches(model, batches, plan, settings, engine)


def of_batches(
    model: CategoryModel,
    batches: Iterable[pa.Table],
    plan: Plan,
    settings: NextCategorySettings,
    engine: EngineSettings,
) -> pa.Table:
    """Name the next categories of batches of WHOLE persons (columns ``features.events.READS``)."""
    asked = Asked(
        plan=plan, contract=model.contract, context=model.context, top=model.top, cutoffs=(plan.as_of_us,),
        new_days=model.new_days, with_crowd=False,
    )  # fmt: skip
    tables = list(each(lambda _, batch: _of_batch(model, batch, asked, settings), batches, engine))
    return pa.concat_tables([NEXT.empty_table(), *tables]).sort_by("customer_id").combine_chunks()


def for_customers(found: pa.Table, customer_id: npt.NDArray[np.int64]) -> list[list[str] | None]:
    """Give the words of each customer in a given order; None for who is not among them."""
    places = pc.index_in(pa.array(customer_id, pa.int64()), value_set=found["customer_id"].combine_chunks())
    words: list[list[str] | None] = found["next_categories"].take(places).to_pylist()
    return words


def _of_batch(
    model: CategoryModel, batch: pa.Table, asked: Asked, settings: NextCategorySettings
) -> pa.Table:
    (pairs,) = category_pairs(batch, asked)
    p = model.probabilities(pairs)
    known = top(model.order(pairs, p, "all"), ~pairs.new, settings.known)
    new = top(model.order(pairs, p, "new"), pairs.new, settings.new)
    words = _in_words(np.hstack([known, new]), p, model.categories, known.shape[1])
    return pa.table([pa.array(pairs.customer_id, pa.int64()), words], schema=NEXT)


def _in_words(
    places: npt.NDArray[np.int64], p: npt.NDArray[np.float64], categories: tuple[str, ...], known: int
) -> pa.ListArray:
    """Write places of categories (-1: none) with their probability in hundredths."""
    there = places >= 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    hundredths = np.rint(np.take_along_axis(p, np.maximum(places, 0), axis=1)[there] * 100).astype(np.int64)
    is_new = np.broadcast_to(np.arange(places.shape[1]) >= known, places.shape)[there].astype(np.int64)
    texts = pa.array([f"{number / 100:.2f}" for number in range(101)])
    words = pc.binary_join_element_wise(
        pa.array(categories, pa.string()).take(pa.array(places[there])), texts.take(pa.array(hundredths)), " "
    )
    ending = pa.array(["", NEW]).take(pa.array(is_new))
    return pa.ListArray.from_arrays(pa.array(ends), pc.binary_join_element_wise(words, ending, ""))
