"""The saved model of the next category: text boosters and JSON, one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.category_pairs.crowd import Crowd
from features.category_pairs.kernel import Pairs
from features.category_pairs.table import by_frequency, columns_of, rows_of
from features.errors import InputError
from features.settings import LabelContract
from models.estimators._base import Fitted, Floats
from models.estimators.lightgbm import ESTIMATOR
from models.json_files import read_json, write_json
from models.kept import kept

FORMAT = 1
#: What the order of the categories may come from.
MODEL, FREQUENCY = "model", "own_frequency"
#: The files that decide what is predicted; without a model there is only the last.
FILES = ("lightgbm*", "model.json")


@dataclass(frozen=True)
class CategoryModel:
    """What predicts the next categories.

    Attributes
    ----------
    contract : LabelContract
        Horizon and gap (days); the population is who bought in the last ``active_days``.
    context : tuple of str
        Categories that say something of a customer, most bought first.
    top, new_days : int
        How many of them are predicted; days after which a category not bought is new.
    trees : Fitted
        Probability per customer and category.
    ranked_by : mapping of str to str
        ``all`` and ``new``: whether ``model`` or ``own_frequency`` puts the categories in order.
    crowd : Crowd
        As known at the moment of learning.
    known_at_us : int
        That moment, microseconds.
    """

    contract: LabelContract
    context: tuple[str, ...]
    top: int
    new_days: int
    trees: Fitted
    ranked_by: Mapping[str, str]
    crowd: Crowd
    known_at_us: int

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that are predicted, most bought first."""
        return self.context[: self.top]

    def probabilities(self, pairs: Pairs) -> Floats:
        """Give the probability that each customer buys each category within the horizon.

        Returns
        -------
        float array, shape (customers, categories)
        """
        return predicted(self.trees, pairs, self.crowd)

    def order(self, pairs: Pairs, p: Floats, scope: str) -> Floats:
        """Give what the categories are ordered by, highest first; ``scope``: ``all`` or ``new``."""
        return p if self.ranked_by[scope] == MODEL else by_frequency(pairs, self.crowd)


def predicted(trees: Fitted, pairs: Pairs, crowd: Crowd) -> Floats:
    """Predict pairs with a crowd of any moment; float array (customers, categories).

    Raises
    ------
    InputError
        If a column the model learnt from is missing.
    """
    place = {name: j for j, name in enumerate(columns_of(pairs, crowd))}
    missing = sorted(set(trees.columns) - set(place))
    if missing:
        raise InputError(
            f"the model of the next category needs column {missing[0]!r} ({len(missing)} are missing); "
            "train again: klantreis train next_category"
        )
    x = rows_of(pairs, crowd)[:, [place[name] for name in trees.columns]]
    return trees.predict(np.ascontiguousarray(x)).reshape(pairs.own.shape[:2])


def save(model: CategoryModel, folder: Path) -> None:
    """Write the model into an existing folder: ``model.json`` and the boosters."""
    model.trees.to_files(folder)
    content = {
        "format": FORMAT, "eligible": True, "contract": model.contract.model_dump(mode="json"),
        "context": list(model.context), "top": model.top, "new_days": model.new_days,
        "ranked_by": dict(model.ranked_by), "crowd": model.crowd.as_json(), "known_at_us": model.known_at_us,
    }  # fmt: skip
    write_json(folder / "model.json", content)


def save_refusal(reason: str, folder: Path) -> None:
    """Write into an existing folder that there is no model, and why."""
    write_json(folder / "model.json", {"format": FORMAT, "eligible": False, "reason": reason})


@kept(2)
def load(folder: Path) -> CategoryModel | None:
    """Load the model; it predicts the same bits as the one that was saved. None where there is none to learn.

    Raises
    ------
    InputError
        If the stage has not run, or wrote another format.
    """
    path = folder / "model.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `klantreis train next_category` first (or `dvc repro`)")
    content = read_json(path)
    if content.get("format") != FORMAT:
        raise InputError(f"{path}: format {content.get('format')!r} found, {FORMAT} allowed; train again")
    if not content["eligible"]:
        return None
    return CategoryModel(
        contract=LabelContract.model_validate_json(json.dumps(content["contract"])), context=tuple(content["context"]),
        top=content["top"], new_days=content["new_days"], trees=ESTIMATOR.from_files(folder),
        ranked_by=content["ranked_by"], crowd=Crowd.of_json(content["crowd"]),
        known_at_us=content["known_at_us"],
    )  # fmt: skip
