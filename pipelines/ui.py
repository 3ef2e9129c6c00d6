"""Command ``ui``: the MLflow server on this machine, and the link that opens the experiment."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import typer

from features.errors import InputError
from models.tracking.address import SERVERS, artifact_root, database_file, scheme_of, shown, tracking_uri
from models.tracking.relocation import follow
from models.tracking.store_health import explained
from pipelines.paths import Project

#: Seconds; a loaded machine takes a minute for its imports.
PATIENCE = 300
#: No jobs (evaluation of chat agents) and no telemetry: the server then is half as heavy.
LIGHTER = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def link(root: Path, port: int) -> str:
    """Give the address of the experiment page: our columns, in the mode for models rather than for chat agents.

    Parameters
    ----------
    root : Path
        Project folder.
    port : int
        Of the server on this machine.
    """
    return f"http://127.0.0.1:{port}/{_page(root)}"


def run(root: Path, port: int, open_page: bool = True) -> None:
    """Start the server and stay until it is stopped (Ctrl-C).

    Parameters
    ----------
    root : Path
        Project folder.
    port : int
        To listen on, on this machine only.
    open_page : bool
        Open the page when the server answers, where there is a browser with a screen.

    Raises
    ------
    InputError
        If nothing has been tracked yet, the port is taken, or the server does not start.
    """
    uri = tracking_uri(root)
    if scheme_of(uri) in SERVERS:
        # There is a server already: nothing to start.
        address = f"{shown(uri).rstrip('/')}/{_page(root)}"
        typer.echo(f"Runs go to the server of MLFLOW_TRACKING_URI. Open  {address}")
        _show(address, open_page)
        return
    _check_database(uri)
    _check_port(port)
    with _serving(root, uri, port) as server:
        typer.echo("Starting the MLflow server (up to a minute) ...")
        _wait(server, port)
        typer.echo(f"Open  {link(root, port)}\nStop it with Ctrl-C.")
        _show(link(root, port), open_page)
        server.wait()
    if server.returncode > 0:
        raise InputError(f"the MLflow server ended with code {server.returncode}; its messages stand above")


def _page(root: Path) -> str:
    record = Project(root).reports / "mlflow_run.json"
    found = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    if found.get("uri") != shown(
        tracking_uri(root)
    ):  # written to another store: its numbers mean nothing here
        found = {}
    page = f"/experiments/{found['experiment_id']}/runs" if found else "/experiments"
    view = f"&viewStateShareKey={found['view']}" if found.get("view") else ""
    return f"#{page}?workflowType=machine_learning{view}"


def _check_database(uri: str) -> None:
    path = database_file(uri)
    if path is None:
        return
    if not path.is_file():
        raise InputError(
            f"there is no {path.name} yet, so nothing to show; `make repro` (or `klantreis track`) writes the first run"
        )
    with explained(uri, first=True):
        # Its addresses lead to this folder again when the project was moved. Not through ``connect``: the server
        # imports MLflow anyway, and once is slow enough.
        follow(path)


def _check_port(port: int) -> None:
    if not 0 < port < 65536:
        raise InputError(f"port {port} is no port; choose one from 1 to 65535: klantreis ui --port 5001")
    if not _is_free(port):
        other = next((number for number in range(5001, 5100) if number != port and _is_free(number)), 5001)
        raise InputError(
            f"port {port} is taken, perhaps by an MLflow server that still runs (look at http://127.0.0.1:{port}); "
            f"stop that, or choose another port: klantreis ui --port {other}, or make ui PORT={other}"
        )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def _serving(root: Path, uri: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server as long as the block; it ends with us, however we end."""
    command = [
        sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri,
        "--default-artifact-root", artifact_root(root), "--host", "127.0.0.1", "--port", str(port),
        # One worker starts twice as fast as four and serves one team as well.
        "--workers", "1", "--uvicorn-opts", "--log-level warning",
    ]  # fmt: skip
    variables = {**os.environ, **LIGHTER, "PYTHONWARNINGS": "ignore"}
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A group of its own: the server has children, which must not stay behind.
    server = subprocess.Popen(command, env=variables, start_new_session=True)
    try:
        yield server
    except KeyboardInterrupt:
        typer.echo("stopped")
    finally:
        _stop(server)
        signal.signal(signal.SIGTERM, before)


def _stop(server: subprocess.Popen[bytes]) -> None:
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, word)
            server.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.poll() is not None:
            raise InputError(
                f"the MLflow server did not start (code {server.returncode}); its messages stand above"
            )
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise InputError(f"the MLflow server does not answer at port {port} after {PATIENCE} seconds")


def _show(address: str, wanted: bool) -> None:
    """Open the page where a browser has a screen; elsewhere the link is enough."""
    screen = sys.platform in ("darwin", "win32") or any(
        map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    )
    if wanted and screen:
        webbrowser.open(address)
