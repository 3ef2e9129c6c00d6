"""Identity: whose an event is, as it was known at a time. Pure functions on arrays; nothing is read or written.

A link (a, b, k) says: we learnt at moment k that what id ``a`` does is done by ``b``. An event of ``a`` at moment
``s`` belongs to the target of the newest link of ``a`` with ``k <= s``; before every link to that of the first
link, which claims what was done before it. The same holds for the target (browser, e-mail address, card,
customer). Each step holds from the moment it was known, so an event has a short chain of owners over time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.contract import NEVER

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Longest chain of owners that is followed: browser, e-mail, card, customer, and a few merged accounts.
MOST_STEPS = 8


@dataclass(frozen=True)
class Versions:
    """The owners of events over time: one row per event and owner, by event and then by time.

    Attributes
    ----------
    row : array of int64
        The place of the event in what was given.
    owner : array of int64
        Whose it is.
    known_us, until_us : array of int64
        From when until when (``NEVER``: still). The spans of one event follow one another without a gap.
    """

    row: Ints
    owner: Ints
    known_us: Ints
    until_us: Ints


@dataclass(frozen=True)
class Links:
    """Links that say something new, sorted by id and moment (`settle` makes them).

    Attributes
    ----------
    anonymous_id, customer_id, known_us : array of int64
        One value per link; no two links of one id have one moment, and none repeats the one before.

    Examples
    --------
    >>> links = settle(np.array([1, 1, 1]), np.array([7, 7, 8]), np.array([50, 60, 90]))
    >>> links.known_us.tolist()
    [50, 90]
    >>> target, known = links.follow(np.array([1, 1, 1, 7]), np.array([10, 70, 90, 70]))
    >>> target.tolist(), known.tolist()  # an id without links is its own
    ([7, 7, 8, 7], [50, 50, 90, 0])
    """

    anonymous_id: Ints
    customer_id: Ints
    known_us: Ints

    def __len__(self) -> int:
        return len(self.known_us)

    @cached_property
    def _groups(self) -> tuple[Ints, Ints]:
        """Give the distinct ids that have links, and where the links of each begin."""
        ids, starts = np.unique(self.anonymous_id, return_index=True)
        return ids, starts.astype(np.int64)

    @cached_property
    def _moments(self) -> tuple[Ints, Ints]:
        """Give the distinct moments, and per link one number that sorts by id and moment."""
        moments = np.unique(self.known_us)
        group = np.searchsorted(self._groups[0], self.anonymous_id)
        return moments, group * (len(moments) + 1) + np.searchsorted(moments, self.known_us, side="right")

    @cached_property
    def _persons(self) -> tuple[Ints, Ints]:
        """Give every id in a link, sorted, and the smallest id that it is joined to by any links at all."""
        # Loading scipy takes as long as a small source; most sources have no links.
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ids = np.unique(np.concatenate([self.anonymous_id, self.customer_id]))
        ends = np.searchsorted(ids, self.anonymous_id), np.searchsorted(ids, self.customer_id)
        graph = coo_array((np.ones(len(self), np.int8), ends), shape=(len(ids), len(ids)))
        _, component = connected_components(graph, directed=False)
        _, first = np.unique(component, return_index=True)
        return ids, ids[first][component]

    def follow(self, ids: Ints, at_us: Ints) -> tuple[Ints, Ints]:
        """Take one step: tell whose events of these ids at these moments are, and since when that is known.

        Parameters
        ----------
        ids, at_us : array of int64
            One value per event.

        Returns
        -------
        tuple of array of int64
            Target and the moment of the link. An id without links, or one whose link is to itself, gives itself.
        """
        target, known = ids.copy(), np.zeros(len(ids), np.int64)
        if not len(self):
            return target, known
        linked, starts = self._groups
        group = np.minimum(np.searchsorted(linked, ids), len(linked) - 1)
        has = linked[group] == ids
        moments, order = self._moments
        wanted = group[has] * (len(moments) + 1) + np.searchsorted(moments, at_us[has], side="right")
        newest = np.searchsorted(order, wanted, side="right") - 1
        place = np.maximum(newest, starts[group[has]])  # before every link: the first one
        target[has], known[has] = self.customer_id[place], self.known_us[place]
        return target, known

    def persons(self, ids: Ints) -> Ints:
        """Give one number for all ids that any link ever joins: the smallest of them.

        Examples
        --------
        >>> settle(np.array([5, 7]), np.array([7, 9]), np.array([1, 1])).persons(np.array([9, 7, 5, 6])).tolist()
        [5, 5, 5, 6]
        """
        if not len(self):
            return ids.copy()
        known, person = self._persons
        place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        return np.where(known[place] == ids, person[place], ids)


def settle(anonymous_id: Ints, customer_id: Ints, known_us: Ints) -> Links:
    """Sort links and keep those that say something new.

    Of several links of one id at one moment one to another id stands before one to itself, and then the one to the
    largest id: some rule that does not depend on the order of rows.

    Parameters
    ----------
    anonymous_id, customer_id, known_us : array of int64
        One value per link, in any order.

    Examples
    --------
    >>> settle(np.array([2, 1, 1]), np.array([7, 8, 1]), np.array([4, 3, 3])).customer_id.tolist()
    [8, 7]
    """
    to_other = anonymous_id != customer_id
    order = np.lexsort((customer_id, to_other, known_us, anonymous_id))
    source, target, known = anonymous_id[order], customer_id[order], known_us[order]
    last = np.append((source[1:] != source[:-1]) | (known[1:] != known[:-1]), True)[: len(order)]
    source, target, known = source[last], target[last], known[last]
    new = np.append(True, (source[1:] != source[:-1]) | (target[1:] != target[:-1]))[: len(source)]
    return Links(source[new], target[new], known[new])


def versions(ids: Ints, occurred_us: Ints, known_us: Ints, links: Links) -> Versions:
    """Give the owners of events over time.

    Parameters
    ----------
    ids, occurred_us, known_us : array of int64
        One value per event: the id it came with, when it happened, when it became known.
    links : Links
        What is known of ids, and since when.

    Returns
    -------
    Versions
        Every event has at least one row; the last has ``until_us`` ``NEVER``.

    Examples
    --------
    >>> links = settle(np.array([1, 7]), np.array([7, 9]), np.array([50, 80]))
    >>> found = versions(np.array([1, 3]), np.array([10, 10]), np.array([10, 10]), links)
    >>> found.row.tolist(), found.owner.tolist(), found.known_us.tolist()
    ([0, 0, 0, 1], [1, 7, 9, 3], [10, 50, 80, 10])
    >>> (found.until_us == NEVER).tolist()
    [False, False, True, True]
    """
    row, start = np.arange(len(ids)), known_us
    chain = [ids]
    found = [(row, ids, start)]
    for _ in range(MOST_STEPS):
        target, known = links.follow(chain[-1], occurred_us[row])
        onward = _unvisited(target, chain)
        if not onward.any():
            break
        row, start = row[onward], np.maximum(start, known)[onward]
        chain = [one[onward] for one in chain] + [target[onward]]
        found.append((row, target[onward], start))
    rows, owner, since = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(rows, kind="stable")  # the steps of one event stay in order
    rows, owner, since = rows[order], owner[order], since[order]
    until = np.full(len(rows), NEVER)
    same = rows[1:] == rows[:-1]
    until[:-1][same] = since[1:][same]
    held = until > since  # known to be passed on as soon as it was known at all: never the owner
    return Versions(rows[held], owner[held], since[held], until[held])


def owners(ids: Ints, at_us: Ints, links: Links) -> Ints:
    """Tell who ids are at a moment, as known then.

    Parameters
    ----------
    ids, at_us : array of int64
        One value per question.
    links : Links
        What is known of ids, and since when.

    Examples
    --------
    >>> links = settle(np.array([1, 7]), np.array([7, 9]), np.array([50, 80]))
    >>> owners(np.array([1, 1, 1, 3]), np.array([49, 50, 80, 80]), links).tolist()
    [1, 7, 9, 3]
    """
    owner = ids.copy()
    row = np.arange(len(ids))
    chain = [ids]
    for _ in range(MOST_STEPS):
        target, known = links.follow(chain[-1], at_us[row])
        onward = _unvisited(target, chain) & (known <= at_us[row])
        if not onward.any():
            break
        row = row[onward]
        chain = [one[onward] for one in chain] + [target[onward]]
        owner[row] = target[onward]
    return owner


def _unvisited(target: Ints, chain: list[Ints]) -> Mask:
    """Find where a step leads to an id that the chain has not been at: chains that run in a circle end."""
    fresh = np.ones(len(target), np.bool_)
    for visited in chain:
        fresh &= target != visited
    return fresh
