"""What tells one MLflow run from another: content key, data, commit."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from features.errors import InputError

#: Part of the content key: raise it when the run is written differently, and old runs are not reused.
LAYOUT = 1
#: Blocks of params.yaml that say where and how fast, not what comes out.
NO_EFFECT = ("engine", "tracking")
#: Beside everything in ``artifacts/``, what the content key is made of.
RESULTS = ("reports/metrics.json", "reports/evaluation.json")


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
    digest = hashlib.sha256(json.dumps([LAYOUT, asked], sort_keys=True, default=str).encode())
    files = [root / name for name in RESULTS]
    for path in files:
        if not path.is_file():
            missing = path.relative_to(root).as_posix()
            raise InputError(f"{missing} is missing; run the stages before it first: dvc repro evaluate")
    files += (path for path in (root / "artifacts").rglob("*") if path.is_file())
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def data_md5(root: Path) -> str:
    """Give the md5 of ``data/features.parquet``: from the file, else from ``dvc.lock``, else empty."""
    path = root / "data/features.parquet"
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
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
