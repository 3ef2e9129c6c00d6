"""What is saved of one phase model, and how it is loaded: text boosters and JSON, never a pickle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import models.estimators
from features.atomic import replacing
from features.discovery import discover
from features.errors import InputError
from features.settings import LabelContract
from models.calibration import Calibration
from models.estimators._base import Estimator, Fitted, Floats
from models.json_files import read_json, write_json
from models.kept import kept
from models.selection import blended

FORMAT = 1


def estimators() -> dict[str, Estimator]:
    """Find every registered estimator by file name."""
    return discover(models.estimators, "ESTIMATOR")


@dataclass(frozen=True)
class PhaseModel:
    """The model that serves one phase for one target.

    Parameters
    ----------
    contract : LabelContract
        The target, spelled out.
    phase : str
        Whom it serves.
    candidate : str
        For example ``pooled blend`` or ``base rate``.
    eligible : bool
        Whether the phase's own labels meet the contract; if not a fallback serves it, ``reason`` says why.
    reason : str
        Why this candidate.
    members : tuple of (estimator name, weight, Fitted)
        Mixed in log-odds.
    training_cutoffs : tuple of int
        Cutoffs (microseconds) of the rows the members learnt from.
    positives, negatives : int
        Labels among those rows.
    own_positives, own_negatives : int
        Labels among the rows of this phase.
    seed : int
        Of the training.
    calibration : Calibration, optional
        What the blend goes through, where it won on a later matured cutoff.
    """

    contract: LabelContract
    phase: str
    candidate: str
    eligible: bool
    reason: str
    members: tuple[tuple[str, float, Fitted], ...]
    training_cutoffs: tuple[int, ...]
    positives: int
    negatives: int
    own_positives: int
    own_negatives: int
    seed: int
    calibration: Calibration | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column a member needs, by name."""
        return tuple(sorted({name for _, _, fitted in self.members for name in fitted.columns}))

    def predict(self, x: npt.NDArray[np.float32], columns: Sequence[str]) -> Floats:
        """Give the probability of label 1.

        Parameters
        ----------
        x : float32 array, shape (n, k)
            One row per customer and cutoff.
        columns : sequence of str
            Names of the k columns, in any order; columns the model does not know are left alone.

        Returns
        -------
        float array, shape (n,)
            Never NaN.

        Raises
        ------
        InputError
            If a column the model learnt from is missing.
        """
        position = {name: j for j, name in enumerate(columns)}
        missing = [name for name in self.columns if name not in position]
        if missing:
            raise InputError(
                f"the {self.contract.target} model of phase {self.phase} needs column {missing[0]!r} "
                f"({len(missing)} of {len(self.columns)} are missing); use the features settings it was "
                f"trained with, or train again"
            )
        parts, weights = {}, {}
        for name, weight, fitted in self.members:
            parts[name] = fitted.predict(np.take(x, [position[column] for column in fitted.columns], axis=1))
            weights[name] = weight
        p = blended(parts, weights)
        return p if self.calibration is None else self.calibration.apply(p)


def save(model: PhaseModel, folder: Path, journey: str) -> None:
    """Write one phase model into its folder, whole or not at all.

    Parameters
    ----------
    model : PhaseModel
        What ``learn`` gave.
    folder : Path
        ``artifacts/<target>/<phase>``; replaced if it exists. Needs nothing outside itself.
    journey : str
        Name of the phase model (journey) the phase belongs to.
    """
    content: dict[str, Any] = {
        "format": FORMAT,
        "target": model.contract.target,
        "phase": model.phase,
        "journey": journey,
        "contract": model.contract.model_dump(mode="json"),
        "candidate": model.candidate,
        "eligible": model.eligible,
        "reason": model.reason,
        "columns": list(model.columns),
        "members": [{"estimator": name, "weight": weight} for name, weight, _ in model.members],
        "training_cutoffs_us": list(model.training_cutoffs),
        "positives": model.positives,
        "negatives": model.negatives,
        "own_positives": model.own_positives,
        "own_negatives": model.own_negatives,
        "seed": model.seed,
        "calibration": None if model.calibration is None else model.calibration.as_json(),
    }
    with replacing(folder) as beside:
        beside.mkdir(parents=True)
        for _, _, fitted in model.members:
            fitted.to_files(beside)
        write_json(beside / "model.json", content)


@kept(64)
def load(folder: Path) -> PhaseModel:
    """Load one phase model; it predicts the same bits as the one that was saved.

    Parameters
    ----------
    folder : Path
        ``artifacts/<target>/<phase>``.

    Returns
    -------
    PhaseModel

    Raises
    ------
    InputError
        If the folder holds no model, or one of another format.
    """
    path = folder / "model.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no model (model.json is missing); run the train stage first")
    content = read_json(path)
    if content.get("format") != FORMAT:
        raise InputError(f"{path}: format {content.get('format')!r} found, {FORMAT} allowed; train again")
    known = estimators()
    members = []
    for member in content["members"]:
        name = member["estimator"]
        if name not in known:
            raise InputError(f"{path}: unknown estimator {name!r}; allowed: {', '.join(known)}")
        members.append((name, float(member["weight"]), known[name].from_files(folder)))
    calibration = content.get("calibration")
    same = ("phase", "candidate", "eligible", "reason", "positives", "negatives", "seed")
    return PhaseModel(
        contract=LabelContract.model_validate(content["contract"], strict=False),
        members=tuple(members),
        training_cutoffs=tuple(content["training_cutoffs_us"]),
        own_positives=content["own_positives"],
        own_negatives=content["own_negatives"],
        calibration=None if calibration is None else Calibration.from_json(calibration),
        **{key: content[key] for key in same},
    )
