"""HubSpot exports of contacts and deals, with the English headers that HubSpot writes.

What becomes what: a contact gives attributes (country, city, lifecycle stage; age band and gender as sensitive ones;
``consent_email`` denied for a non-marketing contact and for who opted out) and links their e-mail address to their
customer number (without one: to ``hubspot:<Record ID>``), all known at "Last Modified Date". A deal is
``quote_request`` at its "Create Date"; when it is won it is a ``purchase`` of its amount at the "Close Date", when lost
``other``. It is that of ``hubspot:<Record ID>`` of its contact (without a contact: of its company), which becomes the
customer's at the contact's "Last Modified Date". Names, telephone numbers and deal names are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from features.sources._crm import Crm, contacts_table, deals_table
from features.sources._rows import RawTable

CONTACT_HEADERS = {
    "contact_id": "Record ID",
    "created_at": "Create Date",
    "modified_at": "Last Modified Date",
    "email": "Email",
    "customer_id": "Customer number",
    "account_id": "Associated Company ID",
    "lifecycle_stage": "Lifecycle Stage",
    "may_email": "Marketing contact status",
    "no_email": "Unsubscribed from all email",
    "birth_year": "Birth year",
    "birth_date": "Date of birth",
    "gender": "Gender",
    "country": "Country/Region",
    "city": "City",
}
DEAL_HEADERS = {
    "deal_id": "Record ID",
    "created_at": "Create Date",
    "stage": "Deal Stage",
    "closed_at": "Close Date",
    "amount": "Amount",
    "contact_ids": "Associated Contact IDs",
    "account_id": "Associated Company IDs",
    "is_won": "Is Closed Won",
    "is_closed": "Is Deal Closed?",
}


class HubSpot(Crm):
    """Reads ``hubspot_contacts.csv`` and ``hubspot_deals.csv``."""

    prefix = "hubspot"
    # "Marketing contact" says who is paid for, not who agreed; and read as consent, a row that was changed after
    # somebody unsubscribed would take that refusal back.
    consent: ClassVar[Mapping[str, str]] = {"Non-marketing contact": "denied"}
    tables: ClassVar[Mapping[str, RawTable]] = {
        "contacts": contacts_table("hubspot_contacts", CONTACT_HEADERS),
        "deals": deals_table("hubspot_deals", DEAL_HEADERS),
    }


SOURCE = HubSpot
