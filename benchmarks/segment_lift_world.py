"""The demo shop as a population to draw customers from, of which the true value of every metric is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.demo_scores import Panel, asked_of
from benchmarks.demo_world import WEEK_US, World, live_again, persons_of, read_settings_of, week_of
from models.bootstrap import Floats
from models.evaluation_files import EvaluationInputs, attributes_of
from models.json_files import read_json
from models.metrics import Metric, Ranked, rank
from models.metrics._runs import Runs
from models.segment_dimensions import dimensions
from pipelines.demo_shop.settings import START_US

#: Half of the window of churn, a step of the grid: windows of neighbouring cutoffs share it.
STEP_WEEKS = 4


@dataclass(frozen=True)
class Population:
    """Everybody who can be drawn, with the true chance of the outcome.

    Attributes
    ----------
    target : str
    rows : DataFrame
        ``person``, ``cutoff_us``, ``phase``, ``p``, ``champion``, ``chance`` (of outcome 1), ``quiet`` (chance of no
        order in the first four weeks) and ``amount`` (money of who orders).
    groups : DataFrame
        Segments of the same rows.
    """

    target: str
    rows: pd.DataFrame
    groups: pd.DataFrame

    def draw(self, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Draw as many customers as there are, with all their rows, and what happens to them.

        An order in four weeks that the windows of two cutoffs share happens in both or in neither, as far as its
        chance is the same in both.
        """
        places = self.rows.groupby("person").indices
        people = list(places)
        picked = rng.integers(0, len(people), len(people))
        taken = [places[people[one]] for one in picked]
        rows = np.concatenate(taken)
        customer = np.repeat(np.arange(len(taken)), [len(one) for one in taken])
        sample = self.rows.iloc[rows].reset_index(drop=True).assign(customer_id=customer)
        step = ((sample["cutoff_us"] - self.rows["cutoff_us"].min()) // (STEP_WEEKS * WEEK_US)).to_numpy()
        luck = rng.random((len(taken), int(step.max()) + 2))
        chance, quiet = sample["chance"].to_numpy(), sample["quiet"].to_numpy()
        if self.target == "churn":
            later = np.clip(chance / np.maximum(quiet, 1e-12), 0.0, 1.0)
            y = (luck[customer, step] < quiet) & (luck[customer, step + 1] < later)
        else:
            y = luck[customer, step] < chance
        sample["y"] = y.astype(np.float64)
        if self.target != "churn":
            sample["money"] = sample["y"] * sample["amount"]
        return sample, self.groups.iloc[rows].reset_index(drop=True)

    def truth(self, metrics: list[Metric], mine: NDArray[np.bool_], p: str = "p") -> dict[str, float]:
        """Give the true value of each metric in a group: every row counts as its chance."""
        some = self.rows[mine]
        ranked = rank(np.zeros(len(some)), some[p].to_numpy())
        chance = some["chance"].to_numpy()[ranked.order]
        sure = Ranked(chance, ranked.p, ranked.starts, ranked.order)
        money = (some["amount"] * some["chance"]).to_numpy()[ranked.order]
        runs = Runs.of(sure, np.ones((1, len(some))), money)
        return {metric.name: _true(metric, runs, sure) for metric in metrics}


def _true(metric: Metric, runs: Runs, ranked: Ranked) -> float:
    if metric.of_runs is not None:
        return float(metric.of_runs(runs)[0])
    if metric.name == "calibration_slope":
        apart = ranked.p - ranked.p.mean()
        spread = float((apart * apart).mean())
        return float((apart * ranked.y).mean()) / spread if spread > 0 else float("nan")
    if metric.columns is None:
        raise ValueError(f"the truth of {metric.name} is not known here")
    one, none = (metric.columns(np.full(len(ranked.y), outcome), ranked.p)[0] for outcome in (1.0, 0.0))
    return float((one * ranked.y + none * (1 - ranked.y)).mean())


def populations(root: Path, paths: int, seed: int) -> list[Population]:
    """Read the out-of-time predictions of a finished demo project and ask the simulation for the true chances.

    Parameters
    ----------
    root : Path
        The project folder, after a run with ``source: demo``.
    paths : int
        Random futures per person; their mean is, by definition, the true chance here.
    seed : int
        Of the amounts that orders bring.
    """
    panels = asked_of(root, persons_of(root))
    wanted: dict[tuple[int, int], NDArray[np.int64]] = {}
    for panel in panels:
        for (weeks, week), people in panel.asked.items():
            for length in {weeks, STEP_WEEKS}:
                known = wanted.get((length, week), people)
                wanted[length, week] = np.union1d(known, people)
    world = live_again(read_settings_of(root / "data/demo_truth"), wanted, paths)
    inputs = EvaluationInputs(root / "artifacts", root / "data/features.parquet", root / "data/canonical")
    return [_population(inputs, panel, world, seed) for panel in panels]


def _population(inputs: EvaluationInputs, panel: Panel, world: World, seed: int) -> Population:
    meta = read_json(inputs.canonical / "meta.json")
    groups = dimensions(
        panel.rows, inputs.features, attributes_of(inputs.canonical / "customers.parquet"),
        meta.get("audit_attributes", []), inputs.canonical / "events.parquet",
        inputs.artifacts / "personas/personas.json",
    )  # fmt: skip
    amount = np.random.default_rng(seed).lognormal(3.5, 0.8, len(panel.rows))
    rows = panel.rows[["person", "cutoff_us", "phase", "p"]].assign(
        champion=panel.rows["p_rfm_logistic"], chance=panel.oracle(world), quiet=_quiet(panel, world), amount=amount
    )  # fmt: skip
    return Population(panel.target, rows, groups)


def _quiet(panel: Panel, world: World) -> Floats:
    """Give the chance of no order in the first four weeks after each row's cutoff."""
    quiet = np.full(len(panel.rows), np.nan)
    for cutoff, part in panel.rows.groupby("cutoff_us"):
        people = part["person"].to_numpy(dtype=np.int64)
        quiet[part.index] = 1 - world.oracle[STEP_WEEKS, week_of(int(str(cutoff)))].loc[people].to_numpy()
    return quiet


def large_target(
    customers: int, cutoffs: int, phases: int, kinds: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make predictions of a size met in practice, to measure speed: ``kinds`` dimensions of five segments each."""
    rng = np.random.default_rng(seed)
    n = customers * cutoffs
    p = rng.beta(1, 4, n)
    y = (rng.random(n) < p).astype(np.float64)
    customer = np.tile(np.arange(customers), cutoffs)
    rows = pd.DataFrame(
        {"customer_id": customer, "cutoff_us": START_US + np.repeat(np.arange(cutoffs), customers) * WEEK_US,
         "phase": rng.integers(0, phases, customers).astype(str)[customer], "y": y, "p": p}
    )  # fmt: skip
    groups = {
        f"kind {number}": rng.integers(0, 5, customers).astype(str)[customer] for number in range(kinds)
    }
    return rows, pd.DataFrame({"phase": rows["phase"], **groups})
