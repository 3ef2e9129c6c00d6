"""The newest scores per target and phase, against the out-of-time probabilities of past cutoffs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.cutoffs import day_of
from models.base_rate_drift import ALL
from models.monitoring.checks._check import Check, Finding, Looked, Series, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import Floats, Walk, psi, walk
from models.target import PROBABILITIES, Target

BINS = 10
NO_SCORES = said("data/scores.parquet is missing", "data/scores.parquet ontbreekt")


def look(evidence: Evidence) -> Looked:
    """Walk over the past predictions, and the newest scores after them."""
    if not evidence.places.scores.is_file():
        return Looked(reason=NO_SCORES)
    findings: list[Finding] = []
    series: list[Series] = []
    compared = 0
    for target in PROBABILITIES:
        path = evidence.places.artifacts / target.name / "out_of_time.parquet"
        if not path.is_file():
            continue
        frame = _frame(path, evidence, target)
        moments = sorted(frame["moment"].unique().tolist())
        days = [day_of(moment).isoformat() for moment in moments]
        keys = [
            ALL,
            *(phase for phase in evidence.plan.journey.phase_keys if (frame["phase"] == phase).any()),
        ]
        walked = walk(
            _counts(frame, keys, moments), psi, reference=evidence.settings.reference, limit=evidence.settings.psi,
            beyond=evidence.settings.beyond, min_rows=evidence.settings.min_rows,
        )  # fmt: skip
        compared += walked.compared
        means = frame.groupby("moment")["p"].mean().sort_index()
        series.append(Series(f"{target.name} {ALL}", "mean p", tuple(zip(days, means.tolist(), strict=True))))
        for place in np.flatnonzero(walked.out[:, -1]):
            findings.append(_found(target, keys[place], frame, walked, int(place), moments))
    reason = None if compared else said("too few past predictions", "te weinig eerdere voorspellingen")
    return Looked(tuple(findings), compared, reason, series=tuple(series))


def _frame(path: object, evidence: Evidence, target: Target) -> pd.DataFrame:
    """Put past predictions and the newest scores under each other: ``moment, phase, p``."""
    past = (
        pq.read_table(path, columns=["cutoff_us", "phase", "p"])
        .to_pandas()
        .rename(columns={"cutoff_us": "moment"})
    )
    now = pq.read_table(evidence.places.scores, columns=["as_of", "phase", target.score]).to_pandas()
    now = now[now[target.score].notna()].rename(columns={target.score: "p"})
    moment = pd.to_datetime(now["as_of"]).astype("datetime64[us]").astype("int64")
    frame = pd.concat([past, now.assign(moment=moment)[["moment", "phase", "p"]]], ignore_index=True)
    frame["phase"] = frame["phase"].astype(str)
    return pd.DataFrame(frame)


def _counts(frame: pd.DataFrame, keys: Sequence[str], moments: Sequence[int]) -> Floats:
    counts = np.zeros((len(keys), len(moments), BINS))
    place = np.searchsorted(np.array(moments), frame["moment"])
    p, newest = frame["p"].to_numpy(), len(moments) - 1
    for row, key in enumerate(keys):
        inside = np.ones(len(frame), dtype=np.bool_) if key == ALL else (frame["phase"] == key).to_numpy()
        past = np.sort(p[inside & (place < newest)])
        if len(past):
            edges = past[[int(len(past) * step / BINS) for step in range(1, BINS)]]
            np.add.at(counts[row], (place[inside], np.searchsorted(edges, p[inside], side="right")), 1)
    return counts


def _found(
    target: Target, phase: str, frame: pd.DataFrame, walked: Walk, place: int, moments: Sequence[int]
) -> Finding:
    inside = frame if phase == ALL else frame[frame["phase"] == phase]
    newest = (inside["moment"] == moments[-1]).to_numpy()
    now, usual = float(inside["p"][newest].mean()), float(inside["p"][~newest].mean())
    since = day_of(moments[int(walked.since()[place])]).isoformat()
    return Finding(
        "alarm", target.score, phase,
        said(
            f"{target.score} in {phase}: on average {now:.3f} since {since}, {usual:.3f} before "
            f"(PSI {walked.moved[place, -1]:.2f})",
            f"{target.score} in {phase}: gemiddeld {now:.3f} sinds {since}, {usual:.3f} daarvoor "
            f"(PSI {walked.moved[place, -1]:.2f})",
        ),
        said(
            "look upstream for what moved; do not act on these scores before you know",
            "zoek stroomopwaarts wat er verschoof; doe niets met deze scores voor je dat weet",
        ),
        since=since, value=now, usual=usual, limit=float(walked.bound[place, -1]),
    )  # fmt: skip


CHECK = Check(said("Scores", "Scores"), "scores", look)
