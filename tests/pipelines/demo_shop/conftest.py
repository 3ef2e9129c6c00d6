"""A small demo shop, made once, and a project that has read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines import features, fetch, ingest
from pipelines.demo_shop.settings import DemoSettings

SMALL = DemoSettings(customers=400, days=140, seed=3)


@pytest.fixture(scope="session")
def demo_project(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with ``source: demo``, fetched, ingested, and with its features made; do not change it."""
    project = tmp_path_factory.mktemp("demo")
    shutil.copytree(repo / "conf", project / "conf")
    params = (repo / "params.yaml").read_text(encoding="utf-8")
    lines = []
    for line in params.splitlines():
        key = line.split(":")[0]
        new = {"source": "source: demo", "  customers": "  customers: 400", "  days": "  days: 140"}.get(
            key, line
        )
        lines.append("  seed: 3" if key == "  seed" and lines[-1].startswith("  days") else new)
    text = "\n".join(lines).replace("windows_days: [7, 28, 56, 84, 168, 364]", "windows_days: [28]")
    (project / "params.yaml").write_text(text.replace("threads: 2", "threads: 1"), encoding="utf-8")
    for stage in (fetch, ingest, features):
        stage.run(project)
    return project
