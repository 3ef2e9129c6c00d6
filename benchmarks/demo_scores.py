"""The pipeline beside the simulator: scores and the oracle's, rates, moves and effects and the true ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.demo_world import WEEK_US, World, queried, true_transitions, week_of
from features.errors import InputError
from models.bootstrap import CustomerBootstrap, interval
from models.metrics import rank, registered
from pipelines.demo_shop.settings import START_US

Floats = NDArray[np.float64]
ALL = "all phases"
#: Below this many rows of either outcome a phase says nothing about an AUC.
MIN_CELL = 30


@dataclass(frozen=True)
class Panel:
    """Out-of-time predictions of one target, with the person behind each row.

    Attributes
    ----------
    target : str
    weeks : int
        Length of the label window.
    rows : DataFrame
        As in ``out_of_time.parquet``, plus ``person``; rows that belong to no person are left out.
    left_out : int
        Their number: firms, and people known by nothing but an e-mail address.
    """

    target: str
    weeks: int
    rows: pd.DataFrame
    left_out: int

    @property
    def asked(self) -> dict[tuple[int, int], NDArray[np.int64]]:
        """Persons per (window, week) whose true chance is wanted."""
        return {
            (self.weeks, week_of(int(str(cutoff)))): np.unique(part["person"].to_numpy(dtype=np.int64))
            for cutoff, part in self.rows.groupby("cutoff_us")
        }

    def oracle(self, world: World) -> Floats:
        """Give the true chance of the target's label for every row."""
        weeks = ((self.rows["cutoff_us"] - START_US) // WEEK_US).to_numpy()
        person = self.rows["person"].to_numpy(dtype=np.int64)
        chance = np.full(len(weeks), np.nan)
        for week in np.unique(weeks).tolist():
            mine = weeks == week
            chance[mine] = world.oracle[self.weeks, week].loc[person[mine]].to_numpy()
        return 1.0 - chance if self.target == "churn" else chance


def asked_of(root: Path, persons: pd.DataFrame) -> list[Panel]:
    """Read the out-of-time predictions of churn and readiness."""
    horizons = {one["target"]: one["horizon_days"] for one in _json(root / "data/plan.json")["contracts"]}
    panels = []
    for target in ("churn", "readiness"):
        path = root / "artifacts" / target / "out_of_time.parquet"
        if not path.is_file():
            raise InputError(
                f"no artifacts/{target}/{path.name}; run make repro with source: demo in params.yaml"
            )
        rows = queried(f"SELECT * FROM '{path}'")
        joined = rows.merge(persons, on="customer_id").sort_values(["cutoff_us", "customer_id"])
        # Two ids of one person at one cutoff (a browser not linked yet): the person is asked about once.
        joined = joined.drop_duplicates(["cutoff_us", "person"], keep="last").reset_index(drop=True)
        panels.append(Panel(target, horizons[target] // 7, joined, len(rows) - len(joined)))
    return panels


def oracle_scores(panel: Panel, world: World, resamples: int, seed: int) -> list[dict[str, Any]]:
    """AUC and log loss per phase: the oracle's, ours, and which share of what can be gained ours attains."""
    oracle = panel.oracle(world)
    boot = CustomerBootstrap.draw(panel.rows["customer_id"].to_numpy(), resamples, seed)
    found = []
    for phase in (ALL, *sorted(panel.rows["phase"].unique())):
        mine = (
            np.ones(len(oracle), dtype=np.bool_)
            if phase == ALL
            else (panel.rows["phase"] == phase).to_numpy()
        )
        y = panel.rows["y"].to_numpy(dtype=np.float64)[mine]
        if min(y.sum(), len(y) - y.sum()) < MIN_CELL:
            continue
        here = CustomerBootstrap(boot.counts, boot.customer[mine])
        models = {"ours": panel.rows["p"].to_numpy()[mine], "oracle": oracle[mine],
                  "base": panel.rows["p_base_rate"].to_numpy()[mine],
                  "rfm": panel.rows["p_rfm_logistic"].to_numpy()[mine]}  # fmt: skip
        found.append({"target": panel.target, "phase": phase, "n": len(y), "rate": float(y.mean()),
                      **_attained(y, models, here)})  # fmt: skip
    return found


def _attained(y: Floats, models: dict[str, Floats], boot: CustomerBootstrap) -> dict[str, Any]:
    metrics = {name: registered((0.1,))[name] for name in ("roc_auc", "log_loss")}
    values: dict[str, dict[str, float]] = {}
    draws: dict[str, dict[str, Floats]] = {}
    for model, p in models.items():
        values[model] = {name: metric.function(y, p) for name, metric in metrics.items()}
        draws[model] = boot.of(metrics.values(), rank(y, p))

    def auc(of: Any) -> Any:
        return (of["ours"]["roc_auc"] - 0.5) / (of["oracle"]["roc_auc"] - 0.5)

    def loss(of: Any) -> Any:
        gain = of["base"]["log_loss"] - of["ours"]["log_loss"]
        return gain / (of["base"]["log_loss"] - of["oracle"]["log_loss"])

    out: dict[str, Any] = {
        f"{name}_{model}": values[model][name] for name in metrics for model in ("oracle", "ours", "rfm")
    }
    for name, share in (("auc_share", auc), ("loss_share", loss)):
        value = float(share(values))
        low, high = interval(value, share(draws))
        out[name] = {"value": value, "low": low, "high": high}
    return out


def base_rates(panel: Panel, world: World, resamples: int, seed: int) -> list[dict[str, Any]]:
    """Observed rate of the label per phase with its interval, and the true one (mean of the oracle's chances)."""
    oracle = panel.oracle(world)
    y, customer = panel.rows["y"].to_numpy(dtype=np.float64), panel.rows["customer_id"].to_numpy()
    boot = CustomerBootstrap.draw(customer, resamples, seed)
    found = []
    for phase in (ALL, *sorted(panel.rows["phase"].unique())):
        mine = np.ones(len(y), dtype=np.bool_) if phase == ALL else (panel.rows["phase"] == phase).to_numpy()
        weights = np.concatenate(list(boot.blocks(np.flatnonzero(mine))))
        low, high = interval(float(y[mine].mean()), (weights * y[mine]).sum(axis=1) / weights.sum(axis=1))
        true = float(oracle[mine].mean())
        found.append({"target": panel.target, "phase": phase, "n": int(mine.sum()), "rate": float(y[mine].mean()),
                      "low": low, "high": high, "true": true, "within": low <= true <= high})  # fmt: skip
    return found


def agreement_of_phases(root: Path, persons: pd.DataFrame) -> dict[str, Any]:
    """Share of (customer, cutoff) whose phase is the simulator's: plain identities, and hard ones."""
    rows = queried(
        f"""
        SELECT persons.simple, count(*) AS n,
               avg(CAST(CAST(tables.phase AS VARCHAR) = CAST(weekly.phase AS VARCHAR) AS INT)) AS share
        FROM '{root}/data/features.parquet' AS tables JOIN persons USING (customer_id)
        JOIN '{root}/data/ids.parquet' AS ids USING (customer_id)
        JOIN '{root}/data/demo_truth/persons.parquet' AS who USING (person)
        JOIN '{root}/data/demo_truth/weekly.parquet' AS weekly
          ON weekly.person = persons.person AND weekly.week = (tables.cutoff_us - {START_US}) // {WEEK_US}
        WHERE ids.id_space = 'customer' AND who.customer_from_s <= weekly.week * 604800
        GROUP BY persons.simple
        """,
        persons=persons,
    )
    named = {True: "simple", False: "shared, merged or second accounts, or not measured"}
    return {
        named[bool(row["simple"])]: {"n": int(row["n"]), "share": float(row["share"])}
        for row in rows.to_dict("records")
    }


def transitions(root: Path) -> list[dict[str, Any]]:
    """Weekly moves between phases as ``reports/journey.json`` has them, beside the simulator's.

    The row that starts in dormant is left out: most of those the pipeline knows there are e-mail addresses of people
    who never came to the shop, which the simulation does not follow.
    """
    path = root / "reports/journey.json"
    if not path.is_file():
        raise InputError(f"no reports/{path.name}; run make repro with source: demo in params.yaml")
    true = true_transitions(root, 1).set_index(["start", "end"])["share"].to_dict()
    found = []
    for row in _json(path)["transitions"]["weekly"]:
        if row["from"] == "dormant" or not row["n"]:
            continue
        share = float(true.get((row["from"], row["to"]), 0.0))
        within = row["low"] - 1e-9 <= share <= row["high"] + 1e-9
        found.append({"from": row["from"], "to": row["to"], "n": row["n"], "value": row["value"], "low": row["low"],
                      "high": row["high"], "true": share, "within": bool(within)})  # fmt: skip
    return found


def average_effects(root: Path, world: World) -> list[dict[str, Any]]:
    """Average effect of each action on ordering within 14 days, per phase: the pipeline's interval, and the truth."""
    path = root / "artifacts/next_action/tournament.json"
    if not path.is_file():
        raise InputError(
            f"no artifacts/next_action/{path.name}; run make repro with source: demo in params.yaml"
        )
    found = []
    for phase, told in sorted(_json(path)["phases"].items()):
        for action, effects in sorted(told.get("effects", {}).items()):
            mine = world.effects[(world.effects["phase"] == phase) & (world.effects["action"] == action)]
            if not len(mine):
                continue
            gain = np.average(mine["chance"] - mine["chance_none"], weights=mine["n"])
            effect = effects["effect"]
            found.append({"phase": phase, "action": action, "n": int(mine["n"].sum()), "true": float(gain),
                          "true_none": float(np.average(mine["chance_none"], weights=mine["n"])),
                          "value": effect["value"], "low": effect["low"], "high": effect["high"],
                          "within": bool(effect["low"] <= gain <= effect["high"])})  # fmt: skip
    return found


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
