"""Every feature in every phase: how it is spread now, against the cutoffs before and their own usual movement."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from features.cutoffs import day_of
from models.monitoring.checks._check import Check, Finding, Looked, Series, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import Walk, psi, walk

#: One moved feature in one phase is a note; so many of a family, or one that moved so many times its bound, an alarm.
MANY, FAR = 3, 3.0
#: The largest are named.
NAMED = 3
TOO_FEW = said("fewer than three cutoffs to compare", "minder dan drie momenten om te vergelijken")
_TODO = said(
    "look upstream first: a source that changed moves all features that are made from it. If customers really behave "
    "otherwise: train again (dvc repro)",
    "kijk eerst stroomopwaarts: een veranderde bron verschuift alles wat ervan gemaakt wordt. Gedragen "
    "klanten zich echt "
    "anders: train opnieuw (dvc repro)",
)


@dataclass(frozen=True)
class _Moved:
    """One feature in one phase that moved."""

    column: str
    phase: str
    psi: float
    bound: float
    since: str
    emptied: float


def look(evidence: Evidence) -> Looked:
    """Walk over the cutoffs of every phase and feature."""
    if len(evidence.cutoffs_us) < 3:
        return Looked(reason=TOO_FEW)
    found, limits = evidence.histograms, evidence.settings
    walked = walk(
        found.counts,
        psi,
        reference=limits.reference,
        limit=limits.psi,
        beyond=limits.beyond,
        min_rows=limits.min_rows,
    )
    family = {one["name"]: str(one["family"]) for one in evidence.dictionary}
    by_family: dict[str, list[_Moved]] = defaultdict(list)
    since = walked.since()
    for phase, column in zip(*np.nonzero(walked.out[..., -1]), strict=True):
        name, start = found.columns[column], int(since[phase, column])
        share = found.at_default[phase, column]
        emptied = (
            float(share[-1] - np.nanmean(share[max(0, start - limits.reference) : start])) if start else 0.0
        )
        by_family[family[name]].append(
            _Moved(
                name, found.phases[phase], float(walked.moved[phase, column, -1]),
                float(walked.bound[phase, column, -1]), day_of(found.cutoffs_us[start]).isoformat(), emptied,
            )
        )  # fmt: skip
    counts = {name: sum(one == name for one in family.values()) for name in by_family}
    findings = [_found(name, moved, counts[name]) for name, moved in sorted(by_family.items())]
    return Looked(
        tuple(findings),
        walked.compared,
        by_chance=walked.by_chance(),
        series=tuple(_series(evidence, walked)),
    )


def _found(family: str, moved: list[_Moved], columns: int) -> Finding:
    moved = sorted(moved, key=lambda one: (-one.psi / one.bound, one.column, one.phase))
    worst, names = moved[0], {one.column for one in moved}
    phases = sorted({one.phase for one in moved})
    listed = "; ".join(f"{one.column} in {one.phase} {one.psi:.2f}" for one in moved[:NAMED])
    alarm = len(moved) >= MANY or worst.psi > FAR * worst.bound
    gone = sum(one.emptied > 0.2 for one in moved)
    en, nl = (
        (
            f"; {gone} of them now mostly hold their default",
            f"; {gone} daarvan hebben nu meest de lege waarde",
        )
        if gone
        else ("", "")
    )
    return Finding(
        "alarm" if alarm else "note", family, ", ".join(phases),
        said(
            f"{family}: {len(names)} of {columns} features moved ({', '.join(phases)}) since {worst.since}: {listed} "
            f"(PSI; usual at most {worst.bound:.2f}){en}",
            f"{family}: {len(names)} van {columns} kenmerken verschoven ({', '.join(phases)}) sinds "
            f"{worst.since}: {listed} "
            f"(PSI; gewoon hoogstens {worst.bound:.2f}){nl}",
        ),
        _TODO, since=worst.since, value=worst.psi, usual=worst.bound, limit=worst.bound,
    )  # fmt: skip


def _series(evidence: Evidence, walked: Walk) -> list[Series]:
    """Give the mean movement of the features of each phase, cutoff by cutoff."""
    days = [day_of(cutoff).isoformat() for cutoff in evidence.histograms.cutoffs_us]
    series = []
    for place, phase in enumerate(evidence.histograms.phases):
        moved = walked.moved[place]
        points = tuple(
            (day, float(np.nanmean(moved[:, moment])))
            for moment, day in enumerate(days)
            if not np.isnan(moved[:, moment]).all()
        )
        series.append(Series(phase, "mean psi", points, evidence.settings.psi))
    return series


CHECK = Check(said("Features per phase", "Kenmerken per fase"), "features", look)
