"""From phase to phase: the weekly and the four-weekly matrix, and where stays begin."""

from __future__ import annotations

from typing import Any

from features.journey.tally import STATISTICS, number
from models.journey.facts import Facts, Found, ratio_of, tidy


def transition(facts: Facts, matrix: str, start: str, end: str) -> Found:
    """Give the share of the customers in ``start`` that are in ``end`` a step later, clustered by customer.

    Parameters
    ----------
    facts : Facts
        The tallies.
    matrix : str
        ``weekly`` or ``four_weekly``.
    start, end : str
        Keys of phases.
    """
    keys = facts.plan.journey.phase_keys
    place = keys.index(start) * len(keys) + keys.index(end)
    stats = number(facts.tally.ratios[matrix][place])
    return ratio_of(dict(zip(STATISTICS, stats.tolist(), strict=True)), share=True)


def transition_rows(facts: Facts, matrix: str) -> list[dict[str, Any]]:
    """Give a whole matrix, one row per pair of phases in journey order."""
    keys = facts.plan.journey.phase_keys
    rows = []
    for start in keys:
        for end in keys:
            found = transition(facts, matrix, start, end)
            moved = 0 if found.n == 0 else round(found.value * found.n)
            rows.append({"from": start, "to": end, "moved": moved, **found.estimate()})
    return rows


def entry_rows(facts: Facts) -> list[dict[str, Any]]:
    """Give where the stays in each phase come from; ``new``: the customer was not there before."""
    keys, counts = facts.plan.journey.phase_keys, facts.tally.counts["entries"]
    rows = []
    for place, end in enumerate(keys):
        whole = int(counts[:, place].sum())
        for source, n in zip((*keys, "new"), counts[:, place].tolist(), strict=True):
            if n:
                rows.append({"from": source, "to": end, "n": n, "share": tidy(n / whole)})
    return rows
