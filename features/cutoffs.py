"""The only place that cuts time: the observation grid, look-back, gap, horizon and splits.

A feature at cutoff ``t`` sees ``occurred_us < t`` and ``known_us <= t < until_us``. A label looks at
``[t + gap, t + gap + horizon)`` and counts what was known at its end. Cutoffs are midnights UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import numpy as np

from features.contract import DAY_US
from features.errors import InputError
from features.events import Events
from features.history import Frame, History, Ints, Mask
from features.settings import LabelContract

#: Further back than any log goes: the look-back of "ever before".
EVER_DAYS = 36_500


def midnight_us(day: date) -> int:
    """Midnight UTC at which a day begins, in microseconds.

    Examples
    --------
    >>> midnight_us(date(1970, 1, 3)) == 2 * DAY_US
    True
    """
    return (day - date(1970, 1, 1)).days * DAY_US


def day_of(moment_us: int) -> date:
    """Day (UTC) in which a moment lies.

    Examples
    --------
    >>> day_of(2 * DAY_US + 5)
    datetime.date(1970, 1, 3)
    """
    return datetime.fromtimestamp(moment_us // DAY_US * 86_400, UTC).date()


def day_start_us(moment_us: int) -> int:
    """Midnight UTC at or before a moment.

    Examples
    --------
    >>> day_start_us(2 * DAY_US + 5) == 2 * DAY_US
    True
    """
    return moment_us // DAY_US * DAY_US


def label_window(cutoff_us: int, contract: LabelContract) -> tuple[int, int]:
    """Start (inclusive) and end (exclusive) of the label window of a cutoff, in microseconds."""
    start = cutoff_us + contract.gap_days * DAY_US
    return start, start + contract.horizon_days * DAY_US


def label_cutoffs(
    contract: LabelContract, *, as_of_us: int, start_us: int, step_days: int, min_history_days: int
) -> list[int]:
    """Cutoffs whose label window has matured at ``as_of_us``, ascending.

    Parameters
    ----------
    contract : LabelContract
        Gap and horizon (days).
    as_of_us, start_us : int
        Present and first moment of the log; the present is cut to its midnight.
    step_days : int
        Days between cutoffs.
    min_history_days : int
        Days of log needed before the first cutoff.

    Returns
    -------
    list of int
        ``as_of - gap - horizon - k * step`` for k = 0, 1, ... not before ``start + min_history``. A contract of
        several horizons begins with the shortest, and keeps to ``as_of - k * step``: the grid of the other labels.

    Examples
    --------
    >>> churn = LabelContract(target="churn", horizon_days=7)
    >>> days = label_cutoffs(churn, as_of_us=30 * DAY_US, start_us=0, step_days=7, min_history_days=5)
    >>> [day // DAY_US for day in days]
    [9, 16, 23]
    """
    reach = contract.gap_days + contract.horizon_days
    if contract.horizons_days:
        reach = -(-(contract.gap_days + contract.horizons_days[0]) // step_days) * step_days
    newest = day_start_us(as_of_us) - reach * DAY_US
    oldest = start_us + min_history_days * DAY_US
    return list(range(newest, oldest - 1, -step_days * DAY_US))[::-1]


def train_cutoffs(cutoffs: Iterable[int], known_at_us: int, contract: LabelContract) -> list[int]:
    """Cutoffs whose label was fully known at a moment, ascending: what may be learnt from then.

    Examples
    --------
    >>> churn = LabelContract(target="churn", horizon_days=7)
    >>> [t // DAY_US for t in train_cutoffs([9 * DAY_US, 16 * DAY_US], 20 * DAY_US, churn)]
    [9]
    """
    return sorted(t for t in set(cutoffs) if label_window(t, contract)[1] <= known_at_us)


def validation_split(cutoffs: Iterable[int], contract: LabelContract) -> tuple[list[int], int]:
    """Split matured cutoffs into those to fit on and the newest to validate on; there is no other split.

    Returns
    -------
    tuple of (list of int, int)
        Fit cutoffs (their label windows end at or before the validation cutoff), and the validation cutoff.

    Raises
    ------
    InputError
        If no cutoff is left to fit on.

    Examples
    --------
    >>> churn = LabelContract(target="churn", horizon_days=14)
    >>> fit, validation = validation_split([t * DAY_US for t in (0, 7, 14, 21)], churn)
    >>> [t // DAY_US for t in fit], validation // DAY_US
    ([0, 7], 21)
    """
    ordered = sorted(set(cutoffs))
    fit = train_cutoffs(ordered, ordered[-1], contract) if ordered else []
    if not fit:
        raise InputError(
            f"{contract.target}: {len(ordered)} cutoff(s) leave none to fit on once the newest is kept for "
            f"validation and labels ({contract.gap_days} + {contract.horizon_days} days) end before it; "
            "lower horizon_days or step_days, or bring a longer log"
        )
    return fit, ordered[-1]


def window_is_complete(
    start_us: int, end_us: int, missing_days: Sequence[date], complete_until_us: int
) -> bool:
    """Tell whether the log covers ``[start, end)``: matured and without a missing day.

    Examples
    --------
    >>> window_is_complete(0, 3 * DAY_US, [date(1970, 1, 4)], 9 * DAY_US)
    True
    >>> window_is_complete(0, 4 * DAY_US, [date(1970, 1, 4)], 9 * DAY_US)
    False
    """
    if end_us > complete_until_us:
        return False
    return not any(start_us < midnight_us(day) + DAY_US and midnight_us(day) < end_us for day in missing_days)


def observed_days(start_us: int, days: int, missing_days: Sequence[date], complete_until_us: int) -> int:
    """Count the whole days of a window that the log covers: up to its end, or the first missing day.

    Examples
    --------
    >>> observed_days(0, 5, [], 9 * DAY_US), observed_days(0, 5, [], 3 * DAY_US)
    (5, 3)
    >>> observed_days(0, 5, [date(1970, 1, 3)], 9 * DAY_US), observed_days(9 * DAY_US, 5, [], 3 * DAY_US)
    (2, 0)
    """
    ends = [start_us + days * DAY_US, day_start_us(complete_until_us)]
    ends += [midnight_us(day) for day in missing_days if midnight_us(day) + DAY_US > start_us]
    return max(0, (min(ends) - start_us) // DAY_US)


def past(
    events: Events, cutoff_us: int, lookback_days: int = EVER_DAYS, windows_days: Sequence[int] = ()
) -> History:
    """Everything that had happened and was known at the cutoff, at most ``lookback_days`` back.

    Raises
    ------
    InputError
        If the cutoff is not a midnight UTC.
    """
    if cutoff_us % DAY_US:
        raise InputError(f"cutoff {cutoff_us} is not a midnight UTC; cutoffs are day boundaries")
    oldest = cutoff_us - lookback_days * DAY_US
    keep = _seen(events, cutoff_us) & (_column(events, "occurred_us") >= oldest)
    frame = Frame(len(events.customers), cutoff_us, tuple(windows_days), lookback_days)
    return History(events.columns, np.flatnonzero(keep), frame, events.pair_rows, events.words)


def known_customers(events: Events, cutoff_us: int) -> Mask:
    """Tell which customers had any event known at the cutoff, however long before."""
    known = np.zeros(len(events.customers), dtype=np.bool_)
    known[_column(events, "row")[_newest(events, cutoff_us)]] = True
    return known


def future(events: Events, start_us: int, end_us: int, known_by_us: int) -> History:
    """Everything that happened in ``[start, end)`` and was known at ``known_by_us``: for labels only."""
    occurred = _column(events, "occurred_us")
    keep = (occurred >= start_us) & (occurred < end_us) & _holds(events, known_by_us)
    days = max(1, -(-(end_us - start_us) // DAY_US))
    frame = Frame(len(events.customers), end_us, (), days)
    return History(events.columns, np.flatnonzero(keep), frame, events.pair_rows, events.words)


def successors(events: Events, cutoff_us: int, at_us: int) -> Ints:
    """Tell who each customer of a cutoff is at a later moment: whoever owns their last event by then.

    Returns
    -------
    array of int64
        One customer row per customer. A browser that was linked to a customer in between is that customer.
    """
    if events.plain:
        return np.arange(len(events.customers), dtype=np.int64)
    last = _newest(events, cutoff_us)
    found = np.arange(len(events.customers), dtype=np.int64)
    found[events.columns["row"][last]] = events.owners_at(last, at_us)
    return found


def _seen(events: Events, cutoff_us: int) -> Mask:
    """Tell which rows had happened and hold at a cutoff."""
    if cutoff_us not in events.seen:
        happened: Mask = _column(events, "occurred_us") < cutoff_us
        # What was known at once holds as soon as it has happened.
        events.seen[cutoff_us] = happened if events.plain else happened & _holds(events, cutoff_us)
    return events.seen[cutoff_us]


def _newest(events: Events, cutoff_us: int) -> Ints:
    """Give the last row of each customer that holds at a cutoff."""
    if cutoff_us not in events.newest:
        seen = np.flatnonzero(_seen(events, cutoff_us))
        row = events.columns["row"][seen]
        events.newest[cutoff_us] = seen[np.append(row[1:] != row[:-1], True)[: len(seen)]]
    return events.newest[cutoff_us]


def _holds(events: Events, at_us: int) -> Mask:
    """Tell which rows hold at a moment: known by then, and not of somebody else yet."""
    holds: Mask = (_column(events, "known_us") <= at_us) & (_column(events, "until_us") > at_us)
    return holds


def _column(events: Events, name: str) -> Ints:
    return events.columns[name].astype(np.int64, copy=False)
