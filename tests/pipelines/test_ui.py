from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from features.errors import InputError
from pipelines import ui


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "reports").mkdir()
    record = {"experiment_id": "3", "view": "ours", "uri": "sqlite:///mlflow.db"}
    (tmp_path / "reports/mlflow_run.json").write_text(json.dumps(record))
    return tmp_path


def test_the_link_opens_the_experiment_in_our_view(project: Path) -> None:
    assert ui.link(project, 5001) == (
        "http://127.0.0.1:5001/#/experiments/3/runs?workflowType=machine_learning&viewStateShareKey=ours"
    )


def test_without_a_run_the_link_opens_the_list_of_experiments(project: Path) -> None:
    (project / "reports/mlflow_run.json").unlink()
    assert ui.link(project, 5001) == "http://127.0.0.1:5001/#/experiments?workflowType=machine_learning"


def test_nothing_tracked_yet_is_said(project: Path) -> None:
    with pytest.raises(InputError, match=r"no mlflow\.db yet.*klantreis track"):
        ui.run(project, 5001)


def test_a_port_in_use_is_said_with_one_that_is_free(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui, "_check_database", lambda *_: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port} is taken.*--port \d+"):
            ui.run(project, port)


def test_a_server_elsewhere_is_linked_without_starting_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@mlflow.example.org/team")
    ui.run(project, 5001)
    said = capsys.readouterr().out
    assert "https://mlflow.example.org/team/#/experiments?" in said, "the record is of another store"
    assert "secret" not in said


def test_a_number_that_is_no_port_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui, "_check_database", lambda *_: None)
    with pytest.raises(InputError, match="5000000 is no port"):
        ui.run(project, 5000000)
