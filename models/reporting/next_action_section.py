"""The next best action on the page: per phase the state, what is done, and every policy beside the best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.reporting.next_action_findings import segment_table
from models.reporting.tournament_view import (
    NONE,
    PERSONALISED,
    PolicyRow,
    action,
    followed,
    policy_label,
    reason,
    tournament_rows,
)
from models.reporting.words import Words

Found = Mapping[str, Any]
#: Colour alone tells nothing to who cannot see it: every state has a shape and a word as well.
SYMBOLS = {"personalise": "◆", "explore more": "◐", "constant": "■", "refuse": "○"}


def next_action_section(tournament: Found | None, currency: str, words: Words) -> dict[str, Any]:
    """Give everything the part on actions shows; empty where nothing can be said.

    Parameters
    ----------
    tournament : mapping or None
        The content of ``artifacts/next_action/tournament.json``. Parts that an older version lacks are left out.
    currency : str
    words : Words

    Returns
    -------
    dict
        ``text``, ``states`` (what they mean, for those that occur), ``overview`` (a row per phase), ``phases`` (a
        card per phase) and ``segments``.
    """
    phases = words.in_order((tournament or {}).get("phases") or {})
    if not tournament or not phases:
        return {}
    confidence = tournament.get("confidence")
    interval = (
        words("nba_interval_of", confidence=words.percent(confidence))
        if confidence
        else words("nba_interval")
    )
    present = {one["state"] for _, one in phases}
    return {
        "text": words("nba_how_to_read", currency=currency, interval=interval),
        "states": [
            {**_state(state, words), "meaning": words(f"nba_meaning_{_key(state)}")}
            for state in SYMBOLS
            if state in present
        ],
        "overview": [_overview(key, one, words) for key, one in phases],
        "phases": [_card(key, one, words) for key, one in phases],
        "left_out": list(_left_out(tournament, words)),
        "segments": _segments(tournament, currency, words),
    }


def _segments(tournament: Found, currency: str, words: Words) -> dict[str, Any]:
    found = segment_table(tournament.get("segment_effects"), currency, words)
    modes = {(one.get("propensities") or {}).get("mode") for one in tournament["phases"].values()}
    warned = [words("estimated_warning")] if found["rows"] and "estimated" in modes else []
    return {**found, "notes": [*found["notes"], *warned]}


def _key(state: str) -> str:
    return state.replace(" ", "_")


def _state(state: str, words: Words) -> dict[str, str]:
    label = words.known(f"state_{_key(state)}", state)
    return {"look": state.replace(" ", "-"), "symbol": SYMBOLS.get(state, "·"), "label": label}


def _overview(key: str, one: Found, words: Words) -> dict[str, Any]:
    name = followed(one)
    worth = _over_none(one, name)
    personal = next((row for row in tournament_rows(one, words) if row.name == PERSONALISED), None)
    return {
        "key": key,
        "label": words.phase(key),
        "state": _state(one["state"], words),
        "now": policy_label(name, words),
        "over_none": _cell(worth, words),
        "gain": _cell((personal.gain if personal else None) or one.get("gain"), words),
        "n": words.number(one.get("n")),
    }


def _over_none(one: Found, name: str) -> Found | None:
    """Find the gain over doing nothing of what is followed; without an interval where none was computed."""
    found: Found | None = (one.get("over_none") or {}).get(name)
    if found or name == NONE:
        return found
    worth = {policy["name"]: policy.get("value") for policy in one.get("policies") or []}
    value, nothing = worth.get(name), worth.get(NONE)
    return None if value is None or nothing is None else {"value": value - nothing}


def _card(key: str, one: Found, words: Words) -> dict[str, Any]:
    rows = [_row(policy, words) for policy in tournament_rows(one, words)]
    estimated = (one.get("propensities") or {}).get("mode") == "estimated"
    warnings = [str(each[words.language]) for each in one.get("warnings") or []]
    if estimated:
        warnings.insert(0, words("estimated_warning"))
    return {
        "key": key,
        "label": words.phase(key),
        "state": _state(one["state"], words),
        "now": policy_label(followed(one), words),
        "reason": reason(one, words),
        "n": words.number(one.get("n")),
        "customers": words.number(one.get("customers")),
        "rows": rows,
        "warnings": warnings,
        "not_compared": list(_not_compared(one, words)),
        "left_out": list(_left_out(one, words)),
        "lift": _lift(one.get("uplift") or {}, words),
        "sensitivity": _sensitivity(one.get("sensitivity") or {}, words),
        "experiment": _experiment(one.get("experiment") or {}, words),
    }


def _row(policy: PolicyRow, words: Words) -> dict[str, Any]:
    value = {"value": policy.value, "low": policy.low, "high": policy.high}
    better = bool(policy.gain) and (policy.gain or {}).get("low", 0.0) > 0
    return {
        "label": policy.label,
        "followed": policy.recommended,
        "note": policy.note,
        "best": policy.best,
        "value": _cell(value, words, signed=False),
        "gain": _cell(policy.gain, words) if policy.value is not None else None,
        "better": better,
        "n": words.number(policy.n),
        "ess": words.number(policy.ess),
    }


def _cell(found: Found | None, words: Words, signed: bool = True) -> dict[str, str] | None:
    if not found or found.get("value") is None:
        return None
    return {
        "value": words.number(found["value"], 2, signed),
        "interval": words.interval(dict(found), 2, signed),
    }


def _not_compared(one: Found, words: Words) -> Iterator[str]:
    for name, arm in sorted((one.get("arms") or {}).items()):
        if arm.get("dropped"):
            yield f"{_capital(action(name, words))}: {arm['dropped'][words.language]}"


def _left_out(found: Found, words: Words) -> Iterator[str]:
    for why, count in sorted((found.get("left_out") or {}).items()):
        if count:
            yield f"{words.known(f'left_out_{why}', why)}: {words.number(count)}"


def _lift(found: Found, words: Words) -> str:
    """Say what acting on the top of the list by effect earns (`models.actions.uplift_curves`)."""
    parts = []
    for one in found.get("lift") or []:
        gain, more = one.get("gain") or {}, one.get("over_random") or {}
        if gain.get("value") is None:
            continue
        said = words(
            "nba_lift",
            share=words.percent(one["share"]),
            gain=words.number(gain["value"], 2, True),
            interval=words.interval(dict(gain), 2, True),
        )
        if more.get("value") is not None:
            value = words.number(more["value"], 2, True)
            said += f", {words('nba_lift_over', more=value, interval=words.interval(dict(more), 2, True))}"
        parts.append(said)
    return words("nba_lift_text", parts="; ".join(parts)) if parts else ""


def _sensitivity(found: Found, words: Words) -> str:
    """Say between what the gain lies if something unlogged drove who got what (`models.actions.sensitivity`)."""
    parts = [
        words("nba_band", gamma=words.number(one["gamma"], 2), interval=words.interval(dict(one), 2, True))
        for one in found.get("bands") or []
    ]
    return words("nba_sensitivity", parts="; ".join(parts)) if parts else ""


def _experiment(found: Found, words: Words) -> dict[str, Any]:
    """Give the design that `models.experiments.design` proposes where the log cannot tell."""
    if not found:
        return {}
    arms, shares = found.get("arms") or [], found.get("shares") or []
    needed = found.get("customers") or []
    rows = [
        {
            "label": _capital(action(name, words)),
            "share": words.percent(shares[place] if place < len(shares) else None),
            "customers": words.number(needed[place] if place < len(needed) else None),
        }
        for place, name in enumerate(arms)
    ]
    return {"text": str((found.get("words") or {}).get(words.language) or ""), "rows": rows}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
