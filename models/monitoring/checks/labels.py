"""How often what is predicted happened, per target and phase, at the newest matured cutoff against those before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.cutoffs import day_of
from models.base_rate_drift import ALL
from models.monitoring.checks._check import Check, Finding, Looked, Series, said
from models.monitoring.checks.features import TOO_FEW
from models.monitoring.evidence import Evidence
from models.monitoring.usual import Floats, Walk, share, walk
from models.target import PROBABILITY_TARGETS


def look(evidence: Evidence) -> Looked:
    """Walk over the label rates; a phase is compared while it has enough labels."""
    findings: list[Finding] = []
    series: list[Series] = []
    compared, by_chance = 0, 0.0
    for target in PROBABILITY_TARGETS:
        moments = evidence.plan.cutoffs.get(target, ())[-evidence.settings.cutoffs :]
        if len(moments) < 3:
            continue
        keys, counts = _counts(evidence, target, moments)
        walked = walk(
            counts, share, reference=evidence.settings.reference, limit=evidence.settings.rate,
            beyond=evidence.settings.beyond, min_rows=evidence.settings.min_rows,
        )  # fmt: skip
        compared += walked.compared
        by_chance += walked.by_chance() or 0.0
        days = [day_of(moment).isoformat() for moment in moments]
        rates = counts[..., 0] / np.maximum(counts.sum(axis=-1), 1)
        findings += [
            _found(target, keys[place], rates[place], walked, int(place), days)
            for place in np.flatnonzero(walked.out[:, -1])
        ]
        series.append(Series(f"{target} {ALL}", "rate", tuple(zip(days, rates[0].tolist(), strict=True))))
    if not compared:
        return Looked(reason=TOO_FEW)
    return Looked(tuple(findings), compared, by_chance=by_chance, series=tuple(series))


def _counts(evidence: Evidence, target: str, moments: tuple[int, ...]) -> tuple[list[str], Floats]:
    """Count labels 1 and 0 per phase (``all`` first) and cutoff."""
    named = [f"{target}__population", f"{target}__label"]
    labels = pq.read_table(evidence.places.labels, columns=["customer_id", "cutoff_us", *named])
    phases = pq.read_table(evidence.places.features, columns=["customer_id", "cutoff_us", "phase"])
    frame = pd.DataFrame(
        {
            "cutoff": labels["cutoff_us"].to_numpy(),
            "phase": phases["phase"].to_pandas().astype(str).to_numpy(),
            "y": labels[named[1]].to_numpy(),
        }
    )[labels[named[0]].to_numpy()]
    frame = frame[np.isin(frame["cutoff"], moments) & ~np.isnan(frame["y"])]
    keys = [ALL, *(phase for phase in evidence.plan.journey.phase_keys if (frame["phase"] == phase).any())]
    counts = np.zeros((len(keys), len(moments), 2))
    place = np.searchsorted(np.array(moments), frame["cutoff"])
    for row, key in enumerate(keys):
        inside = np.ones(len(frame), dtype=np.bool_) if key == ALL else (frame["phase"] == key).to_numpy()
        np.add.at(counts[row], (place[inside], (frame["y"].to_numpy()[inside] < 0.5).astype(np.int64)), 1)
    return keys, counts


def _found(target: str, phase: str, rates: Floats, walked: Walk, place: int, days: list[str]) -> Finding:
    start = int(walked.since()[place])
    usual, now = float(rates[max(0, start - 3) : start].mean()) if start else float("nan"), float(rates[-1])
    return Finding(
        "alarm", target, phase,
        said(
            f"{target} in {phase}: it happened to {now:.1%} since {days[start]}, usual is {usual:.1%}",
            f"{target} in {phase}: het gebeurde bij {now:.1%} sinds {days[start]}, gewoon is {usual:.1%}",
        ),
        said(
            "probabilities learnt before are off by as much: train again, and see `klantreis mature`",
            "kansen van voor die tijd zitten er even ver naast: train opnieuw, en zie `klantreis mature`",
        ),
        since=days[start], value=now, usual=usual, limit=float(walked.bound[place, -1]),
    )  # fmt: skip


CHECK = Check(said("What happened (labels)", "Wat er gebeurde (labels)"), "features", look)
