"""What was done to a customer before the moment of deciding: contacts per cap, and what budgets were spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.contract import DAY_US
from models.policies.rule import IntArray
from models.policies.settings import Budget, ContactCap

#: As known at the moment of deciding: an event of a browser that was linked since is the customer's.
_EVENTS = """
    SELECT w.row, count(DISTINCT e.event_id) AS n
    FROM wanted w JOIN read_parquet($events) e USING (customer_id)
    WHERE e.kind IN (SELECT unnest($kinds)) AND ($channel IS NULL OR e.channel = $channel)
      AND e.occurred_us >= $since AND e.occurred_us < $now
      AND e.known_us <= $now AND (e.until_us IS NULL OR e.until_us > $now)
    GROUP BY w.row
"""
_DECISIONS = """
    SELECT w.row, count(*) AS n
    FROM wanted w JOIN read_parquet($decisions) d USING (customer_id)
    WHERE (d.action IN (SELECT unnest($actions)) OR ($over_all AND d.action <> 'none'))
      AND d.decided_us >= $since AND d.decided_us < $now
    GROUP BY w.row
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
    """
    if not caps:
        return ()
    import duckdb

    with duckdb.connect(config={"threads": 1}) as database:
        wanted = pa.table({"row": np.arange(len(customers)), "customer_id": customers})
        database.register("wanted", wanted)
        counts = []
        for cap in caps:
            moments = {"since": decided_us - cap.days * DAY_US, "now": decided_us}
            most = np.zeros(len(customers), dtype=np.int64)
            by = sorted(arm for arm, one in channels.items() if cap.channel in (None, one))
            for query, path, more in (
                (_EVENTS, events, {"events": str(events), "kinds": list(cap.kinds), "channel": cap.channel}),
                (
                    _DECISIONS,
                    decisions,
                    {"decisions": str(decisions), "actions": by, "over_all": cap.channel is None},
                ),
            ):
                if path.is_file():
                    found = database.execute(query, {**moments, **more}).fetchnumpy()
                    own = np.zeros(len(customers), dtype=np.int64)
                    own[np.asarray(found["row"])] = np.asarray(found["n"])
                    most = np.maximum(most, own)
            counts.append(most)
    return tuple(counts)


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
