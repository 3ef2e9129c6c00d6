"""What a run says of itself: tags to filter and group by, and a description to read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.json_files import read_json
from models.metrics import shortest_lift
from models.target import TARGETS
from models.tracking.identity import git

if TYPE_CHECKING:
    from models.tracking.content import ModelContent

#: Columns of the description: what to show per target, and what to call it.
SHOWN = {"churn": ("lift", "log_loss"), "readiness": ("lift", "log_loss"), "next_action": ("gain",)}
GAP = "\N{NO-BREAK SPACE}" * 3


def run_tags(
    root: Path, key: str, params: Mapping[str, Any], models: Sequence[ModelContent], data: str, changed: str
) -> dict[str, str]:
    """Give the tags in the order the page shows them: what was asked, where it comes from, then keys.

    Parameters
    ----------
    root : Path
        The project folder.
    key : str
        Content key of the run.
    params : mapping
        The whole of ``params.yaml``, with what the source declares filled in.
    models : sequence of ModelContent
        The models of the run.
    data : str
        md5 of the feature table; empty when unknown.
    changed : str
        The parameters that differ from their defaults.
    """
    meta = read_json(root / "data/canonical/meta.json")
    served = dict.fromkeys(model.phase for model in models if model.eligible)
    days = {target: params[target]["horizon_days"] for target in TARGETS}
    commit = git(root, "rev-parse", "HEAD")
    dirty = str(bool(git(root, "status", "--porcelain", "--untracked-files=no"))).lower() if commit else ""
    tags = {
        "changed": changed,
        "source": str(meta["source"]),
        "journey": str(params["journey"]),
        "as_of": str(params["cutoffs"]["as_of"]),
        "phases": ", ".join(served) or "none",
        "horizons": ", ".join(f"{target} {number} days" for target, number in days.items() if number),
        "data": data,
        "git.commit": commit,
        "git.dirty": dirty,
        "dvc.exp": os.environ.get("DVC_EXP_NAME", ""),
        "dvc.baseline_rev": os.environ.get("DVC_EXP_BASELINE_REV", ""),
        "klantreis.level": "pipeline",
        "klantreis.key": key,
        "mlflow.source.name": "klantreis track",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
    }
    note = "\n".join([" \N{MIDDLE DOT} ".join(_origin(root, tags)), "", *_table(models)])
    return {name: value for name, value in {**tags, "mlflow.note.content": note}.items() if value}


def commit_page(remote: str, commit: str) -> str:
    """Give the web page of a commit; empty when the remote has none that is known.

    Examples
    --------
    >>> commit_page("git@git.example.org:team/shop.git", "1a2b3c")
    'https://git.example.org/team/shop/commit/1a2b3c'
    >>> commit_page("https://me:secret@git.example.org/team/shop", "1a2b3c")
    'https://git.example.org/team/shop/commit/1a2b3c'
    >>> commit_page("/srv/git/shop.git", "1a2b3c")
    ''
    """
    found = re.fullmatch(
        r"(?:https?://|ssh://)?(?:[^@/]*@)?([\w.-]+\.\w+)(?::\d+)?[:/](.+?)(?:\.git)?/?", remote
    )
    return f"https://{found[1]}/{found[2]}/commit/{commit}" if found else ""


def _table(models: Sequence[ModelContent]) -> Iterator[str]:
    """Sum up every phase (Markdown); hard spaces, because the page gives the cells of a table no margins."""
    lift = next((name for model in models if (name := shortest_lift(model.metrics))), "lift")
    named = [(target, lift if name == "lift" else name) for target in SHOWN for name in SHOWN[target]]
    by_place = {(model.phase, model.target): model for model in models}
    yield "| phase | " + " | ".join(f"{GAP}{target} {name}" for target, name in named) + " |"
    yield "|---" * (len(named) + 1) + "|"
    for phase in dict.fromkeys(model.phase for model in models):
        cells = [GAP + _cell(by_place.get((phase, target)), name) for target, name in named]
        yield f"| {phase} | " + " | ".join(cells) + " |"
    yield "\nOut of time, per phase; all of it in the artifact `report.html`."
    for model in models:
        if model.eligible and model.gate.get("passes") is False:
            yield f"\nNot registered: {model.target} {model.phase} ({model.gate.get('reason', '')})"


def _cell(model: ModelContent | None, name: str) -> str:
    if model is None:
        return "-"
    number = f"{model.metrics[name]:.3g}" if name in model.metrics else ""
    if model.target == "next_action":
        # What serves goes first: a loss behind "constant" is one that choosing would make, not one that is made.
        return f"{model.candidate} (choosing: {number})" if number else model.candidate
    return ", ".join(word for word in (number, "" if model.eligible else "not eligible") if word) or "-"


def _origin(root: Path, tags: Mapping[str, str]) -> Iterator[str]:
    """Say what the run was made from, and how to have it back."""
    if data := tags["data"]:
        yield f"data `{data[:8]}` (`features.parquet` in `dvc.lock`)"
    if commit := tags["git.commit"]:
        page = commit_page(git(root, "remote", "get-url", "origin"), commit)
        named = f"[`{commit[:7]}`]({page})" if page else f"`{commit[:7]}`"
        yield f"git {named}" + (" with changes" if tags["git.dirty"] == "true" else "")
    if name := tags["dvc.exp"]:
        yield f"DVC experiment `{name}` (`dvc exp apply {name}` has it back)"
