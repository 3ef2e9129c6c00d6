"""``python -m benchmarks.next_action.peers --python PYTHON``: what the libraries of the field earn, beside ours.

The peers choose with the true money per success and the true costs; our rule learns the money from the log. That
favours the peers.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.next_action.gain import Plan
from benchmarks.next_action.peers.compare import Others, beside_ours, measure_peers
from benchmarks.next_action.peers.fit_peers import PEERS
from benchmarks.next_action.simulator import PHASES
from benchmarks.next_action.worlds import WORLDS
from models.json_files import read_json, write_json

log = logging.getLogger("benchmarks.next_action.peers")


def main(given: list[str] | None = None) -> None:
    """Run the peers and write their figures."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    options = _parser().parse_args(given)
    plan = Plan(options.seeds, options.rows, options.phases, options.worlds)
    with tempfile.TemporaryDirectory() as passing:
        found = measure_peers(plan, Others(options.python, options.work or Path(passing), options.peers))
    if options.ours:
        found["ours_minus_peer"] = beside_ours(found, read_json(options.ours))
    if options.json:
        write_json(options.json, found)
    log.info("\n%s", table(found))


def table(found: dict[str, Any]) -> str:
    """Lay the figures out: one line per peer and world."""
    lines = [f"Gain share, {found['decisions']} decisions per phase, seeds {found['seeds']}"]
    for peer, summary in found["peers"].items():
        paired = found.get("ours_minus_peer", {}).get(peer, {})
        for key, shares in summary.items():
            if not key.startswith("gain_share_phases"):
                continue
            suffix = key.removeprefix("gain_share_phases")
            phases = "  ".join(f"{phase} {share:.2f}" for phase, share in shares.items())
            mean, worst = summary[f"gain_share_mean{suffix}"], summary[f"gain_share_worst{suffix}"]
            name = f"{peer:<21} {suffix.lstrip('_') or 'near_linear':<13}"
            lines.append(f"{name} mean {mean:.3f}  worst {worst:.3f}  {phases}{_ahead(paired, suffix)}")
    lines += [f"{one['peer']} {one['world']} {one['phase']}: {one['reason']}" for one in found["failed"]]
    return "\n".join(lines)


def _ahead(paired: dict[str, Any], suffix: str) -> str:
    if f"ahead{suffix}" not in paired:
        return ""
    mean, cells = paired[f"difference_mean{suffix}"], paired[f"of{suffix}"]
    return f"  ours {mean:+.3f}, ahead in {paired[f'ahead{suffix}']} of {cells}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.next_action.peers", description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="of an environment with requirements.txt")
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    parser.add_argument("--rows", type=int, default=20_000, help="decisions per phase")
    parser.add_argument("--phases", nargs="+", choices=list(PHASES), default=list(PHASES))
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS), default=["near_linear", "interactions"])
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--ours", type=Path, help="figures of python -m benchmarks.next_action --json")
    parser.add_argument("--work", type=Path, help="keep the files here; a later run goes on from them")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser


if __name__ == "__main__":
    main()
