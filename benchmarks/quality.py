"""``make bench``: predict the shipped tasks, hold them against what happened, beside simple models.

``python -m benchmarks.quality [--tasks FILE ...] [--resamples N] [--json FILE]``
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.judge import Judged, judge
from benchmarks.truth import EVENTS, Truth
from features.atomic import replacing, workspace
from features.errors import InputError
from features.manifest import resolve
from models.backtesting import baselines, readable
from pipelines.backtest import Predicted, predict
from pipelines.params import load_source
from pipelines.tasks import Task, load_tasks

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OURS = "klantreis"
SEED = 7

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if ours beats the RFM-logistic baseline in AUC and log loss on every task."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    tasks = tuple(task for path in asked.tasks for task in load_tasks(path))
    with workspace(ROOT / "data/backtest/quality") as folder:
        results = list(_run(tasks, asked.resamples, folder))
    answer = {"resamples": asked.resamples, "seed": SEED, "tasks": _rounded(results)}
    table = markdown(results, asked.resamples)
    for path, text in (
        (asked.json, json.dumps(answer, indent=1, sort_keys=True) + "\n"),
        (asked.json.with_suffix(".md"), table),
    ):
        with replacing(path) as beside:
            beside.write_text(text, encoding="utf-8")
    print(table)
    return 0 if all(beats(found, "rfm_logistic") for found in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--tasks", nargs="+", type=Path, default=sorted((HERE / "tasks").glob("*.yaml")), metavar="FILE"
    )
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap over customers")
    parser.add_argument("--json", type=Path, default=HERE / "results/quality.json", metavar="FILE",
                        help="where the numbers go; the table goes beside it as .md")  # fmt: skip
    return parser


def _run(tasks: tuple[Task, ...], resamples: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Predict the tasks and judge each."""
    truths = {source: Truth(source, _raw_folder(source)) for source in {task.source for task in tasks}}
    published = json.loads((HERE / "published.json").read_text(encoding="utf-8"))
    began = time.process_time()
    for name, of_task in groupby(predict(ROOT, tasks, folder), key=lambda predicted: predicted.task.name):
        judged = [_judged(predicted, truths[predicted.task.source]) for predicted in of_task]
        cutoffs = [one for one, _ in judged]
        models = judge(cutoffs, list(cutoffs[0].p)[1:], resamples, SEED)
        logger.info(
            "%s: judged; %.0f CPU seconds and at most %.1f GB of memory so far",
            name, time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        )  # fmt: skip
        facts = {"task": name, "cutoffs": [facts for _, facts in judged], "models": models}
        yield {**facts, **published.get(name, {})}


def _raw_folder(source: str) -> Path:
    if source not in EVENTS:
        raise InputError(
            f"benchmarks/truth.py has no SQL for source {source!r}; allowed: {', '.join(EVENTS)}; "
            "klantreis backtest predicts any source"
        )
    return resolve(load_source(source, ROOT).path, ROOT, name=source)


def _judged(predicted: Predicted, truth: Truth) -> tuple[Judged, dict[str, Any]]:
    """Join predictions to what happened; the population itself is part of what is checked."""
    cutoff = pd.Timestamp(predicted.cutoff_us, unit="us")
    outcome = truth.of(predicted.task, cutoff)
    ids = predicted.customers.to_pandas()
    if sorted(ids) != list(outcome.index):
        raise RuntimeError(
            f"{predicted.task.name} at {cutoff.date()}: {len(ids)} customers predicted, {len(outcome)} are in "
            "the population by SQL from the raw files; a fault in the population"
        )
    against = {
        name: baseline.fit(predicted.known, predicted.learned.contract).predict(predicted.rows)
        for name, baseline in readable(baselines(), predicted.known, predicted.learned.contract).items()
    }
    y = outcome.loc[ids].to_numpy(dtype=np.float64)
    facts = {
        "cutoff": str(cutoff.date()),
        "customers": len(y),
        "rate": float(y.mean()),
        "training_rows": len(predicted.known),
        "training_cutoffs": len(np.unique(predicted.known.cutoff_us)),
        "model": predicted.learned.pooled.candidate,
        "reason": predicted.learned.pooled.reason,
        "own_models": sorted(
            f"{phase}: {model.candidate}"
            for phase, model in predicted.learned.phases.items()
            if model.candidate.startswith("separate")
        ),
    }
    return Judged(predicted.rows.customer_id, y, {OURS: predicted.p, **against}), facts


