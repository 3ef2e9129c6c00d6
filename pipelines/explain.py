"""Command ``explain``: why one customer's probabilities are high or low, at the newest cutoff."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from features.cutoffs import day_of
from features.errors import InputError
from features.pseudonyms import id_key
from features.settings import DORMANT
from models.bundle import load
from models.customer_reasons import customer_reasons
from models.newest_rows import newest_rows
from models.panel import panel_of
from models.reporting.customer_view import closing, heading, lines, outside
from models.reporting.words import Words
from models.target import PROBABILITIES
from pipelines.customer_list import CustomerList
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.whose_ids import who


def run(root: Path, customer: str, top: int = 5) -> list[str]:
    """Say per target the probability of one customer, and what speaks for and against it.

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
    return [*told, closing(words)]
