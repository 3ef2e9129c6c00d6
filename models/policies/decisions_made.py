"""What a policy decides today is the decision log of tomorrow, with propensities that are known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.contract import DECISIONS
from features.errors import InputError
from models.actions.keyed_draws import keyed_uniform
from models.policies.decided import Decided
from models.policies.rule import IntArray


def as_decisions(decided: Decided) -> pa.Table:
    """Write decisions as rows of the contract ``decisions`` (`features.contract`), by customer.

    ``eligible`` lists the actions with a propensity above 0. A customer of the control group could get ``none``
    only: the group stands, so who is in it is no draw of this decision. Outcome and value are still unknown.
    Customers whose phase has no policy are left out: nothing was decided on them.

    Parameters
    ----------
    decided : Decided

    Raises
    ------
    InputError
        Without a moment of deciding there is no log.
    """
    batch = decided.batch
    moment = batch.decided_us
    if moment is None:
        raise InputError("decisions without a moment cannot be logged; give decide the argument constraints")
    rows = np.flatnonzero(np.isin(batch.phase.astype(str), list(batch.policies)))
    rows = rows[np.argsort(batch.customers[rows], kind="stable")]
    customers = batch.customers[rows]
    nothing = pa.nulls(len(rows), pa.float64())
    columns = {
        "decision_id": decision_ids(customers, moment, decided.version),
        "customer_id": customers,
        "decided_us": np.full(len(rows), moment, dtype=np.int64),
        "phase": batch.phase[rows],
        "eligible": decided.possible()[rows].tolist(),
        "action": decided.names()[rows],
        "propensity": decided.taken_propensity()[rows],
        "policy": np.full(len(rows), f"klantreis_{decided.version}", dtype=object),
        "explore": decided.explore[rows],
        "cost": decided.cost()[rows],
        "outcome": nothing,
        "value": nothing,
    }
    arrays = [pa.array(columns[field.name], field.type) for field in DECISIONS]
    return pa.Table.from_arrays(arrays, schema=DECISIONS)


def decision_ids(customers: IntArray, decided_us: int, version: str) -> IntArray:
    """Give every decision a number that is a function of customer, moment and version."""
    high, low = (keyed_uniform(customers, part, decided_us, version) for part in ("id high", "id low"))
    numbers: IntArray = (high * 2.0**31).astype(np.int64) << 32 | (low * 2.0**32).astype(np.int64)
    return numbers
