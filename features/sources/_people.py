"""Who a row of a people-side export is about, and what of its text may go on."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import field_validator

from features.addresses import hidden
from features.pseudonyms import email_ids, spaced
from features.sentiment import methods, sentiments
from features.sources._columns import as_mask
from features.sources._rows import ChannelOptions
from features.sources._typed_rows import Rows, Told

_ADDRESS = r"[^@\s](?:@|%40)[^@\s]"


class FeedbackOptions(ChannelOptions):
    """Options of an export that holds what people wrote.

    ``sentiment`` names the method (a file in ``features/sentiment``) that reads the texts; null: none does.
    """

    sentiment: str | None = "lexicon"

    @field_validator("sentiment")
    @classmethod
    def _known_method(cls, method: str | None) -> str | None:
        if method is not None and method not in methods():
            raise ValueError(f"unknown sentiment method {method!r}; allowed: {', '.join(methods())}, or null")
        return method


def somebody(
    rows: Rows, key: bytes, known: pa.Array, *, browser: bool = False
) -> tuple[pa.Array, list[Told]]:
    """Read who each row is about: the customer number, else the e-mail address, else the browser.

    Parameters
    ----------
    rows : Rows
        Rows with the columns ``customer_id`` and ``email``, with ``browser`` also ``browser_id``.
    key : bytes
        The key of the pseudonyms.
    known : array of int64
        When each row was known: its links hold from then on.

    Returns
    -------
    array of string, list of Told
        The id in spaced form (null: nobody), and the links between the ids that stand in one row.
    """
    customer, address = hidden(rows.text("customer_id"), key), rows.text("email")
    email = email_ids(address, key)
    machine = spaced(rows.text("browser_id"), "browser") if browser else pa.nulls(rows.rows, pa.string())
    found = pc.coalesce(customer, email, machine)
    rows.verdict.reject(as_mask(pc.is_valid(address)) & as_mask(pc.is_null(found)), "email is not an address")
    links = [rows.link(unlike(email, customer), customer, known)]
    if browser:
        links.append(rows.link(machine, pc.coalesce(customer, email), known))
    return found, links


def unlike(ids: pa.Array, others: pa.Array) -> pa.Array:
    """Give ids where they differ from the others, else null: a link of an id to itself would end the one before."""
    return pc.if_else(pc.not_equal(ids, others), ids, pa.scalar(None, pa.string()))


def label(rows: Rows, name: str) -> pa.Array:
    """Read a word that goes on as it is (a campaign, a category, a city): null where it holds an address."""
    text = rows.text(name)
    return pc.if_else(pc.match_substring_regex(text, _ADDRESS), pa.scalar(None, pa.string()), text)


def feeling(rows: Rows, method: str | None, name: str) -> pa.Array:
    """Read the sentiment of a text column; the text itself goes no further."""
    if method is None or not rows.has(name):
        return pa.nulls(rows.rows, pa.float64())
    return sentiments(method, rows.text(name), rows.text("language"))


def seconds(start: pa.Array, end: pa.Array) -> pa.Array:
    """Give the seconds from one moment to another; null where one is missing."""
    return pc.divide(pc.subtract(end, start).cast(pa.float64()), 1e6)


def refuse_before(rows: Rows, name: str, moments: pa.Array, start_name: str, start: pa.Array) -> None:
    """Reject rows whose ``moments`` lie before their ``start``."""
    rows.verdict.reject(as_mask(pc.less(moments, start)), f"{name} lies before {start_name}")


def later(one: pa.Array, other: pa.Array) -> pa.Array:
    """Give the later of two moments; where one is missing, the other."""
    return pc.max_element_wise(one, other)
