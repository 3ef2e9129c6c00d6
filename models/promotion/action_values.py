"""The verdict on a policy of next best actions: its value against the champion's, on the same decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.actions.decision_log import NONE
from models.actions.tournament_entry import PERSONALISED
from models.promotion.gate import Verdict

Number = Mapping[str, Any]


def followed(phase: Mapping[str, Any]) -> Number:
    """Give ``value``, and ``low`` and ``high`` where known, of the policy that a phase of a tournament follows.

    Examples
    --------
    >>> phase = {"state": "constant", "recommended": "mail", "policies": [{"name": "mail", "value": 2.0}]}
    >>> followed(phase)["value"]
    2.0
    """
    name = PERSONALISED if phase.get("state") == "personalise" else phase.get("recommended") or NONE
    return next((one for one in phase.get("policies") or [] if one["name"] == name), {})


def action_verdict(challenger: Number, champion: Number, same_rows: bool) -> Verdict:
    """Judge a policy against the champion's by the money per decision it is worth.

    Both were valued on the same decisions, so the interval of each is wider than that of their difference: a
    challenger whose value lies within the champion's interval is no proof.

    Parameters
    ----------
    challenger, champion : mapping
        ``value``, and ``low`` and ``high`` where there is an interval.
    same_rows : bool
        Whether both were valued on the same decisions with the same money.

    Examples
    --------
    >>> action_verdict({"value": 2.5}, {"value": 2.0}, same_rows=True)
    Verdict(promote=True, reason='better: value 2.5 against 2', comparable=True)
    >>> action_verdict({"value": 2.5, "low": 1.5, "high": 3.5}, {"value": 2.0}, same_rows=True).promote
    False
    """
    new, old = challenger.get("value"), champion.get("value")
    if new is None:
        return Verdict(False, "no value: the phase is too small to judge", comparable=False)
    if old is None:
        return Verdict(True, "the champion has no value")
    if not same_rows:
        return Verdict(
            False,
            "not comparable: the champion was valued on other decisions or with other money; value both on "
            "the same decisions, or take over by hand: klantreis registry promote --force --reason '...'",
            comparable=False,
        )
    low, high = challenger.get("low"), challenger.get("high")
    told = f"value {new:.4g}" + (
        f" ({low:.4g} to {high:.4g})" if low is not None and high is not None else ""
    )
    told += f" against {old:.4g}"
    if new < old:
        return Verdict(False, f"worse: {told}")
    if new == old:
        return Verdict(True, f"equal: {told}")
    if low is not None and low <= old:
        return Verdict(False, f"not proven better: {told}; chance can do that")
    return Verdict(True, f"better: {told}")
