"""Facts from logs written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from features.contract import CHANNELS, DAY_US, EVENTS, KINDS
from features.journey.grid import make_grid
from features.journey_tables import journey_tables
from features.plan import Plan
from features.settings import JourneySettings, LabelContract
from models.journey.facts import Facts
from models.journey.report import asked_pairs

#: The log starts on this day and lasts 26 weeks.
START, DAYS = 19_000, 182
Event = tuple[int, float, str, dict[str, Any]]


def facts_of(
    journey: JourneySettings, events: Sequence[Event], kinds: Sequence[str] = KINDS,
    spend: Mapping[str, Mapping[str, float]] | None = None,
) -> Facts:  # fmt: skip
    """Facts of (customer, day since the start, kind, other columns)."""
    as_of = (START + DAYS) * DAY_US
    rows = [
        {"event_id": place, "customer_id": customer, "person_id": customer, "kind": kind, "source": "hand",
         "occurred_us": round((START + day) * DAY_US), "known_us": round((START + day) * DAY_US), **more}
        for place, (customer, day, kind, more) in enumerate(events)
    ]  # fmt: skip
    churn = LabelContract(target="churn", horizon_days=28, active_days=56)
    plan = Plan(
        source="hand", currency="EUR", kinds=tuple(kinds), channels=CHANNELS, complete_until_us=as_of,
        missing_days=(), as_of_us=as_of, cutoffs={"churn": ()}, contracts=(churn,), families=(),
        windows_days=(7,), lookback_days=730, mean_gap_days=20.0, journey=journey,
    )  # fmt: skip
    grid = make_grid(as_of, START * DAY_US, ())
    tally = journey_tables(pa.Table.from_pylist(rows, schema=EVENTS), plan, grid, asked_pairs())
    return Facts(tally, plan, grid, spend or {})


@pytest.fixture(scope="session")
def journey(repo: Path) -> JourneySettings:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return JourneySettings.model_validate(yaml.safe_load(text), strict=False)


@pytest.fixture(scope="session")
def facts_from(journey: JourneySettings) -> Callable[..., Facts]:
    def build(events: Sequence[Event], **more: Any) -> Facts:
        return facts_of(more.pop("journey", journey), events, **more)

    return build
