"""Google Analytics 4: a CSV for Data Import, type user data, matched on ``user_id``.

Every other heading is the user property of a user-scoped custom dimension, to be made before the upload. Its name may
have 24 characters and its value 36. Google forbids what tells who somebody is, so an e-mail address is never a key
here; who refused analytics, advertising or personalisation is left out.

References
----------
Google, [GA4] Import user data, https://support.google.com/analytics/answer/10071143 (the key ``user_id``; no key twice;
custom dimensions first, Analytics takes up to 4 hours to know them; joined with events from then on only).
Google, [GA4] Event collection limits, https://support.google.com/analytics/answer/9267744 (25 user properties, 24 and
36 characters; 256 for a user id). Not found in writing: the size of a file; a million of our rows are some 80 MB.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.exports.destinations._base import ADDRESS, Destination, customers_only, only


def _keys(ids: pa.Array, spaces: pa.Array, key: str) -> pa.Array:
    customers = customers_only(ids, spaces, key)
    return only(customers, pc.fill_null(pc.invert(pc.match_substring_regex(customers, ADDRESS)), False))


DESTINATION = Destination(
    title="Google Analytics 4",
    key="user_id",
    keys_of=_keys,
    no_key="no user id that may go to Google (browsers, cards, e-mail addresses and records of HubSpot may not)",
    columns={
        "as_of": "kr_scored_on", "phase": "kr_phase", "persona": "kr_persona", "p_ready": "kr_p_ready",
        "p_churn": "kr_p_churn", "score": "kr_score", "band": "kr_band", "predicted_value": "kr_predicted_value",
        "next_order_p50": "kr_days_to_next_order", "action": "kr_action", "action_valid_until": "kr_action_until",
    },
    missing="",
    text_limit=36,
    most_rows=1_000_000,
    consents=("personalisation", "analytics", "ads"),
)  # fmt: skip
