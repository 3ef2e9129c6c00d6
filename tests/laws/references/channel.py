"""Channel, the slow way: the customer's events as a list of channel names."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pyarrow as pa

from features.contract import BEHAVIOUR, DAY_US
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer; events without a channel count for the shares only."""
    if len(scope.channels) == 1:
        return {}
    behaviour = [row for row in mine if row.kind in BEHAVIOUR]
    told = [row for row in behaviour if row.channel in scope.channels]
    out: dict[str, float] = {}
    for channel in scope.channels:
        here = [row.occurred_us for row in told if row.channel == channel]
        out[f"{channel}_share"] = len(here) / len(behaviour) if behaviour else 0.0
        out[f"{channel}_recency"] = (frame.cutoff_us - max(here)) / DAY_US if here else frame.lookback_days
    return out | _mix(told, scope, frame) | _changes(told)


def _mix(told: list[Row], scope: Scope, frame: Frame) -> dict[str, float]:
    since = frame.cutoff_us - frame.windows_days[1] * DAY_US
    usual = Counter(row.channel for row in told)
    lately = Counter(row.channel for row in told if row.occurred_us >= since)
    shares = {channel: usual[channel] / max(len(told), 1) for channel in scope.channels}
    recent = {channel: lately[channel] / max(lately.total(), 1) for channel in scope.channels}
    # At a tie the first declared channel is the usual one.
    main = max(scope.channels, key=lambda channel: usual[channel])
    distance = sum(abs(recent[channel] - shares[channel]) for channel in scope.channels) / 2
    return {
        "used": len(usual),
        "concentration": sum(share**2 for share in shares.values()),
        "main_changed": any(lately[channel] > lately[main] for channel in scope.channels),
        "mix_shift": distance * lately.total() / (lately.total() + 1),
    }


def _changes(told: list[Row]) -> dict[str, float]:
    pairs = list(pairwise(told))
    new_days = [
        (one, next_) for one, next_ in pairs if one.occurred_us // DAY_US != next_.occurred_us // DAY_US
    ]
    return {
        "switch_share": (sum(one.channel != next_.channel for one, next_ in pairs) + 0.1) / (len(pairs) + 1),
        "day_switch_share": (sum(one.channel != next_.channel for one, next_ in new_days) + 0.1)
        / (len(new_days) + 1),
        "last_is_first": not told or told[0].channel == told[-1].channel,
        "last_share": sum(row.channel == told[-1].channel for row in told) / max(len(told), 1),
    }
