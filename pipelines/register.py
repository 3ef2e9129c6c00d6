"""Stage ``register``: the models of the tracked run into the registry, with aliases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.tracking.registry import register
from pipelines.params import load_params
from pipelines.promote import gate_of


def run(root: Path) -> dict[str, Any]:
    """Register, move ``challenger`` and ``champion``, and write ``reports/registered.json``.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    params = load_params(root)
    return register(root, params.tracking, gate_of(root, params))
