"""Stage ``fetch``: list the raw files of the source with their hashes."""

from __future__ import annotations

import logging
from pathlib import Path

from features.manifest import write_manifest
from pipelines.params import load_params, load_source
from pipelines.paths import Project

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``data/raw/manifest.json`` if, and only if, the raw data changed.

    Raises
    ------
    InputError
        If the source's folder or its files are not there.
    """
    name = load_params(root).source
    changed = write_manifest(name, load_source(name, root), root, Project(root).manifest)
    logger.info("raw data of %s: %s", name, "new or changed" if changed else "unchanged")
