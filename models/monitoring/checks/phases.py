"""How customers are spread over the phases, against the cutoffs before."""

from __future__ import annotations

import numpy as np

from features.cutoffs import day_of
from models.monitoring.checks._check import Check, Finding, Looked, Series, said
from models.monitoring.checks.features import TOO_FEW
from models.monitoring.evidence import Evidence
from models.monitoring.usual import share, walk


def look(evidence: Evidence) -> Looked:
    """Walk over the share of every phase among those who are in one of these phases (``dormant``: among all)."""
    if len(evidence.cutoffs_us) < 3:
        return Looked(reason=TOO_FEW)
    found, limits = evidence.histograms, evidence.settings
    rows = found.rows.astype(np.float64)
    whole = np.broadcast_to(rows[:-1].sum(axis=0), rows.shape).copy()
    whole[-1] = rows.sum(axis=0)
    counts = np.stack([rows, whole - rows], axis=-1)
    walked = walk(
        counts,
        share,
        reference=limits.reference,
        limit=limits.rate,
        beyond=limits.beyond,
        min_rows=limits.min_rows,
    )
    shares = rows / np.maximum(whole, 1)
    days = [day_of(cutoff).isoformat() for cutoff in found.cutoffs_us]
    findings = []
    for place in np.flatnonzero(walked.out[:, -1]):
        start = int(walked.since()[place])
        usual = (
            float(shares[place, max(0, start - limits.reference) : start].mean()) if start else float("nan")
        )
        now, phase = float(shares[place, -1]), found.phases[place]
        findings.append(_found(phase, now, usual, days[start], float(walked.bound[place, -1])))
    series = [
        Series(phase, "share", tuple(zip(days, shares[place].tolist(), strict=True)))
        for place, phase in enumerate(found.phases)
    ]
    return Looked(tuple(findings), walked.compared, by_chance=walked.by_chance(), series=tuple(series))


def _found(phase: str, now: float, usual: float, since: str, bound: float) -> Finding:
    return Finding(
        "alarm", phase, phase,
        said(
            f"{phase}: {now:.1%} of the customers since {since}, usual is {usual:.1%}",
            f"{phase}: {now:.1%} van de klanten sinds {since}, gewoon is {usual:.1%}",
        ),
        said(
            "look upstream first; if it is real, the journey and its models are due for a look: `klantreis "
            "journeys compare`",
            "kijk eerst stroomopwaarts; is het echt, kijk dan naar de reis en de modellen: `klantreis "
            "journeys compare`",
        ),
        since=since, value=now, usual=usual, limit=bound,
    )  # fmt: skip


CHECK = Check(said("Phases", "Fasen"), "features", look)
