"""Command ``explain``: why one customer's probabilities are high or low at the newest cutoff, and why this action."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from features.cutoffs import day_of
from features.errors import InputError
from features.pseudonyms import id_key, unspaced
from features.settings import DORMANT
from models.bundle import load
from models.customer_reasons import customer_reasons
from models.newest_rows import newest_rows
from models.panel import panel_of
from models.policies.explain import explain_action
from models.reporting.customer_view import closing, heading, lines, outside
from models.reporting.words import Words
from models.target import PROBABILITIES
from pipelines.customer_list import CustomerList
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.whose_ids import who


def run(root: Path, customer: str, top: int = 5) -> list[str]:
    """Say per target the probability of one customer, what speaks for and against it, and why they get their action.

    Parameters
    ----------
    root : Path
        Project folder; its models must have been trained.
    customer : str
        An id as the source gives it, also of a browser or a card, or an e-mail address.
    top : int
        At most so many reasons for, and so many against.

    Returns
    -------
    list of str
        In the language of params.yaml.

    Raises
    ------
    InputError
        If the customer is not known, or had no history yet at the newest cutoff.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    words = Words(params.language, plan.journey)
    key = id_key(root, load_source(params.source, root).id_key)
    found = who(project, CustomerList((customer,), 1, 0, 0), plan.as_of_us, key)
    if not bool(found["known"].iloc[0]):
        raise InputError(f"--customer {customer!r}: the source has no such id")
    features = newest_rows(project.features, plan.as_of_us)
    labels = newest_rows(project.labels, plan.as_of_us)
    panel = panel_of(features, None, PROBABILITIES[0].name, plan.journey.phase_keys)
    places = np.flatnonzero(panel.customer_id == int(found["customer_id"].iloc[0]))
    if not len(places):
        raise InputError(
            f"--customer {customer!r}: no history yet at {day_of(plan.as_of_us)}, the newest cutoff"
        )
    row = int(places[0])
    phase = panel.phases[panel.phase[row]]
    dictionary = json.loads(project.columns.read_text(encoding="utf-8"))
    day = words.date(day_of(plan.as_of_us).isoformat())
    told = [heading(customer, day, phase, words)]
    for target in PROBABILITIES:
        if phase == DORMANT or not labels[target.population_column][row].as_py():
            told.append(outside(target.name, phase, words))
            continue
        model = load(project.artifacts(target.name) / phase)
        why = customer_reasons(model, panel, row, dictionary, params.language, top)
        told += lines(target.name, phase, why, words)
    return [*told, *_action(project, int(panel.customer_id[row]), words), closing(words)]


def _action(project: Project, customer: int, words: Words) -> list[str]:
    """Say why the customer got their action when everybody was scored; nothing before that."""
    if not project.action_trace.is_file():
        return []
    ids = pq.read_table(project.ids, filters=[("customer_id", "=", customer)])
    name, space = unspaced(ids["source_id"])[0].as_py(), ids["id_space"][0].as_py()
    wanted = [("customer_id", "=", name), ("id_space", "=", space)]
    rows = pq.read_table(project.action_trace, filters=wanted).to_pylist()
    meta = json.loads((project.canonical / "meta.json").read_text(encoding="utf-8"))
    why = explain_action(rows, words.language, meta["currency"])
    return [words("why_action", why=why)] if why else []
