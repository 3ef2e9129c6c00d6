"""Scores that are kept until they can be compared with what happened: ``data/monitor/scores``.

Pseudonyms instead of ids, what was predicted, and in the schema which contracts it was predicted under.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing
from features.contract import DAY_US
from features.cutoffs import midnight_us
from features.plan import Plan
from features.pseudonyms import id_key
from features.settings import LabelContract
from models.json_files import read_json_if_there
from models.target import PROBABILITIES, PROBABILITY_TARGETS
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.score import model_version

FOLDER = "data/monitor/scores"
NOTE = b"klantreis.kept"
#: Days that scores are kept beyond the end of the longest horizon, for who looks but once a month.
GRACE_DAYS = 31
KEPT = ("phase", "is_control", "action", "eligible", *(target.score for target in PROBABILITIES))


@dataclass(frozen=True)
class KeptNote:
    """What goes along with kept scores.

    Attributes
    ----------
    as_of, journey, model_version, key : str
        Moment, phase model, models, and a digest of the key of the pseudonyms.
    known_us : int
        What the models had learnt from was known then (microseconds).
    contracts : tuple of LabelContract
        What was predicted.
    """

    as_of: str
    journey: str
    model_version: str
    key: str
    known_us: int
    contracts: tuple[LabelContract, ...]

    def as_bytes(self) -> bytes:
        """Write it for the schema of the file."""
        content: dict[str, Any] = {
            name: getattr(self, name) for name in ("as_of", "journey", "model_version", "key", "known_us")
        }
        content["contracts"] = [contract.model_dump(mode="json") for contract in self.contracts]
        return json.dumps(content, sort_keys=True).encode()

    @classmethod
    def of(cls, path: Path) -> KeptNote | None:
        """Read it; None: the file was not kept by `keep_scores`."""
        if path.suffix.lower() != ".parquet":
            return None
        found = (pq.read_schema(path).metadata or {}).get(NOTE)
        if found is None:
            return None
        content: dict[str, Any] = json.loads(found)
        contracts = tuple(
            LabelContract.model_validate_json(json.dumps(one)) for one in content.pop("contracts")
        )
        return cls(**content, contracts=contracts)


def predicted_contracts(plan: Plan) -> tuple[LabelContract, ...]:
    """Give the contracts of the probabilities, as they are `meant`."""
    return meant(plan.contracts)


def meant(contracts: Iterable[LabelContract]) -> tuple[LabelContract, ...]:
    """Keep of contracts what decides the meaning of a probability; how many labels they need does not."""
    kept = [one for one in contracts if one.target in PROBABILITY_TARGETS]
    minima = {name: LabelContract.model_fields[name].default for name in ("min_positives", "min_negatives")}
    return tuple(one.model_copy(update=minima) for one in kept)


def learnt_until(project: Project) -> int:
    """Give the moment up to which the models at hand know the log, the latest of all targets; 0: untrained."""
    found = [
        read_json_if_there(project.artifacts(target) / "selection.json") for target in PROBABILITY_TARGETS
    ]
    return max(int(one.get("known_at_us", 0)) for one in found)


def key_digest(project: Project) -> str:
    """Digest of the key of the pseudonyms: with another key nobody would be found."""
    source = load_source(load_params(project.root).source, project.root)
    return hashlib.sha256(id_key(project.root, source.id_key)).hexdigest()[:12]


def keep_scores(project: Project, plan: Plan, least: int = 12) -> Path | None:
    """Keep ``data/scores.parquet``, once per moment and model, until every horizon is over.

    Parameters
    ----------
    project : Project
        Its scores.
    plan : Plan
        The contracts they were made under.
    least : int
        The newest so many files are kept, however old; of the others those go whose longest horizon was over
        ``GRACE_DAYS`` ago, as far as the log is complete.

    Returns
    -------
    Path or None
        Where it is kept; None: there are no scores, or they are not of the models and the moment at hand.
    """
    if not project.scores.is_file():
        return None
    names = pq.read_schema(project.scores).names
    columns = [name for name in names if name in KEPT or name.startswith("p_order_")]
    scores = pq.read_table(
        project.scores, columns=["customer_id", "id_space", "as_of", "model_version", *columns]
    )
    version = model_version(project)
    if not len(scores) or scores["model_version"][0].as_py() != version:
        return None
    as_of = str(scores["as_of"][0].as_py())
    path = project.root / FOLDER / f"{as_of}_{version}.parquet"
    if not path.is_file():
        from pipelines.score_files import pseudonymous

        frame = pseudonymous(project, scores.to_pandas(), as_of)
        note = KeptNote(
            as_of,
            plan.journey.name,
            version,
            key_digest(project),
            learnt_until(project),
            predicted_contracts(plan),
        )
        table = pa.Table.from_pandas(pd.DataFrame(frame[["customer_id", *columns]]), preserve_index=False)
        with replacing(path) as beside:
            pq.write_table(table.replace_schema_metadata({NOTE: note.as_bytes()}), beside, compression="zstd")
    _forget(path.parent, plan, least)
    return path


def _forget(folder: Path, plan: Plan, least: int) -> None:
    """Remove what every horizon of the plan is long over for, but never of the newest so many files."""
    longest = max(
        (max(one.horizon_days, *one.horizons_days, 0) + one.gap_days for one in plan.contracts), default=0
    )
    since = plan.complete_until_us - (longest + GRACE_DAYS) * DAY_US
    for old in sorted(folder.glob("*.parquet"))[:-least]:
        if midnight_us(date.fromisoformat(old.name[:10])) < since:
            old.unlink()
