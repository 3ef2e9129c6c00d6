"""Tickets and chats of customer service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TICKETS = (
    "ticket_id,customer_id,email,channel,subject,message,opened_at,first_reply_at,closed_at,reopened,csat\n"
)
CHATS = "chat_id,customer_id,browser_id,started_at,ended_at,messages,transcript\n"
Make = Callable[..., Any]
FULL = "t1,K1,jan@example.nl,phone,Waar is mijn pakket?,Ik ben niet blij,2024-01-02T10:00:00,2024-01-02T11:00:00,"


def ticket(rest: str = "2024-01-03T10:00:00,0,4\n", start: str = FULL) -> dict[str, str]:
    return {"tickets.csv": TICKETS + start + rest}


def test_a_closed_ticket_is_two_events_known_when_each_happened(
    export: Make, micros: Callable[[str], int]
) -> None:
    found = export("service", ticket("2024-01-03T10:00:00,1,2\n"))
    opened, closed = found.rows("events")
    assert (opened["kind"], opened["channel"], opened["category"]) == ("ticket_open", "phone", "delivery")
    assert opened["sentiment"] < 0 and opened["rating"] is None and opened["duration_s"] is None
    assert closed["kind"] == "ticket_close"
    assert closed["occurred_us"] == closed["known_us"] == micros("2024-01-03T10:00:00")
    assert (closed["duration_s"], closed["rating"], closed["rating_scale"]) == (86_400.0, 2.0, "stars")
    assert closed["quantity"] == 2.0 and closed["event_id"] != opened["event_id"]
    assert [extra for _, one in found.told for extra in one.extra] == [False, True]


def test_an_open_ticket_says_nothing_of_its_end(export: Make) -> None:
    (event,) = export("service", ticket(",0,\n")).rows("events")
    assert event["kind"] == "ticket_open"


def test_waiting_can_end_with_the_first_reply(export: Make) -> None:
    events = export("service", ticket(), waiting_until="first_reply").rows("events")
    assert events[1]["duration_s"] == 3600.0


def test_a_score_with_a_moment_of_its_own_is_not_known_before(
    export: Make, micros: Callable[[str], int]
) -> None:
    text = "ticket_id,customer_id,opened_at,closed_at,csat,rated_at\n"
    text += "t1,K1,2024-01-02T10:00:00,2024-01-02T12:00:00,5,2024-01-09T12:00:00\n"
    text += "t2,K1,2024-01-02T10:00:00,2024-01-02T12:00:00,,\n"
    events = export("service", {"tickets.csv": text}).rows("events")
    assert [event["rating"] for event in events if event["kind"] == "ticket_close"] == [None, None]
    (survey,) = (event for event in events if event["kind"] == "survey")
    assert (survey["rating"], survey["known_us"]) == (5.0, micros("2024-01-09T12:00:00"))


@pytest.mark.parametrize(
    ("subject", "category"),
    [
        ("Retour van een jas", "return"), ("My invoice is wrong", "payment"), ("Klacht over de levering", "complaint"),
        ("Levertijd?", "delivery"), ("Vraag", None), ("Where is my parcel", "delivery"), ("Heupbetaling", None),
    ],
)  # fmt: skip
def test_a_subject_becomes_a_class_and_goes_no_further(
    export: Make, subject: str, category: str | None
) -> None:
    files = ticket(start=FULL.replace("Waar is mijn pakket?", subject))
    assert {event["category"] for event in export("service", files).rows("events")} == {category}


def test_own_classes_and_a_column_that_says_the_class(export: Make) -> None:
    own = export("service", ticket(), subjects={"parcel": ["pakk"]}).rows("events")
    assert own[0]["category"] == "parcel"
    text = "ticket_id,customer_id,opened_at,category,subject\nt1,K1,2024-01-01,levering,Retour\n"
    assert export("service", {"tickets.csv": text}).rows("events")[0]["category"] == "levering"


def test_ids_are_linked_upwards(export: Make, micros: Callable[[str], int]) -> None:
    chats = (
        CHATS + "c1,K1,b1,2024-01-05T10:00:00,2024-01-05T10:04:00,6,hallo\nc2,,b2,2024-01-05T10:00:00,,,\n"
    )
    found = export("service", {**ticket(",0,\n"), "chats.csv": chats})
    links = found.rows("links")
    assert [(link["anonymous_source_id"][:7], link["source_id"]) for link in links] == [
        ("email:" + links[0]["anonymous_source_id"][6], "K1"), ("browser", "K1"),
    ]  # fmt: skip
    assert links[1]["known_us"] == micros("2024-01-05T10:00:00")
    chat, anonymous = found.rows("events")[1:]
    assert (chat["duration_s"], chat["quantity"], chat["channel"]) == (240.0, 6.0, "chat")
    # How long it lasted is known when it is over.
    assert chat["known_us"] - chat["occurred_us"] == 240_000_000
    assert (anonymous["source_id"], anonymous["duration_s"]) == ("browser:b2", None)


def test_malformed_rows_are_rejected_with_a_reason(export: Make) -> None:
    rows = [
        ("t1,,,web,x,x,2024-01-02T10:00:00,,,0,", "customer is missing"),
        ("t2,,geen adres,web,x,x,2024-01-02T10:00:00,,,0,", "email is not an address"),
        ("t3,K1,geen adres,web,x,x,2024-01-02T10:00:00,,,0,", None),
        ("t4,K1,,web,x,x,gisteren,,,0,", "opened_at cannot be read as a date"),
        ("t5,K1,,web,x,x,2024-01-02T10:00:00,,2024-01-01T10:00:00,0,", "closed_at lies before opened_at"),
        (
            "t6,K1,,web,x,x,2024-01-02T10:00:00,2024-01-01T10:00:00,,0,",
            "first_reply_at lies before opened_at",
        ),
        ("t7,K1,,web,x,x,2024-01-02T10:00:00,,2024-01-03T10:00:00,0,6", "csat is above 5"),
        ("t8,K1,,web,x,x,2024-01-02T10:00:00,,2024-01-03T10:00:00,0,goed", "csat is not a number"),
        ("t9,K1,,web,x,x,2024-01-02T10:00:00,,2024-01-03T10:00:00,-1,", "reopened is negative"),
        ("t10,K1,,fax,x,x,2024-01-02T10:00:00,,,0,", None),
    ]
    found = export("service", {"tickets.csv": TICKETS + "\n".join(row for row, _ in rows) + "\n"})
    assert found.reasons("tickets") == [reason for _, reason in rows]
    chats = "c1,K1,,2024-01-05T10:00:00,2024-01-05T09:00:00,6,x\nc2,K1,,2024-01-05T10:00:00,,-1,x\n"
    found = export("service", {"chats.csv": CHATS + chats})
    assert found.reasons("chats") == ["ended_at lies before started_at", "messages is negative"]


def test_a_missing_column_and_a_folder_without_tables_are_named(export: Make) -> None:
    message = export("service", {"tickets.csv": "ticket_id,customer_id\n1,K1\n"}).refused()
    assert "'opened_at'" in message and "options.columns.tickets.opened_at" in message
    assert "tickets" in export("service", {"notes.txt": "hello"}).refused()


def test_sentiment_can_be_switched_off_and_an_unknown_method_is_refused(export: Make) -> None:
    assert export("service", ticket(), sentiment=None).rows("events")[0]["sentiment"] is None
    message = export("service", ticket(), sentiment="oracle").refused()
    assert "options.sentiment" in message and "oracle" in message and "lexicon" in message


def test_a_customer_number_that_is_an_address_is_hidden(export: Make) -> None:
    found = export("service", ticket(",0,\n", FULL.replace("K1", "Jan@Example.nl")))
    (event,) = found.rows("events")
    assert event["source_id"].startswith("email:") and found.rows("links") == []
