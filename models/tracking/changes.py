"""Move the alias champion by hand: promote a version (the gate speaks first), or go back to the one before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import InputError
from models.promotion.gate import Verdict
from models.tracking.address import shown, tracking_uri
from models.tracking.aliases import (
    CHALLENGER,
    CHAMPION,
    ROLLED_BACK,
    How,
    aliases_of,
    champion_before,
    crown,
    history,
    same_content,
    store_address,
    versions_of,
)
from models.tracking.judging import Gate
from models.tracking.once import writing
from models.tracking.run import connect

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class Change:
    """What came of a promotion or rollback.

    Parameters
    ----------
    name : str
        ``klantreis.<target>.<phase>``.
    before, after : str
        Version that was champion, and that is; empty for none.
    verdict : str
        What the gate said, or why.
    """

    name: str
    before: str
    after: str
    verdict: str


def name_of(target: str, phase: str) -> str:
    """Give the name under which the models of a target and phase are registered.

    Examples
    --------
    >>> name_of("churn", "decision")
    'klantreis.churn.decision'
    """
    return f"klantreis.{target}.{phase}"


def promote(
    gate: Gate, name: str, version: str | None = None, reason: str = "", force: bool = False
) -> Change:
    """Make a version champion, if the gate lets it or is overruled.

    Parameters
    ----------
    gate : Gate
        Judges it against the champion.
    name : str
        ``klantreis.<target>.<phase>``.
    version : str, optional
        Left out: the challenger.
    reason : str
        Why, in your own words; goes into the history.
    force : bool
        Overrule a refusal; the history says so.

    Raises
    ------
    InputError
        If there is no such version, or the gate refuses and is not overruled: then nothing has changed.
    """
    client = connect(gate.root)
    with writing(gate.root), store_address(tracking_uri(gate.root)):
        versions = _versions(client, name, gate.root)
        aliases = aliases_of(client, name)
        chosen = _chosen(versions, name, version or aliases.get(CHALLENGER))
        holder = aliases.get(CHAMPION, "")
        if holder == str(chosen.version):
            return Change(name, holder, holder, "already champion")
        found = _verdict(client, gate, name, chosen, holder)
        if not found.promote and not force:
            raise InputError(
                f"{name} version {chosen.version} is refused. {found.reason}. Champion stays version {holder}. To "
                f"overrule the gate, which is put on record: --force --reason '...'"
            )
        how: How = ("hand" if found.promote else "forced") if holder else "first"
        crown(client, name, chosen.version, how, "; ".join(part for part in (reason, found.reason) if part))
        for one in same_content(client, name, chosen):
            if ROLLED_BACK in one.tags:
                client.delete_model_version_tag(name, str(one.version), ROLLED_BACK)
        return Change(name, holder, str(chosen.version), found.reason)


def rollback(root: Path, name: str, reason: str = "") -> Change:
    """Make the previous champion champion again; the gate will not promote the present one by itself again.

    Raises
    ------
    InputError
        If there is no champion, or none before it.
    """
    client = connect(root)
    with writing(root), store_address(tracking_uri(root)):
        versions = _versions(client, name, root)
        holder = aliases_of(client, name).get(CHAMPION)
        if holder is None:
            raise InputError(f"{name} has no champion; make one: klantreis registry promote {_words(name)}")
        before = champion_before(history(versions), holder)
        if before is None or before not in {str(one.version) for one in versions}:
            raise InputError(
                f"{name}: no champion is known before version {holder}; name the version to go to: klantreis "
                f"registry promote {_words(name)} --version N --force"
            )
        why = reason or "rollback"
        client.set_model_version_tag(name, holder, ROLLED_BACK, why[:500])
        crown(client, name, before, "rollback", why)
        return Change(name, holder, before, why)


def _versions(client: MlflowClient, name: str, root: Path) -> list[ModelVersion]:
    found = versions_of(client, name)
    if not found:
        known = sorted(one.name for one in client.search_registered_models(max_results=1000))
        known = [one.removeprefix("klantreis.").replace(".", " ") for one in known if one.count(".") == 2]
        raise InputError(
            f"{name} is not in the registry at {shown(tracking_uri(root))}; found: {', '.join(known) or 'nothing'}; "
            f"models get there by the stages track and register (dvc repro)"
        )
    return found


def _chosen(versions: list[ModelVersion], name: str, version: str | None) -> ModelVersion:
    found = next((one for one in versions if str(one.version) == version), None)
    if found is None:
        numbers = ", ".join(str(one.version) for one in versions)
        raise InputError(
            f"{name} has no version {version or '(no challenger)'}; found: {numbers}; use --version"
        )
    return found


def _verdict(client: MlflowClient, gate: Gate, name: str, chosen: ModelVersion, holder: str) -> Verdict:
    if not holder:
        return Verdict(True, "first of its name")
    return gate.judge(client, chosen, client.get_model_version(name, holder))


def _words(name: str) -> str:
    return name.removeprefix("klantreis.").replace(".", " ")
