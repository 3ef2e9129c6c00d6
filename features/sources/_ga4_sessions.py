"""What one row of a GA4 export cannot say alone: where its session came from, and which order was told twice."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.fingerprint import fingerprint
from features.sources._columns import as_mask, fill_table
from features.sources._ga4_channels import something
from features.sources._nested import Params, dig

Longs = npt.NDArray[np.int64]


class Firsts:
    """Per key the earliest moment, and the words that stood there: the same however the rows are split.

    A row may only use what is not later than itself: what is told later in a session changes no earlier row.

    Parameters
    ----------
    parts : iterable of table with columns key, moment, channel, campaign
        Any rows, in any order; a key may come back in every part.

    Examples
    --------
    >>> row = {"key": 7, "moment": 20, "channel": "email", "campaign": None}
    >>> firsts = Firsts([pa.Table.from_pylist([row], schema=Firsts.SCHEMA)])
    >>> firsts.at(np.array([7, 7, 8]), np.array([30, 10, 30])).tolist()
    [0, -1, -1]
    """

    SCHEMA = pa.schema(
        [("key", pa.int64()), ("moment", pa.int64()), ("channel", pa.string()), ("campaign", pa.string())]
    )

    def __init__(self, parts: Iterable[pa.Table]) -> None:
        kept = [_earliest(part) for part in parts]
        self._rows = _earliest(pa.concat_tables([self.SCHEMA.empty_table(), *kept]))
        self._keys: Longs = self._rows["key"].to_numpy()
        self._moments: Longs = self._rows["moment"].to_numpy()

    def at(self, keys: Longs, moments: Longs) -> Longs:
        """Give per row the place of its key's first, -1 where there is none at or before the moment."""
        if not len(self._keys):
            return np.full(len(keys), -1, np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = (self._keys[places] == keys) & (self._moments[places] <= moments)
        return np.where(known, places, -1)

    def words(self, column: str, places: Longs) -> pa.Array:
        """Give the words at these places; null at -1."""
        words = self._rows[column].combine_chunks()
        return words.take(pa.array(places, mask=places < 0))

    def later(self, keys: Longs, moments: Longs) -> npt.NDArray[np.bool_]:
        """Say which rows come after the first of their key."""
        places = self.at(keys, moments)
        if not len(self._keys):
            return np.zeros(len(keys), bool)
        return (places >= 0) & (self._moments[places] < moments)


def session_keys(params: Params, people: pa.Array) -> pa.Array:
    """Make one number of user and ``ga_session_id``; null without one."""
    session = params.number("ga_session_id", pa.int64())
    keys = pa.array(fingerprint({"user": people, "session": session}))
    return pc.if_else(pc.is_null(session), pa.scalar(None, pa.int64()), keys)


def order_keys(raw: pa.Table, people: pa.Array) -> pa.Array:
    """Make one number of user and transaction of each purchase; null where no transaction is named."""
    order = something(dig(raw, "ecommerce.transaction_id", pa.string()))
    bought = as_mask(pc.equal(dig(raw, "event_name", pa.string()), "purchase"))
    rows = np.flatnonzero(bought & as_mask(pc.is_valid(order)))
    keys = np.zeros(raw.num_rows, np.int64)
    keys[rows] = fingerprint({"user": people.take(pa.array(rows)), "order": order.take(pa.array(rows))})
    without = np.ones(raw.num_rows, bool)
    without[rows] = False
    return pa.array(keys, mask=without)


def first_rows(keys: pa.Array, moments: pa.Array, channel: pa.Array, campaign: pa.Array) -> pa.Table:
    """Give the rows that have a key and a moment, as `Firsts` wants them."""
    rows = fill_table(
        Firsts.SCHEMA,
        len(keys),
        {"key": keys, "moment": moments, "channel": channel, "campaign": campaign},
    )
    return rows.filter(pc.and_(pc.is_valid(keys), pc.is_valid(moments)))


def _earliest(rows: pa.Table) -> pa.Table:
    """Keep the first row of each key; at one moment a named source goes before a direct visit."""
    direct = pc.fill_null(pc.equal(rows["channel"], "direct"), False).cast(pa.int8())
    order = ("key", "moment", "_direct", "channel", "campaign")
    ranked = rows.append_column("_direct", direct)
    ranked = ranked.take(pc.sort_indices(ranked, sort_keys=[(name, "ascending") for name in order]))
    keys = ranked["key"].to_numpy()
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    return ranked.filter(pa.array(first)).drop_columns("_direct")
