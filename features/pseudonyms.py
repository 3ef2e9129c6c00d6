"""Customer ids as the source gave them, to the pseudonyms used everywhere inside."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import ID_SPACES
from features.errors import InputError

KEY_VARIABLE = "KLANTREIS_ID_KEY"
#: The key of data that are public anyway: two clean clones give the same bytes. It protects nobody.
PUBLIC_KEY = "klantreis public default key"
#: Where the generated key of this machine stands, inside the project. Never tracked, never cleaned away.
KEY_FILE = Path(".klantreis") / "id_key"


def id_key(root: Path, mode: Literal["public", "secret"]) -> bytes:
    """Give the key of the pseudonyms.

    Parameters
    ----------
    root : Path
        The project folder; the generated key stands there in ``.klantreis/id_key``.
    mode : {"public", "secret"}
        Key ``id_key`` of ``conf/sources/<name>.yaml``: the documented public key, or one of this machine: made
        at random when it is first asked for, readable by its owner only. Lose it and nobody can be found again.

    Returns
    -------
    bytes
        32 bytes. The environment variable ``KLANTREIS_ID_KEY``, where it is set, wins in both modes.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> id_key(folder, "public") == id_key(folder, "secret")
    False
    >>> id_key(folder, "secret") == id_key(folder, "secret")
    True
    """
    words = os.environ.get(KEY_VARIABLE) or (PUBLIC_KEY if mode == "public" else _own_key(root / KEY_FILE))
    return hashlib.blake2b(words.encode(), digest_size=32).digest()


def _own_key(path: Path) -> str:
    """Read the generated key; make it once."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(dir=path.parent)  # only its owner may read it
        with open(number, "w", encoding="ascii") as file:  # noqa: PTH123 - it is open already
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(beside, path)  # unlike a rename it never takes the place of a key made at the same time
        except FileExistsError:
            pass
        finally:
            Path(beside).unlink()
    words = path.read_text(encoding="ascii").strip()
    if not words:
        raise InputError(
            f"{KEY_FILE} is empty: put the key back that the data was ingested with, or take the file away and run "
            f"the pipeline again with a new one; the environment variable {KEY_VARIABLE} may hold a key too"
        )
    return words


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


def unspaced(source_ids: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Write ids as the source shows them, without the space before them (`spaced`).

    Examples
    --------
    >>> unspaced(pa.array(["browser:123", "7", "shop:7"])).to_pylist()
    ['123', '7', 'shop:7']
    """
    spaces = "|".join(space for space in ID_SPACES if space != "customer")
    return pc.replace_substring_regex(source_ids, f"^({spaces}):", "")


def space_of(source_ids: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Tell the space of each id as `spaced` wrote it; a bare id is a customer's.

    Examples
    --------
    >>> space_of(pa.array(["browser:123", "7", "shop:7"])).to_pylist()
    ['browser', 'customer', 'customer']
    """
    found = pa.repeat(pa.scalar("customer"), len(source_ids))
    for space in ID_SPACES:
        if space != "customer":
            found = pc.if_else(pc.starts_with(source_ids, f"{space}:"), space, found)
    return found


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


@lru_cache(maxsize=1 << 18)  # the same people come back in every file
def pseudonym(source_id: str, key: bytes) -> int:
    """Turn one id of the source into its pseudonym.

    Parameters
    ----------
    source_id : str
        The id as the source gave it; a whole number as ``str(int)``.
    key : bytes
        Key of the hash (`id_key`).

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
    digest = hashlib.blake2b(source_id.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big") & (2**63 - 1)


def pseudonyms(source_ids: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array:
    """Turn a column of source ids into pseudonyms; every distinct id is hashed once.

    Parameters
    ----------
    source_ids : array of string
        One id per row; null stays null.
    key : bytes
        Key of the hash (`id_key`).

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
    if isinstance(source_ids, pa.ChunkedArray):
        source_ids = source_ids.combine_chunks()
    encoded = source_ids if pa.types.is_dictionary(source_ids.type) else pc.dictionary_encode(source_ids)
    uniques = encoded.dictionary.to_pylist()
    numbers = np.fromiter((pseudonym(one, key) for one in uniques), np.int64, len(uniques))
    return pa.array(numbers, pa.int64()).take(encoded.indices)
