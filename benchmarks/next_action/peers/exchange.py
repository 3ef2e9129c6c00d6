"""The folder through which a peer in another python gets the decisions of one cell, and gives its choice."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.next_action.simulator import Simulated
from features.errors import InputError
from models.json_files import read_json, read_json_if_there, write_json

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What a peer answered: position of its action per customer, seconds of fit and prediction, versions."""

    arm: NDArray[np.int64]
    seconds: float
    versions: dict[str, str]


def write_cell(folder: Path, seen: Simulated, fresh: Simulated, seed: int) -> None:
    """Write the training log and the customers to choose for; nothing if the folder holds them already.

    Parameters
    ----------
    folder : Path
        Gets ``train.parquet`` (features, ``arm``, ``outcome``, ``propensity_<action>``), ``test.parquet``
        (features, ``propensity_<action>``, ``money_<action>``: the true money per success) and, last,
        ``cell.json``. A peer adds ``<peer>.parquet`` (``arm``: the position of its action per customer of
        the test) and ``<peer>.json`` (``seconds``, ``versions``; or ``error``).
    seen, fresh : Simulated
        Train and test.
    seed : int
        For the models of the peer.
    """
    if (folder / "cell.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    arms, cost = seen.candidates.arms, seen.candidates.cost
    money = (fresh.value + cost) / fresh.success
    taken = {"arm": seen.candidates.arm, "outcome": seen.candidates.outcome.astype(np.int64)}
    train = {**_features(seen), **taken, **_per_arm("propensity", arms, seen.propensity)}
    test = _features(fresh) | _per_arm("propensity", arms, fresh.propensity) | _per_arm("money", arms, money)
    pq.write_table(pa.table(train), folder / "train.parquet")
    pq.write_table(pa.table(test), folder / "test.parquet")
    about = {"arms": list(arms), "features": list(seen.columns), "cost": cost.tolist(), "seed": seed}
    write_json(folder / "cell.json", about)


def _features(one: Simulated) -> dict[str, Any]:
    return dict(zip(one.columns, np.ascontiguousarray(one.candidates.x.T), strict=True))


def _per_arm(word: str, arms: tuple[str, ...], numbers: NDArray[np.float64]) -> dict[str, Any]:
    return {f"{word}_{arm}": numbers[:, at].copy() for at, arm in enumerate(arms)}


def run_peer(python: Path, script: Path, peer: str, folders: Sequence[Path]) -> None:
    """Let one peer choose in every folder where it has not yet; one process, one thread.

    Raises
    ------
    InputError
        If the python does not exist.
    """
    if not python.is_file():
        raise InputError(f"no python at {python}; make one from requirements.txt and give it to --python")
    ahead = [
        str(folder) for folder in folders if "seconds" not in read_json_if_there(folder / f"{peer}.json")
    ]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if ahead:
        done = subprocess.run([python, script, peer, *ahead], env={**os.environ, **threads}, check=False)
        if done.returncode:
            log.warning("%s ended with code %d", peer, done.returncode)


def read_choice(folder: Path, peer: str, actions: int, customers: int) -> Choice:
    """Read what a peer chose.

    Raises
    ------
    InputError
        If it did not answer, or not with one known action per customer.
    """
    if not (folder / f"{peer}.json").is_file():
        raise InputError("its process ended before it answered")
    about = read_json(folder / f"{peer}.json")
    if "error" in about:
        raise InputError(about["error"])
    arm = pq.read_table(folder / f"{peer}.parquet")["arm"].to_numpy()
    if len(arm) != customers or not np.isin(arm, np.arange(actions)).all():
        raise InputError(f"it must choose one of {actions} actions for each of {customers} customers")
    return Choice(arm, float(about["seconds"]), about["versions"])
