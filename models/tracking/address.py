"""Where MLflow runs go: one absolute address, whoever starts the stage and from which copy of the project."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from features.errors import InputError

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
SERVERS = ("http", "https", "databricks")


def home(root: Path) -> Path:
    """Give the folder of ``mlflow.db``: the project itself, also from a copy that DVC made for an experiment.

    Parameters
    ----------
    root : Path
        The project folder, or such a copy.
    """
    return Path(os.environ.get("DVC_ROOT") or root).resolve()


def tracking_uri(root: Path) -> str:
    """Give ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the project folder.

    Parameters
    ----------
    root : Path
        The project folder. Inside ``dvc exp run --temp`` it is a copy that is deleted afterwards, so the
        folder in ``DVC_ROOT`` goes first.

    Returns
    -------
    str
        Never relative: a relative address loses the run without a word.

    Raises
    ------
    InputError
        If ``MLFLOW_TRACKING_URI`` is relative or of a kind that MLflow no longer writes to.

    Examples
    --------
    >>> uri = tracking_uri(Path("shop"))
    >>> uri.startswith("shop")
    False
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not uri:
        return f"sqlite:///{home(root) / 'mlflow.db'}"
    scheme = scheme_of(uri)
    relative = scheme == "sqlite" and not uri.split(":", 1)[1].startswith("////")
    if scheme not in (*SERVERS, *DATABASES) or relative:
        raise InputError(
            f"MLFLOW_TRACKING_URI is {shown(uri)!r}, which is relative or not a tracking store; allowed: "
            f"http(s)://server, sqlite:////absolute/path.db (four slashes) or another database; unset it to "
            f"use mlflow.db in the project folder"
        )
    return uri


def artifact_root(root: Path) -> str:
    """Give the folder for models and reports, as a ``file:`` address: beside the database, or in the project.

    Parameters
    ----------
    root : Path
        The project folder. With a sqlite file elsewhere the artifacts go beside that file: of two projects that
        share it, neither can be deleted with the other's models in it.
    """
    database = database_file(tracking_uri(root))
    return ((database.parent if database else home(root)) / "mlartifacts").as_uri()


def database_file(uri: str) -> Path | None:
    """Give the file of a sqlite address; None for any other store.

    Examples
    --------
    >>> database_file("sqlite:////srv/runs.db?timeout=9").name
    'runs.db'
    >>> database_file("https://mlflow.example.org") is None
    True
    """
    if scheme_of(uri) != "sqlite":
        return None
    return Path(uri.split(":", 1)[1].removeprefix("///").split("?", 1)[0]).resolve()


def scheme_of(uri: str) -> str:
    """Give the kind of store.

    Examples
    --------
    >>> scheme_of("postgresql+psycopg2://host/db")
    'postgresql'
    """
    return uri.split(":", 1)[0].split("+", 1)[0] if ":" in uri else ""


def shown(uri: str) -> str:
    """Give an address fit for files and messages: no password, no folders of this machine.

    Examples
    --------
    >>> shown("https://me:secret@mlflow.example.org/team")
    'https://mlflow.example.org/team'
    >>> shown("sqlite:////home/me/shop/mlflow.db")
    'sqlite:///mlflow.db'
    """
    if scheme_of(uri) in ("sqlite", "file"):
        return f"{scheme_of(uri)}:///{Path(uri.split(':', 1)[1]).name}"
    parts = urlsplit(uri)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
