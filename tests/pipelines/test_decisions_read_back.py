"""What scoring decided comes back as a log of decisions whose propensities are known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from pipelines import fetch, ingest, score
from pipelines.edit_params import edit


def test_the_decisions_of_a_batch_are_ingested_with_their_propensities(shop: Path) -> None:
    score.run(shop)
    made = pd.read_parquet(shop / "data/decisions_made.parquet")
    raw = shop / "raw_again"
    (raw / "orders").mkdir(parents=True)
    (raw / "decisions").mkdir()
    shutil.copy(shop / "data/decisions_made.parquet", raw / "decisions/decisions.parquet")
    own = yaml.safe_load((shop / "conf/sources/shop.yaml").read_text())
    for path in (shop / "raw").glob("*.csv"):
        shutil.copy(path, raw / "orders" / path.name)
    both = own | {
        "kind": "combined",
        "path": ["raw_again"],
        "options": {
            "parts": {
                "orders": {"kind": own["kind"], "folder": "orders", "options": own["options"]},
                "decisions": {
                    "kind": "decision_log",
                    "folder": "decisions",
                    "options": {"actions": sorted(set(made["action"]) | {"none"})},
                },
            }
        },
    }
    (shop / "conf/sources/again.yaml").write_text(yaml.safe_dump(both))
    edit(shop, ["source=again"])
    fetch.run(shop)
    ingest.run(shop)
    told = json.loads((shop / "data/canonical/meta.json").read_text())
    found = pd.read_parquet(shop / "data/canonical/decisions.parquet")
    assert len(found) == len(made) > 0, told
    moments = pd.to_datetime(made["decided_at"]).astype("datetime64[us, UTC]").astype("int64")
    assert sorted(found["decided_us"].tolist()) == sorted(moments.tolist())
    assert np.allclose(np.sort(found["propensity"]), np.sort(made["propensity"]))
    assert sorted(found["action"].astype(str)) == sorted(made["action"])
