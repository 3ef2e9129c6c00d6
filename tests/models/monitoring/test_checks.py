"""Every check stays silent in a calm world, and names what was changed in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.contract import DAY_US
from models.monitoring.checks import checks
from models.monitoring.checks._check import Finding, Looked
from models.monitoring.watch import lines, watched
from models.monitoring.weekly import WEEK_US
from tests.models.monitoring.calm_world import END_US, Looks, World

LATE_US = END_US - 2 * WEEK_US


def only(looked: Looked) -> Finding:
    """The one alarm."""
    alarms = [one for one in looked.findings if one.severity == "alarm"]
    assert len(alarms) == 1, [one.said["en"] for one in looked.findings]
    return alarms[0]


def test_every_check_is_silent_in_a_calm_world(world: World, remembered: dict[str, Any]) -> None:
    world.files = [world.files[0] | {"rows_in": 1100, "quarantined": 11}]
    world.quarantine = world.quarantine.loc[np.zeros(11, dtype=int)]
    evidence = world.evidence(remembered)
    for name, check in checks().items():
        looked = check.look(evidence)
        assert not looked.findings, [one.said["en"] for one in looked.findings]
        assert looked.compared > 0, name
        assert looked.reason is None, name


def test_a_vanished_a_new_and_a_retyped_column(world: World, looks: Looks) -> None:
    columns = world.raw["shop/orders"]["columns"]
    world.raw = {
        "shop/orders": world.raw["shop/orders"]
        | {"columns": {"id": columns["id"] | {"type": "int64"}, "new": columns["id"]}}
    }
    found = {one.subject: one for one in looks("schema").findings}
    assert found["shop/orders: channel"].severity == "alarm"
    assert found["shop/orders: new"].severity == "note"
    assert "int64" in found["shop/orders: id"].said["en"]


def test_ids_written_in_another_way_but_not_longer_ids(world: World, looks: Looks) -> None:
    table = world.raw["shop/orders"]
    for shape, alarms in (("A9999", 0), ("9", 1)):
        column = table["columns"]["id"] | {"shape": shape}
        world.raw = {"shop/orders": table | {"columns": table["columns"] | {"id": column}}}
        assert len(looks("schema").findings) == alarms


def test_an_emptied_raw_column_and_a_vanished_table(world: World, looks: Looks) -> None:
    table = world.raw["shop/orders"]
    column = table["columns"]["id"] | {"empty": 0.9, "shape": None}
    world.raw = {"shop/orders": table | {"columns": table["columns"] | {"id": column}}}
    assert "90% empty" in only(looks("schema")).said["en"]
    world.raw = {"shop/other": table}
    assert only(looks("schema")).subject == "shop/orders"


def test_a_renamed_word(world: World, looks: Looks) -> None:
    table = world.raw["shop/orders"]
    column = table["columns"]["channel"] | {"words": {"webshop": 650, "store": 350}}
    world.raw = {"shop/orders": table | {"columns": table["columns"] | {"channel": column}}}
    said = only(looks("words")).said["en"]
    assert "new: webshop" in said and "gone: web" in said


def test_more_quarantine_among_the_new_rows(world: World, looks: Looks) -> None:
    world.files = [world.files[0] | {"rows_in": 1100, "quarantined": 40}]
    world.quarantine = world.quarantine.loc[np.zeros(40, dtype=int)]
    found = only(looks("quarantine"))
    assert found.value == pytest.approx(0.3) and found.where == "no date"


def test_a_rewritten_past(world: World, looks: Looks, remembered: object) -> None:
    world.events["value"] *= 100
    found = looks("history").findings
    assert {one.subject for one in found} == {"shop/purchase", "tills/purchase"}
    assert "x 100" in found[0].said["en"]


def test_a_source_that_fell_silent(world: World, looks: Looks) -> None:
    world.events = world.events[(world.events["source"] != "tills") | (world.events["occurred_us"] < LATE_US)]
    fresh, volume = only(looks("freshness")), only(looks("volume"))
    assert (fresh.subject, volume.subject) == ("tills", "tills")
    assert fresh.value == 14 and volume.value == 0
    assert volume.since == str(np.datetime64(LATE_US // DAY_US, "D"))


def test_an_old_log(looks: Looks) -> None:
    assert only(looks("freshness", today_us=END_US + 60 * DAY_US)).value == 60


def test_a_renamed_channel_shows_as_one_that_falls_and_one_that_rises(world: World, looks: Looks) -> None:
    late = (world.events["occurred_us"] >= LATE_US) & (world.events["source"] == "tills")
    world.events.loc[late, "channel"] = "other"
    assert "tills, store: no events" in only(looks("volume")).said["en"]


@pytest.mark.parametrize(("tenths", "told"), [(1, []), (7, ["shop"])])
def test_most_of_the_events_gone_is_told_and_a_tenth_is_not(
    tenths: int, told: list[str], world: World, looks: Looks
) -> None:
    newest = world.events["occurred_us"] >= END_US - WEEK_US
    views = world.events.index[(world.events["kind"] == "page_view") & newest]
    world.events = world.events.drop(views[: len(views) * tenths // 10])
    assert sorted({one.subject for one in looks("volume").findings}) == told


def test_a_column_of_the_log_that_goes_empty(world: World, looks: Looks) -> None:
    late = (world.events["occurred_us"] >= LATE_US) & (world.events["source"] == "shop")
    world.events.loc[late, "category"] = None
    found = only(looks("blanks"))
    assert found.where == "purchase: category" and found.value == 1.0


def test_amounts_in_cents(world: World, looks: Looks) -> None:
    late = (world.events["occurred_us"] >= LATE_US) & (world.events["source"] == "shop")
    world.events.loc[late, "value"] *= 100
    found = only(looks("amounts"))
    assert found.subject == "shop" and "cents" in found.said["en"]


@pytest.mark.parametrize(("hours", "alarms"), [(1, 0), (5, 1), (-6, 1)])
def test_a_moved_clock_but_not_summer_time(hours: int, alarms: int, world: World, looks: Looks) -> None:
    late = (world.events["occurred_us"] >= LATE_US) & (world.events["source"] == "shop")
    world.events.loc[late, "occurred_us"] += hours * DAY_US // 24
    found = looks("clock").findings
    assert len(found) == alarms
    assert all(one.value == hours for one in found)


def test_a_feature_that_moved_in_one_phase(world: World, looks: Looks) -> None:
    rows = (world.features["cutoff_us"] == END_US) & (world.features["phase"] == "decision")
    world.features.loc[rows, "recency__days"] += 30
    found = only(looks("features"))
    assert (found.subject, found.where) == ("recency", "decision")
    assert "recency__days" in found.said["en"]


def test_a_feature_that_grows_steadily_is_usual(world: World, looks: Looks) -> None:
    world.features["recency__days"] += ((world.features["cutoff_us"] - END_US) // DAY_US * 0.5).astype(
        np.float32
    )
    assert not looks("features").findings


def test_customers_who_moved_to_another_phase(world: World, looks: Looks) -> None:
    rows = world.features.index[world.features["cutoff_us"] == END_US]
    world.features.loc[rows[: len(rows) // 3], "phase"] = "decision"
    assert "decision" in {one.subject for one in looks("phases", rate=0.05).findings}


def test_a_label_rate_that_moved(world: World, looks: Looks) -> None:
    newest = world.labels["cutoff_us"] == END_US - 14 * DAY_US
    world.labels.loc[newest, "churn__label"] = (np.arange(newest.sum()) % 2).astype(np.float32)
    found = looks("labels").findings
    assert {one.subject for one in found} == {"churn"}
    assert found[0].value == pytest.approx(0.5, abs=0.05)


def test_scores_that_moved(world: World, looks: Looks) -> None:
    world.scores["p_ready"] = world.scores["p_ready"] / 3
    assert {one.subject for one in looks("scores").findings} == {"p_ready"}


def test_old_models_and_old_scores(world: World, looks: Looks) -> None:
    world.known_at_us = END_US - 100 * DAY_US
    assert not looks("age").findings, "no limit is known"
    assert len(looks("age", model_age_days=60).findings) == 2
    world.scores["as_of"] = "2020-01-01"
    assert only(looks("age")).where == "scores"


def test_without_a_memory_the_raw_files_are_not_judged(world: World) -> None:
    told = watched(world.evidence())
    assert told["state"] == "fine"
    assert {one["name"] for one in told["checks"] if one["reason"]} == {
        "schema",
        "words",
        "quarantine",
        "history",
    }


def test_a_check_can_be_switched_off_and_the_words_are_in_two_languages(world: World) -> None:
    world.events = world.events[world.events["occurred_us"] < LATE_US]
    told = watched(world.evidence(leave_out=("features",)))
    assert told["state"] == "attention" and "features" not in {one["name"] for one in told["checks"]}
    assert "attention needed" in lines(told, "en")[0] and "aandacht nodig" in lines(told, "nl")[0]
    assert any("do: " in line for line in lines(told, "en"))
