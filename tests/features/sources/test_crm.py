"""HubSpot and Salesforce: contacts, deals, and what a snapshot may say of the past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CONTACTS = (
    "Record ID,First Name,Last Name,Email,Create Date,Last Modified Date,Lifecycle Stage,"
    "Marketing contact status,Customer number,Birth year,Gender,Country/Region,City\n"
)
JAN = "101,Jan,Jansen,jan@example.nl,2024-01-01 10:00,2024-02-01 10:00,Customer,Marketing contact,K1,1984,Male,NL,Ede\n"
DEALS = "Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,Associated Contact IDs\n"
WON = "1,Dak Jansen,Closed Won,100.50,2024-01-05 10:00,2024-01-20 11:00,101;102\n"
Make = Callable[..., Any]


def hubspot(contacts: str = JAN, deals: str = WON) -> dict[str, str]:
    return {"hubspot_contacts.csv": CONTACTS + contacts, "hubspot_deals.csv": DEALS + deals}


def described(found: Any, who: str) -> dict[str, str]:
    return {row["attribute"]: row["value"] for row in found.rows("attributes") if row["source_id"] == who}


def test_what_a_contact_says_is_known_from_its_last_change_on(
    export: Make, micros: Callable[[str], int]
) -> None:
    found = export("hubspot", hubspot())
    assert described(found, "K1") == {
        "age_band": "35-44", "gender": "male", "country": "NL", "city": "Ede",
        "lifecycle_stage": "Customer",
    }  # fmt: skip
    changed = micros("2024-02-01T10:00:00")
    assert {row["known_us"] for row in (*found.rows("attributes"), *found.rows("links"))} == {changed}
    sensitive = {row["attribute"] for row in found.rows("attributes") if row["sensitive"]}
    assert sensitive == {"age_band", "gender"}
    links = [(row["anonymous_source_id"].split(":")[0], row["source_id"]) for row in found.rows("links")]
    assert links == [("email", "K1"), ("hubspot", "K1")]


def test_without_a_date_of_change_nothing_is_known_before_the_newest_row(
    export: Make, micros: Callable[[str], int]
) -> None:
    contacts = "Record ID,Create Date,City\n101,2023-01-01,Ede\n102,2023-05-01,Ede\n"
    deals = "Record ID,Create Date,Deal Stage,Associated Contact IDs\n1,2024-03-01 08:00,New,101\n"
    files = {"hubspot_contacts.csv": contacts, "hubspot_deals.csv": deals}
    found = export("hubspot", files).rows("attributes")
    assert {row["known_us"] for row in found} == {micros("2024-03-01T08:00:00")}


def test_a_contact_that_does_not_say_when_it_was_changed_is_known_as_late(
    export: Make, micros: Callable[[str], int]
) -> None:
    contacts = JAN.replace("2024-02-01 10:00", "")
    found = export(
        "hubspot", hubspot(contacts, WON.replace("2024-01-05", "2024-03-05").replace("01-20", "03-20"))
    )
    assert {row["known_us"] for row in (*found.rows("attributes"), *found.rows("links"))} == {
        micros("2024-03-05T10:00:00")
    }


def test_links_may_be_dated_from_the_creation_if_the_shop_says_so(
    export: Make, micros: Callable[[str], int]
) -> None:
    found = export("hubspot", hubspot(), links_known="created")
    assert {row["known_us"] for row in found.rows("links")} == {micros("2024-01-01T10:00:00")}
    assert {row["known_us"] for row in found.rows("attributes")} == {micros("2024-02-01T10:00:00")}


@pytest.mark.parametrize(
    ("status", "opted_out", "consent"),
    [
        ("Marketing contact", "", None), ("Agreed", "", "granted"), ("Agreed", "yes", "denied"),
        ("Non-marketing contact", "", "denied"), ("", "", None),
        ("Marketing contact", "true", "denied"), ("Onbekend", "", None), ("", "No", None),
    ],
)  # fmt: skip
def test_a_refusal_goes_before_everything(
    export: Make, status: str, opted_out: str, consent: str | None
) -> None:
    text = "Record ID,Create Date,Marketing contact status,Unsubscribed from all email\n"
    files = {"hubspot_contacts.csv": text + f"101,2024-01-01,{status},{opted_out}\n"}
    found = export("hubspot", files, consent_words={"agreed": "granted"})
    assert described(found, "hubspot:101").get("consent_email") == consent


def test_being_a_marketing_contact_takes_no_refusal_back(export: Make) -> None:
    """The status says who is paid for; a row changed after somebody unsubscribed must not overrule that."""
    assert "consent_email" not in described(export("hubspot", hubspot()), "K1")


@pytest.mark.parametrize(
    ("born", "band"),
    [("2010", "under 18"), ("2006", "18-24"), ("1984", "35-44"), ("1959", "65+"), ("1800", None), ("", None)],
)
def test_the_year_of_birth_becomes_a_band(export: Make, born: str, band: str | None) -> None:
    found = export("hubspot", hubspot(JAN.replace("1984", born)))
    assert described(found, "K1").get("age_band") == band
    assert found.reasons("contacts") == [None]


def test_a_won_deal_is_a_purchase_known_when_it_closed(export: Make, micros: Callable[[str], int]) -> None:
    asked, bought = export("hubspot", hubspot()).rows("events")
    assert (asked["source_id"], asked["kind"], asked["value"]) == ("hubspot:101", "quote_request", None)
    assert asked["occurred_us"] == asked["known_us"] == micros("2024-01-05T10:00:00")
    assert (bought["source_id"], bought["kind"], bought["value"]) == ("hubspot:101", "purchase", 100.5)
    assert bought["occurred_us"] == bought["known_us"] == micros("2024-01-20T11:00:00")


def test_amounts_and_wins_can_be_told_otherwise(export: Make) -> None:
    asked, won = export("hubspot", hubspot(), amount_known="created", won="other").rows("events")
    assert (asked["value"], won["kind"]) == (100.5, "other")
    dutch = WON.replace("Closed Won", "Verkocht")
    kinds = [
        row["kind"] for row in export("hubspot", hubspot(deals=dutch), won_stages=["verkocht"]).rows("events")
    ]
    assert kinds == ["quote_request", "purchase"]


def test_of_an_open_deal_the_closing_date_is_only_a_hope(export: Make) -> None:
    deals = (
        "1,x,Proposal,50,2024-01-05 10:00,2031-01-01 00:00,101\n2,x,Proposal,50,2024-01-05 10:00,ooit,101\n"
    )
    found = export("hubspot", hubspot(deals=deals))
    assert found.reasons("deals") == [None, None]
    assert [row["kind"] for row in found.rows("events")] == ["quote_request", "quote_request"]


def test_a_lost_deal_brings_no_money(export: Make) -> None:
    lost = export("hubspot", hubspot(deals=WON.replace("Won", "Lost"))).rows("events")[1]
    assert (lost["kind"], lost["value"]) == ("other", None)


def test_malformed_rows_are_rejected_with_a_reason(export: Make) -> None:
    contacts = [
        (JAN.strip(), None),
        ("102,P,P,geen adres,2024-01-01 10:00,,Lead,,,,,,", "email is not an address"),
        ("103,P,P,geen adres,2024-01-01 10:00,,Lead,,K3,,,,", None),
        ("104,P,P,,eens,,Lead,,,,,,", "created_at cannot be read as a date"),
        (",P,P,,2024-01-01 10:00,,Lead,,,,,,", "contact_id is missing"),
        ("105,P,P,,2024-01-01 10:00,,Lead,,,oud,,,", "birth_year is not a number"),
    ]
    deals = [
        ("1,x,New,5,2024-01-05 10:00,,", "customer is missing"),
        ("2,x,Closed Won,,2024-01-05 10:00,2024-01-06 10:00,101", "amount of a won deal is missing"),
        ("3,x,Closed Won,5,2024-01-05 10:00,,101", "closed_at of a closed deal is missing"),
        ("4,x,Closed Won,5,2024-01-05 10:00,2024-01-04 10:00,101", "closed_at lies before created_at"),
        ("5,x,Closed Won,veel,2024-01-05 10:00,2024-01-06 10:00,101", "amount is not a number"),
        ("6,x,Closed Won,-5,2024-01-05 10:00,2024-01-06 10:00,101", "amount is negative"),
        ("7,x,Closed Won,5,2024-01-05 10:00,2031-01-06 10:00,101", "closed_at lies in the future"),
        ("8,x,,5,2024-01-05 10:00,,101", "stage is missing"),
        ("9,x,New,5,2024-01-05 10:00,,404", None),
    ]
    files = hubspot("\n".join(row for row, _ in contacts) + "\n", "\n".join(row for row, _ in deals) + "\n")
    found = export("hubspot", files)
    assert found.reasons("contacts") == [reason for _, reason in contacts]
    assert found.reasons("deals") == [reason for _, reason in deals]
    assert found.rows("events")[-1]["source_id"] == "hubspot:404"


def test_a_deal_is_the_contacts_own_and_the_customers_by_a_link_known_when_the_number_was(
    export: Make, micros: Callable[[str], int]
) -> None:
    """The number came between two exports: no deal may carry it from the day the deal was made."""
    older = JAN.replace(",K1,", ",,").replace("2024-02-01", "2024-01-02")
    files = {**hubspot(older), "hubspot_contacts_2.csv": CONTACTS + JAN}
    found = export("hubspot", files)
    assert {row["source_id"] for row in found.rows("events")} == {"hubspot:101"}
    own = [row for row in found.rows("links") if row["anonymous_source_id"] == "hubspot:101"]
    assert [(row["source_id"], row["known_us"]) for row in own] == [("K1", micros("2024-02-01T10:00:00"))]


def test_dutch_headers_are_told_by_columns(export: Make) -> None:
    text = "\ufeffRecord-ID;Aanmaakdatum;Klantnummer;Plaats\n101;01-02-2024 10:00;K9;Zwolle\n"
    columns = {
        "contact_id": "Record-ID",
        "created_at": "Aanmaakdatum",
        "customer_id": "Klantnummer",
        "city": "Plaats",
    }
    found = export(
        "hubspot", {"hubspot_contacts.csv": text}, columns={"contacts": columns}, date_format="%d-%m-%Y %H:%M"
    )
    assert described(found, "K9") == {"city": "Zwolle"}
    message = export("hubspot", {"hubspot_contacts.csv": text}).refused()
    assert "'Record ID'" in message and "options.columns.contacts.contact_id" in message


SF_CONTACTS = (
    "Id,AccountId,FirstName,LastName,Email,CreatedDate,LastModifiedDate,HasOptedOutOfEmail,Birthdate\n"
)
SF_DEALS = "Id,ContactId,AccountId,Name,StageName,Amount,CreatedDate,CloseDate,IsClosed,IsWon\n"


def salesforce(contacts: str, deals: str) -> dict[str, str]:
    return {"Contact.csv": SF_CONTACTS + contacts, "Opportunity.csv": SF_DEALS + deals}


def test_an_opportunity_is_of_its_contact_else_of_its_account_until_its_first_contact_is_known(
    export: Make, micros: Callable[[str], int]
) -> None:
    contacts = (
        "003A,001A,Jan,J,jan@example.nl,2024-01-02T10:00:00.000Z,2024-02-01T10:00:00.000Z,true,1990-05-01\n"
        "003B,001A,Piet,P,piet@example.nl,2024-01-01T10:00:00.000+0000,2024-01-01T10:00:00.000+0000,false,\n"
    )
    deals = (
        "006A,003A,001A,x,Won!,5,2024-01-05T10:00:00.000Z,2024-01-05,true,true\n"
        "006B,,001A,x,Lost!,5,2024-01-05T10:00:00.000Z,2024-01-08,true,false\n"
        "006C,,,x,Open,5,2024-01-05T10:00:00.000Z,2024-01-08,false,false\n"
    )
    found = export("salesforce", salesforce(contacts, deals))
    assert found.reasons("deals") == [None, None, "customer is missing"]
    events = [(row["source_id"], row["kind"]) for row in found.rows("events")]
    assert events == [
        ("salesforce:003A", "quote_request"), ("salesforce:account:001A", "quote_request"),
        ("salesforce:003A", "purchase"), ("salesforce:account:001A", "other"),
    ]  # fmt: skip
    account = [row for row in found.rows("links") if row["anonymous_source_id"] == "salesforce:account:001A"]
    assert [(row["source_id"], row["known_us"]) for row in account] == [
        ("salesforce:003B", micros("2024-01-01T10:00:00"))
    ]
    # A day without a time: it was won on that day, and nobody could know before the day was over.
    assert found.rows("events")[2]["known_us"] == micros("2024-01-05T23:59:59")
    assert described(found, "salesforce:003A") == {"consent_email": "denied", "age_band": "25-34"}
    assert described(found, "salesforce:003B") == {}


def test_an_account_and_a_contact_of_one_number_are_not_one(export: Make) -> None:
    header = CONTACTS.strip() + ",Associated Company ID\n"
    contacts = header + JAN.strip() + ",101\n" + JAN.replace("101,", "102,").strip() + ",101\n"
    deals = DEALS.strip() + ",Associated Company IDs\n" + WON.replace("101;102", "").strip() + ",101\n"
    found = export("hubspot", {"hubspot_contacts.csv": contacts, "hubspot_deals.csv": deals})
    assert {row["source_id"] for row in found.rows("events")} == {"hubspot:account:101"}
    led = [row["source_id"] for row in found.rows("links") if "account" in row["anonymous_source_id"]]
    assert led == ["hubspot:101"]  # of two contacts made in one minute the one with the lower number


def test_a_deal_closed_on_a_day_before_it_was_made_is_rejected(export: Make) -> None:
    deal = "006A,003A,001A,x,Won,5,2024-01-05T10:00:00.000Z,2024-01-04,true,true\n"
    found = export("salesforce", {"Opportunity.csv": SF_DEALS + deal})
    assert found.reasons("deals") == ["closed_at lies before created_at"]


def test_a_flag_that_is_no_flag_is_rejected(export: Make) -> None:
    contact = "003A,001A,J,J,jan@example.nl,2024-01-02T10:00:00.000Z,,misschien,\n"
    found = export("salesforce", {"Contact.csv": SF_CONTACTS + contact})
    assert found.reasons("contacts") == ["no_email is neither yes nor no"]
