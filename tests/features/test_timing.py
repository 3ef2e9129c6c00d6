"""The timing label: days until the next order, how long we looked, and who had left without one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from features.contract import DAY_US, EVENTS
from features.cutoffs import label_cutoffs
from features.labels._base import contracts
from features.labels.timing import LABEL, TimingLabelSettings, left_before
from features.plan import Plan
from features.settings import JourneySettings, LabelContract, LabelSettings, Rhythm
from features.table import build

T, HORIZONS = 100, (7, 14, 28)
RHYTHM = Rhythm(step_days=28, churn_horizon_days=28, readiness_horizon_days=7)
CONTRACT = LabelContract(target="timing", horizon_days=28, horizons_days=HORIZONS)


@pytest.fixture(scope="module")
def journey(repo: Path) -> JourneySettings:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return JourneySettings.model_validate(yaml.safe_load(text), strict=False)


def event(kind: str, day: float, customer: int = 1, **more: Any) -> dict[str, Any]:
    moment = int(day * DAY_US)
    return {"customer_id": customer, "person_id": 1, "kind": kind, "occurred_us": moment, "known_us": moment,
            "source": "test", **more}  # fmt: skip


def label_of(
    journey: JourneySettings, *events: dict[str, Any], end: int = 200, contract: LabelContract = CONTRACT,
    missing: tuple[int, ...] = (),
) -> list[Any]:  # fmt: skip
    """Days, days observed, and left, of customer 1, who ordered a week before the cutoff."""
    days = tuple(date.fromordinal(date(1970, 1, 1).toordinal() + day) for day in missing)
    plan = Plan(
        source="test", currency="EUR", kinds=("page_view", "product_view", "purchase"), channels=("web",),
        complete_until_us=end * DAY_US, missing_days=days, as_of_us=end * DAY_US,
        cutoffs={"timing": (T * DAY_US,)}, contracts=(contract,), families=(), windows_days=(7,),
        lookback_days=365, mean_gap_days=2.0, journey=journey,
    )  # fmt: skip
    rows = [{"event_id": place} | one for place, one in enumerate((event("purchase", T - 7), *events))]
    _, labels = build(pa.Table.from_pylist(rows, schema=EVENTS), plan)
    row = next(row for row in labels.to_pylist() if row["cutoff_us"] == T * DAY_US)
    return [row[f"timing__{name}"] for name in ("days", "observed", "left")]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ((), -1.0),
        ((0.0,), 0.0),
        ((3.5, 5.0), 3.5),
        ((6 + 86_399 / 86_400,), 6 + 63 / 64),
        ((7.0,), 7.0),
        ((28.0,), -1.0),
    ],
)
def test_days_run_to_the_first_order_in_the_window(
    journey: JourneySettings, later: tuple[float, ...], expected: float
) -> None:
    days, observed, _ = label_of(journey, *[event("purchase", T + day) for day in later])
    assert (days, observed) == (expected, 28.0)


def test_looking_is_no_order(journey: JourneySettings) -> None:
    assert label_of(journey, event("product_view", T + 2))[0] == -1.0


def test_a_window_that_is_not_over_says_how_long_we_looked(journey: JourneySettings) -> None:
    early, late = event("purchase", T + 3), event("purchase", T + 12)
    assert label_of(journey, early, end=T + 10)[:2] == [3.0, 10.0]
    assert label_of(journey, late, end=T + 10)[:2] == [-1.0, 10.0]
    assert label_of(journey, late, missing=(T + 10,))[:2] == [-1.0, 10.0]
    assert label_of(journey, early, missing=(T,))[:2] == [-1.0, 0.0]
    assert label_of(journey, early, missing=(T - 1,))[:2] == [3.0, 28.0]


def test_an_order_learnt_of_late_counts_from_the_next_horizon_on(journey: JourneySettings) -> None:
    def known(day: float) -> float:
        found: float = label_of(journey, event("purchase", T + 3, known_us=int((T + day) * DAY_US)))[0]
        return found

    assert [known(day) for day in (3, 7, 8, 14, 15, 28, 29)] == [3, 3, 7, 7, 14, 14, -1]


def test_the_order_is_that_of_the_person(journey: JourneySettings) -> None:
    """A browser (2) that becomes customer 1 after ten days, and had ordered by then under that name."""
    linked = (T + 10) * DAY_US
    seen = [
        event("page_view", T - 3, customer=2, until_us=linked) | {"event_id": 7},
        event("page_view", T - 3, customer=1, known_us=linked) | {"event_id": 7},
        event("purchase", T + 2, customer=1) | {"event_id": 8},
    ]
    plan_rows = [event("purchase", T - 30, customer=2, until_us=linked) | {"event_id": 6}, *seen]
    contract = CONTRACT.model_copy(update={"active_event": "behaviour"})
    table = pa.Table.from_pylist(plan_rows, schema=EVENTS)
    plan = Plan(
        source="test", currency="EUR", kinds=("page_view", "purchase"), channels=("web",),
        complete_until_us=200 * DAY_US, missing_days=(), as_of_us=200 * DAY_US, cutoffs={"timing": (T * DAY_US,)},
        contracts=(contract,), families=(), windows_days=(7,), lookback_days=365, mean_gap_days=20.0, journey=journey,
    )  # fmt: skip
    _, labels = build(table, plan)
    days = {
        row["customer_id"]: row["timing__days"]
        for row in labels.to_pylist()
        if row["cutoff_us"] == T * DAY_US
    }
    # Within the first week nobody knew; by the end of the second the order was theirs.
    assert days[2] == 7.0


def test_left_is_dormant_at_the_end_of_a_horizon_without_an_order(journey: JourneySettings) -> None:
    """Usual gap 2 days: silent for 8 days is dormant, unless something is looked at in the last four weeks."""
    gone = label_of(journey)[2]
    assert [left_before(np.array([gone]), place)[0] for place in range(3)] == [1, 1, 1]
    looked = label_of(journey, event("page_view", T + 9))[2]
    assert [left_before(np.array([looked]), place)[0] for place in range(3)] == [1, 0, 0]
    ordered = label_of(journey, event("purchase", T + 9))[2]
    assert [left_before(np.array([ordered]), place)[0] for place in range(3)] == [1, 0, 0]
    unfinished = label_of(journey, end=T + 20)[2]
    assert [left_before(np.array([unfinished]), place)[0] for place in range(3)] == [1, 1, 0]


def test_the_grid_begins_with_the_shortest_horizon_and_is_that_of_the_others() -> None:
    days = label_cutoffs(CONTRACT, as_of_us=300 * DAY_US, start_us=0, step_days=28, min_history_days=56)
    assert [300 - day // DAY_US for day in days[::-1]] == [28, 56, 84, 112, 140, 168, 196, 224]
    weekly = label_cutoffs(CONTRACT, as_of_us=300 * DAY_US, start_us=0, step_days=5, min_history_days=270)
    assert [300 - day // DAY_US for day in weekly[::-1]] == [10, 15, 20, 25, 30]


def test_the_contract_asks_of_whom_readiness_asks() -> None:
    rhythm = RHYTHM.model_copy(update={"readiness_active_days": 9, "readiness_active_event": "behaviour"})
    settings = TimingLabelSettings(horizons_days=(5, 50), gap_days=1)
    contract = contracts({"timing": settings}, rhythm)[0]
    assert (contract.horizons_days, contract.horizon_days, contract.gap_days) == ((5, 50), 50, 1)
    assert (contract.active_days, contract.active_event, contract.event) == (9, "behaviour", "purchase")
    assert LABEL.contract(LabelSettings(), RHYTHM).horizons_days == (7, 14, 28, 56, 84)
    again = LabelContract.model_validate(contract.model_dump(mode="json"))
    assert again == contract


@pytest.mark.parametrize("wrong", [{"horizons_days": (14, 7)}, {"horizons_days": ()}, {"horizon_days": 7}])
def test_horizons_must_rise(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="horizon"):
        TimingLabelSettings(**wrong)
