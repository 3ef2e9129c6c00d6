"""``klantreis monitor`` and ``klantreis mature`` over a whole project: memory, exit codes, kept scores, MLflow."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from features.errors import InputError
from models.tracking.run import connect
from pipelines import cli_monitor, mature, monitor, score
from pipelines.monitor import MonitorOptions

QUIET = MonitorOptions(track=False)


def params(shop: Path, **blocks: dict[str, object]) -> None:
    """Change blocks of params.yaml."""
    path = shop / "params.yaml"
    content = yaml.safe_load(path.read_text())
    for name, block in blocks.items():
        content[name] = {**content.get(name, {}), **block}
    path.write_text(yaml.safe_dump(content))


def test_a_run_remembers_tells_what_changed_until_it_is_accepted_and_logs_once(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params(
        shop,
        monitor={
            "leave_out": ["features", "phases", "labels", "scores", "volume", "blanks", "amounts", "clock"]
        },
    )
    assert monitor.run(shop, QUIET)[0] == "fine"
    orders = shop / "raw" / "orders.csv"
    whole = orders.read_text()
    orders.write_text(whole.replace("groep", "soort", 1))
    for _ in range(2):
        state, told = monitor.run(shop, MonitorOptions())
        assert state == "attention" and any("'groep' has vanished" in line for line in told)
    client = connect(shop)
    experiment = client.get_experiment_by_name("klantreis-monitoring")
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 1 and runs[0].data.metrics["alarms/schema"] == 1
    monkeypatch.chdir(shop)
    shown = CliRunner().invoke(cli_monitor.app, ["monitor", "--no-track"])
    assert shown.exit_code == 1 and "do: " in shown.stdout
    monitor.run(shop, MonitorOptions(accept=True, track=False))
    assert monitor.run(shop, QUIET)[0] == "fine"
    assert json.loads((shop / "reports" / "monitor.json").read_text())["alarms"] == 0


def test_today_makes_the_log_old_and_must_be_a_day(shop: Path) -> None:
    params(shop, monitor={"leave_out": ["features"]})
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
    mature.run(shop, [], track=True)
    found = json.loads((shop / "reports" / "mature.json").read_text())["files"][0]
    assert found["refused"] is None and found["known"] == found["rows"] > 100
    scores = {(one["score"], one["days"]) for one in found["results"] if one["phase"] == "all"}
    assert {("p_ready", 7), ("p_ready", 14), ("p_churn", 28), ("p_order_7d", 7)} <= scores
    assert connect(shop).get_experiment_by_name("klantreis-monitoring") is not None
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


def test_what_is_no_score_file_is_said(shop: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "list.csv"
    wrong.write_text("customer_id\n00001\n")
    with pytest.raises(InputError, match="no score file"):
        mature.run(shop, [wrong], track=False)
    with pytest.raises(InputError, match="no such file"):
        mature.run(shop, [tmp_path / "absent.parquet"], track=False)
