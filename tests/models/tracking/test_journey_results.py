from __future__ import annotations

from pathlib import Path
from typing import Any

from models.json_files import read_json, write_json
from models.tracking.identity import content_key
from models.tracking.journey_results import journey_metrics, journey_tables


def estimate(value: float | None) -> dict[str, Any]:
    return {"value": value, "low": None, "high": None, "n": 9}


def written(root: Path, drop: float | None) -> Path:
    kpi = {"key": "visits", "unit": "count", "figures": {}, "reason": None, **estimate(12.0)}
    phases = [
        {"key": "look", "drop_off": estimate(drop), "kpis": [kpi]},
        {"key": "dormant", "drop_off": None, "kpis": []},
    ]
    moves = [{"from": "look", "to": "dormant", "moved": 2, **estimate(0.2)}]
    write_json(
        root / "reports/journey.json",
        {
            "phases": phases,
            "kpis": [kpi],
            "loop": {"looped": estimate(0.33)},
            "transitions": {"four_weekly": moves},
        },
    )
    write_json(root / "reports/exits.json", {"out_of_time": {"all": {"log_loss": 0.9, "gain": 0.1}}})
    for name in ("metrics", "evaluation"):
        write_json(root / f"reports/{name}.json", {})
    return root


def test_headline_numbers_and_tables(tmp_path: Path) -> None:
    root = written(tmp_path, 0.25)
    assert journey_metrics(root) == (
        {"exits/gain all": 0.1},
        {"journey/loop": 0.33, "journey/drop-off look": 0.25},
        {"exits/log_loss all": 0.9},
    )
    tables = journey_tables(root)
    assert [row["phase"] for row in tables["journey_kpis"]] == ["all", "look"]
    assert tables["journey_transitions"] == [{"from": "look", "to": "dormant", **estimate(0.2)}]


def test_drop_off_is_who_is_silent_later_where_the_log_is_long_enough(tmp_path: Path) -> None:
    root = written(tmp_path, 0.25)
    found = read_json(root / "reports/journey.json")
    found["phases"][0]["lost_within"] = estimate(0.4)
    write_json(root / "reports/journey.json", found)
    assert journey_metrics(root)[1]["journey/drop-off look"] == 0.4


def test_what_was_not_analysed_gives_nothing(tmp_path: Path) -> None:
    assert not any(journey_metrics(tmp_path)) and journey_tables(tmp_path) == {}
    assert "journey/drop-off look" not in journey_metrics(written(tmp_path, None))[1]


def test_another_journey_is_another_run(tmp_path: Path) -> None:
    first = content_key(written(tmp_path, 0.25), {})
    assert content_key(written(tmp_path, 0.25), {}) == first
    assert content_key(written(tmp_path, 0.26), {}) != first
    (tmp_path / "artifacts/personas").mkdir(parents=True)
    (tmp_path / "artifacts/personas/personas.json").write_text("{}")
    assert content_key(written(tmp_path, 0.25), {}) != first
