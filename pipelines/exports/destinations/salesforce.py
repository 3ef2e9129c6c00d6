"""Salesforce: a CSV to upsert with Data Loader or Bulk API 2.0, by an external id field of the object.

Headings are API names of custom fields. UTF-8, comma, line feed (say ``lineEnding: LF``), days as YYYY-MM-DD, and
``#N/A`` where there is no value, for an empty cell would leave the old one standing.
An upsert makes a new record for an id that Salesforce does not know: score a list of those it does.

References
----------
Salesforce, Bulk API 2.0, Prepare CSV Files,
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm (at most 100 MB
per upload: 250,000 of our rows are some 25 MB; headings are API names; LF is the usual line end; an empty value is
ignored and ``#N/A`` sets null, as in datafiles_csv_valid_record_rows.htm). Not found in writing: the 255 characters of
a text field, and what Data Loader makes of ``#N/A`` when it does not use the Bulk API: let it use that.
"""

from __future__ import annotations

from pipelines.exports.destinations._base import Destination, customers_only

DESTINATION = Destination(
    title="Salesforce",
    key="Klantreis_Id__c",
    keys_of=customers_only,
    no_key="known by a browser, a card, a hashed address or a record of HubSpot only",
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
