"""``python -m benchmarks.features --events 1000000 --json FILE``: the project beside its peers, equal results.

``python -m benchmarks.features --report`` renders the stored results of all sizes as a table and a plot.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.features.harness import PEERS, ROOT, Run, default_peers, faults, installed
from features.atomic import replacing
from features.errors import InputError

RESULTS = ROOT / "benchmarks/results"

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and write; 1 if a result differs from the reference."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    wrong: list[str] = []
    if asked.events:
        wrong = _run(asked)
    if asked.report:
        from benchmarks.features.report import render

        print(render(RESULTS))
    for words in wrong:
        print(f"differs: {words}", file=sys.stderr)
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description=words)
    parser.add_argument("--events", type=int, help="rows of the synthetic log: 100000, 1000000, 10000000 ...")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the numbers go (always printed)")
    parser.add_argument("--peers", help=f"of {','.join(PEERS)}; default: all up to 1M, polars up to 10M")
    parser.add_argument("--with", dest="outside", choices=["featuretools"],
                        help="also featuretools, in an environment of its own that pip makes under data/")  # fmt: skip
    parser.add_argument(
        "--repeat", type=int, help="runs of each, the lowest counts; default 2 up to 1M, then 1"
    )
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER", help="for the log and results; default in data/"
    )
    parser.add_argument(
        "--report", action="store_true", help="render benchmarks/results/features.md and .png"
    )
    return parser


def _run(asked: argparse.Namespace) -> list[str]:
    """Run one size; give what differs."""
    events: int = asked.events
    if asked.peers is not None:
        peers = tuple(name for name in asked.peers.split(",") if name)
    else:
        peers = tuple(name for name in default_peers(events) if installed(name))
        for name in sorted(set(default_peers(events)) - set(peers)):
            logger.warning("%s left out: the package %s is not installed", name, PEERS[name][1])
    work = (asked.work or ROOT / f"data/benchmark/features/{events}").resolve()
    answer = Run(events, peers, asked.repeat or (2 if events <= 1_000_000 else 1), work).everything()
    if asked.outside:
        from benchmarks.features.outside import add_featuretools

        add_featuretools(answer, ROOT / "data/benchmark/features/featuretools")
    text = json.dumps(answer, indent=1, sort_keys=True) + "\n"
    if asked.json:
        with replacing(asked.json) as beside:
            beside.write_text(text, encoding="utf-8")
    print(text, end="")
    return faults(answer)


if __name__ == "__main__":
    parser = _parser()
    if not {"--events", "--report", "-h", "--help"} & {word.split("=")[0] for word in sys.argv[1:]}:
        parser.error("say --events N, or --report")
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"error: {error}")
