"""A project folder that was moved or copied: the absolute addresses in its database follow it."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

logger = logging.getLogger(__name__)

ARTIFACTS = "mlartifacts"
#: Where MLflow keeps absolute addresses, and which rows are of use to somebody.
ADDRESSES = (
    ("runs", "artifact_uri", "lifecycle_stage = 'active' and status = 'FINISHED'"),
    ("logged_models", "artifact_location", "lifecycle_stage = 'active'"),
    ("model_versions", "storage_location", "current_stage != 'Deleted_Internal'"),
)
OF_A_PROJECT = re.compile(rf"(?P<root>file:.*/{ARTIFACTS})(?P<inside>/.*)?")


def follow(database: Path) -> int:
    """Point the addresses of models and reports to the folder where the database now lies.

    MLflow writes absolute addresses. After ``mv shop elsewhere`` they lead nowhere; after ``cp -r shop trial`` the
    copy would write into the original. An address is changed when its files lie beside the database, so that what
    still stands only in the old place stays findable; new runs always go beside the database.

    Parameters
    ----------
    database : Path
        The sqlite file. Addresses outside a folder ``mlartifacts`` are of the user's own making and left alone.

    Returns
    -------
    int
        How many addresses were changed.
    """
    here = (database.resolve().parent / ARTIFACTS).as_uri()
    # Closed by hand: the context manager of sqlite3 ends the transaction only.
    with closing(sqlite3.connect(database, timeout=20, isolation_level=None)) as store:
        if not any(True for _ in _elsewhere(store, here)):
            return 0
        store.execute("begin immediate")
        changed, lost = 0, set[str]()
        for table, column, row, root, inside, of_use in list(_elsewhere(store, here)):
            if table == "experiments" or folder_of(here + inside).exists():
                store.execute(f"update {table} set {column} = ? where rowid = ?", (here + inside, row))
                changed += 1
            elif of_use and not folder_of(root + inside).exists():
                lost.add(str(folder_of(root)))
        store.execute("commit")
    if changed:
        logger.info(
            "MLflow: the project was moved or copied; %d addresses in %s now point to the folder beside it",
            changed,
            database.name,
        )
    for folder in sorted(lost):
        logger.warning(
            "MLflow: files of earlier runs are neither beside %s nor in %s any more; bring that folder here as %s",
            database.name,
            folder,
            ARTIFACTS,
        )
    return changed


def folder_of(address: str) -> Path:
    """Give the folder of a ``file:`` address.

    Examples
    --------
    >>> folder_of("file:///home/me/my%20shop/mlartifacts").as_posix()
    '/home/me/my shop/mlartifacts'
    """
    return Path(unquote(urlsplit(address).path))


def _elsewhere(store: sqlite3.Connection, here: str) -> Iterator[tuple[str, str, int, str, str, bool]]:
    """Table, column, row, the ``mlartifacts`` folder it names, the rest of the address, whether it is of use."""
    for table, column, of_use in (("experiments", "artifact_location", "0"), *ADDRESSES):
        rows = store.execute(
            f"select rowid, {column}, {of_use} from {table} "
            f"where {column} like 'file:%/{ARTIFACTS}%' and substr({column}, 1, ?) not in (?, ?)",
            (len(here) + 1, here, f"{here}/"),
        )
        for row, address, use in rows.fetchall():
            found = OF_A_PROJECT.fullmatch(address)
            if found is not None:
                yield table, column, row, found["root"], found["inside"] or "", bool(use)
