"""Stage ``personas``: groups of customers who behave alike, with a card each."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from models.json_files import write_json
from models.newest_rows import newest_rows
from models.personas.find import find_personas
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``artifacts/personas/personas.json``.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    params, project = load_params(root), Project(root)
    meta = json.loads((project.canonical / "meta.json").read_text(encoding="utf-8"))
    features = newest_rows(project.features, load_plan(project).as_of_us)
    found = find_personas(features, params.personas, meta.get("audit_attributes", ()))
    write_json(project.personas, found)
    for one in found["personas"]:
        logger.info("persona %s: %d customers, found again %.2f", one["id"], one["n"], one["stability"])
    if not found["personas"]:
        logger.info("no personas: %s", found["note"])
