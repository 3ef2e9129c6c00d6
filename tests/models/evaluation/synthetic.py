"""A small made-up world in the files that evaluation and report read. Its truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import DAY_US
from features.settings import JourneySettings
from models.evaluation_files import EvaluationInputs, evaluate_files
from models.settings import EvaluationSettings

PHASES = ("awareness", "consideration", "decision", "retention", "advocacy")
LABELS = ("Bewustwording", "Overweging", "Beslissing", "Retentie", "Ambassadeurschap")
CUTOFFS = tuple(
    int(np.datetime64(day, "D").astype(int)) * DAY_US for day in ("2017-10-02", "2017-10-30", "2017-11-27")
)
SETTINGS = EvaluationSettings(resamples=40)
#: What must never reach the page unescaped.
NASTY = "<script>alert('x')</script> & Co"


def journey() -> JourneySettings:
    phases = [
        {
            "key": key, "label": {"nl": nl, "en": key.capitalize()},
            "goal": {"nl": "Laat zien dat we er zijn", "en": "Show that we are there"},
            "part": "buyer" if place < 3 else "customer", "priority": place + 1, "evidence": [],
        }
        for place, (key, nl) in enumerate(zip(PHASES, LABELS, strict=True))
    ]  # fmt: skip
    words = {"name": "five_phase", "title": {"nl": "Vijf fasen", "en": "Five phases"}}
    return JourneySettings.model_validate(
        words | {"phases": phases, "dormant": {"nl": "Slapend", "en": "Dormant"}}, strict=False
    )


def predictions(customers: int = 1500, seed: int = 3, base: float = -1.0) -> pd.DataFrame:
    """Probabilities that are right on average, and baselines that know less."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(size=customers)
    phase = rng.choice(PHASES, size=customers, p=[0.03, 0.22, 0.3, 0.3, 0.15])
    parts = []
    for cutoff in CUTOFFS:
        signal = base + 1.2 * taste + 0.4 * rng.normal(size=customers)
        y = (rng.random(customers) < 1 / (1 + np.exp(-signal))).astype(np.int8)
        seen = base + 1.1 * taste
        noise = rng.normal(size=(2, customers))
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": np.arange(customers, dtype=np.int64) + 10_000,
                    "cutoff_us": cutoff,
                    "phase": phase,
                    "y": y,
                    "p": 1 / (1 + np.exp(-seen)),
                    "p_base_rate": 1 / (1 + np.exp(-base)),
                    "p_recency": 1 / (1 + np.exp(-np.round(base + 0.3 * (taste + noise[0]), 1))),
                    "p_rfm_logistic": 1 / (1 + np.exp(-(base + 0.8 * taste + 0.3 * noise[1]))),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def features(rows: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = len(rows)
    orders = rng.poisson(4, n).astype(np.float32)
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "cutoff_us": rows["cutoff_us"],
            "phase": rows["phase"].astype("category"),
            "recency__order": rng.integers(0, 90, n).astype(np.float32),
            "frequency__orders": orders,
            "monetary__order_value": rng.gamma(2, 20, n).astype(np.float32),
        }
    )


def attributes(rows: pd.DataFrame) -> pd.DataFrame:
    """Ages for two in three, one of them a nasty word; income learnt only after the first cutoff."""
    people = np.unique(rows["customer_id"])
    rng = np.random.default_rng(5)
    some = people[rng.random(len(people)) < 2 / 3]
    ages = rng.choice(["19-24", "35-44", "65+", NASTY], size=len(some), p=[0.1, 0.5, 0.25, 0.15])
    age = pd.DataFrame(
        {"customer_id": some, "attribute": "age", "value": ages, "known_us": 0, "sensitive": True}
    )
    income = age.assign(attribute="income", value="50-74K", known_us=CUTOFFS[0] + 1)
    return pd.concat([age, income], ignore_index=True)


