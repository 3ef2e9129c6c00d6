"""Fairness of exposure: who receives which action, by group, at equal predicted benefit.

A group may receive an action less often because it gains less by it. So groups are compared within strata of
customers of one phase with a like predicted benefit of that action; what is left is a difference in treatment.

References
----------
Mantel & Haenszel (1959), Statistical aspects of the analysis of data from retrospective studies of disease.
Sato, Greenland & Robins (1989), On the variance estimator for the Mantel-Haenszel risk difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from models.actions.decision_log import NONE
from models.bootstrap import false_discovery

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Fifths are too coarse: a rule that looks at the benefit alone then seemed unfair in 16 % of 200 worlds (5 % is
#: chance); twentieths gave 3 %.
STRATA = 20
#: A smaller group is named, not compared.
MIN_GROUP = 100

EXPOSURE = pa.schema(
    [
        pa.field("action", pa.string(), metadata={"meaning": "who receives it"}),
        pa.field("discount", pa.bool_(), metadata={"meaning": "the action gives money away"}),
        pa.field("group_kind", pa.string(), metadata={"meaning": "audited attribute"}),
        pa.field("group", pa.string(), metadata={"meaning": "its value, incl. unknown"}),
        pa.field(
            "n", pa.int64(), metadata={"meaning": "customers in the phases where it is given to anybody"}
        ),
        pa.field("received", pa.int64(), metadata={"meaning": "of them: receive it"}),
        pa.field("share", pa.float64(), metadata={"meaning": "received / n"}),
        pa.field("share_rest", pa.float64(), metadata={"meaning": "the same of everybody else"}),
        pa.field("difference", pa.float64(), metadata={"meaning": "in share, at equal predicted benefit"}),
        pa.field("low", pa.float64(), metadata={"meaning": "lower end of its interval"}),
        pa.field("high", pa.float64(), metadata={"meaning": "upper end"}),
        pa.field("p_value", pa.float64(), metadata={"meaning": "of difference = 0"}),
        pa.field("q_value", pa.float64(), metadata={"meaning": "p_value adjusted over all rows"}),
        pa.field("strata", pa.int64(), metadata={"meaning": "strata that hold both the group and others"}),
        pa.field("note", pa.string(), metadata={"meaning": "why there is no difference, else empty"}),
    ]
)
"""One row per action, audited attribute and group."""


@dataclass(frozen=True)
class Given:
    """What the policy gives to whom, one entry per customer.

    Attributes
    ----------
    action : array of str
        Under the policy. Leave the random control out: it is nobody's choice.
    phase : array of str
    benefit : mapping of action to array
        Predicted money after costs over doing nothing, whoever receives it; NaN: unknown. An action without an
        entry is compared within phases only.
    possible : mapping of action to bool array
        Who may receive the action at all (consent, eligibility): nobody else is compared. No entry: everybody.
    """

    action: NDArray[np.object_]
    phase: NDArray[np.object_]
    benefit: Mapping[str, FloatArray] = field(default_factory=dict)
    possible: Mapping[str, BoolArray] = field(default_factory=dict)


def exposure(
    given: Given,
    groups: Mapping[str, NDArray[np.str_]],
    confidence: float = 0.95,
    discounts: Collection[str] = (),
) -> pd.DataFrame:
    """Give who receives which action, per group, and the difference from everybody else at equal benefit.

    Parameters
    ----------
    given : Given
    groups : mapping of str to array, one per customer
        Audited attribute to group, ``unknown`` where it is not known.
    confidence : float
        Of the intervals, two-sided.
    discounts : collection of str
        Actions that give money away: listed first.

    Returns
    -------
    DataFrame
        Columns as in ``EXPOSURE``, for every action that anybody receives.

    Examples
    --------
    >>> sex, worth = np.tile(["f", "m"], 500), np.repeat([0.0, 2.0], 500)
    >>> action = np.where(worth + (sex == "f") > 1, "coupon", "none").astype(object)
    >>> given = Given(action, np.full(1000, "buy", object), {"coupon": worth})
    >>> exposure(given, {"sex": sex})[["group", "share", "share_rest", "difference"]].values.tolist()
    [['f', 0.5, 0.5, 0.0], ['m', 0.5, 0.5, 0.0]]
    >>> unfair = Given(np.where(sex == "f", "coupon", "none").astype(object), given.phase, given.benefit)
    >>> exposure(unfair, {"sex": sex})[["group", "share", "difference"]].values.tolist()
    [['f', 1.0, 1.0], ['m', 0.0, -1.0]]
    """
    received = sorted({str(name) for name in np.unique(given.action.astype(str))} - {NONE})
    rows = []
    for action in sorted(received, key=lambda name: (name not in discounts, name)):
        for row in _of_action(action, given, groups, confidence):
            rows.append(row | {"action": action, "discount": action in discounts})
    frame = pd.DataFrame(rows, columns=EXPOSURE.names)
    frame["q_value"] = false_discovery(frame["p_value"].to_numpy(dtype=np.float64))
    return frame


def exposure_summary(frame: pd.DataFrame) -> dict[str, Any]:
    """Give the rows as plain numbers, for a JSON file and the report.

    Returns
    -------
    dict
        ``rows``: one mapping per row of ``EXPOSURE``, null where a number is not known.
    """
    records = frame[list(EXPOSURE.names)].to_dict("records")
    return {
        "rows": [
            {str(name): None if value != value else value for name, value in one.items()} for one in records
        ]
    }


def _of_action(
    action: str, given: Given, groups: Mapping[str, NDArray[np.str_]], confidence: float
) -> Iterator[dict[str, Any]]:
    gets = given.action == action
    # Where a phase gives it to nobody, nobody is treated differently: such strata would only dilute.
    compared = np.isin(given.phase.astype(str), np.unique(given.phase[gets].astype(str)))
    compared &= given.possible.get(action, np.ones(len(gets), dtype=np.bool_))
    phase = np.unique(given.phase[compared].astype(str), return_inverse=True)[1]
    benefit = given.benefit.get(action)
    stratum = phase if benefit is None else _strata(phase, benefit[compared])
    gets = gets[compared]
    for kind, labels in groups.items():
        names, code = np.unique(labels[compared], return_inverse=True)
        for place, name in enumerate(names.tolist()):
            yield {"group_kind": kind, "group": name} | _row(code == place, gets, stratum, confidence)


def _strata(phase: IntArray, benefit: FloatArray) -> IntArray:
    """Twentieths of the predicted benefit within each phase; equal benefits, and unknown ones, stay together."""
    stratum = phase * (STRATA + 1) + STRATA
    known = ~np.isnan(benefit)
    for place in np.unique(phase[known]).tolist():
        inside = known & (phase == place)
        edges = np.unique(np.quantile(benefit[inside], np.arange(1, STRATA) / STRATA))
        stratum[inside] = place * (STRATA + 1) + np.searchsorted(edges, benefit[inside], side="left")
    return stratum


def _row(inside: BoolArray, gets: BoolArray, stratum: IntArray, confidence: float) -> dict[str, Any]:
    n, rest = int(inside.sum()), int((~inside).sum())
    row: dict[str, Any] = {
        "n": n,
        "received": int(gets[inside].sum()),
        "share": float(gets[inside].mean()),
        "share_rest": float(gets[~inside].mean()) if rest else None,
        "note": "",
    }
    if min(n, rest) < MIN_GROUP:
        who = "customers" if n < MIN_GROUP else "others"
        return row | {"note": f"too small: {min(n, rest)} {who} < {MIN_GROUP}"}
    strata = int(stratum.max()) + 1
    size = np.array([np.bincount(stratum[part], minlength=strata) for part in (inside, ~inside)])
    hits = np.array([np.bincount(stratum[part & gets], minlength=strata) for part in (inside, ~inside)])
    both = (size > 0).all(axis=0)
    if not both.any():
        return row | {"note": "no customers of both sides with a like predicted benefit"}
    return row | _mantel_haenszel(hits[:, both], size[:, both], confidence) | {"strata": int(both.sum())}


def _mantel_haenszel(hits: IntArray, size: IntArray, confidence: float) -> dict[str, float]:
    """Weighted difference of shares over strata, with the interval of Sato and others.

    Parameters
    ----------
    hits, size : int array (2, strata)
        Customers with the action, and all customers: of the group, of everybody else.
    confidence : float

    Examples
    --------
    >>> found = _mantel_haenszel(np.array([[30, 60], [20, 50]]), np.full((2, 2), 100), 0.95)
    >>> round(found["difference"], 3), round(found["low"], 3), round(found["high"], 3)
    (0.1, 0.009, 0.191)
    """
    from scipy.special import ndtr, ndtri

    n1, n0 = size.astype(np.float64)
    x1, x0 = hits.astype(np.float64)
    total = n1 + n0
    weight = n1 * n0 / total
    value = float((weight * (x1 / n1 - x0 / n0)).sum() / weight.sum())
    p = (n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / total**2
    q = (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * total)
    variance = max(float(value * p.sum() + q.sum()) / float(weight.sum()) ** 2, 0.0)
    half = float(ndtri(0.5 + confidence / 2)) * variance**0.5
    z = abs(value) / variance**0.5 if variance > 0 else (np.inf if value else 0.0)
    return {
        "difference": value,
        "low": max(value - half, -1.0),
        "high": min(value + half, 1.0),
        "p_value": float(2 * ndtr(-z)),
    }