def _rounded(value: Any) -> Any:
    """Round every number to what means something, so that a new run differs where it differs."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value


def beats(found: dict[str, Any], other: str) -> bool:
    """Whether ours has a higher AUC and a lower log loss than another model on one task."""
    ours, theirs = found["models"][OURS], found["models"][other]
    return bool(
        ours["roc_auc"]["value"] > theirs["roc_auc"]["value"]
        and ours["log_loss"]["value"] < theirs["log_loss"]["value"]
    )


def markdown(results: Sequence[dict[str, Any]], resamples: int) -> str:
    """Write the tables people read."""
    lines = [
        "# Prediction quality, out of time",
        "",
        f"Mean over test cutoffs; 95 % intervals by {resamples} resamples of customers, paired over models.",
        "Made by `make bench`; what it means: [../README.md](../README.md).",
        "",
        "| task | AUC | log loss | AUC gain on RFM + logistic | log loss less than RFM + logistic | "
        "must beat (best peer) | reference |",
        "|---|---|---|---|---|---|---|",
        *(_headline(found) for found in results),
        "",
        "| task | model | AUC | log loss | PR AUC | Brier | lift at 10 % | calibration error above noise |",
        "|---|---|---|---|---|---|---|---|",
        *(line for found in results for line in _details(found)),
        "",
        "| task | test cutoff | customers | rate | learnt from | served by |",
        "|---|---|---|---|---|---|",
        *(line for found in results for line in _cutoffs(found)),
    ]
    return "\n".join(lines) + "\n"


def _headline(found: dict[str, Any]) -> str:
    ours = found["models"][OURS]
    gain = ours["minus rfm_logistic"]
    auc, loss = ours["roc_auc"], ours["log_loss"]
    return (
        f"| {found['task']} | **{auc['value']:.4f}** ({auc['low']:.4f} to {auc['high']:.4f}) "
        f"| **{loss['value']:.4f}** ({loss['low']:.4f} to {loss['high']:.4f}) "
        f"| {_gain(gain['roc_auc'])} | {_gain(gain['log_loss'], -1)} "
        f"| {_published(found, 'must_beat')} | {_published(found, 'reference')} |"
    )


def _gain(difference: dict[str, Any], sign: int = 1) -> str:
    low, high = sorted((sign * difference["low"], sign * difference["high"]))
    return f"{sign * difference['value']:+.4f} ({low:+.4f} to {high:+.4f})"


def _published(found: dict[str, Any], which: str) -> str:
    """Give the published pair, and whether ours reaches it in both AUC and log loss."""
    if which not in found:
        return ""
    auc, loss = found[which]
    ours = found["models"][OURS]
    signs = [
        "✓" if ours["roc_auc"]["value"] >= auc else "✗",
        "✓" if ours["log_loss"]["value"] <= loss else "✗",
    ]
    return f"{auc:.4f} {signs[0]} / {loss:.4f} {signs[1]}"


def _details(found: dict[str, Any]) -> Iterator[str]:
    for model, scores in found["models"].items():
        cells = [f"{scores[name]['value']:.4f}" for name in ("roc_auc", "log_loss", "pr_auc", "brier")]
        cells += [f"{scores['lift10']['value']:.2f}", f"{scores['ece_above_noise']:.4f}"]
        yield f"| {found['task']} | {model.replace('_', ' ')} | {' | '.join(cells)} |"


def _cutoffs(found: dict[str, Any]) -> Iterator[str]:
    for facts in found["cutoffs"]:
        served = "; ".join([facts["model"], *facts["own_models"]])
        yield (
            f"| {found['task']} | {facts['cutoff']} | {facts['customers']} | {facts['rate']:.3f} "
            f"| {facts['training_rows']} rows of {facts['training_cutoffs']} cutoffs | {served} |"
        )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"error: {error}")
