"""Commands ``registry list``, ``promote`` and ``rollback``: who scores, why, and who did before."""

from __future__ import annotations

from pathlib import Path

from models.tracking.champions import Listed, is_there, listed
from models.tracking.changes import Change, name_of, promote, rollback
from models.tracking.judging import Gate
from pipelines.params import Params, load_params

#: Characters of a verdict in the table; the whole of it stands in reports/registered.json and with the version.
SHORT = 110
NOTHING = "the registry is empty; models get there by the stages track and register: dvc repro"


def gate_of(root: Path, params: Params) -> Gate:
    """Make the gate from the blocks ``promotion`` and ``evaluation`` of params.yaml."""
    return Gate(root, params.promotion, params.evaluation)


def run_list(root: Path, past: bool = False) -> list[str]:
    """Give one line per registered model; with ``past`` also who was champion, when and why."""
    found = listed(root) if is_there(root) else []
    if not found:
        return [NOTHING]
    rows = [("model", "champion", "challenger", "versions", "what the gate said of the challenger")]
    rows += [
        (one.name, one.champion or "-", one.challenger or "-", str(one.versions), _short(one.verdict))
        for one in found
    ]
    wide = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, [*wide, 0], strict=True)).rstrip() for row in rows
    ]
    return (
        lines if not past else [line for i, one in enumerate(found) for line in (lines[i + 1], *_past(one))]
    )


def _short(text: str) -> str:
    return text if len(text) <= SHORT else text[: SHORT - 3] + "..."


def _past(one: Listed) -> list[str]:
    return [
        f"    {event.at}  version {event.version} ({event.how}"
        f"{f', before: {event.before}' if event.before else ''}): {event.why}"
        for event in one.history
    ]


def run_promote(
    root: Path, target: str, phase: str, version: int | None, reason: str, force: bool
) -> list[str]:
    """Promote a version (left out: the challenger) and say what the gate thought."""
    gate = gate_of(root, load_params(root))
    number = None if version is None else str(version)
    change = promote(gate, name_of(target, phase), number, reason, force)
    return _told(change)


def run_rollback(root: Path, target: str, phase: str, reason: str) -> list[str]:
    """Go back to the previous champion."""
    return _told(rollback(root, name_of(target, phase), reason))


def _told(change: Change) -> list[str]:
    before = f"version {change.before}" if change.before else "none"
    return [
        f"{change.name}: champion is version {change.after} (before: {before})",
        change.verdict,
        "klantreis score --customers LIST uses it from now on",
    ]
