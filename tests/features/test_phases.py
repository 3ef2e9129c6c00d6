from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from features.contract import DAY_US, EVENTS
from features.cutoffs import past
from features.events import Events
from features.families._base import Scope
from features.phases import phases_at
from features.settings import Evidence, JourneySettings

TODAY = 400
WEB = ("page_view", "product_view", "search", "cart_add", "checkout", "purchase", "review")


@pytest.fixture(scope="module")
def journey(repo: Path) -> JourneySettings:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return JourneySettings.model_validate(yaml.safe_load(text), strict=False)


def phase_of(
    journey: JourneySettings, kinds: tuple[str, ...], *days_ago: tuple[str, float], cutoff: int = TODAY
) -> tuple[str, float]:
    rows = [
        {"event_id": i, "customer_id": 1, "occurred_us": int((TODAY - ago) * DAY_US),
         "known_us": int((TODAY - ago) * DAY_US), "kind": kind, "source": "test"}
        for i, (kind, ago) in enumerate(days_ago)
    ]  # fmt: skip
    batch = Events.from_arrow(pa.Table.from_pylist(rows, schema=EVENTS))
    scope = Scope(kinds, ("web",), mean_gap_days=20.0, mean_gap_weight=1.0)
    place, days = phases_at(past(batch, cutoff * DAY_US, 730), journey, scope)
    return journey.phase_keys[place[0]], float(days[0])


def orders(*days_ago: float) -> list[tuple[str, float]]:
    return [("purchase", ago) for ago in days_ago]


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([("page_view", 3)], "awareness"),
        ([("page_view", 40)], "dormant"),
        ([("page_view", 3), ("product_view", 2)], "consideration"),
        ([("product_view", 5), ("cart_add", 4)], "decision"),
        ([("cart_add", 4), ("checkout", 3), ("purchase", 3)], "retention"),
        ([("purchase", 30), ("cart_add", 2)], "decision"),
        ([("purchase", 10), ("product_view", 2)], "consideration"),
        ([("purchase", 10), ("review", 5)], "advocacy"),
        ([("purchase", 300), ("page_view", 2)], "awareness"),
    ],
)
def test_web_signals_open_the_phases(
    journey: JourneySettings, events: list[tuple[str, float]], phase: str
) -> None:
    assert phase_of(journey, WEB, *events)[0] == phase


@pytest.mark.parametrize(
    ("days_ago", "phase"),
    [
        ((5,), "decision"),  # first order: will there be a second?
        ((30,), "consideration"),
        ((70,), "awareness"),
        ((90,), "dormant"),
        ((65, 45, 25, 5), "retention"),  # every 20 days, in rhythm
        ((95, 75, 55, 35), "decision"),  # due now
        ((115, 95, 75, 55), "consideration"),  # clearly later than usual: the loop back
        ((155, 135, 115, 95), "awareness"),  # to be won again
        ((205, 185, 165, 145), "dormant"),
        ((54, 47, 40, 33, 26, 19, 12, 5), "advocacy"),  # many, twice as fast as usual, in rhythm
    ],
)
def test_bare_purchases_open_the_phases_by_own_rhythm(
    journey: JourneySettings, days_ago: tuple[float, ...], phase: str
) -> None:
    assert phase_of(journey, ("purchase",), *orders(*days_ago))[0] == phase


def test_lines_of_one_order_do_not_make_a_loyal_customer(journey: JourneySettings) -> None:
    assert phase_of(journey, ("purchase",), *orders(*[5] * 20))[0] == "decision"


def test_time_in_phase_goes_in_weeks_and_stops_at_the_first_event(journey: JourneySettings) -> None:
    assert phase_of(journey, WEB, ("page_view", 6)) == ("awareness", 0.0)
    assert phase_of(journey, WEB, ("page_view", 26)) == ("awareness", 21.0)
    assert phase_of(journey, WEB, *[("page_view", ago) for ago in range(1, 300)][::7])[1] == 91.0


def test_time_in_phase_ends_where_the_phase_was_another(journey: JourneySettings) -> None:
    events = [("page_view", 60), ("page_view", 40), ("page_view", 20), ("product_view", 10)]
    assert phase_of(journey, WEB, *events) == ("consideration", 7.0)


def test_a_journey_names_only_known_kinds(journey: JourneySettings) -> None:
    with pytest.raises(ValueError, match="unknown kind 'buy'"):
        Evidence(kinds=("buy",))
    assert set(journey.phase_keys) == {
        "awareness", "consideration", "decision", "retention", "advocacy", "dormant",
    }  # fmt: skip
