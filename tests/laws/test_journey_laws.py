"""Laws of the phases over every journey in conf/journeys, against a slow and obvious reading of the YAML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import BEHAVIOUR, DAY_US, EVENTS, KINDS
from features.journey_phases import DAYS, phases_under
from features.plan import Plan
from features.settings import JourneySettings

FILES = sorted((Path(__file__).resolve().parents[2] / "conf" / "journeys").glob("*.yaml"))
YAML = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
JOURNEYS = [JourneySettings.model_validate(content, strict=False) for content in YAML.values()]
GAP, LOOKBACK, CUTOFFS = 15.0, 170, (60, 131, 200)
BARE = ("purchase",)
few = settings(max_examples=6, deadline=None, derandomize=True)


def log_of(seed: int, customers: int = 40, kinds: Sequence[str] = KINDS) -> pd.DataFrame:
    """Customers of all sorts: steady buyers, people who look around, one-time visitors; some rows known late."""
    random = np.random.default_rng(seed)
    parts = []
    for customer in range(customers):
        start, end = np.sort(random.uniform(0, 200, 2))
        orders = np.arange(start, end, random.uniform(2, 40))[: random.integers(0, 30)]
        other = random.uniform(start, 200, random.integers(0, 8))
        moments = np.concatenate([orders, orders[random.random(len(orders)) < 0.3], other])
        kind = np.array(
            ["purchase"] * (len(moments) - len(other)) + random.choice(kinds, len(other)).tolist()
        )
        parts.append(pd.DataFrame({"customer_id": customer, "kind": kind, "day": moments}))
    log = pd.concat(parts, ignore_index=True)
    log["occurred_us"] = (log["day"] * DAY_US).astype("int64")
    late = np.where(random.random(len(log)) < 0.2, random.integers(0, 40 * DAY_US, len(log)), 0)
    log["known_us"] = log["occurred_us"] + late
    log["channel"] = random.choice(["web", "store"], len(log))
    return log.drop(columns="day")


def phases_of(log: pd.DataFrame, kinds: Sequence[str] = KINDS, days: Sequence[int] = CUTOFFS) -> pd.DataFrame:
    rows = log.assign(event_id=np.arange(len(log)), person_id=log["customer_id"], source="test")
    batch = pa.Table.from_pandas(rows.reindex(columns=EVENTS.names), schema=EVENTS, preserve_index=False)
    plan = Plan(
        source="test", currency="EUR", kinds=tuple(kinds), channels=("web", "store"), families=(), contracts=(),
        complete_until_us=999 * DAY_US, missing_days=(), as_of_us=days[-1] * DAY_US, windows_days=(7,),
        cutoffs={"churn": tuple(day * DAY_US for day in days)}, lookback_days=LOOKBACK, mean_gap_days=GAP,
        journey=JOURNEYS[0],
    )  # fmt: skip
    return phases_under(batch, plan, [(journey, GAP) for journey in JOURNEYS]).to_pandas()


def seen_at(log: pd.DataFrame, day: int) -> pd.DataFrame:
    moment = day * DAY_US
    return log[(log["occurred_us"] < moment) & (log["known_us"] <= moment)]


def between(value: float, rule: dict[str, Any], name: str) -> bool:
    low, high = rule.get(f"{name}_at_least"), rule.get(f"{name}_at_most")
    if low is None and high is None:
        return True
    return math.isfinite(value) and (low or 0) <= value <= (math.inf if high is None else high)


def slow_rule(rule: dict[str, Any], mine: list[dict[str, Any]], day: int, declared: set[str]) -> bool:
    """One rule for one customer; ``mine`` holds the events before ``day``."""
    wanted = set(rule.get("kinds", ()))
    if wanted and rule.get("at_least", 1) > 0 and not wanted & declared:
        return False
    if declared & set(rule.get("where_source_lacks", ())):
        return False
    order_days = sorted({event["day"] for event in mine if event["kind"] == "purchase"})
    since = day - rule["within_days"] if "within_days" in rule else 0
    if rule.get("since_last_order") and order_days:
        since = max(since, order_days[-1] + 1)
    counted = [event["at"] for event in mine
               if event["kind"] in (wanted or BEHAVIOUR) and event["day"] >= since]  # fmt: skip
    number = len(set(counted)) if "purchase" in wanted else len(counted)
    silence = day - order_days[-1] if order_days else math.inf
    span = order_days[-1] - order_days[0] if order_days else 0
    mean = (span + GAP) / (max(len(order_days) - 1, 0) + 1)
    return (
        number >= rule.get("at_least", 1)
        and number <= rule.get("at_most", math.inf)
        and between(silence / mean, rule, "rhythm")
        and between(silence / GAP, rule, "usual")
        and ("pace_at_least" not in rule or (bool(order_days) and rule["pace_at_least"] * mean <= GAP))
        and ("ordered" not in rule or bool(order_days) == rule["ordered"])
    )


def slow_phase(journey: dict[str, Any], events: list[dict[str, Any]], day: int, declared: set[str]) -> str:
    mine = [event for event in events if event["day"] < day]
    for phase in sorted(journey["phases"], key=lambda one: -one["priority"]):
        if any(slow_rule(rule, mine, day, declared) for rule in phase["evidence"]):
            return str(phase["key"])
    return "dormant"


def slow(name: str, log: pd.DataFrame, customer: int, day: int, declared: set[str]) -> tuple[str, int]:
    """Phase and days in it of one customer, in plain Python."""
    own = seen_at(log, day)
    own = own[(own["customer_id"] == customer) & (own["occurred_us"] >= (day - LOOKBACK) * DAY_US)]
    events = [{"kind": kind, "at": at, "day": at // DAY_US}
              for kind, at in zip(own["kind"], own["occurred_us"], strict=True)]  # fmt: skip
    phase, stay = slow_phase(YAML[name], events, day, declared), 0
    first = min((event["day"] for event in events), default=day)
    for weeks in range(1, 14):
        if first >= day - 7 * weeks or slow_phase(YAML[name], events, day - 7 * weeks, declared) != phase:
            break
        stay = 7 * weeks
    return phase, stay


def test_four_journeys_ship() -> None:
    assert set(YAML) == {"four_phase", "digital", "5k", "five_phase"}
    assert [journey.name for journey in JOURNEYS] == list(YAML)


@few
@given(seed=st.integers(0, 10_000), kinds=st.sampled_from([KINDS, BARE]))
def test_kernel_reads_the_rules_as_they_are_written(seed: int, kinds: tuple[str, ...]) -> None:
    log = log_of(seed, customers=15, kinds=kinds)
    for row in phases_of(log, kinds).to_dict("records"):
        day = row["cutoff_us"] // DAY_US
        for name in YAML:
            expected = slow(name, log, row["customer_id"], day, set(kinds))
            assert (row[name], row[name + DAYS]) == expected, (name, row["customer_id"], day)


@few
@given(seed=st.integers(0, 10_000))
def test_everybody_with_history_has_one_phase(seed: int) -> None:
    log = log_of(seed)
    found = phases_of(log)
    for day in CUTOFFS:
        known = sorted(seen_at(log, day)["customer_id"].unique())
        assert found.loc[found["cutoff_us"] == day * DAY_US, "customer_id"].tolist() == known
    for journey in JOURNEYS:
        assert found[journey.name].notna().all()
        assert set(found[journey.name]) <= set(journey.phase_keys)
        assert found[journey.name + DAYS].between(0, 91).all()


@few
@given(seed=st.integers(0, 10_000))
def test_what_is_not_yet_known_moves_nobody(seed: int) -> None:
    log, other = log_of(seed), log_of(seed + 1)
    for day in CUTOFFS:
        known = seen_at(log, day)
        unseen = other.drop(seen_at(other, day).index)
        alone = phases_of(known, days=[day])
        pd.testing.assert_frame_equal(alone, phases_of(pd.concat([known, unseen]), days=[day]))


@few
@given(seed=st.integers(0, 10_000), parts=st.integers(2, 5))
def test_order_and_partition_move_nobody(seed: int, parts: int) -> None:
    log = log_of(seed)
    whole = phases_of(log)
    pd.testing.assert_frame_equal(whole, phases_of(log.sample(frac=1, random_state=seed)))
    split = pd.concat([phases_of(log[log["customer_id"] % parts == part]) for part in range(parts)])
    split = split.sort_values(["cutoff_us", "customer_id"], ignore_index=True)
    pd.testing.assert_frame_equal(whole.astype(dict.fromkeys(YAML, str)),
                                  split.astype(dict.fromkeys(YAML, str)))  # fmt: skip


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_no_phase_is_out_of_reach(journey: JourneySettings) -> None:
    found = pd.concat([phases_of(log_of(seed, 150)) for seed in range(3)])
    assert set(found[journey.name]) == set(journey.phase_keys)


def alone(*events: tuple[str, int]) -> pd.DataFrame:
    days = np.array([day for _, day in events], dtype=np.int64) * DAY_US + 5
    kinds = [kind for kind, _ in events]
    return pd.DataFrame({"customer_id": 1, "kind": kinds, "occurred_us": days, "known_us": days})


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_a_customer_who_looks_again_goes_round_the_loop(journey: JourneySettings) -> None:
    # Buys every 15 days until day 90, tells others, and looks at products three weeks later.
    log = alone(*[("purchase", day) for day in range(0, 91, 15)], ("product_view", 112))
    found = phases_of(log, days=[98, 113])[journey.name].tolist()
    part = {phase.key: phase.part for phase in journey.phases}
    assert [part[phase] for phase in found] == ["customer", "buyer"]
    assert journey.loops
    for loop in journey.loops:
        assert (part[loop.leaves], part[loop.enters]) == ("customer", "buyer")


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
@pytest.mark.parametrize("kind", ["purchase", "page_view", "review"])
def test_the_silent_fall_asleep_and_wake_up(journey: JourneySettings, kind: str) -> None:
    log = alone((kind, 5), (kind, 190))
    asleep, awake = phases_of(log, days=[180, 191])[journey.name]
    assert asleep == "dormant"
    assert awake != "dormant"


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_a_cart_beats_everything_else(journey: JourneySettings) -> None:
    busy = [("purchase", day) for day in range(0, 91, 15)] + [("review", 94), ("product_view", 95)]
    log = alone(*busy, ("cart_add", 96), ("ticket_open", 96))
    decisive = max(journey.phases, key=lambda phase: phase.priority)
    assert decisive.key in ("decision", "koop")
    assert phases_of(log, days=[97])[journey.name].tolist() == [decisive.key]


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_every_phase_says_what_people_need_to_read(journey: JourneySettings) -> None:
    for phase in journey.phases:
        for words in (phase.label, phase.goal, phase.touchpoints):
            assert set(words) == {"nl", "en"}
            assert all(words.values())
        assert len(phase.touchpoints["nl"]) == len(phase.touchpoints["en"])
        assert phase.kpis
        assert "none" in phase.actions


def test_krijg_lasts_from_the_order_to_its_use() -> None:
    log = alone(("purchase", 100), ("delivery", 103))
    found = phases_of(log, days=[101, 104, 109, 113, 124])["5k"].tolist()
    assert found == ["krijg", "krijg", "krijg", "koester", "kies"]
