"""The aliases champion and challenger, and their history: who was champion, why, and who before."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from models.tracking.store_health import explained

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER = "champion", "challenger"
MODEL_ID = "klantreis.model_id"
#: Tag of a version for each time it became champion, numbered over all versions of the name.
CROWNED = "klantreis.champion."
#: Tag of a version that was rolled back: the gate never promotes it again by itself.
ROLLED_BACK = "klantreis.rolled_back"
#: Tags of a version: what its model was learnt for, and what its files hold.
QUESTION, DIGEST = "question", "digest"
#: Tag of a logged policy: how the money of an action is counted, as JSON.
MONEY = "money"
#: Tags hold more; people read less.
LONGEST = 2000
How = Literal["first", "gate", "hand", "forced", "rollback"]


@contextmanager
def store_address(uri: str) -> Iterator[None]:
    """Set the address for the process: a registry in a database looks models up there."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    os.environ["MLFLOW_TRACKING_URI"] = uri
    try:
        with explained(uri):
            yield
    finally:
        del os.environ["MLFLOW_TRACKING_URI"]
        if before is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before


@dataclass(frozen=True)
class Crowned:
    """One moment at which a version became champion.

    Parameters
    ----------
    order : int
        1 for the first of its name.
    version : str
        Who.
    how : str
        ``first`` of its name, by the ``gate``, by ``hand`` with the gate's consent, ``forced`` against it, or by
        ``rollback``.
    why : str
        The gate's verdict and the reason that was given.
    before : str
        Version that was champion until then; empty for none.
    at : str
        When (UTC); empty where it is not known.
    """

    order: int
    version: str
    how: str
    why: str
    before: str
    at: str


def versions_of(client: MlflowClient, name: str) -> list[ModelVersion]:
    """Give every version of a registered model, the oldest first."""
    found = list(client.search_model_versions(f"name = '{name}'", max_results=1000))
    return sorted(found, key=lambda version: int(version.version))


def aliases_of(client: MlflowClient, name: str) -> dict[str, str]:
    """Give the version each alias stands for; empty if the name is not registered."""
    from mlflow.exceptions import MlflowException

    try:
        aliases: Mapping[str, Any] = client.get_registered_model(name).aliases
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}
        raise
    return {alias: str(version) for alias, version in aliases.items()}


def history(versions: list[ModelVersion]) -> list[Crowned]:
    """Read who was champion from the tags of the versions, the oldest first."""
    found = []
    for version in versions:
        for key, text in version.tags.items():
            if key.startswith(CROWNED):
                told = json.loads(text)
                found.append(
                    Crowned(
                        int(key.removeprefix(CROWNED)), str(version.version), told["how"], told["why"],
                        told["before"], told["at"],
                    )
                )  # fmt: skip
    return sorted(found, key=lambda one: (one.order, int(one.version)))


def champion_before(events: list[Crowned], holder: str) -> str | None:
    """Give the version to go back to: a rollback takes the last champion away, whatever came before stays.

    Examples
    --------
    >>> crowned = [Crowned(n, v, how, "", "", "") for n, v, how in
    ...            [(1, "1", "first"), (2, "2", "gate"), (3, "3", "gate"), (4, "2", "rollback")]]
    >>> champion_before(crowned[:3], "3"), champion_before(crowned, "2"), champion_before(crowned[:1], "1")
    ('2', '1', None)
    """
    line: list[str] = []
    for one in events:
        if one.how == "rollback" and len(line) > 1:
            line.pop()
            if line[-1] != one.version:
                line.append(one.version)
        else:
            line.append(one.version)
    # The alias may have been moved by hand, in the UI: then the last champion in the books is the one before.
    while line and line[-1] == holder:
        line.pop()
    return line[-1] if line else None


def crown(client: MlflowClient, name: str, version: str, how: How, why: str) -> None:
    """Make a version champion and write it into its history; the tag first, so that no champion is without one."""
    known = versions_of(client, name)
    before = aliases_of(client, name).get(CHAMPION, "")
    order = 1 + max((one.order for one in history(known)), default=0)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"how": how, "why": why[:LONGEST], "before": before, "at": at}
    client.set_model_version_tag(name, version, f"{CROWNED}{order:04d}", json.dumps(told, sort_keys=True))
    client.set_registered_model_alias(name, CHAMPION, version)


def same_content(client: MlflowClient, name: str, version: ModelVersion) -> list[ModelVersion]:
    """Give the versions of a name that hold the very model of one of them, itself among them."""
    digest = version.tags.get(DIGEST)
    return [
        one
        for one in versions_of(client, name)
        if str(one.version) == str(version.version) or (digest and one.tags.get(DIGEST) == digest)
    ]


def question(source: str, journey: str, horizon_days: int | None) -> str:
    """Say what a model was learnt for, as far as its name in the registry does not.

    Examples
    --------
    >>> question("demo", "five_phase", 56)
    'demo, five_phase, 56 days'
    """
    return f"{source}, {journey}, {horizon_days} days"
