"""The saved model of the timing: a folder per horizon (text booster and JSON) and one JSON over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.settings import LabelContract
from models import bundle
from models.bundle import PhaseModel
from models.json_files import read_json, write_json
from models.kept import kept
from models.timing.shape import QUANTILES, Floats, Shape, repaired

FORMAT = 1
#: Whom a model of this package serves: one model for all phases, the phase is among its features.
EVERYBODY = "all"


@dataclass(frozen=True)
class Timing:
    """What is predicted: one row per customer.

    Parameters
    ----------
    ordered : float array, shape (n, horizons)
        Probability of an order within each horizon; never falls from one to the next.
    quantiles : float array, shape (n, 3)
        Days from the cutoff before which the order comes with 10, 50 and 90 %; NaN is later than the longest horizon.
    left : float array, shape (n,)
        Probability of being dormant at the end of the longest horizon without an order in it; NaN if not known.
        What is left to 1 is still there, without an order.
    changed : bool array, shape (n,)
        Whose probabilities had to be made to rise with the horizon.
    """

    ordered: Floats
    quantiles: Floats
    left: Floats
    changed: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TimingModel:
    """What predicts the time until the next order.

    Attributes
    ----------
    contract : LabelContract
        Gives gap and horizons (days).
    journey : str
        Name of the phase model.
    horizons : tuple of PhaseModel
        One per horizon that could be judged, rising; ``contract.horizon_days`` of each is its horizon.
    left_out : mapping of int to str
        The other horizons (days), and why.
    shape : Shape
        How orders spread between two horizons.
    left : PhaseModel or None
        Chance of having left, of who has not ordered, at the end of the longest horizon.
    """

    contract: LabelContract
    journey: str
    horizons: tuple[PhaseModel, ...]
    left_out: Mapping[int, str]
    shape: Shape
    left: PhaseModel | None

    @property
    def horizons_days(self) -> tuple[int, ...]:
        """Horizons that are served, rising."""
        return tuple(model.contract.horizon_days for model in self.horizons)

    def raw(self, x: npt.NDArray[np.float32], columns: Sequence[str]) -> Floats:
        """Give the probability of an order within each horizon, as each model says it; shape (n, horizons)."""
        found = np.zeros((len(x), len(self.horizons)))
        for place, model in enumerate(self.horizons):
            found[:, place] = model.predict(x, columns)
        return found

    def predict(self, x: npt.NDArray[np.float32], columns: Sequence[str]) -> Timing:
        """Predict the time until the next order.

        Parameters
        ----------
        x : float32 array, shape (n, k)
            One row per customer.
        columns : sequence of str
            Names of the k columns, in any order.

        Raises
        ------
        InputError
            If a column a model learnt from is missing.
        """
        ordered, changed = repaired(self.raw(x, columns))
        quantiles = self.shape.quantiles(ordered, QUANTILES) + self.contract.gap_days
        left = np.full(len(x), np.nan)
        if self.left is not None and len(x):
            left = (1.0 - ordered[:, -1]) * self.left.predict(x, columns)
        return Timing(ordered, quantiles, left, changed)


def save(model: TimingModel, folder: Path) -> None:
    """Write the model into an existing folder: ``model.json``, and a folder per horizon."""
    for one in model.horizons:
        bundle.save(one, folder / f"order_{one.contract.horizon_days}d", model.journey)
    if model.left is not None:
        bundle.save(model.left, folder / "left", model.journey)
    content = {
        "format": FORMAT, "contract": model.contract.model_dump(mode="json"), "journey": model.journey,
        "horizons_days": list(model.horizons_days), "shape": model.shape.as_json(),
        "left_out": {str(days): why for days, why in model.left_out.items()},
        "left": model.left is not None,
    }  # fmt: skip
    write_json(folder / "model.json", content)


@kept(2)
def load(folder: Path) -> TimingModel:
    """Load the model; it predicts the same bits as the one that was saved.

    Raises
    ------
    InputError
        If the folder holds no model, or one of another format.
    """
    path = folder / "model.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `klantreis train timing` first (or `dvc repro`)")
    content = read_json(path)
    if content.get("format") != FORMAT:
        raise InputError(f"{path}: format {content.get('format')!r} found, {FORMAT} allowed; train again")
    return TimingModel(
        contract=LabelContract.model_validate(content["contract"]), journey=content["journey"],
        horizons=tuple(bundle.load(folder / f"order_{days}d") for days in content["horizons_days"]),
        left_out={int(days): why for days, why in content["left_out"].items()},
        shape=Shape.of_json(content["shape"]),
        left=bundle.load(folder / "left") if content["left"] else None,
    )  # fmt: skip
