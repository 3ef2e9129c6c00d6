"""What a destination says of itself: its columns, its key, and what it can hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["text", "number", "day"]
#: What every destination gets, in this order: name of ours, and how it is written.
SCORES: tuple[tuple[str, Kind], ...] = (
    ("as_of", "day"), ("phase", "text"), ("persona", "text"), ("p_ready", "number"), ("p_churn", "number"),
    ("score", "number"), ("band", "text"), ("predicted_value", "number"), ("next_order_p50", "number"),
    ("action", "text"), ("action_valid_until", "day"),
)  # fmt: skip
#: What stands before the ids of HubSpot's records, where the source ``hubspot`` knows no number of the shop.
HUBSPOT = "hubspot:"
ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


@dataclass(frozen=True)
class Destination:
    """One tool.

    Parameters
    ----------
    title : str
        Its name.
    key : str
        Column that rows are matched on, unless another is asked for.
    keys_of : callable
        ``(ids, their spaces, key) -> what stands in the key column``; null for who cannot be matched.
    no_key : str
        Why somebody cannot be matched, in words.
    columns : dict of str to str
        Name there of each of ``SCORES``.
    missing : str
        What stands for no value.
    text_limit : int
        Characters of a text.
    most_rows : int
        Rows of a file; more come in more files.
    consents : tuple of str
        Who refused one of these (attributes ``consent_<name>``) is left out.
    """

    title: str
    key: str
    keys_of: Callable[[pa.Array, pa.Array, str], pa.Array]
    no_key: str
    columns: dict[str, str]
    missing: str
    text_limit: int
    most_rows: int
    consents: tuple[str, ...] = ("personalisation",)


def bare(ids: pa.Array) -> pa.Array:
    """Write ids of customers as the shop shows them, where a list has ``customer:`` before them.

    Examples
    --------
    >>> bare(pa.array(["customer:7", "7", None])).to_pylist()
    ['7', '7', None]
    """
    return pc.replace_substring_regex(ids, "^customer:", "")


def only(ids: pa.Array, wanted: pa.Array) -> pa.Array:
    """Keep some ids, null for the others.

    Examples
    --------
    >>> only(pa.array(["a", "b"]), pa.array([True, False])).to_pylist()
    ['a', None]
    """
    return pc.if_else(wanted, ids, pa.scalar(None, pa.string()))


def customers_only(ids: pa.Array, spaces: pa.Array, key: str) -> pa.Array:
    """Take customers of the shop; browsers, cards, hashed addresses and HubSpot's own records cannot be matched.

    Examples
    --------
    >>> ids = pa.array(["7", "b.1", "hubspot:123", "customer:8"])
    >>> customers_only(ids, pa.array(["customer", "browser", "customer", "customer"]), "user_id").to_pylist()
    ['7', None, None, '8']
    """
    customers, shown = pc.fill_null(pc.equal(spaces, "customer"), False), bare(ids)
    return only(shown, pc.and_(customers, pc.invert(pc.starts_with(shown, HUBSPOT))))
