"""The whole of journey.json: its shape, its words, its pains and chances, its tables."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_type_hints, is_typeddict

import pytest

import models.journey.report_data as shapes
from features.contract import CHANNELS, DAY_US
from features.journey.grid import make_grid
from models.journey.channels import acquisition, categories, channel_roles, traffic
from models.journey.drop_off import drop_off, lost_within
from models.journey.facts import Facts
from models.journey.findings import CHANCE_KPIS, PAIN_KPIS
from models.journey.kpis import registered
from models.journey.report import journey_data
from models.journey.tables import write_kpis, write_transitions

Build = Callable[..., Facts]
WORDS = Path(shapes.__file__).with_name("words.json")
FINDINGS = {
    "drop_off", "drop_off_last", "lost_within", "lost_within_last",
    "abandoned", "waiting", "tickets", "slow", "advance", "loop", "starter", "closer",
    "return", *(f"{key}_worse" for key in PAIN_KPIS), *(f"{key}_better" for key in CHANCE_KPIS),
}  # fmt: skip


def big_shop() -> Iterator[tuple[int, float, str, dict[str, Any]]]:
    """Hand-made lives with a clear story, 40 customers each."""
    for n in range(40):
        day = 7.0 * (n % 12) + 8
        # One look and gone, by way of social.
        for k in range(3):
            yield 1000 + n + 40 * k, day + 0.5, "page_view", {"channel": "social", "session_id": 9 * n + k}
        # Social starts, e-mail closes; the buyers come back, look, and buy again.
        for again in (0, 40):
            at = day + again
            yield (
                n,
                at + 1.1,
                "product_view",
                {"channel": "social", "session_id": 50_000 + n + again, "category": "a"},
            )
            yield (
                n,
                at + 3.2,
                "product_view",
                {"channel": "email", "session_id": 60_000 + n + again, "category": "a"},
            )
            yield n, at + 3.3, "cart_add", {"channel": "email", "session_id": 60_000 + n + again}
            yield n, at + 3.4, "purchase", {"value": 20.0 + n % 5, "category": "a"}
        # A basket that nobody pays for.
        for k in range(0, 160, 40):
            yield 2000 + n + k, day + 2.5, "cart_add", {"channel": "web", "session_id": 70_000 + n}
            yield 2000 + n + k, day + 2.5, "product_view", {"channel": "web", "category": "b"}
        # Who bought, asks, waits two days, and says so.
        yield n, day + 5.1, "ticket_open", {"channel": "phone", "sentiment": -0.6 - 0.01 * (n % 3)}
        yield n, day + 7.1, "ticket_close", {"channel": "phone"}
        yield (
            1000 + n,
            day + 0.6,
            "survey",
            {"sentiment": 0.5 + 0.01 * (n % 4), "rating": 9.0, "rating_scale": "nps"},
        )


@pytest.fixture(scope="module")
def facts(facts_from: Build) -> Facts:
    spend = {"all": {"social": 400.0, "display": 50.0}, "now": {}, "before": {"social": 10.0}}
    return facts_from(list(big_shop()), spend=spend)


@pytest.fixture(scope="module")
def data(facts: Facts) -> shapes.JourneyData:
    return journey_data(facts)


def check(value: Any, shape: Any, where: str) -> None:
    """Hold a value to a typed dictionary, all the way down."""
    text = str(shape)
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        assert isinstance(value, dict) and set(value) == set(hints), f"{where}: {set(value) ^ set(hints)}"
        for name, hint in hints.items():
            check(value[name], hint, f"{where}.{name}")
    elif getattr(shape, "__origin__", None) is list:
        assert isinstance(value, list), where
        for place, one in enumerate(value):
            check(one, shape.__args__[0], f"{where}[{place}]")
    elif value is None:
        assert "None" in text, where
    elif "|" in text and any(is_typeddict(one) for one in shape.__args__):
        check(value, next(one for one in shape.__args__ if is_typeddict(one)), where)
    elif not text.startswith("dict"):
        allowed = {"int": int, "float": (int, float), "str": str, "bool": bool}
        names = re.findall(r"\b(int|float|str|bool)\b", text)
        assert any(isinstance(value, allowed[name]) for name in names), f"{where}: {value!r} is no {text}"


def test_the_file_has_the_documented_shape_and_is_json(data: shapes.JourneyData) -> None:
    check(data, shapes.JourneyData, "journey")
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_every_share_and_interval_makes_sense(data: shapes.JourneyData) -> None:
    def walk(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            yield node
            for one in node.values():
                yield from walk(one)
        elif isinstance(node, list):
            for one in node:
                yield from walk(one)

    seen = 0
    for node in walk(data):
        if "share" in node:
            assert 0 <= node["share"] <= 1
        if node.get("low") is not None and "value" in node:
            assert node["low"] <= node["value"] <= node["high"]
            seen += 1
    assert seen > 50
    assert sum(phase["share"] for phase in data["phases"]) == pytest.approx(1.0, abs=1e-5)
    assert data["weeks"][-1]["customers"] == {phase["key"]: phase["customers"] for phase in data["phases"]}


def test_pains_and_chances_tell_the_story(data: shapes.JourneyData) -> None:
    found = {
        (phase["key"], one["key"]): one
        for phase in data["phases"]
        for one in phase["pains"] + phase["chances"]
    }
    lost = found["awareness", "lost_within_last"]["figures"]
    assert lost["last_channel"] == "web" and lost["horizon_days"] == 56
    assert lost["drop_share"] > lost["other_share"] > 0
    assert found["decision", "abandoned"]["figures"]["carts"] == 160
    waits = [one for (_, key), one in found.items() if key == "waiting"]
    assert waits and waits[0]["figures"]["waiting_hours"] == pytest.approx(48.0)
    assert found["awareness", "starter"]["figures"]["own_channel"] == "social"
    assert found["decision", "closer"]["figures"]["own_channel"] == "email"
    assert [key for (_, key) in found if key == "sentiment_worse"]
    assert {key for (_, key) in found} <= FINDINGS


def test_quiet_numbers_give_no_pains(facts_from: Build) -> None:
    few = journey_data(facts_from([(n, 10.5 + n, "cart_add", {}) for n in range(5)]))
    assert not [one for phase in few["phases"] for one in phase["pains"] + phase["chances"]]


def test_drop_off_names_the_last_touch(facts: Facts) -> None:
    told = drop_off(facts, "awareness")
    assert told is not None and told["lost"] >= 120
    last = told["last_touches"][0]
    assert (last["kind"], last["channel"]) in {("product_view", "web"), ("cart_add", "web")}
    assert drop_off(facts, "dormant") is None


def test_who_is_silent_eight_weeks_later_whatever_the_way(facts_from: Build) -> None:
    def carts(*days: float) -> Facts:
        kinds = ("product_view", "cart_add")
        return facts_from([(n, day + n % 5, kind, {}) for n in range(40) for day in days for kind in kinds])

    # Two weeks in decision, then awareness, then nothing: nobody goes from decision to silence directly.
    told = {phase["key"]: phase for phase in journey_data(carts(0.5))["phases"]}
    direct, ahead = told["decision"]["drop_off"], told["decision"]["lost_within"]
    assert direct is not None and ahead is not None and direct["value"] == 0
    assert (ahead["n"], ahead["lost"], ahead["value"], ahead["days"]) == (80, 80, 1.0, 56)
    assert told["dormant"]["lost_within"] is None
    # Who comes back within the time is not lost.
    again = lost_within(carts(0.5, 49.5), "decision")
    assert again is not None and (again["n"], again["lost"], again["value"]) == (160, 80, 0.5)


def test_touch_that_is_rare_has_no_role(facts_from: Build) -> None:
    lives = []
    for n in range(2_000):
        lives += [(n, 10.1, "product_view", {"channel": "web"}), (n, 10.9, "purchase", {"value": 9.0})]
    # Chat starts 90 journeys in 2000 and closes none: clear, and too few to be worth telling.
    lives += [(n, 9.5, "chat", {"channel": "chat"}) for n in range(90)]
    few = [one for phase in journey_data(facts_from(lives))["phases"] for one in phase["chances"]]
    assert not [one for one in few if one["key"] == "starter"]
    lives += [(n, 9.5, "chat", {"channel": "chat"}) for n in range(90, 200)]
    many = [one for phase in journey_data(facts_from(lives))["phases"] for one in phase["chances"]]
    assert [one["figures"]["own_channel"] for one in many if one["key"] == "starter"] == ["chat"]


def test_one_missing_day_is_told_in_the_singular(facts_from: Build, facts: Facts) -> None:
    day = date(1970, 1, 1) + timedelta(days=facts.grid.last - 20)
    for days, key in (((day,), "missing_day"), ((day, day + timedelta(days=1)), "missing_days")):
        grid = make_grid(facts.grid.last * DAY_US, facts.grid.first * DAY_US, days)
        holed = replace(facts, plan=facts.plan.model_copy(update={"missing_days": days}), grid=grid)
        keys = [one["key"] for one in journey_data(holed)["notes"]]
        assert [one for one in keys if one.startswith("missing")] == [key]


def test_channels(facts: Facts) -> None:
    roles = channel_roles(facts)
    assert roles is not None and (roles["orders"], roles["with_touch"]) == (80, 80)
    told = {one["channel"]: one for one in roles["channels"]}
    assert (told["social"]["starter"], told["social"]["closer"], told["email"]["closer"]) == (80, 0, 80)
    came = {one["channel"]: one for one in traffic(facts)}
    assert came["social"]["visits"] == 120 + 80 and came["email"]["conversion"]["value"] == 1.0
    spent = acquisition(facts)
    # 40 new customers, all closed by e-mail: social brought none by its last touch.
    assert [(one["channel"], one["new_customers"], one["cost_per_acquisition"]) for one in spent] == [
        ("social", 0, None), ("display", 0, None)]  # fmt: skip
    sold = categories(facts)
    assert [one["category"] for one in sold] == ["a", "b"] and sold[0]["value"] == pytest.approx(
        2 * 40 * 22.0
    )
    assert (sold[0]["views"], sold[0]["order_lines"], sold[0]["customers"], sold[1]["views"]) == (
        160,
        80,
        40,
        160,
    )


def test_small_categories_stand_in_one_row(facts_from: Build) -> None:
    bought = [(n, 9.5, "purchase", {"category": f"c{n:02}", "value": 100.0 - n}) for n in range(25)]
    rows = categories(facts_from(bought))
    assert len(rows) == 21 and rows[0]["category"] == "c00" and rows[-1]["category"] == "__rest__"
    assert rows[-1]["value"] == sum(100.0 - n for n in range(20, 25)) and rows[-1]["order_lines"] == 5


def texts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return found


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    words = texts()
    needed = {f"kpi_{key}" for key in registered()} | {f"kpi_{key}_meaning" for key in registered()}
    needed |= {f"kpi_reason_{code}" for code in ("not_declared", "nothing_seen", "no_costs", "no_contract")}
    needed |= {f"finding_{key}" for key in FINDINGS}
    assert needed <= set(words)
    for key, text in words.items():
        assert set(text) == {"en", "nl"} and all(text.values()), key
        blanks = {language: sorted(re.findall(r"{(\w+)}", one)) for language, one in text.items()}
        assert blanks["en"] == blanks["nl"], key


def test_every_finding_and_note_fills_its_blanks(data: shapes.JourneyData) -> None:
    words = texts()
    for phase in data["phases"]:
        for one in phase["pains"] + phase["chances"]:
            words[f"finding_{one['key']}"]["nl"].format(**one["figures"])
    for one in data["notes"]:
        words[f"journey_note_{one['key']}"]["en"].format(**one["figures"])
    for kpi in data["kpis"]:
        if kpi["reason"]:
            words[f"kpi_reason_{kpi['reason']}"]["nl"].format(**kpi["figures"])


def test_tables_for_a_spreadsheet(data: shapes.JourneyData, tmp_path: Path) -> None:
    write_kpis(data, tmp_path / "kpis.csv")
    write_transitions(data, tmp_path / "moves.csv")
    with (tmp_path / "kpis.csv").open(encoding="utf-8") as file:
        kpis = list(csv.DictReader(file))
    assert len(kpis) == len(data["kpis"]) + sum(len(phase["kpis"]) for phase in data["phases"])
    orders = next(row for row in kpis if (row["scope"], row["kpi"]) == ("all", "orders"))
    assert float(orders["value"]) == data["totals"]["orders"] == 80 and orders["now"]
    with (tmp_path / "moves.csv").open(encoding="utf-8") as file:
        moves = list(csv.DictReader(file))
    phases = len(data["phases"])
    assert len(moves) == 2 * phases**2 and {row["days"] for row in moves} == {"7", "28"}


def test_all_channels_are_words_of_the_contract(data: shapes.JourneyData) -> None:
    for phase in data["phases"]:
        assert {one["channel"] for one in phase["touchpoints"]} <= {*CHANNELS, None}


def test_touchpoints_leave_out_what_nobody_notices_and_name_two_channels_of_a_kind(facts_from: Build) -> None:
    events = [(n, 9.5, "other", {"channel": "web"}) for n in range(9)]
    events += [(n, 9.6, "page_view", {"channel": channel}) for channel in CHANNELS[:5] for n in range(8)]
    events += [(1, 9.7, "content_view", {"channel": "web"})]
    told = journey_data(facts_from(events))["phases"][0]["touchpoints"]
    assert [one["kind"] for one in told] == ["page_view", "page_view", "content_view"]
    assert (told[0]["customers"], told[0]["share"]) == (8, pytest.approx(8 / 9, rel=1e-5))
