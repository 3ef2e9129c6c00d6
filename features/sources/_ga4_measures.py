"""Amounts and times of a GA4 event."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.sources._batches import Verdict
from features.sources._columns import as_mask
from features.sources._nested import Params, dig

_DAY_S = 86_400.0


def amounts_of(raw: pa.Table, params: Params, kinds: pa.Array, money: str, verdict: Verdict) -> pa.Array:
    """Give the amount of purchases and, below zero, of returns; null where GA4 was not told.

    Parameters
    ----------
    raw : table
        Raw rows.
    params : Params
        Their parameters: in an app the amount stands in ``value``.
    kinds : array of string
        Kind of each event: only purchases and returns have an amount.
    money : str
        ``usd`` (as GA4 converted it) or ``local``.
    verdict : Verdict
        Is told of amounts that cannot be.
    """
    ending = "_in_usd" if money == "usd" else ""
    number = pa.float64()
    other = dig(raw, "event_value_in_usd", number) if ending else params.number("value", number)
    bought = pc.coalesce(dig(raw, f"ecommerce.purchase_revenue{ending}", number), other)
    given_back = pc.coalesce(dig(raw, f"ecommerce.refund_value{ending}", number), other)
    purchase, refund = pc.equal(kinds, "purchase"), pc.equal(kinds, "return")
    amounts = pc.if_else(
        purchase, bought, pc.if_else(refund, pc.negate(pc.abs(given_back)), pa.scalar(None, number))
    )
    verdict.reject(as_mask(pc.invert(pc.is_finite(amounts))), "value is not a number")
    verdict.reject(as_mask(pc.and_(purchase, pc.less(amounts, 0.0))), "value is negative")
    return amounts


def seconds_of(params: Params) -> pa.Array:
    """Give the time spent since the event before; one that cannot be (below 0, over a day) is unknown.

    Examples
    --------
    >>> pairs = [{"key": "engagement_time_msec", "value": {"int_value": ms}} for ms in (1500, -3)]
    >>> seconds_of(Params(pa.table({"event_params": [[pair] for pair in pairs]}))).to_pylist()
    [1.5, None]
    """
    seconds = pc.divide(params.number("engagement_time_msec", pa.float64()), 1000.0)
    possible = pc.and_(pc.greater_equal(seconds, 0.0), pc.less_equal(seconds, _DAY_S))
    return pc.if_else(possible, seconds, pa.scalar(None, pa.float64()))
