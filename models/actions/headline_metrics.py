"""The numbers of the next best action to compare runs by: at most eight per phase."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.actions.decision_log import NONE
from models.actions.tournament_entry import PERSONALISED

#: The state as a number, so that a chart over runs shows a phase opening or closing.
STATES = {"refuse": 0.0, "constant": 1.0, "explore more": 2.0, "personalise": 3.0}


def headline_numbers(tournament: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Give the headline numbers of every phase.

    ``state`` (0 refuse, 1 constant, 2 explore more, 3 personalise), ``gain`` and ``gain_low`` (money per decision of
    choosing per customer over the best single action, and the lower end of its interval), ``value`` and
    ``over_none`` (of what is followed), ``effective_decisions`` behind it, ``decisions_needed``, and ``segments``
    (cells that differ from the rest after correction). What is not known is left out.

    Parameters
    ----------
    tournament : mapping
        The content of ``artifacts/next_action/tournament.json``; of any version.

    Examples
    --------
    >>> phase = {"state": "constant", "recommended": "mail", "gain": {"value": -0.5, "low": -1.0},
    ...     "over_none": {"mail": {"value": 2.0}}, "policies": [{"name": "mail", "value": 7.0, "ess": 900.0}]}
    >>> for name, value in headline_numbers({"phases": {"buy": phase}})["buy"].items():
    ...     print(name, value)
    state 1.0
    gain -0.5
    gain_low -1.0
    value 7.0
    over_none 2.0
    effective_decisions 900.0
    """
    told = (tournament.get("segment_effects") or {}).get("different")
    found: dict[str, dict[str, float]] = {}
    for phase, one in (tournament.get("phases") or {}).items():
        numbers = _phase(one)
        if told is not None and one.get("state") != "refuse":
            numbers["segments"] = sum(cell["phase"] == phase for cell in told)
        found[phase] = {
            name: float(value)
            for name, value in numbers.items()
            if value is not None and math.isfinite(value)
        }
    return found


def _phase(one: Mapping[str, Any]) -> dict[str, Any]:
    policies = {policy["name"]: policy for policy in one.get("policies") or []}
    name = PERSONALISED if one.get("state") == "personalise" else one.get("recommended") or NONE
    followed = policies.get(name, {})
    return {
        "state": STATES.get(one.get("state", "")),
        "gain": (one.get("gain") or {}).get("value"),
        "gain_low": (one.get("gain") or {}).get("low"),
        "value": followed.get("value"),
        "over_none": _over_none(one, name, followed, policies.get(NONE, {})),
        "effective_decisions": followed.get("ess"),
        "decisions_needed": one.get("decisions_needed"),
    }


def _over_none(
    one: Mapping[str, Any], name: str, followed: Mapping[str, Any], nothing: Mapping[str, Any]
) -> float | None:
    """Give the gain of what is followed over doing nothing; the two are valued on the same decisions."""
    paired = (one.get("over_none") or {}).get(name)
    if paired:
        return float(paired["value"])
    if followed.get("value") is None or nothing.get("value") is None:
        return None
    return float(followed["value"] - nothing["value"])
