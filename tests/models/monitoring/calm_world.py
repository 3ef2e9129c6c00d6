"""A small calm world: three sources, two phases, ten cutoffs. Tests change one thing in it and look who speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import DAY_US
from features.plan import Plan
from features.settings import JourneySettings, LabelContract, PhaseSettings
from models.monitoring.checks._check import Looked
from models.monitoring.evidence import Evidence, Places
from models.monitoring.settings import MonitorSettings
from models.monitoring.weekly import WEEK_US

WEEKS, CUTOFFS, STEP = 20, 10, 14 * DAY_US
END_US = 19_992 * DAY_US  # a midnight
START_US = END_US - WEEKS * WEEK_US
CUTOFF_US = tuple(END_US - STEP * back for back in range(CUTOFFS))[::-1]
PHASES = ("decision", "retention")
CUSTOMERS = 600


def calm_events(seed: int = 1) -> pd.DataFrame:
    """Events of a web shop, a till and a fortnightly mailing, at daytime hours, without a trend."""
    rng = np.random.default_rng(seed)
    pieces = []
    for week in range(WEEKS):
        start = START_US + week * WEEK_US
        for source, kind, channel, number in (
            ("shop", "purchase", "web", 120), ("tills", "purchase", "store", 80), ("shop", "page_view", "web", 300),
            ("mail", "email_sent", "email", 200 if week % 2 else 0),
        ):  # fmt: skip
            hour = np.clip(rng.normal(12, 3, number), 6, 20)
            money = rng.lognormal(3, 0.5, number) if kind == "purchase" else np.full(number, np.nan)
            moment = start + rng.integers(0, 7, number) * DAY_US + (hour * 3600e6).astype(np.int64)
            pieces.append(
                pd.DataFrame(
                    {
                        "source": source,
                        "kind": kind,
                        "channel": channel,
                        "occurred_us": moment,
                        "value": money,
                        "category": "textile" if kind == "purchase" else None,
                    }
                )
            )
    events = pd.concat(pieces, ignore_index=True)
    return events.assign(
        campaign=None,
        session_id=None,
        quantity=1.0,
        duration_s=None,
        rating=None,
        sentiment=None,
        until_us=None,
    )


@dataclass
class World:
    """What is written to disk, and may be changed before."""

    root: Path
    events: pd.DataFrame
    features: pd.DataFrame
    labels: pd.DataFrame
    scores: pd.DataFrame
    past: pd.DataFrame
    raw: dict[str, Any]
    files: list[dict[str, Any]]
    quarantine: pd.DataFrame
    known_at_us: int = END_US
    calm: World | None = None

    def copy(self, root: Path) -> World:
        """Give a world of one's own; what is not changed in it is not written again."""
        frames = ("events", "features", "labels", "scores", "past", "quarantine")
        own = {name: getattr(self, name).copy() for name in frames}
        return replace(
            self, root=root, calm=self, raw=json.loads(json.dumps(self.raw)), files=list(self.files), **own
        )

    def _place(self, name: str, *parts: str) -> Path:
        """Say where to write: where the calm world stands, if nothing of it has changed."""
        if self.calm is None:
            return self.root / name
        same = all(
            mine.equals(its) if isinstance(mine, pd.DataFrame) else mine == its
            for mine, its in ((getattr(self, part), getattr(self.calm, part)) for part in parts)
        )
        return (self.calm.root if same else self.root) / name

    def evidence(self, remembered: dict[str, Any] | None = None, **settings: Any) -> Evidence:
        """Write everything and open it."""
        places = Places(
            self._place("features.parquet", "features"), self._place("labels.parquet", "labels"),
            self._place("columns.json"), self._place("artifacts", "past", "known_at_us"),
            self._place("canonical", "events", "files", "quarantine"), self._place("scores.parquet", "scores"),
            self.root / "reports",
        )  # fmt: skip
        if not places.canonical.exists():
            self._write_canonical(places.canonical)
        for frame, path in (
            (self.features, places.features),
            (self.labels, places.labels),
            (self.scores, places.scores),
        ):
            if not path.exists():
                frame.to_parquet(path)
        if not places.columns.exists():
            names = self.features.columns[3:]
            columns = [{"name": name, "default": 0.0, "family": name.split("__")[0]} for name in names]
            places.columns.write_text(json.dumps(columns))
        for target in ("churn", "readiness"):
            folder = places.artifacts / target
            if not folder.exists():
                folder.mkdir(parents=True)
                self.past.to_parquet(folder / "out_of_time.parquet")
                (folder / "selection.json").write_text(json.dumps({"known_at_us": self.known_at_us}))
        return Evidence(places, plan(), MonitorSettings(**settings), END_US, self.raw, "", remembered or {})

    def _write_canonical(self, folder: Path) -> None:
        folder.mkdir()
        typed = {"until_us": pa.int64(), "session_id": pa.int64(), "campaign": pa.string(), "category": pa.string(),
                 "duration_s": pa.float64(), "rating": pa.float64(), "sentiment": pa.float64()}  # fmt: skip
        arrays = {
            name: pa.array(self.events[name], typed.get(name), from_pandas=True) for name in self.events
        }
        pq.write_table(pa.table(arrays), folder / "events.parquet")
        pq.write_table(pa.Table.from_pandas(self.quarantine), folder / "quarantine.parquet")
        meta = {"complete_until_us": END_US, "start_us": START_US, "counts": {"files": self.files}}
        (folder / "meta.json").write_text(json.dumps(meta))


