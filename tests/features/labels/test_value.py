"""The label of the value: net money in the window, as known at its end, of the same person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.labels.value import LABEL
from features.plan import Plan
from features.settings import JourneySettings, LabelContract, LabelSettings, Rhythm
from features.table import build

T, H, GAP = 100, 28, 2
WORDS = {"nl": "geen", "en": "none"}
JOURNEY = JourneySettings(name="none", title=WORDS, phases=(), dormant=WORDS)


def event(
    kind: str, day: float, value: float | None = None, customer: int = 1, **more: Any
) -> dict[str, Any]:
    moment = int(day * DAY_US)
    return {"customer_id": customer, "person_id": 1, "kind": kind, "occurred_us": moment, "known_us": moment,
            "source": "test", "value": value, **more}  # fmt: skip


def labels_of(
    *events: dict[str, Any], end: int = 200, missing: tuple[date, ...] = ()
) -> list[dict[str, Any]]:
    contract = LabelContract(target="value", horizon_days=H, gap_days=GAP, active_days=56)
    plan = Plan(
        source="test", currency="EUR", kinds=("purchase", "return", "page_view"), channels=("web",),
        complete_until_us=end * DAY_US, missing_days=missing, as_of_us=end * DAY_US,
        cutoffs={"value": (T * DAY_US,)}, contracts=(contract,), families=(), windows_days=(7,),
        lookback_days=365, mean_gap_days=20.0, journey=JOURNEY,
    )  # fmt: skip
    rows = [{"event_id": number} | one for number, one in enumerate(events)]
    _, labels = build(pa.Table.from_pylist(rows, schema=EVENTS), plan)
    return [row for row in labels.to_pylist() if row["cutoff_us"] == T * DAY_US]


BOUGHT = event("purchase", T - 3, 50.0)


@pytest.mark.parametrize(
    ("later", "money"),
    [
        ([], 0.0),
        ([event("purchase", T + 5, 30.0), event("purchase", T + 20, 12.5)], 42.5),
        ([event("purchase", T + 5, 30.0), event("return", T + 9, -10.0)], 20.0),
        ([event("return", T + 9, -50.0)], -50.0),
        ([event("purchase", T + GAP, 1.0)], 1.0),
        ([event("purchase", T + 1, 9.0)], 0.0),
        ([event("purchase", T + GAP + H, 9.0)], 0.0),
        ([event("page_view", T + 5, 9.0)], 0.0),
        ([event("purchase", T + 5, 9.0, known_us=(T + GAP + H) * DAY_US + 1)], 0.0),
        ([event("purchase", T + 5)], 0.0),
    ],
)
def test_net_money_of_the_window(later: list[dict[str, Any]], money: float) -> None:
    found = labels_of(BOUGHT, *later)
    assert [(row["value__population"], row["value__label"]) for row in found] == [(True, money)]


def test_a_million_is_kept_to_the_cent_that_matters() -> None:
    found = labels_of(BOUGHT, event("purchase", T + 5, 999_999.0), event("purchase", T + 6, 1.0))
    assert found[0]["value__label"] == 1_000_000.0


def test_who_is_not_in_the_population_or_not_complete_has_no_label() -> None:
    late = event("purchase", T + 5, 9.0)
    assert labels_of(event("purchase", T - 80, 5.0), late)[0]["value__label"] is None
    assert labels_of(BOUGHT, late, end=T + GAP + H - 1)[0]["value__label"] is None
    missing = date.fromordinal(date(1970, 1, 1).toordinal() + T + 9)
    assert labels_of(BOUGHT, late, missing=(missing,))[0]["value__label"] is None


def test_the_money_is_that_of_the_person() -> None:
    """A browser (2) that becomes customer 1 after the cutoff brings what the customer brings."""
    linked = (T + 10) * DAY_US
    as_browser = event("purchase", T - 3, 5.0, customer=2, until_us=linked) | {"event_id": 7}
    as_customer = event("purchase", T - 3, 5.0, customer=1, known_us=linked) | {"event_id": 7}
    found = labels_of(as_browser, as_customer, event("purchase", T + 20, 25.0, customer=1))
    assert [(row["customer_id"], row["value__label"]) for row in found] == [(2, 25.0)]


def test_horizon_and_population_are_those_of_the_source_unless_set() -> None:
    rhythm = Rhythm(step_days=7, churn_horizon_days=84, readiness_horizon_days=7, readiness_active_days=28,
                    readiness_active_event="behaviour")  # fmt: skip
    plain = LABEL.contract(LabelSettings(), rhythm)
    assert (plain.horizon_days, plain.active_days, plain.active_event) == (84, 28, "behaviour")
    asked = LABEL.contract(LabelSettings(horizon_days=28, active_days=56, gap_days=3), rhythm)
    assert (asked.horizon_days, asked.active_days, asked.gap_days, asked.event) == (28, 56, 3, "purchase")
