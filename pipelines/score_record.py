"""The record beside a score file: which models, data and settings made it, and how many rows came of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from features.cutoffs import day_of
from models.json_files import write_json
from pipelines.champion_models import ScoringModels
from pipelines.score import data_hash, model_version
from pipelines.score_parts import Job

FORMAT = 1


def record_of(scores: Path) -> Path:
    """Give where the record of a score file stands.

    Examples
    --------
    >>> record_of(Path("lists/vips_scores.csv")).as_posix()
    'lists/vips_scores.csv.json'
    """
    return scores.with_name(f"{scores.name}.json")


def write_record(scores: Path, job: Job, models: ScoringModels, counts: dict[str, Any]) -> None:
    """Write the record of a score file; the same inputs give the same bytes.

    Parameters
    ----------
    scores : Path
        The score file, which is there.
    job : Job
        What was scored.
    models : ScoringModels
        With which models; per phase the version of the registry, where the champions were used.
    counts : dict
        Rows of the file and of the list.
    """
    with scores.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    content = {
        "format": FORMAT,
        "file": scores.name,
        "sha256": digest,
        "as_of": day_of(job.plan.as_of_us).isoformat(),
        "journey": job.plan.journey.name,
        "source": job.params.source,
        "model_version": model_version(job.models),
        "data_hash": data_hash(job.project),
        "models": models.described(),
        "contracts": {one.target: one.model_dump(mode="json") for one in job.plan.contracts},
        "counts": counts,
    }
    write_json(record_of(scores), content)