def plan() -> Plan:
    """Give the plan of the world."""
    words = {"nl": "x", "en": "x"}
    phase = PhaseSettings.model_construct
    phases = tuple(phase(key=key, label=words) for key in PHASES)
    journey = JourneySettings.model_construct(name="small", title=words, phases=phases)
    contracts = tuple(LabelContract(target=target, horizon_days=14) for target in ("churn", "readiness"))
    return Plan.model_construct(
        source="world", currency="EUR", kinds=(), channels=(), complete_until_us=END_US, missing_days=(),
        as_of_us=END_US, cutoffs={one.target: CUTOFF_US[:-1] for one in contracts}, contracts=contracts,
        families=(), windows_days=(), lookback_days=365, mean_gap_days=14.0, journey=journey,
    )  # fmt: skip


def calm_world(root: Path) -> World:
    """Make the world in which nothing is wrong."""
    rng = np.random.default_rng(3)
    pieces = []
    for moment in CUTOFF_US:
        pieces.append(
            pd.DataFrame(
                {
                    "customer_id": rng.permutation(10**6)[:CUSTOMERS],
                    "cutoff_us": moment,
                    "phase": rng.choice(PHASES, CUSTOMERS, p=[0.5, 0.5]),
                    "recency__days": rng.exponential(20, CUSTOMERS).astype(np.float32),
                    "frequency__orders": rng.poisson(1.5, CUSTOMERS).astype(np.float32),
                    "channel__store": (rng.random(CUSTOMERS) < 0.3).astype(np.float32),
                }
            )
        )
    features = pd.concat(pieces, ignore_index=True)
    labels = features[["customer_id", "cutoff_us"]].copy()
    for target in ("churn", "readiness"):
        labels[f"{target}__population"] = True
        y = (rng.random(len(labels)) < 0.3).astype(np.float32)
        labels[f"{target}__label"] = np.where(labels["cutoff_us"] == END_US, np.nan, y).astype(np.float32)
    past = features[features["cutoff_us"].isin(CUTOFF_US[-4:-1])][["cutoff_us", "phase"]].copy()
    past["p"] = rng.beta(2, 5, len(past))
    newest = features[features["cutoff_us"] == END_US]
    scores = pd.DataFrame({"phase": newest["phase"], "as_of": str(np.datetime64(END_US // DAY_US, "D"))})
    for name in ("p_churn", "p_ready"):
        scores[name] = rng.beta(2, 5, len(scores))
    column = {"type": "string", "empty": 0.0, "shape": "A999", "words": None}
    words = column | {"shape": None, "words": {"web": 700, "store": 300}}
    raw = {
        "shop/orders": {
            "file": "orders.csv",
            "files": 1,
            "rows": 1000,
            "columns": {"id": column, "channel": words},
        }
    }
    files = [{"file": "orders.csv", "part": "shop", "table": "orders", "rows_in": 1000, "quarantined": 10}]
    quarantine = pd.DataFrame({"file": ["orders.csv"] * 10, "reason": ["no date"] * 10})
    return World(root, calm_events(), features, labels, scores, past, raw, files, quarantine)


Looks = Callable[..., Looked]
