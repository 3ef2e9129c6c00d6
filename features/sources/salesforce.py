"""Salesforce exports of contacts and opportunities, with the API names of their fields.

What becomes what: as for ``hubspot``. Whoever ``HasOptedOutOfEmail`` refuses e-mail; not having opted out is no
consent. An opportunity is that of its ``ContactId``, without one of its ``AccountId``: the first contact of an account
is linked to it, as known from that contact's last change.
``CloseDate`` has no time of day: a deal counts as closed in the last second of it. The customer number is a field of
your own: name it under ``options.columns.contacts.customer_id``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from features.sources._crm import Crm, contacts_table, deals_table
from features.sources._rows import RawTable

CONTACT_HEADERS = {
    "contact_id": "Id",
    "created_at": "CreatedDate",
    "modified_at": "LastModifiedDate",
    "email": "Email",
    "customer_id": "Customer_Number__c",
    "account_id": "AccountId",
    "lifecycle_stage": "Lifecycle_Stage__c",
    "may_email": "Email_Consent__c",
    "no_email": "HasOptedOutOfEmail",
    "birth_year": "Birth_Year__c",
    "birth_date": "Birthdate",
    "gender": "GenderIdentity",
    "country": "MailingCountry",
    "city": "MailingCity",
}
OPPORTUNITY_HEADERS = {
    "deal_id": "Id",
    "created_at": "CreatedDate",
    "stage": "StageName",
    "closed_at": "CloseDate",
    "amount": "Amount",
    "contact_ids": "ContactId",
    "account_id": "AccountId",
    "is_won": "IsWon",
    "is_closed": "IsClosed",
}


class Salesforce(Crm):
    """Reads ``Contact.csv`` and ``Opportunity.csv``."""

    prefix = "salesforce"
    tables: ClassVar[Mapping[str, RawTable]] = {
        "contacts": contacts_table("Contact", CONTACT_HEADERS),
        "deals": deals_table("Opportunity", OPPORTUNITY_HEADERS),
    }


SOURCE = Salesforce
