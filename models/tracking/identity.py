"""What tells one MLflow run from another: content key, parameters, data, commit."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from features.errors import InputError

#: Part of the content key: raise it when the run is written differently, and old runs are not reused.
LAYOUT = 5
#: Blocks of params.yaml that say where and how fast, not what comes out.
NO_EFFECT = ("engine", "tracking")
#: Beside everything in ``artifacts/``, what the content key is made of.
RESULTS = ("reports/metrics.json", "reports/evaluation.json")
#: The same, where these analyses were made.
IF_THERE = (
    "reports/journey.json", "reports/exits.json", "reports/timing.json", "reports/value.json",
    "reports/next_category.json",
)  # fmt: skip
#: What people vary and compare; any other key is logged when it differs from its default.
PARAMS = (
    "source", "journey", "cutoffs.step_days",
    "features.families", "features.windows_days", "features.lookback_days",
    "churn.horizon_days", "churn.active_days", "readiness.horizon_days", "readiness.active_days",
    "train.estimators", "train.separate_phases", "train.seed", "train.lightgbm.learning_rate",
    "train.lightgbm.num_leaves", "train.lightgbm.min_child_samples", "train.lightgbm.lambda_l2",
    "next_action.propensities",
)  # fmt: skip


def content_key(root: Path, params: Mapping[str, Any]) -> str:
    """Hash what was asked and what came out: parameters, metrics and every file of every model.

    Parameters
    ----------
    root : Path
        The project folder.
    params : mapping
        The whole of ``params.yaml``; blocks that say where and how fast are left out.
    """
    asked = {name: value for name, value in params.items() if name not in NO_EFFECT}
    # The one word of those blocks that decides which files a run holds.
    if not params.get("tracking", {}).get("log_predictions", True):
        asked["log_predictions"] = False
    digest = hashlib.sha256(json.dumps([LAYOUT, asked], sort_keys=True, default=str).encode())
    files = [root / name for name in RESULTS]
    for path in files:
        if not path.is_file():
            missing = path.relative_to(root).as_posix()
            raise InputError(f"{missing} is missing; run the stages before it first: dvc repro evaluate")
    files += (root / name for name in IF_THERE if (root / name).is_file())
    files += (path for path in (root / "artifacts").rglob("*") if path.is_file())
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def shown_params(params: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, str]:
    """Give the parameters worth comparing, flat: those people vary, and any other that was changed.

    Parameters
    ----------
    params, defaults : mapping
        The whole of ``params.yaml``, and the same keys by default.

    Examples
    --------
    >>> shown_params({"journey": "5k", "train": {"seed": 7, "margin": 2.0}}, {"train": {"margin": 1.0}})
    {'journey': '5k', 'train.seed': '7', 'train.margin': '2.0'}
    """
    usual = dict(_flat(defaults))
    return {
        name: _text(value)
        for name, value in _flat(params)
        if name in PARAMS or (value != usual.get(name) and name.split(".")[0] not in NO_EFFECT)
    }


def changed_params(params: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Name the parameters that differ from their defaults, without the ``train.`` that most of them begin with.

    Parameters
    ----------
    params, defaults : mapping
        The whole of ``params.yaml``, and the same keys by default.

    Examples
    --------
    >>> changed_params({"train": {"seed": 8, "margin": 1.0}}, {"train": {"seed": 7, "margin": 1.0}})
    'seed=8'
    >>> changed_params({}, {})
    'nothing'
    """
    usual = dict(_flat(defaults))
    found = [
        f"{name.removeprefix('train.').removeprefix('lightgbm.')}={_text(value)}"
        for name, value in _flat(params)
        if value != usual.get(name) and name.split(".")[0] not in NO_EFFECT
    ]
    return "; ".join(found)[:250] or "nothing"


def data_md5(root: Path) -> str:
    """Give the md5 of ``data/features.parquet``: from the file, else from ``dvc.lock``, else empty."""
    path = root / "data/features.parquet"
    files = [path] if path.is_file() else sorted(path.glob("*.parquet"))
    if files:
        digest = hashlib.md5(usedforsecurity=False)
        for file in files:
            digest.update(file.read_bytes())
        return digest.hexdigest()
    lock = root / "dvc.lock"
    stages = (
        (yaml.safe_load(lock.read_text(encoding="utf-8")) or {}).get("stages", {}) if lock.is_file() else {}
    )
    outs = [out for stage in stages.values() for out in stage.get("outs", [])]
    return next((str(out["md5"]) for out in outs if out["path"] == "data/features.parquet"), "")


def git(root: Path, *words: str) -> str:
    """Ask git; an empty answer where there is no checkout (a zip download) or no git."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _flat(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in params.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return "null" if value is None else json.dumps(value) if isinstance(value, bool | dict) else str(value)
