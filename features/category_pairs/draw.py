"""Draw customers by a number of their own: the same ones, however persons are batched and at every cutoff."""

from __future__ import annotations

import hashlib

import numpy as np

from features.history import Ints


def smallest_draws(customer_id: Ints, seed: int, number: int | None) -> Ints:
    """Give the places of the customers with the smallest draws.

    Parameters
    ----------
    customer_id : int64 array
        Distinct pseudonyms.
    seed : int
        Another seed, other customers.
    number : int or None
        How many at most; None: all.

    Returns
    -------
    int64 array
        Places, by draw; all places in order if none is left out.

    Examples
    --------
    >>> ids = np.arange(100)
    >>> few = ids[smallest_draws(ids, 7, 5)]
    >>> half = ids[50:]
    >>> set(few[few >= 50].tolist()) <= set(half[smallest_draws(half, 7, 5)].tolist())
    True
    """
    if number is None or len(customer_id) <= number:
        return np.arange(len(customer_id))
    digest = hashlib.blake2b(f"category pairs {seed}".encode(), digest_size=8).digest()
    state = customer_id.astype(np.uint64) ^ np.frombuffer(digest, dtype="<u8")[0]
    # splitmix64: pseudonyms are hashes, but of a public source anybody can make them.
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    state = state ^ (state >> np.uint64(31))
    return np.lexsort((customer_id, state))[:number].astype(np.int64)