def tournament() -> dict[str, Any]:
    def policy(name: str, value: float, half: float) -> dict[str, Any]:
        bounds = {"value": value, "low": value - half, "high": value + half}
        gain = {name: number - 21.0 for name, number in bounds.items()} | {"se": half / 2}
        return {
            "name": name,
            **bounds,
            "minus_best_constant": gain,
            "ess": 900.0,
            "n": 2400,
            "evaluable": True,
        }

    def phase(state: str, recommended: str, personalised: float) -> dict[str, Any]:
        named = (("none", 20.1), ("A", 21.0), ("logged", 20.7))
        policies = [policy(name, value, 1.1) for name, value in named] + [
            policy("personalised", personalised, 1.3)
        ]
        hole = {"name": "C", "evaluable": False, "note": "not evaluable from this log", "value": None}
        policies.append(hole | {"low": None, "high": None, "n": 40, "ess": 12.0})
        return {
            "state": state, "recommended": recommended, "n": 2400, "customers": 800, "policies": policies,
            "reason": {"en": f"State {state}, of 2,400.", "nl": f"Toestand {state}, van 2.400."},
            "gain": {"value": personalised - 21.0, "low": 0.4, "high": 3.0, "se": 0.6},
            "propensities": {"mode": "estimated", "warning": "propensities are estimated"},
        }  # fmt: skip

    nothing = {
        "state": "refuse",
        "recommended": "none",
        "n": 30,
        "policies": [],
        "gain": None,
        "propensities": None,
    }
    return {
        "phases": {
            "advocacy": nothing | {"reason": {"en": f"No comparison: {NASTY}", "nl": "Geen vergelijking."}},
            "consideration": phase("explore more", "A", 21.4),
            "decision": phase("personalise", "A", 23.4),
            "retention": phase("constant", "A", 20.0),
        },
        "left_out": {},
        "n": 7230,
    }


def selection() -> dict[str, Any]:
    compared = [
        {"candidate": name, "log_loss": loss, "behind": loss - 0.2701, "standard_error": 0.001}
        for name, loss in (("pooled logistic", 0.2725), ("pooled lightgbm", 0.2708), ("pooled blend", 0.2701))
    ]
    chosen = {
        "candidate": "pooled blend",
        "eligible": True,
        "reason": "lowest log loss",
        "compared": compared,
    }
    phases = {phase: dict(chosen) for phase in PHASES}
    refused = "not eligible: 12 positives in the training rows, at least 50 needed; served by pooled blend"
    phases["awareness"] |= {"eligible": False, "reason": refused, "compared": []}
    return {"target": "churn", "phases": phases, "pooled": chosen}


def meta() -> dict[str, Any]:
    counts = {"rows_in": 10_500, "kept": 10_000, "quarantined": 300, "deduplicated": 200}
    return {
        "source": "shop", "currency": "EUR", "kinds": ["purchase"], "channels": ["web"],
        "start_us": CUTOFFS[0] - 270 * DAY_US, "complete_until_us": CUTOFFS[2] + 35 * DAY_US,
        "missing_days": ["2017-05-01", "2017-05-02", "2017-05-09"], "has_decisions": True,
        "actions": ["none", "A", "C"], "audit_attributes": ["age", "income"],
        "counts": counts | {"files": [counts | {"file": "orders.csv", "table": "events"}]},
        "quarantine_reasons": {"date not readable": 250, NASTY: 50},
    }  # fmt: skip


def scores(rows: pd.DataFrame) -> pd.DataFrame:
    newest = rows[rows["cutoff_us"] == CUTOFFS[-1]]
    frame = newest[["customer_id", "phase"]].assign(
        as_of=CUTOFFS[-1] + 28 * DAY_US,
        p_churn=newest["p"],
        p_ready=1 - newest["p"],
        eligible=True,
        action="none",
    )
    frame.loc[frame.index[:60], "phase"] = "dormant"
    return frame


def evaluate(
    root: Path,
    targets: tuple[str, ...] = ("churn", "readiness"),
    settings: EvaluationSettings = SETTINGS,
    workers: int = 1,
) -> dict[str, Any]:
    """Run the evaluate stage on a world."""
    inputs = EvaluationInputs(root / "artifacts", root / "data/features.parquet", root / "data/canonical")
    return evaluate_files(inputs, root / "reports", settings, journey(), targets=targets, workers=workers)


def write_world(root: Path) -> Path:
    """Write every file the evaluate and report stages read."""
    for target, base in (("churn", -1.4), ("readiness", 0.2)):
        rows = predictions(seed=len(target), base=base)
        folder = root / "artifacts" / target
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), folder / "out_of_time.parquet")
        (folder / "selection.json").write_text(json.dumps(selection()))
    (root / "artifacts/next_action").mkdir()
    (root / "artifacts/next_action/tournament.json").write_text(json.dumps(tournament()))
    (root / "data/canonical").mkdir(parents=True)
    features(rows).to_parquet(root / "data/features.parquet", index=False)
    attributes(rows).to_parquet(root / "data/canonical/customers.parquet", index=False)
    (root / "data/canonical/meta.json").write_text(json.dumps(meta()))
    scores(rows).to_parquet(root / "data/scores.parquet", index=False)
    return root
