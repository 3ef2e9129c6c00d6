"""Learn the next category from what was known at a moment; where own frequency ranks as well, it puts the order."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from features.category_pairs.crowd import Crowd
from features.category_pairs.kernel import Asked, Pairs
from features.category_pairs.table import by_frequency, columns_of, rows_of
from features.cutoffs import day_of, train_cutoffs, validation_split
from features.errors import InputError
from models.estimators._base import Floats, Rows
from models.estimators.lightgbm import ESTIMATOR
from models.next_category.bundle import FREQUENCY, MODEL, CategoryModel
from models.next_category.metrics import ndcg
from models.next_category.settings import NextCategorySettings
from models.selection import too_few
from models.settings import TrainSettings
from models.side_by_side import side_by_side

logger = logging.getLogger(__name__)
#: Fewer later customers than this cannot tell two rankings apart.
MIN_CUSTOMERS = 30


def learn(
    pairs: Mapping[int, Pairs], crowds: Mapping[int, Crowd], asked: Asked, settings: NextCategorySettings,
    known_at_us: int,
) -> tuple[CategoryModel | None, dict[str, Any]]:  # fmt: skip
    """Learn from what was known at a moment.

    Parameters
    ----------
    pairs : mapping of int to Pairs
        By cutoff (microseconds).
    crowds : mapping of int to Crowd
        As known at each cutoff, and at the moment of learning.
    asked : Asked
        Categories and label.
    settings : NextCategorySettings
        How many cutoffs, how the trees grow, what noise is.
    known_at_us : int
        The moment of learning; only cutoffs whose label window had closed by then are looked at.

    Returns
    -------
    tuple of (CategoryModel or None, dict)
        No model where the data are too thin; then ``reason`` of the record says why.
    """
    closed = train_cutoffs(pairs, known_at_us, asked.contract)[-settings.cutoffs :]
    known = [cutoff for cutoff in closed if not np.isnan(pairs[cutoff].bought).any()]
    record: dict[str, Any] = {"known_at_us": known_at_us, "training_cutoffs_us": known}
    refused = _refused(pairs, asked, settings, known)
    if refused:
        return None, record | {"reason": f"not eligible: {refused}"}
    fit, newest = validation_split(known, asked.contract)
    training = TrainSettings(seed=settings.seed, num_threads=settings.num_threads, lightgbm=settings.lightgbm)
    rows = {cutoff: _rows(pairs[cutoff], crowds[cutoff]) for cutoff in known}
    later = rows[newest]
    tuned, p = ESTIMATOR.tune(_stacked([rows[cutoff] for cutoff in fit]), later, training)
    ranked_by, compared = _ranked(pairs[newest], crowds[newest], p, settings.margin)
    trees = ESTIMATOR.fit(_stacked([rows[cutoff] for cutoff in known]), tuned, training)
    reason = "; ".join(one["reason"] for one in compared)
    logger.info("next category, known on %s: %s", day_of(known_at_us), reason)
    model = CategoryModel(
        contract=asked.contract, context=asked.context, top=len(asked.categories), new_days=asked.new_days,
        trees=trees, ranked_by=ranked_by, crowd=crowds[known_at_us], known_at_us=known_at_us,
    )  # fmt: skip
    number = sum(len(pairs[cutoff].customer_id) for cutoff in known)
    return model, record | {"customers": number, "tuned": tuned, "reason": reason, "compared": compared}


def learn_each(
    pairs: Mapping[int, Pairs], crowds: Mapping[int, Crowd], asked: Asked, settings: NextCategorySettings,
    moments: Sequence[int],
) -> dict[int, tuple[CategoryModel | None, dict[str, Any]]]:  # fmt: skip
    """Learn from what was known at each of several moments, ``settings.workers`` at a time."""
    newest_first = sorted(set(moments), reverse=True)
    tasks = [partial(learn, pairs, crowds, asked, settings, moment) for moment in newest_first]
    return dict(zip(newest_first, side_by_side(tasks, settings.workers), strict=True))


def _refused(
    pairs: Mapping[int, Pairs], asked: Asked, settings: NextCategorySettings, known: list[int]
) -> str:
    """Say why nothing can be learnt; empty if something can."""
    if len(asked.categories) < 2:
        return f"{len(asked.categories)} categories bought by the oldest training cutoff, at least 2 needed"
    try:
        fit, newest = validation_split(known, asked.contract)
    except InputError as error:
        return str(error)
    for name, cutoffs in (("training rows", fit), ("later rows", [newest])):
        bought = np.concatenate([pairs[cutoff].bought.ravel() for cutoff in cutoffs])
        problem = too_few(bought, settings.min_positives, name)
        if problem:
            return problem
    return ""


def _rows(pairs: Pairs, crowd: Crowd) -> Rows:
    return Rows(rows_of(pairs, crowd), pairs.bought.ravel(), columns_of(pairs, crowd))


def _stacked(rows: Sequence[Rows]) -> Rows:
    x = np.concatenate([one.x for one in rows])
    return Rows(x, np.concatenate([one.y for one in rows]), rows[0].columns)


def _ranked(
    pairs: Pairs, crowd: Crowd, p: Floats, margin: float
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Choose between the model and own frequency by NDCG@5 on later rows; within noise the simpler one."""
    modelled, frequent = p.reshape(pairs.bought.shape), by_frequency(pairs, crowd)
    relevant = pairs.bought > 0
    ranked_by: dict[str, str] = {}
    compared: list[dict[str, Any]] = []
    for scope, among in (("all", np.ones_like(relevant)), ("new", pairs.new)):
        gain = ndcg(modelled, relevant, among) - ndcg(frequent, relevant, among)
        gain = gain[~np.isnan(gain)]
        mean = float(gain.mean()) if len(gain) else 0.0
        error = float(gain.std() / np.sqrt(len(gain))) if len(gain) else 0.0
        wins = len(gain) >= MIN_CUSTOMERS and mean > margin * error
        ranked_by[scope] = MODEL if wins else FREQUENCY
        reason = (
            f"{scope} categories by {'the model' if wins else 'own frequency'}: the model is {mean:+.4f} NDCG@5 "
            f"on {len(gain)} later customers (standard error {error:.4f})"
        )
        compared.append({"scope": scope, "gain": mean, "standard_error": error, "reason": reason})
    return ranked_by, compared
