"""What the canary does to the log: one injury at a time, none of which anybody could know of at the cutoff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.canary.keyed import keyed, new_ids, unit
from features.canary.rows import Aim, corrected, event_ids, handed_over, ints, with_values
from features.contract import DAY_US, NEVER
from features.history import Ints

#: Share of the persons of a batch that are re-stitched, merged or come back as somebody new.
_SHARE = 0.3
#: Parts in which persons are handed to the kernel where batching is what is tried.
_PARTS = 3


@dataclass(frozen=True)
class Injured:
    """A batch after an injury: its parts, each of whole persons, and how many rows were touched."""

    parts: tuple[pa.Table, ...]
    rows: int


@dataclass(frozen=True)
class Injury:
    """One way in which the future could leak.

    Attributes
    ----------
    name : str
        One word or two.
    hurt : callable
        ``(rows of a batch, Aim) -> Injured``.
    done : str
        What is done to the log.
    means : str
        What it means if a column moves.
    """

    name: str
    hurt: Callable[[pa.Table, Aim], Injured]
    done: str
    means: str


def _future(rows: pa.Table, aim: Aim) -> Injured:
    more = aim.copies(rows, 1)
    moment = aim.later(ints(more, "event_id"), 11)
    return _added(rows, with_values(more, occurred_us=moment, known_us=moment))


def _announced(rows: pa.Table, aim: Aim) -> Injured:
    more = aim.copies(rows, 2)
    known = np.full(len(more), aim.cutoff_us - DAY_US)
    return _added(rows, with_values(more, occurred_us=aim.later(ints(more, "event_id"), 12), known_us=known))


def _late(rows: pa.Table, aim: Aim) -> Injured:
    more = aim.copies(rows, 3)
    event = ints(more, "event_id")
    moments = with_values(more, occurred_us=aim.before(event, 13), known_us=aim.later(event, 23, edge=False))
    return _added(rows, moments)


def _corrected(rows: pa.Table, aim: Aim) -> Injured:
    moment = aim.later(ints(rows, "event_id"), 14, edge=False)
    hurt = corrected(rows, aim.picks(rows, 4), moment, aim.kinds)
    return Injured((hurt,), len(hurt) - len(rows))


def _restitched(rows: pa.Table, aim: Aim) -> Injured:
    hurt, touched = _given_away(rows, aim, 5, whole=False)
    return Injured((hurt,), touched)


def _merged(rows: pa.Table, aim: Aim) -> Injured:
    hurt, touched = _given_away(rows, aim, 6, whole=True)
    return Injured(_split(hurt, aim.seed), touched)


def _removed(rows: pa.Table, aim: Aim) -> Injured:
    stays = (ints(rows, "occurred_us") < aim.cutoff_us) & (ints(rows, "known_us") <= aim.cutoff_us)
    until = ints(rows, "until_us")
    as_it_was = with_values(rows, until_us=np.where(until > aim.cutoff_us, NEVER, until))
    return Injured((as_it_was.filter(pa.array(stays)),), int((~stays).sum()))


def _newcomers(rows: pa.Table, aim: Aim) -> Injured:
    customer = ints(rows, "customer_id")
    more = rows.filter(pa.array(unit(customer, aim.seed, 7) < _SHARE))
    customer, occurred = ints(more, "customer_id"), ints(more, "occurred_us")
    person = new_ids(customer, aim.seed, 7)
    # Half of them begin at the cutoff; of the other half, all that they did before is learnt of after it.
    starts = keyed(customer, aim.seed, 17) % np.uint64(2) == 0
    shifted = aim.cutoff_us + (occurred - _first(customer, occurred))
    more = with_values(
        more, customer_id=person, person_id=person, event_id=event_ids(more, aim.seed, 7),
        occurred_us=np.where(starts, shifted, occurred),
        known_us=np.where(starts, shifted, np.maximum(ints(more, "known_us"), aim.cutoff_us + 1)),
        until_us=np.full(len(more), NEVER),
    )  # fmt: skip
    return _added(rows, more)


def _shuffled(rows: pa.Table, aim: Aim) -> Injured:
    order = np.argsort(keyed(ints(rows, "event_id") ^ ints(rows, "known_us"), aim.seed, 8), kind="stable")
    return Injured(_split(rows.take(pa.array(order)), aim.seed), len(rows))


def _in_time(rows: pa.Table, aim: Aim) -> Injured:
    """Known in time: of everything that the injuries do, what a feature must see."""
    more = aim.copies(rows, 9)
    event = ints(more, "event_id")
    occurred = aim.before(event, 19)
    known = np.where(keyed(event, 29) % np.uint64(2) == 0, occurred, aim.cutoff_us)
    more = with_values(more, occurred_us=occurred, known_us=known)
    moment = np.full(len(rows), aim.cutoff_us)
    hurt = corrected(rows, aim.picks(rows, 10), moment, aim.kinds)
    return Injured((pa.concat_tables([hurt, more]),), len(hurt) - len(rows) + len(more))


INJURIES = (
    Injury("future", _future, "events of every kind added at the cutoff and after it",
           "the column counts what happens after the cutoff: in training it knows the answer"),
    Injury("announced", _announced, "events added that happen after the cutoff, though known before it",
           "the column trusts known_us alone: an event with a date in the future must wait until it has happened"),
    Injury("late", _late, "events added that happened before the cutoff and are learnt of after it",
           "the column reads events before they were known: in training it knows more than scoring can"),
    Injury("corrected", _corrected, "events put right after the cutoff, in everything that can be put right",
           "the column reads a correction before it was made, or drops a row because it is corrected later"),
    Injury("re-stitched", _restitched, "events of one customer given to another by a link made after the cutoff",
           "the column credits a customer with events that were not known to be theirs yet"),
    Injury("merged", _merged, "whole persons merged with others after the cutoff, and batched anew",
           "the column looks through a merger that had not happened, or across the batch"),
    Injury("removed", _removed, "everything taken out that was not known at the cutoff",
           "the column needs rows from after the cutoff: on the day itself it would have been something else"),
    Injury("newcomers", _newcomers, "customers added whom nobody knew of at the cutoff",
           "the column of one customer depends on others who came after the cutoff"),
    Injury("shuffled", _shuffled, "the same rows in another order and in other batches",
           "the column depends on how rows are ordered or batched: two runs would not agree"),
)  # fmt: skip

#: Not an injury: the table as it stands against the rows built here.
STORED = Injury(
    "stored",
    lambda rows, _: Injured((rows,), 0),
    "nothing; the rows that models learn from are looked up",
    "data/features.parquet is not what these events and this code give: run `klantreis features` again",
)

#: The counter-check: this must move something, or the canary cannot sing.
CONTROL = Injury("in time", _in_time, "events added and put right before the cutoff, or known just in time",
                 "the counter-check moved nothing: this run proves nothing")  # fmt: skip


def _added(rows: pa.Table, more: pa.Table) -> Injured:
    return Injured((pa.concat_tables([rows, more]),), len(more))


def _given_away(rows: pa.Table, aim: Aim, key: int, whole: bool) -> tuple[pa.Table, int]:
    """Give one customer of some persons, or every one, to a customer of the next person."""
    person, customer = ints(rows, "person_id"), ints(rows, "customer_id")
    persons, place = np.unique(person, return_inverse=True)
    first = np.full(len(persons), NEVER)
    np.minimum.at(first, place, customer)
    # Pairs of neighbours, so that no chain of mergers arises; who is left over keeps to themselves.
    partner = np.arange(len(persons)) ^ 1
    pair = np.arange(len(persons)) // 2
    takes_part = (unit(persons[pair * 2], aim.seed, key) < _SHARE) & (partner < len(persons))
    partner = np.where(takes_part, partner, np.arange(len(persons)))
    gives = takes_part & (np.arange(len(persons)) % 2 == 0)
    moved = gives[place] & (whole | (customer == first[place]))
    owner = np.where(moved, first[partner[place]], customer)
    joined = np.minimum(persons, persons[partner])[place]
    hurt = handed_over(rows, owner, joined, aim.later(persons[place], key + 10, edge=False))
    return hurt, int(moved.sum())


def _split(rows: pa.Table, seed: int) -> tuple[pa.Table, ...]:
    part = keyed(ints(rows, "person_id"), seed, 99) % np.uint64(_PARTS)
    # An engine hands on no empty batch, save where there is nothing at all.
    parts = [rows.filter(pa.array(part == number)) for number in range(_PARTS)]
    return tuple(one for one in parts if len(one)) or (rows,)


def _first(customer: Ints, occurred: Ints) -> Ints:
    """Give every row the first moment of its customer."""
    customers, place = np.unique(customer, return_inverse=True)
    first = np.full(len(customers), NEVER)
    np.minimum.at(first, place, occurred)
    return first[place]
