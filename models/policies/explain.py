"""Say in a sentence why a customer got their action, from the rows of the trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.actions.decision_log import NONE
from models.policies.resources import resource_words
from models.policies.rule import rule_words

#: Smaller money is shown as nothing.
_CENT = 0.005
_SAID = {
    "control": {
        "en": "nothing: in the control group, left alone so that the effect of actions can be measured",
        "nl": "niets doen: in de controlegroep, met rust gelaten om het effect van acties te kunnen meten",
    },
    "drawn": {
        "en": "drawn at random (chance {chance}), so that the effect of actions stays known",
        "nl": "door het lot gekozen (kans {chance}), zodat het effect van acties bekend blijft",
    },
    "best": {"en": "best of {n} allowed", "nl": "beste van {n} toegestane"},
    "only": {"en": "the only action allowed", "nl": "de enige toegestane actie"},
    "nothing_left": {"en": "no action is allowed", "nl": "geen actie is toegestaan"},
    "nothing_better": {
        "en": "nothing better among {n} allowed",
        "nl": "niets beters onder {n} toegestane",
    },
    "expected": {
        "en": "{money} expected over doing nothing",
        "nl": "{money} verwacht boven niets doen",
    },
    "average": {
        "en": "{money} on average over doing nothing",
        "nl": "gemiddeld {money} boven niets doen",
    },
    "unknown": {
        "en": "what it brings is not known yet",
        "nl": "wat het oplevert is nog niet bekend",
    },
    "lever": {"en": "weight {lever} set by marketing", "nl": "gewicht {lever} ingesteld door marketing"},
    "blocked": {"en": "{action} blocked: {why}", "nl": "{action} geblokkeerd: {why}"},
    NONE: {"en": "nothing", "nl": "niets doen"},
}


def explain_action(rows: Sequence[Mapping[str, Any]], language: str = "en", currency: str = "EUR") -> str:
    """Say why one customer got their action.

    Parameters
    ----------
    rows : sequence of mappings
        The customer's rows of the trace (`models.policies.trace.TRACE`).
    language : {"en", "nl"}
    currency : str
        Of the money.

    Examples
    --------
    >>> row = {"blocked": None, "chosen": False, "p_success": 0.2, "gain": 0.0, "lever": 1.0, "explore": False,
    ...     "is_control": False, "propensity": 0.05}
    >>> explain_action([{**row, "action": "none"}, {**row, "action": "mail", "chosen": True, "gain": 0.42},
    ...     {**row, "action": "sms"}, {**row, "action": "discount", "blocked": "consent_email"}])
    'mail: best of 2 allowed; +0.42 EUR expected over doing nothing; discount blocked: refused e-mail'
    """
    if not rows:
        return ""
    chosen = next(row for row in rows if row["chosen"])
    if chosen["is_control"]:
        return _SAID["control"][language]
    others = [row for row in rows if row["action"] != NONE]
    allowed = [row for row in others if row["blocked"] is None]
    parts = [_why(chosen, len(allowed), language)]
    if chosen["action"] != NONE:
        parts.append(_money(chosen, language, currency))
        if chosen["lever"] != 1:
            parts.append(_SAID["lever"][language].format(lever=_number(f"{chosen['lever']:g}", language)))
    for rule in dict.fromkeys(row["blocked"] for row in others if row["blocked"] is not None):
        said = resource_words(rule) or rule_words(rule)
        names = ", ".join(row["action"] for row in others if row["blocked"] == rule)
        parts.append(_SAID["blocked"][language].format(action=names, why=said[_key(language)]))
    name = _SAID[NONE][language] if chosen["action"] == NONE else chosen["action"]
    return f"{name}: {'; '.join(parts)}"


def _why(chosen: Mapping[str, Any], allowed: int, language: str) -> str:
    if chosen["explore"]:
        return _SAID["drawn"][language].format(
            chance=_number(f"{100 * chosen['propensity']:.0f} %", language)
        )
    if chosen["action"] == NONE:
        return _SAID["nothing_better" if allowed else "nothing_left"][language].format(n=allowed)
    return _SAID["best" if allowed > 1 else "only"][language].format(n=allowed)


def _money(chosen: Mapping[str, Any], language: str, currency: str) -> str:
    gain = chosen["gain"]
    if gain is None:
        return _SAID["unknown"][language]
    shown = 0.0 if abs(gain) < _CENT else gain
    money = _number(f"{shown:+.2f} {currency}", language)
    return _SAID["average" if chosen["p_success"] is None else "expected"][language].format(money=money)


def _number(shown: str, language: str) -> str:
    return shown.replace(".", ",") if language == "nl" else shown


def _key(language: str) -> Any:
    return language
