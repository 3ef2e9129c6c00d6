"""``make bench-demo``: hold the pipeline's numbers on the demo shop against what is true of it.

``python -m benchmarks.demo_truth [--root FOLDER] [--paths N] [--resamples N] [--json FILE]``, after ``make repro``
with ``source: demo``. It lives the simulation once more and asks it for the chances that no data could show better.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.demo_report import markdown
from benchmarks.demo_scores import (
    agreement_of_phases,
    asked_of,
    average_effects,
    base_rates,
    oracle_scores,
    transitions,
)
from benchmarks.demo_world import live_again, persons_of, read_settings_of
from features.atomic import replacing
from features.errors import InputError

HERE = Path(__file__).resolve().parent
SEED = 7

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if phases agree and nine of ten true values lie in the pipeline's 95 % intervals."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    found = measure(asked.root, asked.paths, asked.resamples)
    text = json.dumps(_rounded(found), indent=1, sort_keys=True) + "\n"
    table = markdown(found)
    for path, content in ((asked.json, text), (asked.json.with_suffix(".md"), table)):
        with replacing(path) as beside:
            beside.write_text(content, encoding="utf-8")
    sys.stdout.write(table)
    return 0 if found["holds"] else 1


def measure(root: Path, paths: int, resamples: int) -> dict[str, Any]:
    """Measure everything.

    Parameters
    ----------
    root : Path
        The project folder, after a run with ``source: demo``.
    paths : int
        Random futures per person.
    resamples : int
        Of the bootstrap over customers.

    Raises
    ------
    InputError
        If the demo or a stage's output is not there.
    """
    settings = read_settings_of(root / "data/demo_truth")
    persons = persons_of(root)
    panels = asked_of(root, persons)
    wanted = {key: people for panel in panels for key, people in panel.asked.items()}
    logger.info("living %d people for %d weeks once more", settings.customers, settings.weeks)
    world = live_again(settings, wanted, paths)
    found: dict[str, Any] = {
        "settings": settings.model_dump(), "paths": paths, "resamples": resamples,
        "phases": agreement_of_phases(root, persons),
        "scores": [row for panel in panels for row in oracle_scores(panel, world, resamples, SEED)],
        "base_rates": [row for panel in panels for row in base_rates(panel, world, resamples, SEED)],
        "transitions": transitions(root),
        "effects": average_effects(root, world),
    }  # fmt: skip
    found["within"] = {
        name: _share([row["within"] for row in found[name]])
        for name in ("base_rates", "transitions", "effects")
    }
    found["holds"] = found["phases"]["simple"]["share"] > 0.99 and all(
        one["share"] >= 0.9 for one in found["within"].values() if one["n"]
    )
    return found


def _share(within: list[bool]) -> dict[str, Any]:
    return {"n": len(within), "within": sum(within), "share": sum(within) / len(within) if within else None}


def _rounded(value: Any) -> Any:
    """Round every number to what means something, so that a new run differs where it differs."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 5) if isinstance(value, float) else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.demo_truth", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--root", type=Path, default=HERE.parent, help="project folder")
    parser.add_argument("--paths", type=int, default=48, help="random futures per person")
    parser.add_argument("--resamples", type=int, default=500, help="of the bootstrap over customers")
    parser.add_argument("--json", type=Path, default=HERE / "results/demo_truth.json", metavar="FILE",
                        help="where the numbers go; the table goes beside it as .md")  # fmt: skip
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"error: {error}")
