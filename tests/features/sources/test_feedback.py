"""Surveys and reviews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SURVEYS = "response_id,customer_id,email,survey,answered_at,received_at,score,comment,language\n"
REVIEWS = "review_id,customer_id,product_id,category,posted_at,stars,text,language\n"
Make = Callable[..., Any]


def test_a_survey_is_known_when_it_was_received(export: Make, micros: Callable[[str], int]) -> None:
    row = "1,K1,,nps,2024-01-02T10:00:00,2024-01-04T10:00:00,9,Heel fijn geholpen,nl\n"
    (event,) = export("feedback", {"surveys.csv": SURVEYS + row}).rows("events")
    assert (event["kind"], event["rating"], event["rating_scale"]) == ("survey", 9.0, "nps")
    assert event["occurred_us"] == micros("2024-01-02T10:00:00")
    assert event["known_us"] == micros("2024-01-04T10:00:00")
    assert event["sentiment"] > 0.5


def test_with_two_clocks_nothing_is_known_before_it_happened(export: Make) -> None:
    rows = "1,K1,,nps,2024-01-02T10:00:00,2024-01-02T09:58:00,9,,\n2,K1,,nps,2024-01-02T10:00:00,,9,,\n"
    for event in export("feedback", {"surveys.csv": SURVEYS + rows}).rows("events"):
        assert event["known_us"] == event["occurred_us"]


def test_each_survey_has_its_scale(export: Make) -> None:
    rows = [
        ("1,K1,,nps,2024-01-02,,0,,", None, "nps"),
        ("2,K1,,csat,2024-01-02,,5,,", None, "stars"),
        ("3,K1,,tevredenheid,2024-01-02,,4,,", None, "stars"),
        ("4,K1,,,2024-01-02,,10,,", None, "nps"),
        ("5,K1,,csat,2024-01-02,,9,,", "score is not between 1 and 5", None),
        ("6,K1,,nps,2024-01-02,,11,,", "score is not between 0 and 10", None),
        ("7,K1,,nps,2024-01-02,,-1,,", "score is not between 0 and 10", None),
        ("8,K1,,mood,2024-01-02,,1,,", "survey is not one of nps, csat, stars, tevredenheid", None),
    ]
    scales = {"nps": "nps", "csat": "stars", "stars": "stars", "tevredenheid": "stars"}
    text = SURVEYS + "\n".join(row for row, _, _ in rows) + "\n"
    found = export("feedback", {"surveys.csv": text}, surveys=scales)
    assert found.reasons("surveys") == [reason for _, reason, _ in rows]
    assert [event["rating_scale"] for event in found.rows("events")] == [one for _, _, one in rows if one]


def test_malformed_surveys_are_rejected_with_a_reason(export: Make) -> None:
    rows = [
        ("1,K1,,nps,2024-01-02,,tien,,", "score is not a number"),
        ("2,K1,,nps,2024-01-02,,,,", "score is missing"),
        ("3,,,nps,2024-01-02,,9,,", "customer is missing"),
        ("4,,geen adres,nps,2024-01-02,,9,,", "email is not an address"),
        ("5,K1,,nps,toen,,9,,", "answered_at cannot be read as a date"),
        ("6,K1,,nps,2024-01-02,toen,9,,", "received_at cannot be read as a date"),
        ("7,K1,,nps,2024-01-02,2031-01-02,9,,", "received_at lies in the future"),
    ]
    found = export("feedback", {"surveys.csv": SURVEYS + "\n".join(row for row, _ in rows) + "\n"})
    assert found.reasons("surveys") == [reason for _, reason in rows]


def test_a_review_has_stars_category_and_sentiment(export: Make) -> None:
    rows = [
        ("1,K1,p1,shoes,2024-01-02T10:00:00,1,The sole broke after a day,en", None),
        ("2,K1,p1,shoes,2024-01-02T10:00:00,5,qwerty asdf,", None),
        ("3,K1,p1,shoes,2024-01-02T10:00:00,0,x,en", "stars is below 1"),
        ("4,K1,p1,shoes,2024-01-02T10:00:00,6,x,en", "stars is above 5"),
        ("5,,p1,shoes,2024-01-02T10:00:00,4,x,en", "customer is missing"),
    ]
    found = export("feedback", {"reviews.csv": REVIEWS + "\n".join(row for row, _ in rows) + "\n"})
    assert found.reasons("reviews") == [reason for _, reason in rows]
    bad, unread = found.rows("events")
    assert (bad["kind"], bad["category"], bad["rating"], bad["rating_scale"]) == (
        "review",
        "shoes",
        1.0,
        "stars",
    )
    assert bad["sentiment"] < 0 and unread["sentiment"] is None


def test_semicolons_decimal_commas_and_a_byte_order_mark(export: Make) -> None:
    text = "\ufeffresponse_id;customer_id;answered_at;score\n1;K1;2024-01-02;8,5\n"
    (event,) = export("feedback", {"surveys.csv": text}, decimal=",").rows("events")
    assert event["rating"] == 8.5


def test_an_exported_answer_is_the_same_answer_in_another_file(export: Make) -> None:
    row = "1,K1,,nps,2024-01-02,,9,fijn,nl\n"
    found = export("feedback", {"surveys_1.csv": SURVEYS + row, "surveys_2.csv": SURVEYS + row * 2})
    assert len({event["event_id"] for event in found.rows("events")}) == 1


def test_missing_columns_are_named(export: Make) -> None:
    message = export("feedback", {"surveys.csv": "customer_id,answered_at\nK1,2024-01-01\n"}).refused()
    assert "'score'" in message and "options.columns.surveys.score" in message
    message = export("feedback", {"reviews.csv": "customer_id,stars\nK1,4\n"}).refused()
    assert "'posted_at'" in message
