"""The README shows the stored results: no number in it is older than the files."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.readme import BEGIN, END, block


def test_the_readme_holds_what_the_results_say(repo: Path) -> None:
    folder = repo / "benchmarks/results"
    names = ("quality", "next_category", "timing", "value")
    results = [json.loads((folder / f"{name}.json").read_text()) for name in names]
    readme = (repo / "README.md").read_text()
    assert readme.split(BEGIN)[1].split(END)[0].strip() == block(*results).strip()
