"""The columns of a score file, one row per customer, in their order.

``customer_id`` (as the source gave it), ``id_space`` (what it is the id of: customer, card, email, browser; who is
known by a browser only is scored as a browser), ``as_of``, ``journey``, ``phase``, ``days_in_phase``, ``persona`` (id,
see `models.personas.names`);

``p_churn`` and ``p_ready`` (probabilities, their calibration error is in the report; empty outside the risk set);
``p_advance``, ``p_stall``, ``p_regress`` and ``p_leave`` (where the phase leads within the horizon of the exits:
together 1, empty for who is dormant); ``eligible`` (at risk for churn or readiness) and ``not_eligible_reason`` (why a
probability is empty); ``score``, ``percentile`` and ``band`` (three readings of ``p_ready``, see `models.scoring`);

``p_order_<h>d`` (an order within h days; never falls with h), ``next_order_p10``, ``next_order_p50`` and
``next_order_p90`` (days from now; empty: later than the longest horizon), ``p_left_<h>d`` (dormant by then without an
order), ``predicted_value`` (net money within the horizon of ``value``), ``next_categories`` (known ones, then new ones,
each with its probability; empty for who bought nothing lately);

``action``, ``action_value`` (money over doing nothing), ``action_effect`` with ``effect_low`` and ``effect_high`` (on
the probability of success), ``action_cost``, ``blocked`` (``action:rule``), ``is_control``, ``eligible_actions`` (what
the customer could get), ``propensity`` (chance of the action given), ``explore`` (it was drawn), ``action_valid_until``
and ``policy_version`` (see `models.policy`);
``reasons`` (what moves ``p_ready`` most), ``model_version`` and ``data_hash``.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from features.plan import Plan
from models.exits.probabilities import P
from models.timing.judging import NEXT_ORDER

_WHO = (("customer_id", pa.string()), ("id_space", pa.string()))
_WHERE = (
    ("as_of", pa.string()), ("journey", pa.string()), ("phase", pa.string()), ("days_in_phase", pa.float32()),
    ("persona", pa.string()),
)  # fmt: skip
_WHETHER = (
    ("p_churn", pa.float64()), ("p_ready", pa.float64()), *((name, pa.float64()) for name in P),
    ("eligible", pa.bool_()), ("not_eligible_reason", pa.string()), ("score", pa.float64()),
    ("percentile", pa.float64()), ("band", pa.string()),
)  # fmt: skip
_WHAT = (("predicted_value", pa.float64()), ("next_categories", pa.list_(pa.string())))
_ACTION = (
    ("action", pa.string()), ("action_value", pa.float64()), ("action_effect", pa.float64()),
    ("effect_low", pa.float64()), ("effect_high", pa.float64()), ("action_cost", pa.float64()),
    ("blocked", pa.list_(pa.string())), ("is_control", pa.bool_()), ("eligible_actions", pa.list_(pa.string())),
    ("propensity", pa.float64()), ("explore", pa.bool_()), ("action_valid_until", pa.string()),
    ("policy_version", pa.string()),
)  # fmt: skip
_WHY = (("reasons", pa.list_(pa.string())), ("model_version", pa.string()), ("data_hash", pa.string()))


def score_columns(plan: Plan) -> pa.Schema:
    """Give the columns of a score file; the horizons of the next order are those of the plan."""
    horizons = next((one.horizons_days for one in plan.contracts if one.target == "timing"), ())
    when = [f"p_order_{days}d" for days in horizons]
    when += [*NEXT_ORDER, f"p_left_{horizons[-1]}d"] if horizons else []
    timing = tuple((name, pa.float64()) for name in when)
    return pa.schema([*_WHO, *_WHERE, *_WHETHER, *timing, *_WHAT, *_ACTION, *_WHY])


def as_arrow(scores: pd.DataFrame, plan: Plan) -> pa.Table:
    """Turn scores into an Arrow table: the columns of `score_columns`, whatever the values."""
    schema, columns = score_columns(plan), {}
    for field in schema:
        values = scores[field.name]
        # From a list, because an empty column of lists has lost its type in pandas.
        given = values.tolist() if pa.types.is_list(field.type) else values
        columns[field.name] = pa.array(given, field.type, from_pandas=True)
    return pa.table(columns, schema=schema)
