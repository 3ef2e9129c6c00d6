"""Where the journey ends: who is silent eight weeks later, stays that end in silence, and the last thing done."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from features.contract import CHANNELS, CIRCUMSTANCES, KINDS
from features.journey.grid import STEP_DAYS
from features.journey.steps import AHEAD
from features.journey.tally import STATISTICS, number
from features.settings import DORMANT
from models.journey.facts import Facts, Found, ratio_of, tidy
from models.journey.report_data import DropOff, LastTouch, LostWithin, Touchpoint

PAIR = ("stays_lost", "stays_ended")
#: How many last touches and touchpoints are named.
NAMED_LAST, NAMED = 5, 6
#: Of one kind at most so many channels are named.
CHANNELS_NAMED = 2
#: What the customer does not notice, or nobody can do anything with: circumstances, and marks of the tag itself.
UNSEEN = ("other", *CIRCUMSTANCES, "discount", "loyalty_earn")


def drop_off(facts: Facts, phase: str) -> DropOff | None:
    """Give the share of the stays in a phase that ended in ``dormant``; None for dormant itself."""
    if phase == DORMANT:
        return None
    found = direct(facts, phase)
    lost = round(facts.total("stays_lost", phase))
    place = facts.plan.journey.phase_keys.index(phase)
    return {**found.estimate(), "lost": lost, "last_touches": _last(facts, place)}


def lost_within(facts: Facts, phase: str) -> LostWithin | None:
    """Give the share of who was in a phase that had fallen silent ``AHEAD`` steps later; None for dormant itself."""
    if phase == DORMANT:
        return None
    found = silent_later(facts, phase)
    lost = round(found.value * found.n) if found.n else 0
    return {**found.estimate(), "days": AHEAD * STEP_DAYS, "lost": lost}


def silent_later(facts: Facts, phase: str) -> Found:
    """Give that share with its interval, clustered by customer; of every week a customer began in the phase."""
    stats = number(facts.tally.ratios["silent_later"][facts.plan.journey.phase_keys.index(phase)])
    return ratio_of(dict(zip(STATISTICS, stats.tolist(), strict=True)), share=True)


def direct(facts: Facts, phase: str) -> Found:
    """Give the share of the stays in a phase that ended in ``dormant``."""
    return facts.ratio(*PAIR, scope=phase)


def elsewhere(facts: Facts, phase: str, share: Callable[[Facts, str], Found] = direct) -> Found:
    """Give such a share of all other phases together (their errors added as if independent)."""
    others = [key for key in facts.plan.journey.phase_keys if key not in (phase, DORMANT)]
    parts = [share(facts, key) for key in others]
    n = sum(part.n for part in parts)
    if not n:
        return ratio_of({"below": 0.0, "customers": 0.0}, share=True)
    known = [part for part in parts if part.n]
    value = sum(part.value * part.n for part in known) / n
    errors = [part.error * part.n for part in known if math.isfinite(part.error)]
    error = math.hypot(*errors) / n if errors else math.nan
    return Found(value, error, value - 1.96 * error, value + 1.96 * error, n)


def _last(facts: Facts, place: int) -> list[LastTouch]:
    counts = facts.tally.counts["last_touches"][place]
    whole = max(int(counts.sum()), 1)
    return [
        {"kind": KINDS[kind], "channel": _channel(channel), "n": n, "share": tidy(n / whole) or 0.0}
        for kind, channel, n in _largest(counts, NAMED_LAST)
    ]


def touch_rows(facts: Facts, place: int) -> list[Touchpoint]:
    """Give the touchpoints that reach most customers of a phase."""
    counts = facts.tally.counts["touchpoints"][place].copy()
    counts[[KINDS.index(kind) for kind in UNSEEN if kind in KINDS]] = 0
    seen = max(int(facts.tally.counts["seen"][place]), 1)
    return [
        {"kind": KINDS[kind], "channel": _channel(channel), "events": int(counts[kind, channel, 0]),
         "customers": customers, "share": tidy(customers / seen) or 0.0}
        for kind, channel, customers in _varied(_largest(counts[:, :, 1], counts[:, :, 1].size))
    ]  # fmt: skip


def _varied(cells: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Keep the first of each kind and its best second channel: six pages by channel are no journey."""
    kept: list[tuple[int, int, int]] = []
    for cell in cells:
        if sum(one[0] == cell[0] for one in kept) < CHANNELS_NAMED and len(kept) < NAMED:
            kept.append(cell)
    return kept


def _largest(counts: np.ndarray, number: int) -> list[tuple[int, int, int]]:
    """Give (kind, channel, count) of the largest cells; equal ones in the order of the vocabularies."""
    flat = counts.reshape(-1)
    order = np.argsort(-flat, kind="stable")[:number]
    kinds, channels = np.divmod(order, counts.shape[1])
    cells = zip(kinds.tolist(), channels.tolist(), flat[order].tolist(), strict=True)
    return [(kind, channel, n) for kind, channel, n in cells if n]


def _channel(code: int) -> str | None:
    return CHANNELS[code] if code < len(CHANNELS) else None
