"""What the registry holds, and the files of its champions: for scoring, comparing and listing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.tracking.address import database_file, tracking_uri
from models.tracking.aliases import (
    CHALLENGER,
    CHAMPION,
    MODEL_ID,
    QUESTION,
    Crowned,
    aliases_of,
    history,
    store_address,
    versions_of,
)
from models.tracking.registry import VERDICT
from models.tracking.run import connect
from models.tracking.stored_models import model_folder, predictions_of

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Registered:
    """One version with an alias.

    Parameters
    ----------
    target, phase : str
        Whom it serves.
    version : str
    model_id, run_id : str
        Where it comes from.
    question : str
        Source, journey and horizon it was learnt for; empty where that was not kept.
    """

    target: str
    phase: str
    version: str
    model_id: str
    run_id: str
    question: str = ""

    @property
    def name(self) -> str:
        """Its name in the registry."""
        return f"klantreis.{self.target}.{self.phase}"


@dataclass(frozen=True)
class Listed:
    """One registered model, for people: who holds the aliases, what the gate said last, who was champion."""

    name: str
    champion: str
    challenger: str
    versions: int
    verdict: str
    history: tuple[Crowned, ...]


@contextmanager
def opened(root: Path) -> Iterator[MlflowClient]:
    """Open the registry of a project; its address holds inside the block.

    Raises
    ------
    InputError
        If the store cannot be reached.
    """
    client = connect(root)
    with store_address(tracking_uri(root)):
        yield client


def is_there(root: Path) -> bool:
    """Say whether there may be a registry at all, without asking MLflow."""
    file = database_file(os.environ.get("MLFLOW_REGISTRY_URI") or tracking_uri(root))
    # The address that no one has set is a file, which need not exist.
    return file is None or file.is_file()


def holders(
    client: MlflowClient, targets: Sequence[str], phases: Sequence[str], alias: str = CHAMPION
) -> list[Registered]:
    """Give the version that holds an alias, per target and phase; absent where there is none."""
    found = []
    for target in targets:
        for phase in phases:
            name = f"klantreis.{target}.{phase}"
            number = aliases_of(client, name).get(alias)
            if number is not None:
                version = client.get_model_version(name, number)
                found.append(
                    Registered(
                        target,
                        phase,
                        str(number),
                        version.tags.get(MODEL_ID, ""),
                        version.run_id or "",
                        version.tags.get(QUESTION, ""),
                    )
                )
    return found


def fetch(client: MlflowClient, registered: Registered, folder: Path) -> None:
    """Copy the files of a registered version into a folder that does not exist yet.

    Raises
    ------
    InputError
        If the store no longer has them.
    """
    with tempfile.TemporaryDirectory() as place:
        version = client.get_model_version(registered.name, registered.version)
        shutil.copytree(model_folder(client, version, Path(place)), folder)


def fetch_predictions(client: MlflowClient, registered: Registered, place: Path) -> pd.DataFrame | None:
    """Read the out-of-time predictions of the phase of a version, as in `predictions_of`."""
    version = client.get_model_version(registered.name, registered.version)
    return predictions_of(client, version, registered.target, registered.phase, place)


def listed(root: Path) -> list[Listed]:
    """Give every model of this pipeline in the registry, by name."""
    with opened(root) as client:
        found = client.search_registered_models(max_results=1000)
        names = sorted(one.name for one in found if one.name.startswith("klantreis."))
        return [_listed(client, name) for name in names]


def _listed(client: MlflowClient, name: str) -> Listed:
    versions, aliases = versions_of(client, name), aliases_of(client, name)
    newest = next((one for one in versions if str(one.version) == aliases.get(CHALLENGER)), None)
    return Listed(
        name=name,
        champion=aliases.get(CHAMPION, ""),
        challenger=aliases.get(CHALLENGER, ""),
        versions=len(versions),
        verdict=newest.tags.get(VERDICT, "") if newest is not None else "",
        history=tuple(history(versions)),
    )
