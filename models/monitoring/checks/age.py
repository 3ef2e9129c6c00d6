"""How old the models and the scores are, against how fast they age and against the newest moment of scoring."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from features.contract import DAY_US
from features.cutoffs import day_of
from models.json_files import read_json_if_there
from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.evidence import Evidence
from models.target import PROBABILITY_TARGETS


def look(evidence: Evidence) -> Looked:
    """Compare the moment of learning and of scoring with the newest cutoff and with today."""
    findings, compared = [], 0
    measured = read_json_if_there(evidence.places.reports / "staleness.json").get("targets", {})
    for target in PROBABILITY_TARGETS:
        known = evidence.selection(target).get("known_at_us")
        if known is None:
            continue
        compared += 1
        days, limit = (evidence.today_us - int(known)) / DAY_US, _limit(evidence, measured.get(target, {}))
        if limit is not None and days > limit:
            findings.append(_model(target, int(known), days, limit))
    path = evidence.places.scores
    if path.is_file():
        compared += 1
        # One moment per file; an empty file has none.
        moments = pq.read_table(path, columns=["as_of"])["as_of"].unique().to_pylist()
        newest = day_of(evidence.plan.as_of_us).isoformat()
        if moments and moments[0] < newest:
            findings.append(_scores(moments[0], newest))
    return Looked(tuple(findings), compared, by_chance=0.0)


def _limit(evidence: Evidence, measured: dict[str, Any]) -> float | None:
    """Days a model may be old: as params.yaml says, else as `klantreis staleness` measured."""
    if evidence.settings.model_age_days is not None:
        return float(evidence.settings.model_age_days)
    weeks = measured.get("retrain_weeks")
    return None if weeks is None else 7.0 * float(weeks)


def _model(target: str, known_us: int, days: float, limit: float) -> Finding:
    day = day_of(known_us).isoformat()
    return Finding(
        "alarm", target, "model",
        said(
            f"{target}: the models know the log up to {day} and are {days:.0f} days old; {limit:.0f} is the limit",
            f"{target}: de modellen kennen het log tot {day} en zijn {days:.0f} dagen oud; de grens is {limit:.0f}",
        ),
        said("train again: dvc repro", "train opnieuw: dvc repro"), since=day, value=days, limit=limit,
    )  # fmt: skip


def _scores(moment: str, newest: str) -> Finding:
    return Finding(
        "alarm", "data/scores.parquet", "scores",
        said(
            f"the scores are of {moment}, the newest features of {newest}",
            f"de scores zijn van {moment}, de nieuwste kenmerken van {newest}",
        ),
        said("score again: klantreis score (or dvc repro)", "scoor opnieuw: klantreis score (of dvc repro)"),
        since=moment,
    )  # fmt: skip


CHECK = Check(said("Age of models and scores", "Leeftijd van modellen en scores"), "scores", look)
