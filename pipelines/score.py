"""Stage ``score``: everybody at the newest cutoff, into ``data/scores.parquet`` (`pipelines.score_columns`).

Why each customer got their action, the decisions as a log, and who receives what per group: `pipelines.score_actions`.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing, workspace
from features.plan import Plan
from features.pseudonyms import unspaced
from models.exits.serving import FILES, exit_probabilities
from models.explain import reasons
from models.next_category import bundle as next_category_bundle
from models.next_category import serving as next_category
from models.panel import panel_of
from models.personas.assign import persona_of
from models.policy import ACTION_COLUMNS, Actions
from models.scoring import score_rows
from models.target import TARGETS
from models.timing import serving as timing
from models.value import serving as value
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_actions import Why, decided_actions, write_why
from pipelines.score_columns import as_arrow

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Score every customer at the newest cutoff; ids as the source gave them."""
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    if params.engine.name == "spark":
        from pipelines.score_spark import score_newest
    else:
        from pipelines.score_batches import score_newest
    scores, why = score_newest(project, params, plan)
    events = project.canonical / "events.parquet"
    scores["next_categories"] = pd.Series(
        next_categories(project, params, plan, events, scores["customer_id"].to_numpy())
    )
    ids = pq.read_table(project.ids)
    ids = ids.set_column(0, "source_id", unspaced(ids["source_id"]))
    names = ids.to_pandas().set_index("customer_id").loc[scores["customer_id"]]
    write_why(project, params, plan, why, names)
    scores["customer_id"] = names["source_id"].to_numpy(dtype=object)
    scores["id_space"] = names["id_space"].to_numpy(dtype=object)
    scores = scores.sort_values(["customer_id", "id_space"], ignore_index=True)
    with replacing(project.scores) as beside:
        pq.write_table(as_arrow(scores, plan), beside, compression="zstd")
    logger.info("%d customers scored, %d eligible", len(scores), scores["eligible"].sum())


def score_tables(
    project: Project, params: Params, plan: Plan, features: pa.Table, labels: pa.Table
) -> tuple[pd.DataFrame, Why]:
    """Score the rows of one cutoff with the models in ``artifacts/``, all but the next categories.

    Parameters
    ----------
    project : Project
        Where the models are.
    params : Params
        The blocks ``score`` and ``policy``, and the language of the reasons.
    plan : Plan
        Journey and label contracts the models were trained with.
    features, labels : pyarrow.Table
        One row per customer, same rows, one cutoff.

    Returns
    -------
    DataFrame
        One row per customer with the pseudonymous ``customer_id``, columns of DESIGN section 3.
    Why
        What was decided on them, in the same order.
    """
    artifacts = {target: project.artifacts(target) for target in TARGETS}
    panel = panel_of(features, None, "churn", plan.journey.phase_keys)
    scores = score_rows(features, labels, plan.journey, plan.contracts, artifacts, params.score, panel)
    foreseen = exit_probabilities(panel, project.artifacts("exits"))
    foreseen |= timing.predict(project.artifacts("timing"), panel)
    for name, p in foreseen.items():
        scores[name] = p
    scores["predicted_value"] = value.predict(project.artifacts("value"), panel)
    scores["persona"] = persona_of(project.personas, features)
    decided = decided_actions(project, params, plan, scores["phase"].to_numpy(dtype=object), panel)
    actions = Actions.of(decided)
    for name in ACTION_COLUMNS:
        scores[name] = getattr(actions, name)
    dictionary = json.loads(project.columns.read_text(encoding="utf-8"))
    scores["reasons"] = reasons(
        panel, artifacts["readiness"], dictionary, params.language, params.score.reasons,
        scores["p_ready"].notna().to_numpy(),
    )  # fmt: skip
    scores["model_version"] = model_version(project)
    scores["data_hash"] = data_hash(project)
    return scores, Why.of(decided)


def next_categories(
    project: Project, params: Params, plan: Plan, events: Path, customers: npt.NDArray[np.int64]
) -> list[list[str] | None]:
    """Name the next categories of customers (pseudonyms), in their order, from the events of whole persons."""
    with workspace(project.root / "data/next_category") as folder:
        found = next_category.predict(
            project.artifacts("next_category"), events, plan, params.next_category, params.engine, folder
        )
    return next_category.for_customers(found, customers)


def model_version(project: Project) -> str:
    """Digest of every saved model: which models made a score.

    The same models give the same twelve hexadecimal digits on every machine.
    """
    digest = hashlib.sha256()
    for target in TARGETS:
        folder = project.artifacts(target)
        for path in sorted(folder.glob("*/*")):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    exits, categories = project.artifacts("exits"), project.artifacts("next_category")
    files = [path for path in sorted(exits.glob("*")) if path.name in FILES]
    files += timing.files(project.artifacts("timing")) + value.model_files(project.artifacts("value"))
    files += [path for path in sorted(categories.glob("*")) if path.name in next_category_bundle.FILES]
    for path in files:
        digest.update(path.relative_to(project.root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def data_hash(project: Project) -> str:
    """Digest of the list of raw files: which data made a score."""
    return hashlib.sha256(project.manifest.read_bytes()).hexdigest()[:12]
