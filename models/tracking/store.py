"""Open the store of the runs: made if it is not there, put right if the project was moved, explained if it fails."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from features.atomic import workspace
from models.tracking.address import artifact_root, database_file, tracking_uri
from models.tracking.relocation import follow
from models.tracking.store_health import PATIENCE, explained, short_patience

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)

QUIET = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def connect(root: Path) -> MlflowClient:
    """Open the store that ``tracking_uri`` names; a store that does not answer is said quickly.

    The database of a project that was moved or copied is put right on the way.

    Parameters
    ----------
    root : Path
        The project folder.

    Raises
    ------
    InputError
        If the store cannot be reached or read, with the cause and the remedy.
    """
    uri = tracking_uri(root)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    for chatty in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with explained(uri, first=True), short_patience():
        database = database_file(uri)
        if database is not None:
            _create_database(database, artifact_root(root))
            follow(database)
        client = MlflowClient(uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or uri)
        client.search_experiments(max_results=1)
    # Read by MLflow when it works, not when it is imported; what the user has set goes first.
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    return client


def _create_database(path: Path, artifacts: str) -> None:
    """Build a new database beside and link it into place: a kill during the migrations leaves nothing."""
    if path.exists():
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    with workspace(path) as folder:
        beside = folder / path.name
        store = SqlAlchemyStore(f"sqlite:///{beside}", artifacts)  # type: ignore[no-untyped-call]
        store.engine.dispose()
        try:
            # Unlike a rename this never replaces the database that another process made in the meantime.
            path.hardlink_to(beside)
        except FileExistsError:
            logger.info("another process has just created %s", path.name)
        except OSError:  # a file system without hard links
            beside.rename(path)
