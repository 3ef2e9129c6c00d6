"""Stage ``fetch``: list the raw files of the source with their hashes; a simulated source is made first."""

from __future__ import annotations

import logging
from pathlib import Path

from features.manifest import write_manifest
from pipelines.demo_shop.make import make_demo
from pipelines.params import load_params, load_source
from pipelines.paths import Project

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``data/raw/manifest.json`` if, and only if, the raw data changed.

    A source that says ``simulated: true`` gets its raw files made first (block ``demo`` of params.yaml), unless the
    same settings and the same simulator made what is there.

    Raises
    ------
    InputError
        If the source's folder or its files are not there.
    """
    params, project = load_params(root), Project(root)
    name = params.source
    settings = load_source(name, root)
    if settings.simulated:
        made = make_demo(params.demo, root / settings.path[0], project.demo_truth)
        logger.info("the demo shop: %s", "made" if made else "as it was: same settings, same simulator")
    changed = write_manifest(name, settings, root, project.manifest)
    logger.info("raw data of %s: %s", name, "new or changed" if changed else "unchanged")
