"""Random small logs: everything a source may legally deliver, in awkward proportions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from features.contract import CHANNELS, DAY_US, EVENTS, KINDS

DAYS = 200


def random_events(
    seed: int, customers: int = 12, late: bool = True, linked: bool = False, n: int | None = None
) -> pd.DataFrame:
    """A log of ``DAYS`` days: order lines at one moment, nulls, midnights, rows learnt of late.

    ``linked``: some customers turn out to be others, whose are their events from then on.
    """
    random = np.random.default_rng(seed)
    n = n or int(random.integers(150, 400))
    day = random.integers(0, DAYS, n)
    inside = np.where(random.random(n) < 0.1, 0, random.integers(0, DAY_US, n))
    kind = np.where(random.random(n) < 0.4, "purchase", random.choice(KINDS, n))
    log = pd.DataFrame(
        {
            "customer_id": random.choice(random.integers(-(2**62), 2**62, customers), n),
            "occurred_us": day * DAY_US + inside,
            "kind": kind,
            "channel": np.where(random.random(n) < 0.2, None, random.choice(CHANNELS[:4], n)),
            "category": np.where(random.random(n) < 0.2, None, random.choice(list("abcde"), n)),
            "session_id": pd.array(random.integers(0, 60, n), dtype="Int64"),
            "value": np.where(random.random(n) < 0.1, np.nan, np.round(random.gamma(2, 20, n), 2)),
            "quantity": np.where(random.random(n) < 0.1, np.nan, random.integers(1, 5, n)),
        }
    )
    more_lines = log[log["kind"] == "purchase"].sample(frac=0.4, random_state=seed)
    more_lines = more_lines.assign(value=np.round(more_lines["value"] * 0.3, 2), category="f")
    log = pd.concat([log, more_lines], ignore_index=True)
    log["value"] = log["value"].where(log["kind"] != "return", -log["value"])
    log = log.assign(**_opinions(random, log["kind"]))
    wait = random.integers(0, 30 * DAY_US, len(log)) if late else np.zeros(len(log), dtype=np.int64)
    log["known_us"] = log["occurred_us"] + np.where(random.random(len(log)) < 0.2, wait, 0)
    log.loc[random.random(len(log)) < 0.1, "session_id"] = pd.NA
    log["event_id"] = random.permutation(len(log))
    log["source"] = "random"
    return _linked(random, log) if linked else log


def _opinions(random: np.random.Generator, kind: pd.Series) -> dict[str, Any]:
    n = len(kind)
    scale = np.select([kind == "survey", kind == "review"], ["nps", "stars"], "")
    scale = np.where(random.random(n) < 0.2, random.choice(["nps", "stars", ""], n), scale)
    rating = np.where(scale == "stars", random.integers(1, 6, n), random.integers(0, 11, n))
    sentiment = np.where(random.random(n) < 0.2, 0.0, np.round(random.uniform(-1, 1, n), 3))
    return {
        "duration_s": np.where(random.random(n) < 0.4, np.nan, np.round(random.gamma(1, 90, n))),
        "rating": np.where((scale == "") | (random.random(n) < 0.1), np.nan, rating),
        "rating_scale": pd.Series(scale).where(scale != "", None),
        "sentiment": np.where(random.random(n) < 0.5, np.nan, sentiment),
    }


def _linked(random: np.random.Generator, log: pd.DataFrame) -> pd.DataFrame:
    """Link a third of the customers to another one, each at a moment of its own."""
    log = log.assign(until_us=pd.array([pd.NA] * len(log), dtype="Int64"), person_id=log["customer_id"])
    ids = log["customer_id"].unique()
    for browser, customer in zip(ids[0::3], ids[1::3], strict=False):
        moment = int(random.integers(0, DAYS * DAY_US))
        mine = log["customer_id"] == browser
        before = mine & (log["known_us"] < moment)
        again = log[before].assign(customer_id=customer, known_us=moment)
        log.loc[before, "until_us"] = moment
        log.loc[mine & ~before, "customer_id"] = customer
        log = pd.concat([log, again], ignore_index=True)
        log.loc[log["customer_id"].isin([browser, customer]), "person_id"] = min(browser, customer)
    return log


def as_batch(log: pd.DataFrame) -> pa.Table:
    """Bring a log into the canonical columns; those the random logs lack are null."""
    log = log if "person_id" in log else log.assign(person_id=log["customer_id"])
    return pa.Table.from_pandas(
        log.reindex(columns=EVENTS.names).reset_index(drop=True), schema=EVENTS, preserve_index=False
    )
