"""The saved model of the exits: text booster and JSON, one folder for all phases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.labels.exits import possible_exits
from features.settings import LabelContract
from models.exits import logistic, trees
from models.exits.logistic import FittedLogistic
from models.exits.probabilities import Floats, mixed, to_one
from models.exits.scaling import Scaling
from models.exits.trees import FittedTrees
from models.json_files import read_json, write_json
from models.kept import kept

FORMAT = 1
SHARES, MODEL = "shares", "model"
READERS: dict[str, Callable[[Path], FittedLogistic | FittedTrees]] = {
    "logistic": logistic.from_files,
    "lightgbm": trees.from_files,
}


@dataclass(frozen=True)
class ExitModel:
    """What predicts the exits of every phase of a journey.

    Attributes
    ----------
    contract : LabelContract
        Gives the horizon (days).
    journey : str
        Name of the phase model.
    phases : tuple of str
        Phases in journey order, ``dormant`` last.
    shares : float array, shape (phases, exits)
        How often each exit was seen, per phase.
    members : tuple of (name, weight, fitted model)
        Mixed in logarithms; empty where nothing could be learnt.
    scaling : Scaling or None
        Recalibration of the mix, if it won on a later cutoff.
    serves : mapping of str to str
        Phase to ``model`` or ``shares``.
    training_cutoffs : tuple of int
        Microseconds.
    rows : int
        Rows learnt from.
    """

    contract: LabelContract
    journey: str
    phases: tuple[str, ...]
    shares: Floats
    members: tuple[tuple[str, float, FittedLogistic | FittedTrees], ...]
    scaling: Scaling | None
    serves: Mapping[str, str]
    training_cutoffs: tuple[int, ...]
    rows: int

    def predict(
        self, x: npt.NDArray[np.float32], columns: Sequence[str], phase: npt.NDArray[np.int16]
    ) -> Floats:
        """Give the probability of each exit.

        Parameters
        ----------
        x : float32 array, shape (n, k)
            One row per customer and cutoff.
        columns : sequence of str
            Names of the k columns, in any order.
        phase : int array, shape (n,)
            Places in ``phases``; for a dormant customer the result says nothing.

        Returns
        -------
        float array, shape (n, exits)
            Exactly 1 per row, 0 for an exit the phase does not have.

        Raises
        ------
        InputError
            If a column the model learnt from is missing.
        """
        p = self.shares[phase]
        modelled = np.isin(
            phase, [self.phases.index(name) for name, by in self.serves.items() if by == MODEL]
        )
        if self.members and modelled.any():
            p[modelled] = self._mix(x[modelled], columns)
        return to_one(p, possible_exits(len(self.phases) - 1)[phase])

    def _mix(self, x: npt.NDArray[np.float32], columns: Sequence[str]) -> Floats:
        place = {name: j for j, name in enumerate(columns)}
        missing = sorted({name for _, _, one in self.members for name in one.columns} - set(place))
        if missing:
            raise InputError(
                f"the model of the exits needs column {missing[0]!r} ({len(missing)} are missing); use the "
                "features settings it was trained with, or train again: klantreis train exits"
            )
        parts = {
            name: one.predict(np.take(x, [place[c] for c in one.columns], axis=1))
            for name, _, one in self.members
        }
        p = mixed(parts, {name: weight for name, weight, _ in self.members})
        return p if self.scaling is None else self.scaling.apply(p)


def save(model: ExitModel, folder: Path) -> None:
    """Write the model into an existing folder: ``model.json`` and a file per member."""
    for _, _, fitted in model.members:
        fitted.to_files(folder)
    content = {
        "format": FORMAT, "contract": model.contract.model_dump(mode="json"), "journey": model.journey,
        "phases": list(model.phases), "shares": model.shares.tolist(),
        "members": [{"name": name, "weight": weight} for name, weight, _ in model.members],
        "scaling": None if model.scaling is None else model.scaling.as_json(), "serves": dict(model.serves),
        "training_cutoffs_us": list(model.training_cutoffs), "rows": model.rows,
    }  # fmt: skip
    write_json(folder / "model.json", content)


@kept(2)
def load(folder: Path) -> ExitModel:
    """Load the model; it predicts the same bits as the one that was saved.

    Raises
    ------
    InputError
        If the folder holds no model, or one of another format.
    """
    path = folder / "model.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `klantreis train exits` first (or `dvc repro`)")
    content = read_json(path)
    if content.get("format") != FORMAT:
        raise InputError(f"{path}: format {content.get('format')!r} found, {FORMAT} allowed; train again")
    members = [
        (one["name"], float(one["weight"]), READERS[one["name"]](folder)) for one in content["members"]
    ]
    return ExitModel(
        contract=LabelContract.model_validate(content["contract"]), journey=content["journey"],
        phases=tuple(content["phases"]), shares=np.asarray(content["shares"], dtype=np.float64),
        members=tuple(members),
        scaling=None if content["scaling"] is None else Scaling.of_json(content["scaling"]),
        serves=content["serves"], training_cutoffs=tuple(content["training_cutoffs_us"]),
        rows=content["rows"],
    )  # fmt: skip
