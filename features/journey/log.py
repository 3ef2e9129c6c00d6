"""What is known of a batch of customers at the present, as sorted arrays; and how moments are joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.contract import DAY_US
from features.cutoffs import past
from features.events import READS, Events
from features.history import CHANNEL_CODE, KIND_CODE, Floats, History, Ints, Mask

#: The columns of the canonical events that the stage ``journey`` reads.
JOURNEY_READS = tuple(
    dict.fromkeys(
        (*READS, "person_id", "until_us", "campaign", "duration_s", "rating", "rating_scale", "sentiment")
    )
)
#: The code of "no channel known", after the channels.
NO_CHANNEL = len(CHANNEL_CODE)


@dataclass(frozen=True)
class Moments:
    """Things that happened: whose row, and when; sorted by (row, us)."""

    row: Ints
    us: Ints

    def __len__(self) -> int:
        return len(self.row)

    @property
    def day(self) -> Ints:
        """Day number of each moment."""
        return self.us // DAY_US

    def take(self, keep: Mask | Ints) -> Moments:
        """Keep some of them."""
        return Moments(self.row[keep], self.us[keep])


@dataclass(frozen=True)
class Log:
    """The events that hold at the present, sorted by (customer, time, event_id).

    Attributes
    ----------
    history : History
        The same events as a view.
    moments : Moments
        Row and time of each event.
    kind, channel : array of int64
        Codes; ``NO_CHANNEL`` where none is known.
    session, campaign : array of int64
        Codes of the batch; -1 for none.
    value, duration, rating, sentiment : array of float
        0 (value, duration) or NaN (rating, sentiment) where there is none.
    nps : array of bool
        Whether the rating is on the NPS scale.
    table : pyarrow.Table
        The rows themselves.
    """

    history: History
    moments: Moments
    kind: Ints
    channel: Ints
    session: Ints
    campaign: Ints
    value: Floats
    duration: Floats
    rating: Floats
    sentiment: Floats
    nps: Mask
    table: pa.Table

    @property
    def customers(self) -> int:
        """Number of customers of the batch."""
        return self.history.frame.customers

    def of(self, *kinds: str) -> Mask:
        """Tell which events are of these kinds."""
        table = np.zeros(len(KIND_CODE), dtype=np.bool_)
        table[[KIND_CODE[kind] for kind in kinds]] = True
        found: Mask = table[self.kind]
        return found


def read_log(batch: pa.Table, as_of_us: int) -> Log:
    """Keep what holds at the present, and sort it.

    Parameters
    ----------
    batch : pyarrow.Table
        Canonical events of whole persons (columns ``JOURNEY_READS``), any row order.
    as_of_us : int
        The present, a midnight UTC: rows with ``occurred_us < as_of_us``, ``known_us <= as_of_us`` and
        ``until_us`` null or later hold.
    """
    batch = batch.select(JOURNEY_READS)
    until = pc.fill_null(batch["until_us"], np.iinfo(np.int64).max)
    holds = pc.and_(pc.less(batch["occurred_us"], as_of_us), pc.less_equal(batch["known_us"], as_of_us))
    batch = batch.filter(pc.and_(holds, pc.greater(until, as_of_us))).combine_chunks()
    order = np.lexsort([batch[name].to_numpy() for name in ("event_id", "occurred_us", "customer_id")])
    batch = batch.take(pa.array(order))
    events = Events.from_arrow(batch)
    channel = events.columns["channel"].astype(np.int64)
    return Log(
        history=past(events, as_of_us),
        moments=Moments(_integers(events, "row"), _integers(events, "occurred_us")),
        kind=_integers(events, "kind"), channel=np.where(channel < 0, NO_CHANNEL, channel),
        session=_integers(events, "session"), campaign=_ranks(batch["campaign"]),
        value=events.columns["value"].astype(np.float64), duration=_numbers(batch["duration_s"], 0.0),
        rating=_numbers(batch["rating"], np.nan), sentiment=_numbers(batch["sentiment"], np.nan),
        nps=pc.fill_null(pc.equal(batch["rating_scale"].cast(pa.string()), "nps"), False).to_numpy(),
        table=batch,
    )  # fmt: skip


def places(among: Moments, at: Moments, including: bool) -> Ints:
    """For each moment of ``at``: how many of ``among`` come before it (or with it) in (row, us) order.

    Examples
    --------
    >>> among = Moments(np.array([0, 0, 1]), np.array([5, 9, 5]))
    >>> at = Moments(np.array([0, 1, 1]), np.array([9, 4, 5]))
    >>> places(among, at, including=True).tolist(), places(among, at, including=False).tolist()
    ([2, 2, 3], [1, 2, 2])
    """
    is_at = np.concatenate([np.zeros(len(among), dtype=np.int8), np.ones(len(at), dtype=np.int8)])
    tie = is_at if including else 1 - is_at
    row, us = np.concatenate([among.row, at.row]), np.concatenate([among.us, at.us])
    order = np.lexsort((tie, us, row))
    before = np.cumsum(is_at[order] == 0)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = before
    return found[len(among) :]


def last_before(among: Moments, at: Moments, within_us: int) -> Ints:
    """Place of the last of ``among`` of the same row, at or before each moment of ``at``; -1 for none within."""
    place = places(among, at, including=True) - 1
    return _same(among, at, place, place >= 0, within_us)


def first_after(among: Moments, at: Moments, within_us: int) -> Ints:
    """Place of the first of ``among`` of the same row, at or after each moment of ``at``; -1 for none within."""
    place = places(among, at, including=False)
    return _same(among, at, place, place < len(among), within_us)


def _same(among: Moments, at: Moments, place: Ints, exists: Mask, within_us: int) -> Ints:
    if not len(among):
        return np.full(len(at), -1, dtype=np.int64)
    safe = np.where(exists, place, 0)
    near = (among.row[safe] == at.row) & (np.abs(at.us - among.us[safe]) <= within_us)
    return np.where(exists & near, place, -1)


def _integers(events: Events, name: str) -> Ints:
    return events.columns[name].astype(np.int64)


def _numbers(column: pa.ChunkedArray, empty: float) -> Floats:
    values: NDArray[np.float64] = pc.fill_null(column.cast(pa.float64()), empty).to_numpy()
    return np.where(np.isfinite(values), values, empty)


def _ranks(column: pa.ChunkedArray) -> Ints:
    """Code equal words equally; -1 for null. The codes mean nothing outside the batch."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes: Ints = pc.fill_null(encoded.indices, -1).to_numpy().astype(np.int64)
    return codes
