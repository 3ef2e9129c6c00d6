"""``klantreis monitor`` and ``klantreis mature`` over a whole project: memory, exit codes, kept scores, MLflow."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from features.errors import InputError
from pipelines import cli_monitor, mature, monitor, score
from pipelines.made_under import made_under, refused
from pipelines.monitor import MonitorOptions
from pipelines.paths import Project
from pipelines.plan import load_plan

QUIET = MonitorOptions(track=False)


def params(shop: Path, **blocks: dict[str, object]) -> None:
    """Change blocks of params.yaml."""
    path = shop / "params.yaml"
    content = yaml.safe_load(path.read_text())
    for name, block in blocks.items():
        content[name] = {**content.get(name, {}), **block}
    path.write_text(yaml.safe_dump(content))


#: What costs seconds and is looked at in tests/models/monitoring.
SLOW = ["features", "phases", "labels", "scores", "volume", "blanks", "amounts", "clock"]


def test_a_run_remembers_and_tells_what_changed_until_it_is_accepted(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[dict[str, object]] = []
    monkeypatch.setattr(
        "models.tracking.monitoring.log_monitor", lambda root, settings, found, report: logged.append(found)
    )
    params(shop, monitor={"leave_out": SLOW})
    assert monitor.run(shop, QUIET)[0] == "fine" and not logged
    orders = shop / "raw" / "orders.csv"
    whole = orders.read_text()
    orders.write_text(whole.replace("groep", "soort", 1))
    for _ in range(2):
        state, told = monitor.run(shop, MonitorOptions())
        assert state == "attention" and any("'groep' has vanished" in line for line in told)
    assert [one["state"] for one in logged] == ["attention"] * 2 and logged[0] == logged[1]
    monkeypatch.chdir(shop)
    shown = CliRunner().invoke(cli_monitor.app, ["monitor", "--no-track"])
    assert shown.exit_code == 1 and "do: " in shown.stdout
    monitor.run(shop, MonitorOptions(accept=True, track=False))
    assert monitor.run(shop, QUIET)[0] == "fine"
    assert json.loads((shop / "reports" / "monitor.json").read_text())["alarms"] == 0


def test_today_makes_the_log_old_and_must_be_a_day(shop: Path) -> None:
    params(shop, monitor={"leave_out": SLOW})
    state, told = monitor.run(shop, MonitorOptions(today="2030-01-01", track=False))
    assert state == "attention" and any("before today" in line for line in told)
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        monitor.run(shop, MonitorOptions(today="tomorrow", track=False))


def test_scores_mature_and_those_of_another_contract_or_hindsight_are_refused(
    shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    score.run(shop)
    state, told = mature.run(shop, [], track=False)
    assert state == "unknown" and any("not matured yet: p_ready" in line for line in told)
    monkeypatch.chdir(shop)
    assert CliRunner().invoke(cli_monitor.app, ["mature", "--no-track"]).exit_code == 3
    # Time goes by: the same customers go on buying, and the log is ingested anew.
    plan_file = shop / "data/plan.json"
    plan = json.loads(plan_file.read_text())
    weeks = 28 * 86_400_000_000
    kept = next((shop / "data/monitor/scores").glob("*.parquet"))
    import pyarrow.parquet as pq

    events = pq.read_table(shop / "data/canonical/events.parquet")
    late = events.filter(
        pd.Series(events["occurred_us"].to_numpy() >= plan["complete_until_us"] - weeks).to_numpy()
    )
    moved = late
    for name in ("occurred_us", "known_us"):
        place = moved.column_names.index(name)
        moved = moved.set_column(place, events.schema.field(name), [late[name].to_numpy() + weeks])
    import pyarrow as pa

    grown = pa.concat_tables([events, moved.cast(events.schema)]).sort_by(
        [(name, "ascending") for name in ("person_id", "customer_id", "occurred_us", "event_id", "known_us")]
    )
    pq.write_table(grown, shop / "data/canonical/events.parquet")
    plan_file.write_text(json.dumps(plan | {"complete_until_us": plan["complete_until_us"] + weeks}))
    mature.run(shop, [], track=False)
    found = json.loads((shop / "reports" / "mature.json").read_text())["files"][0]
    assert found["refused"] is None and found["known"] == found["rows"] > 100
    scores = {(one["score"], one["days"]) for one in found["results"] if one["phase"] == "all"}
    assert {("p_ready", 7), ("p_ready", 14), ("p_churn", 28), ("p_order_7d", 7)} <= scores
    contracts = [one | {"horizon_days": 21} if one["target"] == "churn" else one for one in plan["contracts"]]
    plan_file.write_text(json.dumps(plan | {"contracts": contracts}))
    mature.run(shop, [kept], track=False)
    refused = json.loads((shop / "reports" / "mature.json").read_text())["files"][0]
    assert "horizon_days 28" in refused["refused"]["en"] and not refused["results"]
    plan_file.write_text(json.dumps(plan))
    early = pd.read_parquet(shop / "data/scores.parquet").assign(as_of="2023-11-06")
    early.drop(columns=["next_categories", "blocked", "eligible_actions", "reasons"]).to_csv(
        tmp_path / "early.csv"
    )
    mature.run(shop, [tmp_path / "early.csv"], track=False)
    hindsight = json.loads((shop / "reports" / "mature.json").read_text())["files"][0]
    assert "have seen what happened" in hindsight["refused"]["en"]


def test_the_record_beside_a_file_says_how_it_was_made_while_the_file_is_the_same(
    shop: Path, tmp_path: Path
) -> None:
    plan = load_plan(Project(shop))
    path, record = tmp_path / "list.csv", tmp_path / "list.csv.json"
    path.write_text("customer_id\n1\n")
    told = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "models": {"phases": {"churn": {"decision": {"learnt_until": "2024-01-08"}}}},
        "contracts": {one.target: one.model_dump(mode="json") for one in plan.contracts},
    }
    record.write_text(json.dumps(told))
    made = made_under(Project(shop), plan, path, "old")
    assert made is not None and refused(made, plan, "2024-01-08") is None and not made.timing
    assert "have seen what happened" in (refused(made, plan, "2024-01-01") or {})["en"]
    path.write_text("customer_id\n2\n")
    assert made_under(Project(shop), plan, path, "old") is None


def test_what_is_no_score_file_is_said(shop: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "list.csv"
    wrong.write_text("customer_id\n00001\n")
    with pytest.raises(InputError, match="no score file"):
        mature.run(shop, [wrong], track=False)
    with pytest.raises(InputError, match="no such file"):
        mature.run(shop, [tmp_path / "absent.parquet"], track=False)
