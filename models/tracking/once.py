"""One run for one content, however many processes write at once and whichever of them is killed."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models.tracking.address import database_file, home, tracking_uri
from models.tracking.relocation import folder_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

logger = logging.getLogger(__name__)

#: Which process writes a run. MLflow's page leaves tags out that begin like its own.
WRITER = "mlflow.klantreis.writer"
#: A writer on another machine cannot be asked whether it lives; after this long without a new model it does not.
SILENCE_SECONDS = 900


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the pen: one process of this project (or of this sqlite database) writes at a time.

    Parameters
    ----------
    root : Path
        The project folder. The lock is a file beside ``mlflow.db``; the system lets go of it when the process
        ends, however it ends.
    """
    database = database_file(tracking_uri(root)) or home(root) / "mlflow.db"
    database.parent.mkdir(parents=True, exist_ok=True)
    with (database.parent / f"{database.name}-lock").open("a") as file:
        _lock(file.fileno())
        yield


def writer() -> dict[str, str]:
    """Give the tag that says which process writes; the name of the machine is hashed."""
    return {WRITER: f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"}


def is_whole(models: Sequence[LoggedModel], expected: int) -> bool:
    """Whether a finished run still has its models: none deleted on the page, no files removed.

    Parameters
    ----------
    models : sequence of LoggedModel
        Those of the run that are in the store.
    expected : int
        How many were written.
    """
    places = [str(model.artifact_location) for model in models]
    there = [place for place in places if not place.startswith("file:") or folder_of(place).is_dir()]
    return len(there) >= expected


def is_being_written(run: Run, models: Sequence[LoggedModel], alone: bool) -> bool:
    """Whether the process that writes a run may still be at it; if not, the run was cut off.

    Parameters
    ----------
    run : Run
        Not finished.
    models : sequence of LoggedModel
        Those it has so far: the youngest is its last sign of life.
    alone : bool
        Whether this process holds the pen of the whole store (sqlite).
    """
    if alone or run.info.status != "RUNNING" or WRITER not in run.data.tags:
        return False
    machine, number, started = run.data.tags[WRITER].split(":")
    if machine == _machine():
        return number != str(os.getpid()) and _started(int(number)) == started
    signs = [run.info.start_time, *(model.creation_timestamp for model in models)]
    return bool(time.time() - max(signs) / 1000 < SILENCE_SECONDS)


def first_finished(runs: Sequence[Run]) -> Run | None:
    """Give the run that was finished first: of two processes that wrote the same, its run stays.

    Parameters
    ----------
    runs : sequence of Run
        All with the same content.
    """
    finished = [run for run in runs if run.info.status == "FINISHED"]
    return min(finished, key=lambda run: (run.info.end_time, run.info.run_id), default=None)


def remove(client: MlflowClient, run: Run, models: Sequence[LoggedModel]) -> None:
    """Delete a run with its models; the models first, so that a kill in between leaves the run to find them by.

    Parameters
    ----------
    client : MlflowClient
        An open store.
    run : Run
        Cut off, or the second of its content.
    models : sequence of LoggedModel
        Those of the run.
    """
    for model in models:
        client.delete_logged_model(model.model_id)
    client.delete_run(run.info.run_id)


def _lock(number: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: there the order of finishing alone decides
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.info("MLflow: another process of this project is writing; waiting for it")
        fcntl.flock(number, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        logger.debug("no lock on this file system")


def _machine() -> str:
    """Name this machine since it was started: process numbers mean something only within it."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    names = f"{platform.node()} {boot.read_text() if boot.exists() else ''}"
    return hashlib.sha256(names.encode()).hexdigest()[:12]


def _started(number: int) -> str:
    """When a process began, as far as the system tells; empty when it is not there (any more)."""
    try:
        # After the name in brackets, which may hold anything; the 22nd field of the whole.
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "" if Path("/proc/self/stat").exists() else "alive"
