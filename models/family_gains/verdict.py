"""Does a family earn its cost? The rule, and the content of ``reports/features.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.family_gains.costs import BuildSeconds
from models.family_gains.shortlist import Shortlist
from models.family_gains.trial import NoTrial

#: A gain below this share of what all features bring together is small.
MARGIN = 0.01
#: Verdicts: helps a target beyond chance and harms none; helps one and harms another; neither beyond chance; brings
#: little, but is cheap; brings little at more than its fair share of the cost; no target to judge it on.
EARNS, MIXED, UNCLEAR, SMALL, DEAR, UNKNOWN = "earns", "mixed", "unclear", "small", "dear", "unknown"


def verdict(
    gains: Sequence[Mapping[str, Any]], cost_share: float, fair_share: float, listed: bool = False
) -> str:
    """Tell whether a family earns its cost.

    A family brings little to a target if even the upper end of its gain is below ``MARGIN`` of what all features bring
    together, or if the forecast is no worse without it. It does not earn its cost (``dear``) if it brings little to
    every target, costs more than its fair share and is not on the short list: what is on it may be replaceable, but
    could itself replace others.

    Parameters
    ----------
    gains : sequence of mapping
        One per target that could be judged: ``value``, ``low``, ``high``, ``share_high``.
    cost_share : float
        Its share of the build time of all families.
    fair_share : float
        One divided by the number of families.
    listed : bool
        Whether it is one of the few that together keep most of the gain.

    Examples
    --------
    >>> nothing = {"value": 0.0001, "low": -0.0002, "high": 0.0004, "share_high": 0.004}
    >>> verdict([nothing, nothing], cost_share=0.4, fair_share=0.1)
    'dear'
    >>> clear = {"value": 0.01, "low": 0.004, "high": 0.02, "share_high": 0.2}
    >>> verdict([nothing, clear], cost_share=0.4, fair_share=0.1)
    'earns'
    """
    if not gains:
        return UNKNOWN
    if all(_little(one) for one in gains):
        if listed:
            return UNCLEAR
        return DEAR if cost_share > fair_share else SMALL
    helps = any((one["low"] or 0.0) > 0 for one in gains)
    harms = any((one["high"] or 0.0) < 0 for one in gains)
    return (MIXED if harms else EARNS) if helps else UNCLEAR


def _little(gain: Mapping[str, Any]) -> bool:
    high = gain["share_high"]
    return bool(gain["value"] <= 0 or (high is not None and high < MARGIN))


def assembled(
    columns: Mapping[str, Sequence[str]], stored: Mapping[str, int], built: BuildSeconds,
    targets: Mapping[str, Mapping[str, Any] | NoTrial], short: Shortlist,
) -> dict[str, Any]:  # fmt: skip
    """Put cost and gain of every family side by side.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        The columns of each family; ``phase`` holds the days in the phase.
    stored : mapping of str to int
        Bytes of each column of the features table.
    built : BuildSeconds
        Of the whole log.
    targets : mapping
        Per target what `Trial.told` and `gains` gave, or why there is nothing.
    short : Shortlist
        What families reach without each other.

    Returns
    -------
    dict
        - ``families``: per family ``columns``, ``cpu_seconds``, ``cpu_share``, ``learning_seconds`` (of
          ``cpu_seconds``), ``bytes``, ``bytes_share``, ``gains`` (per judged target, see `models.family_gains.gains`),
          ``share`` (of the gain of all, mean of the judged targets; null without), ``alone`` (the share it reaches with
          nothing but the phases beside it), ``share_per_cpu_second`` and ``verdict``;
        - ``phases``: the same of the phase, without verdict and shares of the cost;
        - ``order``: the families, what brings most first; cheap before dear where nothing was judged;
        - ``shortlist``: the fewest families that keep most of the gain;
        - ``together``: ``columns``, ``cpu_seconds`` and ``bytes`` of phases and families;
        - ``targets``: per target what was judged, with ``base_loss``, ``loss``, ``gain`` and ``learning_error``, or
          ``judged: false`` with ``reason`` and ``figures``;
        - ``margin``: a gain below this share of all is small.
    """
    judged = {name: one for name, one in targets.items() if not isinstance(one, NoTrial)}
    alone = sum(built.families.values())
    room = sum(stored.get(name, 0) for family in built.families for name in columns.get(family, ()))
    families = {}
    for family, seconds in built.families.items():
        own = _line(family, seconds, columns.get(family, ()), columns.get(family, ()), stored, judged)
        own |= {
            "cpu_share": seconds / alone if alone > 0 else 0.0,
            "bytes_share": own["bytes"] / room if room else 0.0,
            "learning_seconds": built.learning.get(family, 0.0),
            "alone": short.alone.get(family),
        }
        fair = 1.0 / len(built.families)
        found = list(own["gains"].values())
        families[family] = own | {"verdict": verdict(found, own["cpu_share"], fair, family in short.families)}
    days = columns.get("phase", ())
    return {
        "families": families,
        "phases": _line("phase", built.phases, days, ("phase", *days), stored, judged)
        | {"alone": short.phases},
        "order": sorted(families, key=lambda name: _place(name, families[name])),
        "shortlist": list(short.families),
        "together": {
            "columns": sum(len(names) for names in columns.values()),
            "cpu_seconds": built.together,
            "bytes": sum(stored.values()),
        },
        "targets": {
            name: {"judged": False, "reason": one.reason, "figures": one.figures}
            if isinstance(one, NoTrial)
            else {key: value for key, value in one.items() if key != "groups"}
            for name, one in targets.items()
        },
        "margin": MARGIN,
    }


def _line(
    name: str, seconds: float, features: Sequence[str], written: Sequence[str], stored: Mapping[str, int],
    judged: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Give cost and gain of one group of columns, of which ``written`` stand in the table."""
    found = {target: one["groups"][name] for target, one in judged.items() if name in one["groups"]}
    shares = [one["share"] for one in found.values() if one["share"] is not None]
    share = sum(shares) / len(shares) if shares else None
    return {
        "columns": len(features),
        "cpu_seconds": seconds,
        "bytes": sum(stored.get(column, 0) for column in written),
        "gains": found,
        "share": share,
        "share_per_cpu_second": share / seconds if share is not None and seconds > 0 else None,
    }


def _place(name: str, one: Mapping[str, Any]) -> tuple[bool, float, float, str]:
    return one["share"] is None, -(one["share"] or 0.0), one["cpu_seconds"], name
