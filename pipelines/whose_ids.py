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
        ``customer_id`` (0 where not known), ``known``, and ``place``, the row of the id itself in the table of ids
        (-1 where not known): one row per id, in the order of the list.

    Raises
    ------
    InputError
        If the key is another than at ingest, or an id could be of several customers.
    """
    table = pq.read_table(project.ids)
    _check_key(table, key)
    readings = _readings(table, wanted.ids, key)
    pseudonym, links = table["customer_id"].to_numpy(), read_links(project)
    several = np.zeros(len(wanted.ids), dtype=np.bool_)
    own = np.full(len(wanted.ids), -1, dtype=np.int64)
    place = np.full(len(wanted.ids), -1, dtype=np.int32)
    for places in readings.values():
        rows = np.flatnonzero(places >= 0)
        owner = owners(pseudonym[places[rows]], np.full(rows.size, at_us), links)
        several[rows] |= (own[rows] >= 0) & (own[rows] != owner)
        own[rows], place[rows] = owner, places[rows]
    if several.any():
        first = int(np.argmax(several))
        word = wanted.ids[first].as_py()
        meant = " or ".join(
            f"{space}:{word}"
            for space, places in readings.items()
            if space in ID_SPACES and places[first] >= 0
        )
        raise InputError(
            f"{int(several.sum())} id(s) of the list could be of several customers, the first is {word!r}: write "
            f"which is meant ({meant})"
        )
    known = own >= 0
    return pd.DataFrame({"customer_id": np.where(known, own, 0), "known": known, "place": place})


def written_out(ids: pa.StringArray, spaces: pa.StringArray) -> pa.StringArray:
    """Write the ids of a score file with their space before them, so that `who` finds the very same ids again.

    Parameters
    ----------
    ids, spaces : pyarrow.StringArray
        Columns ``customer_id`` and ``id_space``; who is in no log has no space. What has its space before it
        already, and e-mail addresses, stay as they are.

    Examples
    --------
    >>> ids = pa.array(["7", "7", "card:7", "a@shop.nl", "9"])
    >>> written_out(ids, pa.array(["customer", "browser", "card", "email", None])).to_pylist()
    ['customer:7', 'browser:7', 'card:7', 'a@shop.nl', '9']
    """
    written = pc.match_substring_regex(ids, f"^({'|'.join(ID_SPACES)}):")
    address = pc.and_(pc.equal(spaces, "email"), pc.match_substring(ids, "@"))
    bare = pc.or_(pc.or_(pc.is_null(spaces), written), pc.fill_null(address, False))
    return pc.if_else(bare, ids, pc.binary_join_element_wise(spaces, ids, ":"))


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


def _readings(table: pa.Table, given: pa.Array, key: bytes) -> dict[str, npt.NDArray[np.int32]]:
    """Give per reading of the ids (as of each space there is; written out) the row of the table of ids; -1: none."""
    known = table["source_id"].combine_chunks()
    space = pc.index_in(table["id_space"].combine_chunks(), value_set=pa.array(ID_SPACES)).to_numpy()
    space = np.append(space, -1)  # what place -1 asks for
    readings = {}
    for number, name in enumerate(ID_SPACES):
        if (space == number).any():
            places = _index(email_ids(given, key) if name == "email" else spaced(given, name), known)
            readings[name] = np.where(space[places] == number, places, -1)
    written = _index(pc.replace_substring_regex(given, "^customer:", ""), known)
    said = as_mask(pc.starts_with(given, "customer:")) == (space[written] == ID_SPACES.index("customer"))
    readings["written out"] = np.where(said, written, -1)
    return readings


def _index(words: pa.Array, known: pa.Array) -> npt.NDArray[np.int32]:
    """Give the place of each word among those known; -1: none."""
    return np.asarray(pc.fill_null(pc.index_in(words, value_set=known), -1).to_numpy(), dtype=np.int32)
