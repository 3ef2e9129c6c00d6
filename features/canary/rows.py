"""How the canary edits events: copies of real ones, later versions, other owners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.canary.keyed import new_ids, one_of, unit
from features.contract import CHANNELS, DAY_US, EVENTS, NEVER
from features.events import MORE_NUMBERS
from features.history import Ints, Mask

HOUR_US = DAY_US // 24
#: How long after the cutoff; the first is at the edge itself.
DELAYS_US = (0, 1, HOUR_US, DAY_US, 40 * DAY_US)
#: How long before the cutoff; the first is at the edge itself.
AGES_US = (1, 6 * HOUR_US, 3 * DAY_US, 20 * DAY_US, 60 * DAY_US, 150 * DAY_US, 400 * DAY_US)
#: Rows of each kind that are copied or changed, of all that are drawn.
WANTED = 1000


@dataclass(frozen=True)
class Aim:
    """Where the canary strikes.

    Attributes
    ----------
    cutoff_us : int
        The moment before which nothing may move.
    known : array of int64
        Customers with a row at that cutoff, rising: only theirs can be seen to move.
    kinds : tuple of str
        Declared kinds; one without rows borrows those of others.
    counts : mapping of str to int
        Rows per kind of all that are drawn, not only of this batch.
    seed : int
        The key of all draws.
    """

    cutoff_us: int
    known: Ints
    kinds: tuple[str, ...]
    counts: Mapping[str, int]
    seed: int

    def picks(self, rows: pa.Table, key: int, borrow: bool = False) -> Mask:
        """Tell which rows of the known customers are taken: some ``WANTED`` of each kind.

        Parameters
        ----------
        rows : pyarrow.Table
            Events of this batch.
        key : int
            Another key takes other rows.
        borrow : bool
            Take some ``WANTED`` of all kinds together.
        """
        drawn = unit(ints(rows, "event_id"), self.seed, key)
        if borrow:
            share = np.full(len(rows), WANTED / max(sum(self.counts.values()), 1))
        else:
            kind = rows["kind"].combine_chunks().dictionary_encode()
            shares = [WANTED / max(self.counts.get(word, 1), 1) for word in kind.dictionary.to_pylist()]
            share = np.asarray(shares, dtype=np.float64)[kind.indices.to_numpy()]
        taken: Mask = (drawn < share) & self.is_known(ints(rows, "customer_id"))
        return taken

    def is_known(self, customer: Ints) -> Mask:
        """Tell which customers have a row at the cutoff."""
        if not len(self.known):
            return np.zeros(len(customer), dtype=np.bool_)
        place = np.minimum(np.searchsorted(self.known, customer), len(self.known) - 1)
        found: Mask = self.known[place] == customer
        return found

    def copies(self, rows: pa.Table, key: int) -> pa.Table:
        """Copy real events of every declared kind, with ids and sessions of their own.

        Parameters
        ----------
        rows : pyarrow.Table
            Events of this batch.
        key : int
            Another key takes other rows.
        """
        taken = [rows.filter(pa.array(self.picks(rows, key)))]
        absent = [kind for kind in self.kinds if not self.counts.get(kind)]
        for place, kind in enumerate(absent):
            lent = rows.filter(pa.array(self.picks(rows, key * 100 + place, borrow=True)))
            taken.append(with_values(lent, kind=pa.repeat(pa.scalar(kind), len(lent))))
        # One event may be copied as several kinds: then these are several events.
        out = pa.concat_tables(
            [
                with_values(one, event_id=event_ids(one, self.seed, key, place))
                for place, one in enumerate(taken)
            ]
        )
        session = out["session_id"]
        fresh = pa.array(new_ids(pc.fill_null(session, 0).to_numpy(), self.seed, key))
        return with_values(
            out, session_id=pc.if_else(session.is_valid(), fresh, None), until_us=np.full(len(out), NEVER)
        )

    def later(self, ids: Ints, key: int, edge: bool = True) -> Ints:
        """Give every id a moment at or after the cutoff; ``edge``: the cutoff itself may be one."""
        return self.cutoff_us + one_of(DELAYS_US if edge else DELAYS_US[1:], ids, self.seed, key)

    def before(self, ids: Ints, key: int) -> Ints:
        """Give every id a moment before the cutoff; none before 1970, which no log may hold."""
        return np.maximum(self.cutoff_us - one_of(AGES_US, ids, self.seed, key), 0)


def ints(rows: pa.Table, name: str) -> Ints:
    """Read a column of whole numbers; ``until_us`` is ``NEVER`` where it is null."""
    column = pc.fill_null(rows[name], NEVER) if name == "until_us" else rows[name]
    values: Ints = column.to_numpy()
    return values


def event_ids(rows: pa.Table, *key: int) -> Ints:
    """Give every row an event id of its own: two versions of one event become two events."""
    return new_ids(ints(rows, "event_id") ^ ints(rows, "known_us"), *key)


def with_values(rows: pa.Table, **values: NDArray[np.generic] | pa.Array | pa.ChunkedArray) -> pa.Table:
    """Replace columns.

    Parameters
    ----------
    rows : pyarrow.Table
        Events.
    **values : array
        One value per row; in ``until_us`` ``NEVER`` becomes null.

    Examples
    --------
    >>> rows = pa.table({"until_us": pa.array([1, 2]), "kind": ["chat", "share"]})
    >>> with_values(rows, until_us=np.array([NEVER, 5]))["until_us"].to_pylist()
    [None, 5]
    """
    for name, value in values.items():
        if name == "until_us" and isinstance(value, np.ndarray):
            value = pa.array(value, mask=value == NEVER)
        column = value if isinstance(value, pa.ChunkedArray) else pa.chunked_array([pa.array(value)])
        field = EVENTS.field(name)
        rows = rows.set_column(rows.column_names.index(name), field, column.cast(field.type))
    return rows


def corrected(rows: pa.Table, chosen: Mask, moment_us: Ints, kinds: tuple[str, ...]) -> pa.Table:
    """Put rows right at a moment: as they were until then, otherwise from then on, under one ``event_id``.

    Parameters
    ----------
    rows : pyarrow.Table
        Events.
    chosen : array of bool
        Which are corrected; those that do not hold just before their moment stay as they are.
    moment_us : array of int64
        When, one per row.
    kinds : tuple of str
        Kinds that a corrected row may turn out to be of.
    """
    chosen = chosen & (ints(rows, "known_us") < moment_us) & (ints(rows, "until_us") > moment_us)
    new = _otherwise(rows.filter(pa.array(chosen)), kinds)
    ended = with_values(rows, until_us=np.where(chosen, moment_us, ints(rows, "until_us")))
    return pa.concat_tables([ended, with_values(new, known_us=moment_us[chosen])])


def handed_over(rows: pa.Table, owner: Ints, person: Ints, moment_us: Ints) -> pa.Table:
    """Give rows to another customer from a moment on, in the versions that ingest writes (``identity.versions``).

    Parameters
    ----------
    rows : pyarrow.Table
        Events.
    owner : array of int64
        Whose each row is from then on; who owns it already keeps it.
    person : array of int64
        Whom each row belongs to for partitioning, of all times.
    moment_us : array of int64
        From when, one per row.
    """
    rows = with_values(rows, person_id=person)
    known, until = ints(rows, "known_us"), ints(rows, "until_us")
    moves = (owner != ints(rows, "customer_id")) & (until > moment_us)
    both = moves & (known < moment_us)
    first = with_values(
        rows,
        customer_id=np.where(moves & ~both, owner, ints(rows, "customer_id")),
        until_us=np.where(both, moment_us, until),
    )
    second = with_values(
        rows.filter(pa.array(both)), customer_id=owner[both], known_us=moment_us[both], until_us=until[both]
    )
    return pa.concat_tables([first, second])


def _otherwise(rows: pa.Table, kinds: tuple[str, ...]) -> pa.Table:
    """Change everything that a correction may change: moment, kind, channel, category, session and numbers."""
    event = ints(rows, "event_id")
    numbers = {name for name in ("value", "quantity", *MORE_NUMBERS) if name in rows.column_names}
    changes: dict[str, NDArray[np.generic] | pa.Array | pa.ChunkedArray] = {
        name: pc.add(pc.multiply(pc.fill_null(rows[name].cast(pa.float64()), 3.0), -2.0), 1.0)
        for name in numbers
    }
    return with_values(
        rows,
        occurred_us=np.maximum(ints(rows, "occurred_us") - one_of((0, HOUR_US, 3 * DAY_US), event, 1), 0),
        kind=pa.array(kinds).take(pa.array(one_of(tuple(range(len(kinds))), event, 2))),
        channel=pa.array(CHANNELS).take(pa.array(one_of(tuple(range(len(CHANNELS))), event, 3))),
        category=pa.repeat(pa.scalar("canary"), len(rows)),
        session_id=new_ids(event, 4),
        **changes,
    )
