"""Salesforce: a CSV to upsert with Data Loader or Bulk API 2.0, by an external id field of the object.

Headings are API names of custom fields. UTF-8, comma, line feed (say ``lineEnding: LF``), days as YYYY-MM-DD, and
``#N/A`` where there is no value, for an empty cell would leave the old one standing.

References
----------
Salesforce, Bulk API 2.0, Prepare CSV Files,
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm (100 MB per
upload, before it is converted); Valid CSV Record Rows, datafiles_csv_valid_record_rows.htm.
"""

from __future__ import annotations

from pipelines.exports.destinations._base import Destination, customers_only

DESTINATION = Destination(
    title="Salesforce",
    key="Klantreis_Id__c",
    keys_of=customers_only,
    no_key="known by a browser, a card or a hashed address only",
    columns={
        "as_of": "Klantreis_Scored_On__c", "phase": "Klantreis_Phase__c", "persona": "Klantreis_Persona__c",
        "p_ready": "Klantreis_P_Ready__c", "p_churn": "Klantreis_P_Churn__c", "score": "Klantreis_Score__c",
        "band": "Klantreis_Band__c", "predicted_value": "Klantreis_Predicted_Value__c",
        "next_order_p50": "Klantreis_Days_To_Next_Order__c", "action": "Klantreis_Action__c",
        "action_valid_until": "Klantreis_Action_Valid_Until__c",
    },
    missing="#N/A",
    text_limit=255,
    most_rows=250_000,
)  # fmt: skip
