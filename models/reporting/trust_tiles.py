"""Before anybody relies on the page: one tile each for data, fairness, drift and monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.reporting.words import Words

Found = Mapping[str, Any]
#: A larger share of the rows set aside is worth a look before the numbers are used.
MANY_SET_ASIDE = 0.01
#: Colour alone tells nothing to who cannot see it: every state has a shape and a word as well.
SYMBOLS = {"fine": "●", "attention": "▲", "unknown": "○"}


def trust_tiles(
    meta: Found, fairness: Found, drift: Found, monitor: Found, words: Words
) -> list[dict[str, str]]:
    """Say in a sentence each what to know before relying on the page.

    Parameters
    ----------
    meta : mapping
        The content of ``data/canonical/meta.json``.
    fairness, drift, monitor : mapping
        As the sections of these names; monitoring that was not run has no tile.
    words : Words
        Texts and numbers.

    Returns
    -------
    list of dict
        ``key`` (the section), ``title``, ``state``, ``symbol``, ``word`` and ``said``.
    """
    tiles = [_data(meta, words), _fairness(fairness, words), _drift(drift, words)]
    if monitor:
        state = monitor["state"]
        tiles.append(_tile("monitoring", state, words(f"trust_monitor_{state}"), words))
    return tiles


def _tile(key: str, state: str, said: str, words: Words) -> dict[str, str]:
    return {
        "key": key,
        "title": words(f"nav_{key}"),
        "state": state,
        "symbol": SYMBOLS[state],
        "word": words(f"trust_{state}"),
        "said": said,
    }


def _data(meta: Found, words: Words) -> dict[str, str]:
    counts = meta.get("counts", {})
    rows, aside = counts.get("rows_in", 0), counts.get("quarantined", 0)
    share = aside / rows if rows else 0.0
    missing = len(meta.get("missing_days", []))
    said = rows_said(meta, words)
    if missing:
        said += f" {words('trust_missing', n=words.number(missing))}"
    state = "attention" if share > MANY_SET_ASIDE or missing else "fine"
    return _tile("about", state if rows else "unknown", said, words)


def rows_said(meta: Found, words: Words) -> str:
    """Say how many of the rows that came in are used, and how many were set aside or came double."""
    counts = meta.get("counts", {})
    rows, kept = counts.get("rows_in", 0), counts.get("kept", 0)
    return words(
        "rows_said", share=words.percent(kept / rows if rows else None, 2), rows=words.number(rows),
        aside=words.number(counts.get("quarantined", 0)), double=words.number(counts.get("deduplicated", 0)),
    )  # fmt: skip


def _fairness(found: Found, words: Words) -> dict[str, str]:
    if not found["measured"]:
        return _tile("fairness", "unknown", words("fair_nothing"), words)
    models, actions = found["standing_out"], found["unequal"]
    said = words("trust_fair_some", models=words.number(models), actions=words.number(actions))
    if not models and not actions:
        return _tile("fairness", "fine", words("trust_fair_none"), words)
    return _tile("fairness", "attention", said, words)


def _drift(found: Found, words: Words) -> dict[str, str]:
    if not found["compared"]:
        return _tile("drift", "unknown", words("trust_drift_unknown"), words)
    said = words("trust_drift", n=words.number(found["much"]), compared=words.number(found["compared"]))
    return _tile("drift", "attention" if found["much"] else "fine", said, words)
