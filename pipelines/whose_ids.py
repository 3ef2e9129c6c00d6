"""Who the ids of a list are: ids of any space, as the source shows them, to customers as known at a moment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.contract import ID_SPACES, LINKS
from features.errors import InputError
from features.identity import Links, owners, settle
from features.pseudonyms import KEY_FILE, KEY_VARIABLE, email_ids, pseudonyms, spaced
from features.sources._columns import as_mask
from pipelines.customer_list import CustomerList
from pipelines.paths import Project


def who(project: Project, wanted: CustomerList, at_us: int, key: bytes) -> pd.DataFrame:
    """Find the customers that the ids of a list stand for.

    Parameters
    ----------
    project : Project
        Its table of ids and its links are read.
    wanted : CustomerList
        Ids of customers, browsers or cards as the source shows them, or with their space before them
        (``browser:123``, ``customer:123``), and e-mail addresses.
    at_us : int
        The moment: an id that was linked by then stands for whom it was linked to.
    key : bytes
        The key of the pseudonyms, as at ingest.

    Returns
    -------
    DataFrame
        ``source_id`` (as in the list), ``customer_id`` (0 where not known), ``known``: one row per id.

    Raises
    ------
    InputError
        If the key is another than at ingest, or an id could be of several customers.
    """
    table = pq.read_table(project.ids)
    _check_key(table, key)
    given = pa.array(wanted.ids, pa.string())
    places = _places(table, given, key)
    found = places >= 0
    ids = np.where(found, table["customer_id"].to_numpy()[places], -1)
    moments = np.full(ids.size, at_us)
    owner = owners(ids.ravel(), moments, read_links(project)).reshape(ids.shape)
    known, most = found.any(axis=0), owner.max(axis=0)
    several = known & (np.where(found, owner, most).min(axis=0) < most)
    if several.any():
        first = int(np.argmax(several))
        meant = [
            f"{space}:{wanted.ids[first]}"
            for space, one in zip(ID_SPACES, found[:, first], strict=False)
            if one
        ]
        raise InputError(
            f"{int(several.sum())} id(s) of the list could be of several customers, the first is "
            f"{wanted.ids[first]!r}: write which is meant ({' or '.join(meant)})"
        )
    return pd.DataFrame(
        {
            "source_id": np.array(wanted.ids, dtype=object),
            "customer_id": np.where(known, most, 0),
            "known": known,
        }
    )


def read_links(project: Project) -> Links:
    """Read the identity links of the project."""
    table = pq.read_table(project.canonical / "links.parquet")
    return settle(*(table[name].to_numpy() for name in LINKS.names))


def _check_key(table: pa.Table, key: bytes) -> None:
    """Refuse another key than at ingest: with it nobody would be found."""
    first = table.slice(0, 1)
    if not pseudonyms(first["source_id"], key).equals(first["customer_id"].combine_chunks()):
        raise InputError(
            f"the key of the pseudonyms (environment variable {KEY_VARIABLE}, else the file {KEY_FILE}) is not what "
            "it was when the data was ingested, so nobody can be found; set it as it was, or run the pipeline again"
        )


def _places(table: pa.Table, given: pa.Array, key: bytes) -> npt.NDArray[np.int64]:
    """Give the row of the table of ids per reading (of each space; written out) and id; -1: none."""
    known = table["source_id"].combine_chunks()
    space = table["id_space"].to_numpy(zero_copy_only=False)
    readings = []
    for name in ID_SPACES:
        words = email_ids(given, key) if name == "email" else spaced(given, name)
        places = _index(words, known)
        readings.append(np.where((places >= 0) & (space[places] == name), places, -1))
    bare = pc.replace_substring_regex(given, "^customer:", "")
    written = _index(bare, known)
    said = as_mask(pc.starts_with(given, "customer:")) == (space[written] == "customer")
    readings.append(np.where((written >= 0) & said, written, -1))
    return np.stack(readings)


def _index(words: pa.Array, known: pa.Array) -> npt.NDArray[np.int64]:
    """Give the place of each word among those known; -1: none."""
    return np.asarray(pc.fill_null(pc.index_in(words, value_set=known), -1).to_numpy(), dtype=np.int64)
