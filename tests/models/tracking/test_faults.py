"""Killed, twice at once, without a server, moved: no run is lost, doubled or half-filled, and what to do is said."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from features.errors import InputError
from models.tracking import run as tracking
from models.tracking.once import WRITER, is_being_written, writer
from models.tracking.run import RECORD, connect

Track = Callable[..., dict[str, Any]]
MODELS = 2


def in_a_child(action: Callable[[], object]) -> int:
    """Start the action in a process of its own; give its number."""
    number = os.fork()
    if number:
        return number
    try:
        action()
        os._exit(0)
    except BaseException:
        os._exit(1)


def runs(project: Path) -> list[Any]:
    client = connect(project)
    experiment = client.get_experiment_by_name("shop")
    return list(client.search_runs([experiment.experiment_id]))


def models_of(project: Path, run: Any) -> list[Any]:
    found = connect(project).search_logged_models([run.info.experiment_id], max_results=100)
    return [model for model in found if model.source_run_id == run.info.run_id]


@pytest.mark.parametrize("call", ["log_model_artifacts", "log_batch", "set_terminated"])
def test_killed_at_any_moment_it_is_written_once_and_whole(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as deadly:
        deadly.setattr(MlflowClient, call, die)
        _, status = os.waitpid(in_a_child(run_track), 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert not (project / RECORD).exists()
    (left,) = runs(project)
    assert left.info.status == "RUNNING"
    record = run_track()
    (run,) = runs(project)
    assert (run.info.run_id, run.info.status) == (record["run_id"], "FINISHED")
    models = models_of(project, run)
    assert len(models) == MODELS == sum(map(len, record["models"].values()))
    found = connect(project).search_logged_models([run.info.experiment_id], max_results=100)
    assert len(found) == MODELS, "models of the run that was cut off are left"


def test_two_at_once_write_one_run(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = tracking._write

    def noted(*words: Any) -> Any:
        (project / f"wrote-{os.getpid()}").touch()
        return write(*words)

    monkeypatch.setattr(tracking, "_write", noted)
    children = [in_a_child(run_track) for _ in range(2)]
    assert [os.waitpid(number, 0)[1] for number in children] == [0, 0]
    assert len(list(project.glob("wrote-*"))) == 1, "the second waits, and finds the run of the first"
    (run,) = runs(project)
    assert run.info.run_id == json.loads((project / RECORD).read_text())["run_id"]
    assert len(models_of(project, run)) == MODELS


def test_of_two_machines_that_write_the_same_the_first_to_finish_stays(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, finished = run_track(), tracking._finished
    monkeypatch.setattr(tracking, "_finished", _late(finished))
    second = run_track()
    assert second["run_id"] == first["run_id"] and second["models"] == first["models"]
    assert len(runs(project)) == 1


def _late(finished: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the first time as if the other had not finished yet."""
    asked = []

    def answer(*words: Any, **named: Any) -> Any:
        asked.append(1)
        return finished(*words, **named) if len(asked) > 1 else None

    return answer


def test_a_run_is_left_to_the_process_that_still_writes_it(project: Path, tracked: dict[str, Any]) -> None:
    client = connect(project)
    (made,) = runs(project)
    (machine, number, started) = writer()[WRITER].split(":")
    for tag, alive in (
        (f"{machine}:{os.getppid()}:{_start_of(os.getppid())}", True),
        (f"{machine}:{os.getppid()}:1", False),  # the number went to another process
        (f"{machine}:{number}:{started}", False),  # our own: we are not writing it
        (f"elsewhere:{number}:{started}", True),  # begun seconds ago
    ):
        client.set_tag(made.info.run_id, WRITER, tag)
        run = client.get_run(made.info.run_id)
        run.info._status = "RUNNING"
        assert is_being_written(run, [], alone=False) is alive, tag
        assert not is_being_written(run, [], alone=True)
    run.info._start_time -= 3_600_000
    assert not is_being_written(run, [], alone=False), "an hour without a sign of life"


