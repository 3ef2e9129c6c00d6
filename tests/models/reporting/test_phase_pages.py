from __future__ import annotations

from typing import Any

from features.settings import JourneySettings
from models.reporting.journey_words import JourneyWords, drop_of
from models.reporting.phase_pages import phase_pages
from models.reporting.words import Words


def texts(journey: JourneySettings) -> JourneyWords:
    return JourneyWords(Words("en", journey), "EUR")


def test_drop_off_looks_ahead_and_falls_back_in_a_short_log(
    data: dict[str, Any], journey: JourneySettings
) -> None:
    said, phase = texts(journey), data["phases"][0]
    found, about, touches = drop_of(phase, said)
    assert (found["value"], about) == (0.4, "silent 8 weeks later")
    assert touches == [("Purchase · Store", "40%")]
    phase["lost_within"]["value"] = None
    found, about, _ = drop_of(phase, said)
    assert (found["value"], about) == (0.25, "5 of 100 ended stays end in silence")
    phase["drop_off"]["value"] = None
    assert drop_of(phase, said) == ({}, "", [])


def test_what_hardly_any_stay_ended_with_is_not_told(data: dict[str, Any], journey: JourneySettings) -> None:
    data["phases"][0]["drop_off"]["value"] = 0.004
    assert drop_of(data["phases"][0], texts(journey))[2] == []


def test_the_dormant_page_tells_where_they_wake_up(data: dict[str, Any], journey: JourneySettings) -> None:
    pages = phase_pages(data, journey, texts(journey))
    assert [(one["label"], one["share"]) for one in pages[-1]["wakes"]] == [
        ("Look", "0.4%"), ("Buy", "2.0%"), ("Stay & share", "5.0%"),
    ]  # fmt: skip
    assert pages[-1]["wakes"][2]["width"] == "100.0" and all(page["wakes"] == [] for page in pages[:-1])


def test_touchpoints_of_hardly_anybody_are_left_out(data: dict[str, Any], journey: JourneySettings) -> None:
    data["phases"][0]["touchpoints"][1]["share"] = 0.004
    assert [one["share"] for one in phase_pages(data, journey, texts(journey))[0]["touches"]] == ["50%"]


def test_a_rate_says_what_it_rests_on_and_a_count_its_pace(
    data: dict[str, Any], journey: JourneySettings
) -> None:
    data["phases"][0]["kpis"][1]["reason"] = None
    data["phases"][0]["kpis"][1]["value"] = 20.0
    visits, nps = phase_pages(data, journey, texts(journey))[0]["kpis"]
    assert visits["rests"] == "" and visits["rate"] and nps["rests"] == "n = 100"
