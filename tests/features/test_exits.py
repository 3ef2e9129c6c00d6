"""The label of the exits: the phase at the end of the window, as known then, of the same person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from features.contract import DAY_US, EVENTS
from features.labels.exits import EXITS, LABEL, exit_codes
from features.plan import Plan
from features.settings import JourneySettings, LabelContract, LabelSettings, Rhythm
from features.table import build

WEB = ("page_view", "product_view", "cart_add", "purchase", "review")
T, H = 100, 28


@pytest.fixture(scope="module")
def journey(repo: Path) -> JourneySettings:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return JourneySettings.model_validate(yaml.safe_load(text), strict=False)


def event(kind: str, day: float, customer: int = 1, **more: Any) -> dict[str, Any]:
    moment = int(day * DAY_US)
    return {"customer_id": customer, "person_id": 1, "kind": kind, "occurred_us": moment, "known_us": moment,
            "source": "test", **more}  # fmt: skip


def plan_of(journey: JourneySettings, cutoff: int = T, end: int = 200, **more: Any) -> Plan:
    contract = LabelContract(target="exits", horizon_days=H, event="behaviour", active_event="behaviour")
    return Plan(
        source="test", currency="EUR", kinds=WEB, channels=("web",), complete_until_us=end * DAY_US,
        **({"missing_days": ()} | more), as_of_us=end * DAY_US, cutoffs={"exits": (cutoff * DAY_US,)},
        contracts=(contract,), families=(), windows_days=(7,), lookback_days=365, mean_gap_days=20.0,
        journey=journey,
    )  # fmt: skip


def labels_of(journey: JourneySettings, *events: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    rows = [{"event_id": number} | one for number, one in enumerate(events)]
    _, labels = build(pa.Table.from_pylist(rows, schema=EVENTS), plan_of(journey, **more))
    return [row for row in labels.to_pylist() if row["cutoff_us"] == T * DAY_US]


@pytest.mark.parametrize(
    ("later", "exit"),
    [
        ([("product_view", T + 20)], "advance"),
        ([("purchase", T + 20)], "advance"),
        ([("page_view", T + 20)], "stall"),
        ([], "leave"),
    ],
)
def test_from_awareness(journey: JourneySettings, later: list[tuple[str, float]], exit: str) -> None:
    found = labels_of(journey, event("page_view", T - 3), *[event(*one) for one in later])
    assert found[0]["exits__population"]
    assert EXITS[int(found[0]["exits__label"])] == exit


def test_looking_again_after_an_order_is_a_step_back(journey: JourneySettings) -> None:
    found = labels_of(journey, event("purchase", T - 3), event("product_view", T + 20))
    assert EXITS[int(found[0]["exits__label"])] == "regress"


def test_what_is_learnt_after_the_window_is_not_counted(journey: JourneySettings) -> None:
    late = event("product_view", T + 20, known_us=(T + H) * DAY_US + 1)
    assert EXITS[int(labels_of(journey, event("page_view", T - 3), late)[0]["exits__label"])] == "leave"


def test_the_dormant_have_no_exit(journey: JourneySettings) -> None:
    found = labels_of(journey, event("page_view", T - 60), event("page_view", T + 5))
    assert (found[0]["exits__population"], found[0]["exits__label"]) == (False, None)


def test_a_window_with_a_missing_day_or_an_open_end_has_no_label(journey: JourneySettings) -> None:
    seen = event("page_view", T - 3)
    missing = date.fromordinal(date(1970, 1, 1).toordinal() + T + 5)
    assert labels_of(journey, seen, missing_days=(missing,))[0]["exits__label"] is None
    assert labels_of(journey, seen, end=T + H - 1)[0]["exits__label"] is None


def test_the_exit_is_that_of_the_person(journey: JourneySettings) -> None:
    """A browser (2) that becomes customer 1 after the cutoff and buys has advanced, not left."""
    linked = (T + 10) * DAY_US
    as_browser = event("page_view", T - 3, customer=2, until_us=linked) | {"event_id": 7}
    as_customer = event("page_view", T - 3, customer=1, known_us=linked) | {"event_id": 7}
    found = labels_of(journey, as_browser, as_customer, event("purchase", T + 20, customer=1))
    assert [row["customer_id"] for row in found] == [2]
    assert EXITS[int(found[0]["exits__label"])] == "advance"


def test_codes_cover_every_pair_of_phases() -> None:
    now, then = (side.ravel() for side in np.meshgrid(np.arange(4), np.arange(4)))
    codes = exit_codes(now, then, dormant=3)
    assert np.isnan(codes[now == 3]).all()
    inside = codes[now < 3]
    assert set(inside.tolist()) == {0.0, 1.0, 2.0, 3.0}
    assert (inside == 3).sum() == 3


def test_the_horizon_is_a_step_of_the_grid_unless_it_is_set() -> None:
    rhythm = Rhythm(step_days=7, churn_horizon_days=28, readiness_horizon_days=7)
    assert LABEL.contract(LabelSettings(), rhythm).horizon_days == 7
    assert LABEL.contract(LabelSettings(horizon_days=28), rhythm).horizon_days == 28