def _start_of(number: int) -> str:
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]


def test_a_run_that_has_lost_a_model_is_written_again(
    project: Path, two_models: Path, run_track: Track
) -> None:
    first = run_track()
    connect(project).delete_logged_model(first["models"]["churn"]["decision"])
    second = run_track()
    assert not second["reused"] and second["run_id"] != first["run_id"]
    assert sum(map(len, second["models"].values())) == MODELS
    third = run_track()
    assert third["reused"] and third["run_id"] == second["run_id"]


@contextmanager
def server(status: int, body: bytes = b"oops") -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if not status:
                stop.wait(20)
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    stop = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as answering:
        threading.Thread(target=answering.serve_forever, daemon=True).start()
        try:
            yield f"http://me:secret@127.0.0.1:{answering.server_port}"
        finally:
            stop.set()
            answering.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, b"oops", "log of the server"),
        (401, b"oops", "MLFLOW_TRACKING_USERNAME"),
        (200, b"<h1>It works</h1>", "no MLflow server"),
        (0, b"", "does not answer in time"),
    ],
)
def test_a_server_in_trouble_is_named_with_the_remedy(
    project: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, said: str
) -> None:
    (project / RECORD).write_text("as it was")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with server(status, body) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        with pytest.raises(InputError, match=said) as caught:
            run_track()
    assert "dvc repro" in str(caught.value) and "secret" not in str(caught.value)
    assert (project / RECORD).read_text() == "as it was"


def test_a_server_that_dies_halfway_is_explained_and_taken_up_again(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException

    def gone(*_: object, **__: object) -> None:
        raise MlflowException("API request failed with exception NewConnectionError: Connection refused")

    with monkeypatch.context() as dead:
        for call in ("log_batch", "set_terminated"):
            dead.setattr(MlflowClient, call, gone)
        with pytest.raises(InputError, match="start the server"):
            run_track()
    assert not (project / RECORD).exists()
    record = run_track()
    assert [run.info.run_id for run in runs(project)] == [record["run_id"]]


def test_a_damaged_database_is_named(project: Path, run_track: Track) -> None:
    (project / "mlflow.db").write_bytes(b"no database" * 500)
    with pytest.raises(InputError, match="put it aside"):
        run_track()


def test_after_a_move_the_models_are_found_and_new_ones_come_along(
    project: Path, two_models: Path, run_track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = run_track()
    model = record["models"]["churn"]["decision"]
    moved = tmp_path / "moved to" / "shop"
    moved.mkdir(parents=True)
    for name in ("mlflow.db", "mlartifacts"):
        shutil.move(project / name, moved / name)
    monkeypatch.setenv("DVC_ROOT", str(moved))
    assert run_track()["reused"], "its models are where the database is"
    place = connect(moved).get_logged_model(model).artifact_location
    assert place.startswith((moved / "mlartifacts").as_uri())
    assert {"report.html"} & {item.path for item in connect(moved).list_artifacts(record["run_id"])}
    run_track(train={"seed": 8})
    assert not (project / "mlartifacts").exists(), "written into the place where the project once was"


def test_a_copy_does_not_write_into_the_original(
    project: Path, two_models: Path, run_track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_track()
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(project / "mlflow.db", copy)
    shutil.copytree(project / "mlartifacts", copy / "mlartifacts")
    before = sorted((project / "mlartifacts").rglob("*"))
    monkeypatch.setenv("DVC_ROOT", str(copy))
    run_track(train={"seed": 8})
    assert sorted((project / "mlartifacts").rglob("*")) == before


def test_files_that_are_nowhere_are_missed_aloud(
    project: Path,
    tracked: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(project)
    (tmp_path / "moved").mkdir()
    shutil.move(project / "mlflow.db", tmp_path / "moved")
    shutil.rmtree(project / "mlartifacts")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "moved"))
    connect(tmp_path / "moved")
    assert "bring that folder here" in caplog.text
