"""``python -m benchmarks.next_action``: gain share of the product's rule on simulated decisions."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from benchmarks.next_action.gain import Plan, measure
from benchmarks.next_action.simulator import PHASES
from benchmarks.next_action.worlds import WORLDS
from models.json_files import write_json

log = logging.getLogger("benchmarks.next_action")


def main(given: list[str] | None = None) -> None:
    """Run the benchmark and write its figures."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    options = _parser().parse_args(given)
    plan = Plan(options.seeds, options.rows, options.phases, options.worlds, options.diagnostics)
    found = measure(plan)
    if options.json:
        write_json(options.json, found)
    log.info("\n%s", table(found))


def table(found: dict[str, Any]) -> str:
    """Lay the figures out: one line per world, one column per phase."""
    lines = [f"Gain share, {found['decisions']} decisions per phase, seeds {found['seeds']}"]
    for key, shares in found.items():
        if not key.startswith("gain_share_phases"):
            continue
        suffix = key.removeprefix("gain_share_phases")
        phases = "  ".join(f"{phase} {share:.2f}" for phase, share in shares.items())
        name = suffix.lstrip("_") or "near_linear"
        mean, worst = found[f"gain_share_mean{suffix}"], found[f"gain_share_worst{suffix}"]
        lines.append(f"{name:<13} mean {mean:.3f}  worst {worst:.3f}  {phases}")
    return "\n".join([*lines, *_learner_lines(found)])


def _learner_lines(found: dict[str, Any]) -> list[str]:
    shares: dict[tuple[str, str], list[float]] = {}
    for row in found["rows"]:
        for name, share in row.get("learners", {}).items():
            shares.setdefault((row["world"], name), []).append(share)
    return [
        f"{world:<13} {name} alone: mean {sum(values) / len(values):.3f}"
        for (world, name), values in shares.items()
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.next_action", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    parser.add_argument("--rows", type=int, default=20_000, help="decisions per phase")
    parser.add_argument("--phases", nargs="+", choices=list(PHASES), default=list(PHASES))
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS), default=["near_linear", "interactions"])
    parser.add_argument("--diagnostics", action="store_true", help="also every learner alone")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser


if __name__ == "__main__":
    main()
