"""What was done to a customer before the moment of deciding: contacts per cap, and what budgets were spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from features.contract import DAY_US
from models.kept import kept
from models.policies.rule import IntArray
from models.policies.settings import Budget, ContactCap

#: Customers, rising, and how many contacts each had.
Counts = tuple[IntArray, IntArray]
#: As known at the moment of deciding: an event of a browser that was linked since is the customer's.
_EVENTS = """
    SELECT customer_id, count(DISTINCT event_id) AS n FROM read_parquet($path)
    WHERE kind IN (SELECT unnest($kinds)) AND ($channel IS NULL OR channel = $channel)
      AND occurred_us >= $since AND occurred_us < $now
      AND known_us <= $now AND (until_us IS NULL OR until_us > $now)
    GROUP BY customer_id ORDER BY customer_id
"""
_DECISIONS = """
    SELECT customer_id, count(*) AS n FROM read_parquet($path)
    WHERE (action IN (SELECT unnest($actions)) OR ($channel IS NULL AND action <> 'none'))
      AND decided_us >= $since AND decided_us < $now
    GROUP BY customer_id ORDER BY customer_id
"""
_SPENT = """
    SELECT action, sum(cost), count(*) FROM read_parquet($decisions)
    WHERE decided_us >= $since AND decided_us < $now GROUP BY action ORDER BY action
"""


def contacts_before(
    caps: Sequence[ContactCap],
    events: Path,
    decisions: Path,
    customers: IntArray,
    decided_us: int,
    channels: Mapping[str, str],
) -> tuple[IntArray, ...]:
    """Count contacts as they were known at the moment of deciding: one array per cap.

    The larger of two counts: events done to the customer, and decisions of the log with an action of the channel.
    Most contacts stand in both, so their sum would count them twice.

    Parameters
    ----------
    caps : sequence of ContactCap
    events, decisions : Path
        Canonical tables; a missing one counts nothing.
    customers : array of int64
        Pseudonyms.
    decided_us : int
    channels : mapping of action to channel

    Notes
    -----
    Everybody's contacts are counted once and kept for the next batch of customers.
    """
    counts = []
    for cap in caps:
        actions = tuple(sorted(arm for arm, one in channels.items() if cap.channel in (None, one)))
        done = _theirs(_events(events, cap, decided_us), customers)
        counts.append(np.maximum(done, _theirs(_decisions(decisions, cap, actions, decided_us), customers)))
    return tuple(counts)


@kept(8)
def _events(path: Path, cap: ContactCap, decided_us: int) -> Counts:
    return _counted(path, _EVENTS, cap, decided_us, {"kinds": list(cap.kinds)})


@kept(8)
def _decisions(path: Path, cap: ContactCap, actions: tuple[str, ...], decided_us: int) -> Counts:
    return _counted(path, _DECISIONS, cap, decided_us, {"actions": list(actions)})


def _counted(
    path: Path, query: str, cap: ContactCap, decided_us: int, more: Mapping[str, list[str]]
) -> Counts:
    """Count the contacts of everybody who had one: customers, rising, and how many each had."""
    if not path.is_file():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    import duckdb

    moments = {"since": decided_us - cap.days * DAY_US, "now": decided_us}
    with duckdb.connect(config={"threads": 1}) as database:
        found = database.execute(
            query, {"path": str(path), "channel": cap.channel, **moments, **more}
        ).fetchnumpy()
    return np.asarray(found["customer_id"], dtype=np.int64), np.asarray(found["n"], dtype=np.int64)


def _theirs(counts: Counts, customers: IntArray) -> IntArray:
    """Look up what some customers had; 0 for who is not there."""
    who, n = counts
    if not len(who):
        return np.zeros(len(customers), dtype=np.int64)
    place = np.minimum(np.searchsorted(who, customers), len(who) - 1)
    return np.where(who[place] == customers, n[place], 0)


def spent_before(budgets: Mapping[str, Budget], decisions: Path, decided_us: int) -> dict[str, float]:
    """Sum what the log's decisions used of each budget with ``days``, in those days.

    Parameters
    ----------
    budgets : mapping of name to Budget
    decisions : Path
        Canonical table; a missing one spent nothing.
    decided_us : int
    """
    import duckdb

    spent = {}
    for name, budget in budgets.items():
        if budget.days is None or not decisions.is_file():
            continue
        given = {"decisions": str(decisions), "since": decided_us - budget.days * DAY_US, "now": decided_us}
        with duckdb.connect(config={"threads": 1}) as database:
            rows = database.execute(_SPENT, given).fetchall()
        uses = budget.uses
        spent[name] = float(
            sum(cost if uses is None else uses.get(action, 0.0) * n for action, cost, n in rows)
        )
    return spent
