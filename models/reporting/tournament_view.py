"""The outcome of the next-action tournament, as people read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.reporting.words import Words

PERSONALISED, NONE = "personalised", "none"
#: In a reason: the name of an action between quotes, and a number with a fraction.
_QUOTED, _FRACTION = re.compile(r"'(\w+)'"), re.compile(r"(\d+)\.(\d+)")
_MINUS = re.compile(r"(?<!\w)-(?=\d)")


@dataclass(frozen=True)
class PolicyRow:
    """One policy: what it is called, what it is worth per decision, how much of the log says so.

    Attributes
    ----------
    name, label : str
    value, low, high : float or None
        Money per decision; None: the log does not carry a figure.
    gain : mapping or None
        ``value``, ``low`` and ``high`` over the best single action; None where there is none, or it is that action.
    n, ess : float or None
        Decisions it was judged on, and how many of them count.
    recommended, best : bool
        It is what is done now; it is the best single action.
    note : str
        Instead of a figure, why there is none.
    """

    name: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    gain: Mapping[str, float] | None
    n: float | None
    ess: float | None
    recommended: bool
    best: bool
    note: str


def followed(phase: Mapping[str, Any]) -> str:
    """Name the policy to follow: the rule per customer, or one action for everybody.

    Examples
    --------
    >>> [followed({"state": state, "recommended": "A"}) for state in ("personalise", "constant")]
    ['personalised', 'A']
    """
    return PERSONALISED if phase["state"] == "personalise" else str(phase.get("recommended") or NONE)


def policy_label(name: str, words: Words) -> str:
    """Name a policy in words.

    Examples
    --------
    >>> policy_label("coupon", Words("en")), policy_label("none", Words("nl"))
    ('Coupon for everybody', 'Niets')
    """
    return words.known(f"policy_{name}", words("policy_everybody", action=_capital(action(name, words))))


def short_label(name: str, words: Words) -> str:
    """Name a policy where there is little room: an action for everybody by the action alone.

    Examples
    --------
    >>> short_label("coupon", Words("en")), short_label("none", Words("nl"))
    ('Coupon', 'Niets')
    """
    return words.known(f"policy_{name}", _capital(action(name, words)))


def action(name: str, words: Words) -> str:
    """Name an action in words; one without words is shown as the log has it.

    Examples
    --------
    >>> action("service_call", Words("nl")), action("free_gift", Words("nl"))
    ('servicegesprek', 'free gift')
    """
    return words.known(f"action_{name}", name.replace("_", " "))


def reason(phase: Mapping[str, Any], words: Words) -> str:
    """Give the reason for the state, with actions and numbers written as the language writes them.

    Examples
    --------
    >>> told = "Voorlopig 'coupon' voor iedereen: +2.95 per beslissing, -0.6 tot 5.29."
    >>> reason({"reason": {"nl": told}}, Words("nl"))
    "Voorlopig 'kortingsbon' voor iedereen: +2,95 per beslissing, −0,6 tot 5,29."
    """
    told = str((phase.get("reason") or {}).get(words.language) or "")
    told = _QUOTED.sub(lambda found: f"'{action(found[1], words)}'", told)
    told = _MINUS.sub("−", told)
    point = words.number(0.5, 1)[1]
    return _FRACTION.sub(lambda found: f"{found[1]}{point}{found[2]}", told)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def tournament_rows(phase: Mapping[str, Any], words: Words) -> list[PolicyRow]:
    """List the policies of one phase, best first; those the log cannot carry last.

    Parameters
    ----------
    phase : mapping
        One entry of ``phases`` in ``artifacts/next_action/tournament.json``.
    words : Words
        Labels.
    """
    chosen, best = followed(phase), phase.get("best_constant")
    rows = []
    for policy in phase.get("policies") or []:
        name, carried = policy["name"], policy.get("value") is not None
        rows.append(
            PolicyRow(
                name, policy_label(name, words), policy.get("value"), policy.get("low"), policy.get("high"),
                None if name == best else policy.get("minus_best_constant"), policy.get("n"), policy.get("ess"),
                name == chosen, name == best, "" if carried else words("not_evaluable"),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row.value is None, -(row.value or 0.0), row.name))


def uplift_points(phase: Mapping[str, Any]) -> dict[str, list[float]]:
    """Give the uplift curve of a phase as one list per column.

    Parameters
    ----------
    phase : mapping
        One entry of ``phases``; its ``uplift`` is as `models.actions.uplift_curves` writes it, or absent.

    Examples
    --------
    >>> points = [{"share": 0.5, "gain": 2.0, "line": 1.0}, {"share": 1.0, "gain": 2.0, "line": 2.0}]
    >>> uplift_points({"uplift": {"curve": points}})
    {'share': [0.5, 1.0], 'gain': [2.0, 2.0], 'line': [1.0, 2.0]}
    >>> uplift_points({})
    {}
    """
    points = (phase.get("uplift") or {}).get("curve") or []
    names = ("share", "gain", "low", "high", "line")
    return {
        name: [float(one[name]) for one in points]
        for name in names
        if points and all(one.get(name) is not None for one in points)
    }


def tournament_gain(tournament: Mapping[str, Any]) -> dict[str, float]:
    """Give the expected money per decision of what is recommended, over phases weighted by decisions.

    Parameters
    ----------
    tournament : mapping
        The content of ``artifacts/next_action/tournament.json``.

    Returns
    -------
    dict
        ``gain``: over the best single action, 0 where the state is not ``personalise``; ``gain over none``:
        over doing nothing. Empty without decisions.

    Examples
    --------
    >>> worth = {"personalised": 2.5, "A": 2.0, "none": 1.0}
    >>> policies = [{"name": name, "value": value} for name, value in worth.items()]
    >>> one = {"recommended": "A", "gain": {"value": 0.5}, "policies": policies}
    >>> phases = {"a": {**one, "state": "personalise", "n": 100}, "b": {**one, "state": "constant", "n": 300}}
    >>> tournament_gain({"phases": phases})
    {'gain': 0.125, 'gain over none': 1.125}
    """
    gain, over_none, weight = 0.0, 0.0, 0
    for phase in tournament.get("phases", {}).values():
        n = int(phase.get("n") or 0)
        weight += n
        values = {policy["name"]: policy.get("value") for policy in phase.get("policies", [])}
        if values.get(followed(phase)) is not None and values.get(NONE) is not None:
            over_none += n * (values[followed(phase)] - values[NONE])
        if phase["state"] == "personalise":
            gain += n * float((phase.get("gain") or {}).get("value") or 0.0)
    return {"gain": gain / weight, "gain over none": over_none / weight} if weight else {}
