"""Customer ids as the source gave them, to the pseudonyms used everywhere inside."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KEY_VARIABLE = "KLANTREIS_ID_KEY"
#: Public on purpose: two clean clones give the same bytes. It protects nobody: set the variable where the
#: customers are real.
PUBLIC_KEY = "klantreis public default key"


def id_key() -> bytes:
    """Give the key of the pseudonyms: ``KLANTREIS_ID_KEY``, else the documented public default."""
    secret = os.environ.get(KEY_VARIABLE) or PUBLIC_KEY
    return hashlib.blake2b(secret.encode(), digest_size=32).digest()


def spaced(source_ids: pa.Array | pa.ChunkedArray, space: str) -> pa.Array | pa.ChunkedArray:
    """Write ids of a space so that they meet no id of another: ``browser:123``; those of customers stay bare.

    Parameters
    ----------
    source_ids : array of string
        One id per row, as the source shows it; null stays null.
    space : str
        One of ``ID_SPACES``.

    Examples
    --------
    >>> spaced(pa.array(["123", None]), "browser").to_pylist(), spaced(pa.array(["7"]), "customer").to_pylist()
    (['browser:123', None], ['7'])
    """
    if space == "customer":
        return source_ids
    return pc.binary_join_element_wise(space, source_ids, ":")


def email_ids(addresses: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array:
    """Turn e-mail addresses into ids that do not show them: ``email:`` and a keyed hash; null if it is none.

    Parameters
    ----------
    addresses : array of string
        One address per row; blanks around it and capitals do not matter.
    key : bytes
        The key of the pseudonyms (`id_key`), so that nobody can hash a guessed address and compare.

    Examples
    --------
    >>> ids = email_ids(pa.array(["Jan@Example.nl ", "jan@example.nl", "not an address"]), b"key")
    >>> ids[0] == ids[1], ids[2].as_py(), "jan" in ids[0].as_py()
    (True, None, False)
    """
    if isinstance(addresses, pa.ChunkedArray):
        addresses = addresses.combine_chunks()
    tidy = pc.utf8_lower(pc.utf8_trim_whitespace(addresses.cast(pa.string())))
    tidy = pc.if_else(
        pc.match_substring_regex(tidy, r"^[^@\s]+@[^@\s]+\.[^@\s]+$"), tidy, pa.scalar(None, pa.string())
    )
    encoded = pc.dictionary_encode(tidy)
    hashes = [
        "email:" + hashlib.blake2b(address.encode(), key=key, digest_size=12).hexdigest()
        for address in encoded.dictionary.to_pylist()
    ]
    return pa.array(hashes, pa.string()).take(encoded.indices)


def pseudonym(source_id: str, key: bytes | None = None) -> int:
    """Turn one id of the source into its pseudonym.

    Parameters
    ----------
    source_id : str
        The id as the source gave it; a whole number as ``str(int)``.
    key : bytes, optional
        Key of the hash; default `id_key`.

    Returns
    -------
    int
        At least 0, below 2**63: keyed BLAKE2b, the top bit cleared.

    References
    ----------
    RFC 7693, The BLAKE2 Cryptographic Hash.

    Examples
    --------
    >>> pseudonym("1029", b"key") == pseudonym("1029", b"key")
    True
    >>> pseudonym("1029", b"key") == pseudonym("1029", b"another")
    False
    """
    digest = hashlib.blake2b(source_id.encode(), key=id_key() if key is None else key, digest_size=8).digest()
    return int.from_bytes(digest, "big") & (2**63 - 1)


def pseudonyms(source_ids: pa.Array | pa.ChunkedArray, key: bytes | None = None) -> pa.Array:
    """Turn a column of source ids into pseudonyms; every distinct id is hashed once.

    Parameters
    ----------
    source_ids : array of string
        One id per row; null stays null.
    key : bytes, optional
        Key of the hash; default `id_key`.

    Returns
    -------
    array of int64
        One pseudonym per row.

    Examples
    --------
    >>> numbers = pseudonyms(pa.array(["a", "b", "a", None]), b"key")
    >>> numbers[0] == numbers[2], numbers[3].as_py()
    (True, None)
    """
    secret = id_key() if key is None else key
    if isinstance(source_ids, pa.ChunkedArray):
        source_ids = source_ids.combine_chunks()
    encoded = source_ids if pa.types.is_dictionary(source_ids.type) else pc.dictionary_encode(source_ids)
    uniques = encoded.dictionary.to_pylist()
    numbers = np.fromiter((pseudonym(one, secret) for one in uniques), np.int64, len(uniques))
    return pa.array(numbers, pa.int64()).take(encoded.indices)
