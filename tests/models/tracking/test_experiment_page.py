from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.tracking.content import RunContent
from models.tracking.experiment_page import NOTE, NOTE_TAG, VIEW, VIEW_TAG
from models.tracking.headline import LIMIT, run_metrics
from models.tracking.results import Results
from models.tracking.run import connect
from models.tracking.tables import tables_of

Track = Callable[..., dict[str, Any]]


def test_the_view_of_the_link_shows_numbers_that_the_run_has(project: Path, tracked: dict[str, Any]) -> None:
    record = tracked
    client = connect(project)
    tags = client.get_experiment(record["experiment_id"]).tags
    assert tags[NOTE_TAG] == NOTE and record["view"] == VIEW
    state = json.loads(json.loads(tags[VIEW_TAG + VIEW])["state"])
    columns = [name[9:-1] for name in state["selectedColumns"] if name.startswith("metrics.")]
    assert columns and set(columns) <= set(client.get_run(record["run_id"]).data.metrics)


def test_what_a_person_has_edited_stays(project: Path, two_models: Path, run_track: Track) -> None:
    client, record = connect(project), run_track()
    experiment, best = record["experiment_id"], VIEW_TAG + "klantreis-churn"
    client.set_experiment_tag(experiment, NOTE_TAG, "ours now")
    client.set_experiment_tag(experiment, best, "{}")
    # Another number in the headline is another set of columns, so the views are written again.
    (project / "reports/metrics.json").write_text(
        json.dumps({"churn": {"log_loss": 0.5, "lift10 mean": 2.0}})
    )
    run_track()
    tags = client.get_experiment(experiment).tags
    assert (tags[NOTE_TAG], tags[best]) == ("ours now", "{}")
    assert "all/churn lift10 mean" in tags[VIEW_TAG + VIEW]


def test_a_journey_of_many_phases_stays_below_forty_numbers(tmp_path: Path) -> None:
    phases = [f"phase {number}" for number in range(12)]
    numbers = {phase: {"lift10": 2.0, "gain": 0.1} for phase in phases}
    results = {target: Results(numbers, {}, {}) for target in ("churn", "readiness", "next_action")}
    found = run_metrics(tmp_path, results, phases, LIMIT)
    assert len(found) <= LIMIT < 40
    assert {f"churn/lift10 {phase}" for phase in phases} <= set(found), "a group is there whole or not at all"


def test_the_run_says_where_it_comes_from(read_project: Callable[[], RunContent], monkeypatch: Any) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "bins")
    content = read_project()
    first = content.tags[NOTE_TAG].splitlines()[0]
    assert content.data[:8] in first and "dvc exp apply bins" in first
    assert content.tags["changed"] == "nothing"


def test_the_first_column_of_a_table_names_its_row(read_project: Callable[[], RunContent]) -> None:
    content = read_project()
    found = tables_of(content)
    assert next(iter(found)) == "forecasts" == min(found), "the table view opens with it"
    for name, table in found.items():
        assert table.columns[0] == "row" and table["row"].is_unique, name
    assert set(found["forecasts"]["row"]) >= {
        "churn \N{MIDDLE DOT} decision",
        "next_action \N{MIDDLE DOT} awareness",
    }
    none = tables_of(replace(content, table=None, tables={}))
    assert set(none) == {"forecasts"}
