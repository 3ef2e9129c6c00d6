"""Who did it: browsers, the customers they log in as, their consent, and rows that tell of nobody."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.pseudonyms import email_ids, spaced
from features.sources._batches import STAGED_ATTRIBUTES, STAGED_LINKS
from features.sources._columns import Mask, as_mask, fill_table, id_strings
from features.sources._ga4_channels import something
from features.sources._ga4_words import DENIED, GRANTED, NOTHING
from features.sources._nested import dig

#: Purpose of consent -> field of the export.
CONSENT = {
    "consent_analytics": "privacy_info.analytics_storage",
    "consent_ads": "privacy_info.ads_storage",
}


def people_of(raw: pa.Table, key: bytes) -> tuple[pa.Array, pa.Array]:
    """Give the id of each row, and the customer (or e-mail) id its user was logged in with.

    A row without a browser belongs to the customer it names, if any; a visitor who refused analytics stays nobody.

    Parameters
    ----------
    raw : table
        Raw rows.
    key : bytes
        The key of the pseudonyms: some shops send an e-mail address as ``user_id``; it never passes.
    """
    browsers, given = _ids(raw, "user_pseudo_id"), _ids(raw, "user_id")
    # Anything with an @ that is no readable address is dropped rather than shown.
    plain = pc.if_else(pc.match_substring(given, "@"), pa.scalar(None, pa.string()), given)
    customers = pc.coalesce(email_ids(given, key), plain)
    allowed = pc.if_else(pa.array(refused(raw)), pa.scalar(None, pa.string()), customers)
    return pc.coalesce(spaced(browsers, "browser"), allowed), pc.if_else(
        pc.is_valid(browsers), customers, pa.scalar(None, pa.string())
    )


def refused(raw: pa.Table) -> Mask:
    """Say on which rows the visitor had refused analytics."""
    return as_mask(pc.equal(_consent(dig(raw, CONSENT["consent_analytics"], pa.string())), "denied"))


def attributes(
    raw: pa.Table, fields: Mapping[str, str], sensitive: tuple[str, ...], people: pa.Array, keep: Mask
) -> pa.Table:
    """Give consent (as the tag saw it) and the attributes asked for, each time they were seen.

    Parameters
    ----------
    fields : mapping of str to str
        Attribute to field of the export.
    sensitive : tuple of str
        Attributes that only serve to audit fairness.
    people : array of string
        Id of each row.
    keep : mask
        The rows that are kept.
    """
    known = dig(raw, "event_timestamp", pa.int64())
    said = {name: _consent(dig(raw, path, pa.string())) for name, path in CONSENT.items()}
    said |= {name: something(dig(raw, path, pa.string())) for name, path in fields.items()}
    parts = [STAGED_ATTRIBUTES.empty_table()]
    for name, values in said.items():
        if values.null_count == len(values):
            continue
        rows = pa.array(np.flatnonzero(keep & as_mask(pc.is_valid(values))))
        columns = {
            "source_id": people.take(rows),
            "attribute": name,
            "value": values.take(rows),
            "known_us": known.take(rows),
            "sensitive": name in sensitive,
        }
        parts.append(fill_table(STAGED_ATTRIBUTES, len(rows), columns))
    return pa.concat_tables(parts)


def links(people: pa.Array, customers: pa.Array, known: npt.NDArray[np.int64], keep: Mask) -> pa.Table:
    """Link each browser to the id its user was logged in with, where the export has one."""
    given = pa.array(keep & as_mask(pc.is_valid(customers)))
    columns = {
        "anonymous_source_id": people.filter(given),
        "source_id": customers.filter(given),
        "known_us": pa.array(known).filter(given),
    }
    return fill_table(STAGED_LINKS, len(columns["source_id"]), columns)


def _ids(raw: pa.Table, column: str) -> pa.Array:
    if column not in raw.column_names:
        return pa.nulls(raw.num_rows, pa.string())
    ids = id_strings(raw[column].combine_chunks())
    nothing = pc.is_in(ids, value_set=pa.array(NOTHING))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), ids)


def _consent(words: pa.Array) -> pa.Array:
    """Read a word of consent: granted, denied, or null where nothing was chosen."""
    small = pc.utf8_lower(pc.utf8_trim_whitespace(words))
    granted = pc.is_in(small, value_set=pa.array(GRANTED))
    denied = pc.is_in(small, value_set=pa.array(DENIED))
    nothing = pa.scalar(None, pa.string())
    return pc.if_else(granted, pa.scalar("granted"), pc.if_else(denied, pa.scalar("denied"), nothing))
