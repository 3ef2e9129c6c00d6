"""The simulated shop of the demo, lived again: what the pipeline's numbers are held against."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InputError
from pipelines.demo_shop.effects import ACTIONS
from pipelines.demo_shop.evidence import PHASES
from pipelines.demo_shop.replay import action_chances, order_chance
from pipelines.demo_shop.settings import START_US, DemoSettings
from pipelines.demo_shop.simulation import Monday, lives

WEEK_US = 7 * 86_400_000_000
#: Weeks that the outcome of a decision looks at (rhythm.decision_horizon_days of conf/sources/demo.yaml).
OUTCOME_WEEKS = 2

Floats = NDArray[np.float64]


@dataclass
class World:
    """Everything true that is asked for, gathered in one run of the simulation.

    Attributes
    ----------
    oracle : dict of (weeks, week) to Series
        Chance of an order in the coming ``weeks`` from the Monday of ``week``, by person.
    effects : DataFrame
        Per decision moment, phase and action: ``n``, ``chance`` and ``chance_none``, averaged over everybody for whom
        the action was possible.
    """

    oracle: dict[tuple[int, int], pd.Series[float]] = field(default_factory=dict)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_settings_of(truth: Path) -> DemoSettings:
    """Read with which settings the demo was made.

    Raises
    ------
    InputError
        If there is no truth.
    """
    path = truth / "truth.json"
    if not path.is_file():
        raise InputError(
            f"no {path.name} in {path.parent}; set source: demo in params.yaml and run make repro"
        )
    return DemoSettings.model_validate_json(json.dumps(json.loads(path.read_text("utf-8"))["settings"]))


def week_of(cutoff_us: int) -> int:
    """Week of the simulation that begins at a cutoff.

    Examples
    --------
    >>> week_of(START_US + 2 * WEEK_US)
    2
    """
    week, rest = divmod(cutoff_us - START_US, WEEK_US)
    if rest:
        raise InputError(
            f"cutoff {cutoff_us} is not a Monday 00:00 UTC; leave cutoffs.as_of of params.yaml null"
        )
    return int(week)


def live_again(settings: DemoSettings, asked: dict[tuple[int, int], NDArray[np.int64]], paths: int) -> World:
    """Run the simulation once more and ask what only it knows.

    Parameters
    ----------
    settings : DemoSettings
    asked : mapping of (weeks, week) to array of persons
        Whose chance of an order is wanted, from which Monday.
    paths : int
        Random futures per person for these; the effects use an eighth (common random numbers).
    """
    world, effects = World(), []
    for monday, _ in lives(settings, mondays=True):
        for (weeks, week), persons in asked.items():
            if week == monday.week:
                chance = order_chance(monday, persons, weeks, settings, paths=paths)
                world.oracle[weeks, week] = pd.Series(chance, index=persons)
        if monday.decided is not None and monday.week + OUTCOME_WEEKS <= settings.weeks:
            effects.extend(_effects(monday, settings, max(1, paths // 8)))
    world.effects = pd.DataFrame(effects)
    return world


def _effects(monday: Monday, settings: DemoSettings, paths: int) -> list[dict[str, object]]:
    rows, chances = action_chances(monday, OUTCOME_WEEKS, settings, paths=paths)
    phase, found = monday.phase[rows], []
    for place, name in enumerate(PHASES):
        for number, action in enumerate(ACTIONS[1:], start=1):
            able = (phase == place) & np.isfinite(chances[:, number])
            if able.any():
                means = chances[able][:, [number, 0]].mean(axis=0)
                found.append({"week": monday.week, "phase": name, "action": action, "n": int(able.sum()),
                              "chance": float(means[0]), "chance_none": float(means[1])})  # fmt: skip
    return found


def queried(query: str, **tables: pd.DataFrame) -> pd.DataFrame:
    """Ask DuckDB, with some tables by name.

    Examples
    --------
    >>> queried("SELECT sum(n) AS n FROM few", few=pd.DataFrame({"n": [1, 2]}))["n"].tolist()
    [3.0]
    """
    with duckdb.connect(config={"threads": 1}) as database:
        database.execute("SET enable_progress_bar = false")
        for name, table in tables.items():
            database.register(name, table)
        found: pd.DataFrame = database.execute(query).df()
    return found


def persons_of(root: Path) -> pd.DataFrame:
    """Who is who: ``customer_id`` of the pipeline, ``person`` of the simulation, ``simple`` identity.

    A person has a row for their customer number and one for their first browser.
    """
    return queried(
        f"""
        SELECT ids.customer_id, person, simple
        FROM '{root}/data/ids.parquet' AS ids JOIN '{root}/data/demo_truth/persons.parquet' AS persons
        ON ids.source_id = persons.customer_number OR ids.source_id = 'browser:' || persons.browser
        """
    )


def true_transitions(root: Path, step: int) -> pd.DataFrame:
    """Count moves between phases ``step`` weeks apart, from each person's first sign of life on.

    Returns
    -------
    DataFrame
        ``start``, ``end``, ``n`` (in ``start``), ``share``.
    """
    return queried(
        f"""
        WITH weekly AS (
            SELECT person, week, CAST(phase AS VARCHAR) AS phase FROM '{root}/data/demo_truth/weekly.parquet'),
        first AS (SELECT person, min(week) AS first FROM weekly WHERE phase <> 'dormant' GROUP BY person),
        lived AS (SELECT weekly.* FROM weekly JOIN first USING (person) WHERE week >= first),
        moves AS (
            SELECT a.phase AS start, b.phase AS "end", count(*) AS moved
            FROM lived AS a JOIN lived AS b ON a.person = b.person AND b.week = a.week + {step} GROUP BY ALL)
        SELECT start, "end", sum(moved) OVER (PARTITION BY start) AS n,
               moved / sum(moved) OVER (PARTITION BY start) AS share
        FROM moves ORDER BY start, "end"
        """
    )
