"""The contents of the page: which parts there are, grouped by what a reader comes for."""

from __future__ import annotations

from collections.abc import Sequence

from models.reporting.words import Words

#: The parts in the order of the page; ``targets`` stands for a part per target.
GROUPS = (
    ("act", ("do", "phases", "map", "kpis", "personas")),
    ("models", ("targets", "forecasts", "next_action")),
    ("trust", ("fairness", "about", "drift", "monitoring", "choice", "families", "glossary")),
)


def contents(targets: Sequence[str], left_out: Sequence[str], words: Words) -> list[dict[str, object]]:
    """Give the groups with their parts: anchor and label.

    Parameters
    ----------
    targets : sequence of str
        Targets with a part of their own.
    left_out : sequence of str
        Parts that are not on this page.
    words : Words
        Labels.

    Examples
    --------
    >>> [part["key"] for part in contents(["churn"], ["forecasts"], Words("en"))[1]["parts"]]
    ['churn', 'next_action']
    """
    groups: list[dict[str, object]] = []
    for name, keys in GROUPS:
        parts = []
        for key in keys:
            if key == "targets":
                parts += [{"key": target, "label": words(f"target_{target}")} for target in targets]
            elif key not in left_out:
                parts.append({"key": key, "label": words(f"nav_{key}")})
        groups.append({"key": name, "label": words(f"contents_{name}"), "parts": parts})
    return groups
