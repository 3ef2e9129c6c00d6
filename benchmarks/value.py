"""``python -m benchmarks.value``: the predicted value on real orders, held against simple ways to say it.

``python -m benchmarks.value [--source NAME ...] [--demo FOLDER] [--resamples N] [--json FILE]``. A source is a file in
conf/sources; everything else is the shipped params.yaml: the newest test cutoffs, each predicted by what was known
then. ``--demo``: a project after ``make repro`` with ``source: demo``; its simulator knows what could be expected.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.value_truth import with_oracle
from features.atomic import replacing, workspace
from features.engines import engine_of
from features.errors import InputError
from features.ingest import ingest
from features.labels._base import contracts
from features.planning import make_plan
from features.settings import LabelSettings
from models.backtesting import newest_test_cutoffs
from models.panel import load_panel
from models.settings import EvaluationSettings
from models.value.judging import judge, out_of_time
from models.value.settings import ValueSettings
from pipelines.params import Params, load_journey, load_params, load_source

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SEED = 7

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if the model beats every baseline in deviance, interval and all, on every source."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    params = load_params(ROOT)
    evaluation = params.evaluation.model_copy(update={"resamples": asked.resamples, "seed": SEED})
    settings = params.value
    found = {name: _of_source(name, params, settings, evaluation) for name in asked.source}
    if asked.demo is not None:
        found["demo"] = _of_demo(asked.demo, settings, evaluation)
    table = markdown(found)
    if asked.json is not None:
        text = json.dumps(
            {"resamples": asked.resamples, "seed": SEED, "sources": found}, indent=1, sort_keys=True
        )
        for path, content in ((asked.json, text + "\n"), (asked.json.with_suffix(".md"), table)):
            with replacing(path) as beside:
                beside.write_text(content, encoding="utf-8")
    print(table)
    lows = [one["explained_low"] for judged in found.values()
            for name, one in judged["all"]["baselines"].items() if name != "oracle"]  # fmt: skip
    return 0 if all(low is not None and low > 0 for low in lows) else 1


def _of_source(
    name: str, params: Params, settings: ValueSettings, evaluation: EvaluationSettings
) -> dict[str, Any]:
    """Read one source, predict its newest test cutoffs and judge."""
    source = load_source(name, ROOT)
    with workspace(ROOT / "data/backtest/value") as folder:
        now_us = int(pd.Timestamp.now(tz="UTC").value // 1000)
        meta = ingest(Path(name).stem, source, ROOT, folder / "canonical", folder / "ids.parquet", now_us=now_us,
                      threads=params.engine.threads, memory_gb=params.engine.memory_gb)  # fmt: skip
        journey = load_journey(params.journey, ROOT)
        wanted = LabelSettings(horizon_days=settings.horizon_days, active_days=settings.active_days,
                               gap_days=settings.gap_days)  # fmt: skip
        resolved = contracts({"value": wanted}, source.rhythm)
        plan = make_plan(meta, params.features, params.cutoffs, resolved, journey, source.rhythm)
        tables = folder / "features.parquet", folder / "labels.parquet"
        engine, events = engine_of(params.engine), folder / "canonical/events.parquet"
        learnt = engine.learn(events, plan, params.engine, folder / "learn")
        engine.run(events, plan, params.engine, *tables, learnt)
        panel = load_panel(*tables, "value", journey.phase_keys, plan.digest)
    began = time.process_time()
    moments = newest_test_cutoffs(panel, resolved[0], evaluation.test_cutoffs)
    tested = out_of_time(panel, resolved[0], settings, journey.name, moments)
    logger.info("%s: %d rows predicted in %.0f CPU seconds; %.1f GB of memory at most", name, len(tested),
                time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)  # fmt: skip
    return judge(tested, evaluation, journey.phase_keys[:-1], settings.high_value_share)


def _of_demo(root: Path, settings: ValueSettings, evaluation: EvaluationSettings) -> dict[str, Any]:
    """Judge what the project predicted, with the simulator's own expectation as one more baseline."""
    path = root / "artifacts/value/out_of_time.parquet"
    if not path.is_file():
        raise InputError(f"no {path.name} in {path.parent}; run make repro with source: demo in params.yaml")
    tested: pa.Table = with_oracle(root, pq.read_table(path))
    phases = sorted(set(tested["phase"].to_pylist()))
    return judge(tested, evaluation, phases, settings.high_value_share)


def markdown(found: dict[str, dict[str, Any]]) -> str:
    """Write the tables that people read."""
    lines = [
        "# Predicted value",
        "",
        "Newest matured cutoffs, each predicted by what was known then. Gain: share of the deviance of a baseline that",
        "the model takes away (above 0 the model is better). Ratio: predicted / actual money. Gini: how well customers",
        "are ranked by the money they bring (1: perfectly). Top tenth: share of the money from the tenth predicted to",
        "bring most. 95 % intervals over customers.",
    ]  # fmt: skip
    for name, judged in found.items():
        whole = judged["all"]
        lines += [
            "",
            f"## {name}: {whole['rows']} customers x cutoffs, {whole['buyers']} brought money, "
            f"mean {whole['actual']:.2f}",
            "",
            "| | gain of the model | ratio | gini | top tenth | MAE | RMSE | Spearman |",
            "|---|---|---|---|---|---|---|---|",
            *_rows(whole),
            "",
            _graded(whole["grade"]),
            "",
            "| phase | rows | actual | ratio | gain over its mean | grade |",
            "|---|---|---|---|---|---|",
            *(_phase(key, cell) for key, cell in judged.items() if key != "all"),
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _graded(given: dict[str, Any]) -> str:
    if not given:
        return "No grade."
    return (
        f"Grade {given['grade']}: {given['success']:.1%} of the high-value customers found, "
        f"{given['baseline_success']:.1%} by spend x retention: {_span(given, 'gain', '+.1%')}."
    )


def _rows(cell: dict[str, Any]) -> Iterator[str]:
    for name, one in {"model": cell, **cell["baselines"]}.items():
        gain = "" if name == "model" else _span(one, "explained", "+.1%")
        yield (
            f"| {name} | {gain} | {_span(one, 'ratio', '.3f')} | {_span(one, 'gini', '.3f')} "
            f"| {_span(one, 'top_share', '.1%')} | {one['mae']:.2f} | {one['rmse']:.2f} "
            f"| {'-' if one['spearman'] is None else format(one['spearman'], '.3f')} |"
        )


def _phase(name: str, cell: dict[str, Any]) -> str:
    gain = _span(cell["baselines"]["phase_mean"], "explained", "+.1%")
    return (
        f"| {name} | {cell['rows']} | {cell['actual']:.2f} | {_span(cell, 'ratio', '.3f')} | {gain} "
        f"| {cell['grade'].get('grade', '-')} |"
    )


def _span(row: dict[str, Any], name: str, form: str) -> str:
    if row[name] is None:
        return "-"
    if row[f"{name}_low"] is None:
        return format(row[name], form)
    return f"{row[name]:{form}} ({row[f'{name}_low']:{form}} to {row[f'{name}_high']:{form}})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.value", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--source", nargs="*", default=["complete_journey", "cdnow"], metavar="NAME")
    parser.add_argument("--demo", type=Path, help="project folder after make repro with source: demo")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap over customers")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="where the numbers go; the table goes beside it as .md")  # fmt: skip
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"error: {error}")
