"""E-mail addresses where they do not belong: in the texts and ids of exports. None passes ingest."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from features.pseudonyms import email_ids

#: Anything that looks like an e-mail address, also as it stands in a link.
_LOOKS_LIKE = r"[^\s@\"'<>(),;:\\\[\]{}|]+(?:@|%40)[^\s@\"'<>(),;:\\\[\]{}|]+"
#: What is one, inside a word that goes on: a name with an @ in it is none.
_HOLDS = r"[^@\s](?:@|%40)[^@\s]+\.[^@\s]"


def masked(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Put ``***@***`` in the place of anything in a text that looks like an e-mail address.

    Examples
    --------
    >>> masked(pa.array(['{"mail":"jan@example.nl","text":"ask piet.p%40x.org, or me"}'])).to_pylist()
    ['{"mail":"***@***","text":"ask ***@***, or me"}']
    """
    return pc.replace_substring_regex(texts, _LOOKS_LIKE, "***@***")


def without_words(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """Make null what holds an e-mail address in these columns of words.

    Examples
    --------
    >>> table = pa.table({"campaign": ["spring", "to jan@shop.nl", "wine@home", None]})
    >>> without_words(table, ["campaign"])["campaign"].to_pylist()
    ['spring', None, 'wine@home', None]
    """
    for name in names:
        words = table[name]
        if words.null_count == len(words):
            continue
        distinct = pc.unique(words)  # few, and the search in each is slow
        addresses = distinct.filter(pc.match_substring_regex(distinct, _HOLDS))
        if len(addresses):
            holds = pc.is_in(words, value_set=addresses)
            kept = pc.if_else(holds, pa.scalar(None, words.type), words)
            table = table.set_column(table.column_names.index(name), name, kept)
    return table


def hidden(ids: pa.Array, key: bytes) -> pa.Array:
    """Give ids that hide any e-mail address among them: shops do use addresses as customer numbers.

    Parameters
    ----------
    ids : array of string
        Ids of customers; null stays null.
    key : bytes
        The key of the pseudonyms: the id of an address is the same wherever it stands.

    Examples
    --------
    >>> found = hidden(pa.array(["K7", "jan@example.nl", None]), b"key").to_pylist()
    >>> found[0], found[1][:6], found[2]
    ('K7', 'email:', None)
    """
    if not pc.any(pc.match_substring(ids, "@")).as_py():
        return ids
    return pc.coalesce(email_ids(ids, key), ids)
