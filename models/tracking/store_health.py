"""A store that is down, hangs, refuses or is full: said in words, within a minute, with what to do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from features.errors import InputError
from models.tracking.address import shown

#: Left to itself MLflow tries for about four minutes before it says that a server is not there.
PATIENCE: Final = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
#: For the first question, and for the last word to a store that has just failed.
SHORT_PATIENCE: Final = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
#: What the drivers of the stores say, what it means and what to do; the first that fits counts.
CAUSES: Final = (
    (r"no space left|disk is full|disk i/o error", "the disk is full or failing", "make room"),
    (
        r"readonly database|read-only file|unable to open database|permission denied|errno 13",
        "it cannot be written",
        "mend the rights on the folder, or point MLFLOW_TRACKING_URI elsewhere",
    ),
    (
        r"database is locked",
        "another program keeps the database locked",
        "wait for it or end it (an open `sqlite3`, a backup)",
    ),
    (
        r"not a database|malformed",
        "the file is damaged or no database",
        "put it aside (mv mlflow.db mlflow.db.bad); a new one is made and `dvc repro -f -s track register` fills it",
    ),
    (
        r"out-of-date database schema|can't locate revision",
        "another version of MLflow made the database",
        "use that version, or copy the file and bring it up to date: mlflow db upgrade <address>",
    ),
    (
        r"error code 40[13]|unauthorized|permission_denied|authenticat",
        "it refuses you",
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD (or MLFLOW_TRACKING_TOKEN)",
    ),
    (
        r"error code 404 != 200|valid json format|error code 405",
        "what answers there is no MLflow server",
        "correct MLFLOW_TRACKING_URI",
    ),
    (r"resolve|name or service not known|invalid url|no host", "no such machine", "correct MLFLOW_TRACKING_URI"),
    (r"certificate|ssl", "its certificate is not trusted", "see MLFLOW_TRACKING_SERVER_CERT_PATH"),
    (
        r"too many 429|error code 429",
        "it asks for patience (too many requests)",
        "try later, or set MLFLOW_HTTP_REQUEST_MAX_RETRIES higher",
    ),
    (
        r"too many 5\d\d|error code 5\d\d",
        "it reports a fault of its own",
        "look into the log of the server",
    ),
    (
        r"connection refused|newconnectionerror|could not connect to server|connection to server",
        "nothing listens there",
        "start the server, or unset MLFLOW_TRACKING_URI to use mlflow.db in the project folder",
    ),
    (
        r"timed out|timeout",
        "it does not answer in time",
        "restart the server, or give it longer with MLFLOW_HTTP_REQUEST_TIMEOUT (seconds)",
    ),
    (
        r"connection aborted|connection reset|remotedisconnected|broken pipe|incompleteread|connection broken",
        "the connection broke",
        "start the server again",
    ),
)  # fmt: skip


@contextmanager
def short_patience() -> Iterator[None]:
    """Wait for a server for seconds only; what the user has set for MLflow stays as it is."""
    before = {name: os.environ.get(name) for name in SHORT_PATIENCE}
    ours = {name: SHORT_PATIENCE[name] for name, value in before.items() if value in (None, PATIENCE[name])}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
            if (value := before[name]) is not None:
                os.environ[name] = value


@contextmanager
def explained(uri: str, first: bool = False) -> Iterator[None]:
    """Turn what goes wrong between here and the store into one message with the remedy.

    Parameters
    ----------
    uri : str
        The tracking address; in the message without password and without folders.
    first : bool
        At first contact any error counts as one of the store; later only those known to be.

    Raises
    ------
    InputError
        Naming the cause and the remedy.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # whatever the driver of the store raises
        said = " ".join(_chain(error)).replace(uri, shown(uri))
        cause = cause_of(said)
        if cause is None and not first:
            raise
        what, remedy = cause or (
            said[:300],
            "start the server, correct MLFLOW_TRACKING_URI, or unset it to use mlflow.db in the project folder",
        )
        raise InputError(
            f"MLflow at {shown(uri)}: {what}; {remedy}\n"
            f"nothing counts as written, and the results of the stages stand: run the same command again "
            f"(`dvc repro` goes on from here)"
        ) from error


def cause_of(said: str) -> tuple[str, str] | None:
    """Recognise a fault of the store; None for anything else.

    Examples
    --------
    >>> cause_of("(sqlite3.OperationalError) database is locked")[0]
    'another program keeps the database locked'
    >>> cause_of("Param value too long") is None
    True
    """
    return next(
        ((what, remedy) for words, what, remedy in CAUSES if re.search(words, said, re.IGNORECASE)), None
    )


def _chain(error: BaseException) -> Iterator[str]:
    """Give what an error says, and what the errors behind it say."""
    seen: BaseException | None = error
    while seen is not None:
        yield re.sub(r"\s+", " ", f"{type(seen).__name__}: {seen}")
        seen = seen.__cause__ or seen.__context__
