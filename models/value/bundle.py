"""The saved model of the value: text boosters and JSON, one folder for all phases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import models.value.estimators
from features.discovery import discover
from features.errors import InputError
from features.settings import DORMANT, LabelContract
from models.json_files import read_json, write_json
from models.kept import kept
from models.panel import Panel
from models.value.deviance import Floats
from models.value.estimators._base import FittedMoney, ValueEstimator, picked

FORMAT = 1
#: No phase can have this name.
POOLED = "_pooled"


def estimators() -> dict[str, ValueEstimator]:
    """Find every registered estimator of money by file name."""
    return discover(models.value.estimators, "ESTIMATOR")


@dataclass(frozen=True)
class Mix:
    """Fitted estimators, their weights, and what turns their unit into net money.

    Attributes
    ----------
    candidate : str
        For example ``pooled tweedie``.
    scale : float
        Money per unit, times net money / money above zero of the rows learnt from: what was returned on balance is
        taken off everybody's prediction alike.
    members : tuple of (estimator name, weight, fitted)
        Averaged.
    """

    candidate: str
    scale: float
    members: tuple[tuple[str, float, FittedMoney], ...]

    def predict(self, x: npt.NDArray[np.float32], columns: Sequence[str]) -> Floats:
        """Give the expected net money, 0 or more, per row of ``x`` (n, k) with these column names."""
        total = np.zeros(len(x))
        for _, weight, fitted in self.members:
            total += weight * fitted.predict(picked(x, columns, fitted.columns))
        return np.maximum(self.scale * total, 0.0)


@dataclass(frozen=True)
class ValueModel:
    """What predicts the value of everybody.

    Attributes
    ----------
    contract : LabelContract
        Gives the horizon (days) and the population.
    journey : str
        Name of the phase model.
    phases : tuple of str
        Phases in journey order, ``dormant`` last.
    pooled : Mix
        Serves every phase without a model of its own.
    separate : mapping of str to Mix
        Phases whose own model won.
    training_cutoffs : tuple of int
        Microseconds.
    rows, buyers : int
        Rows learnt from, and those among them with net money above zero.
    """

    contract: LabelContract
    journey: str
    phases: tuple[str, ...]
    pooled: Mix
    separate: Mapping[str, Mix]
    training_cutoffs: tuple[int, ...]
    rows: int
    buyers: int

    def predict(self, panel: Panel) -> Floats:
        """Give the expected net money per row of a panel: 0 or more, NaN for who is dormant only.

        Raises
        ------
        InputError
            If a column the model learnt from is missing.
        """
        value = np.full(len(panel), np.nan)
        for phase in panel.phases:
            rows = panel.in_phase(phase)
            if phase != DORMANT and rows.any():
                value[rows] = self.separate.get(phase, self.pooled).predict(panel.x[rows], panel.columns)
        return value


def save(model: ValueModel, folder: Path) -> None:
    """Write the model into a new folder: ``model.json``, and a folder per phase model and estimator."""
    folder.mkdir(parents=True)
    mixes = {POOLED: model.pooled, **model.separate}
    for scope, mix in mixes.items():
        for name, _, fitted in mix.members:
            (folder / scope / name).mkdir(parents=True)
            fitted.to_files(folder / scope / name)
    content = {
        "format": FORMAT, "contract": model.contract.model_dump(mode="json"), "journey": model.journey,
        "phases": list(model.phases), "rows": model.rows, "buyers": model.buyers,
        "training_cutoffs_us": list(model.training_cutoffs),
        "mixes": {
            scope: {"candidate": mix.candidate, "scale": mix.scale,
                    "members": [{"name": name, "weight": weight} for name, weight, _ in mix.members]}
            for scope, mix in mixes.items()
        },
    }  # fmt: skip
    write_json(folder / "model.json", content)


@kept(2)
def load(folder: Path) -> ValueModel:
    """Load the model; it predicts the same bits as the one that was saved.

    Raises
    ------
    InputError
        If the folder holds no model, or one of another format.
    """
    path = folder / "model.json"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `klantreis train value` first (or `dvc repro`)")
    content = read_json(path)
    if content.get("format") != FORMAT:
        raise InputError(f"{path}: format {content.get('format')!r} found, {FORMAT} allowed; train again")
    known = estimators()
    mixes = {}
    for scope, one in content["mixes"].items():
        members = []
        for member in one["members"]:
            name = member["name"]
            if name not in known:
                raise InputError(
                    f"{path}: unknown estimator {name!r}; allowed: {', '.join(known)}; train again"
                )
            members.append((name, float(member["weight"]), known[name].from_files(folder / scope / name)))
        mixes[scope] = Mix(one["candidate"], float(one["scale"]), tuple(members))
    return ValueModel(
        contract=LabelContract.model_validate_json(json.dumps(content["contract"])), journey=content["journey"],
        phases=tuple(content["phases"]), pooled=mixes.pop(POOLED), separate=mixes,
        training_cutoffs=tuple(content["training_cutoffs_us"]), rows=content["rows"],
        buyers=content["buyers"],
    )  # fmt: skip
