"""HubSpot: a CSV of contacts to import, matched on e-mail, on the record id, or on a unique property of one's own.

The list that is scored holds the addresses (column ``customer_id``); ids that the source ``hubspot`` read
(``hubspot:123``) go by ``--key "Record ID"``. Every other heading is the label of a contact property to be made once:
dates as date picker, probabilities as number, the rest as single-line text.

References
----------
HubSpot, Set up import files, https://knowledge.hubspot.com/import-and-export/set-up-your-import-file (of October 2025:
UTF-8, one header row, fewer than 1,000 columns; 512 MB and 1,048,576 rows per file; with free tools 20 MB, some 250,000
rows of ours). Not found in writing of HubSpot, so try it on a few contacts first: that an empty cell leaves the
property as it is, that the import takes days as YYYY-MM-DD (its other interfaces do), 65,536 characters of a text.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.exports.destinations._base import (
    ADDRESS,
    HUBSPOT,
    Destination,
    bare,
    customers_only,
    only,
)  # fmt: skip

_EMAIL, _RECORD = "Email", "Record ID"


def _keys(ids: pa.Array, spaces: pa.Array, key: str) -> pa.Array:
    shown = bare(ids)
    if key == _EMAIL:
        return only(shown, pc.match_substring_regex(shown, ADDRESS))
    if key == _RECORD:
        customers = pc.fill_null(pc.equal(spaces, "customer"), False)
        records = pc.and_(customers, pc.match_substring_regex(shown, f"^({HUBSPOT})?[0-9]+$"))
        return only(pc.replace_substring_regex(shown, f"^{HUBSPOT}", ""), records)
    return customers_only(ids, spaces, key)


DESTINATION = Destination(
    title="HubSpot",
    key=_EMAIL,
    keys_of=_keys,
    no_key="no e-mail address or record id in customer_id: score a list of addresses, or give --key",
    columns={
        "as_of": "Klantreis scored on", "phase": "Klantreis phase", "persona": "Klantreis persona",
        "p_ready": "Klantreis chance to buy", "p_churn": "Klantreis chance to leave", "score": "Klantreis score",
        "band": "Klantreis band", "predicted_value": "Klantreis predicted value",
        "next_order_p50": "Klantreis days to next order", "action": "Klantreis action",
        "action_valid_until": "Klantreis action valid until",
    },
    missing="",
    text_limit=65_536,
    most_rows=1_000_000,
)  # fmt: skip
