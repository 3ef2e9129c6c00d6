"""Money per event, by the logarithm of the amount: another unit, or another currency, moves all of it at once."""

from __future__ import annotations

import numpy as np

from models.monitoring.checks._blocks import REFERENCE, TOO_SHORT, blocks, first_day, sizes
from models.monitoring.checks._check import Check, Finding, Looked, said
from models.monitoring.evidence import Evidence
from models.monitoring.usual import LEAST_PAST, Floats, psi, walk
from models.monitoring.weekly import AMOUNT_BINS

LEAST_EVENTS = 50
#: Four bins to a factor of ten.
PER_TEN = 4


def look(evidence: Evidence) -> Looked:
    """Walk over the weeks of the amounts of every source and kind of event."""
    log = evidence.log
    if len(log) <= LEAST_PAST + 1:
        return Looked(reason=TOO_SHORT)
    keys, counts = log.table(log.amounts, ["source", "kind"], ["n"], across="bin", size=AMOUNT_BINS)
    chosen = np.array(sizes(counts), dtype=np.int64)
    findings, compared, by_chance = [], 0, 0.0
    for size in sorted({*chosen.tolist()} - {0}):
        places = np.flatnonzero(chosen == size)
        rows = blocks(counts[places], size)
        walked = walk(
            rows, psi, reference=REFERENCE, limit=evidence.settings.psi, beyond=evidence.settings.beyond,
            min_rows=LEAST_EVENTS,
        )  # fmt: skip
        compared += walked.compared
        by_chance += walked.by_chance() or 0.0
        for place in np.flatnonzero(walked.out[:, -1]):
            calm = rows[place, : int(walked.since()[place])][-REFERENCE:].sum(axis=0)
            ratio = float(10 ** ((_middle(rows[place, -1]) - _middle(calm)) / PER_TEN))
            since = first_day(evidence, walked, int(place), size)
            findings.append(_found(keys[places[place]], ratio, float(walked.moved[place, -1]), since))
    return Looked(tuple(findings), compared, by_chance=by_chance)


def _middle(counts: Floats) -> float:
    """Give the mean place: the mean of a logarithm moves by exactly the factor, whatever the spread."""
    return float((counts * np.arange(len(counts))).sum() / counts.sum())


def _found(key: tuple[str, ...], ratio: float, moved: float, since: str) -> Finding:
    power = round(abs(np.log10(ratio)))
    unit = power in (2, 3) and abs(abs(np.log10(ratio)) - power) < 0.15
    what = f"{key[0]}, {key[1]}"
    return Finding(
        "alarm", key[0], f"{key[1]}: value",
        said(
            f"{what}: amounts are about {ratio:.3g} times what they were, since {since}"
            + (" (another unit: cents, thousands?)" if unit else ""),
            f"{what}: bedragen zijn ongeveer {ratio:.3g} maal wat ze waren, sinds {since}"
            + (" (andere eenheid: centen, duizendtallen?)" if unit else ""),
        ),
        said(
            "look at the unit and the currency of the amounts in the export",
            "kijk naar eenheid en munt van de bedragen in de export",
        ),
        since=since, value=ratio, usual=1.0, limit=moved,
    )  # fmt: skip


CHECK = Check(said("Amounts", "Bedragen"), "log", look)
