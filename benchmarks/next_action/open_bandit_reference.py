"""The Open Bandit Pipeline's own figures on the sample of the Open Bandit Dataset; ours are held against them.

It runs in an environment of its own, for the pipeline needs older libraries than klantreis::

    python3 -m venv DIR
    DIR/bin/pip install --no-deps --ignore-requires-python obp==0.5.5
    DIR/bin/pip install "pandas<2.3" "scikit-learn<1.6" "numpy<2" "pyarrow<20" scipy pyyaml tqdm
    DIR/bin/pip install seaborn matplotlib torch
    cd benchmarks/next_action
    DIR/bin/python open_bandit_reference.py DATA open_bandit_reference.json

``DATA`` is the folder ``open_bandit_sample``. Every input of the estimators is a plain function of the sample, so that
a test can make the same without the pipeline:

- behaviour: the log of ``random`` or ``bts`` of a campaign, with its logged propensities;
- ``uniform``: every item alike. ``one_item``: always the item with most clicks in the log, of equals the first.
  ``half``: the mean of the two. ``shares``: every item with its share of the impressions of the campaign's ``bts`` log;
- reward model: item i, decision t: 0.003 + 0.002 * (i mod 5) + 0.001 * (t mod 3), of no use and the same everywhere;
- SWITCH-DR at 5.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CAMPAIGNS, BEHAVIOURS = ("all", "men", "women"), ("random", "bts")
POLICIES = ("uniform", "one_item", "half", "shares")
SWITCH = 5.0


def policy(name: str, item: Any, click: Any, impressions: Any) -> Any:
    """Give the probability of every item: array (items,)."""
    items = len(impressions)
    uniform = np.full(items, 1.0 / items)
    clicks = np.bincount(item, weights=click, minlength=items)
    one_item = np.eye(items)[int(np.argmax(clicks))]
    shares = impressions / impressions.sum()
    return {"uniform": uniform, "one_item": one_item, "half": (uniform + one_item) / 2, "shares": shares}[
        name
    ]


def reward_model(decisions: int, items: int) -> Any:
    """Give the expected click of every decision and item: array (decisions, items)."""
    return 0.003 + 0.002 * (np.arange(items) % 5)[None, :] + 0.001 * (np.arange(decisions) % 3)[:, None]


def figures(folder: Path) -> dict[str, dict[str, float]]:
    """Value of every policy on every log by the pipeline's estimators."""
    ope = import_module("obp.ope")

    estimators = {
        "ips": ope.InverseProbabilityWeighting(),
        "snips": ope.SelfNormalizedInverseProbabilityWeighting(),
        "dr": ope.DoublyRobust(),
        "sndr": ope.SelfNormalizedDoublyRobust(),
        "switch_dr": ope.SwitchDoublyRobust(lambda_=SWITCH),
        "dm": ope.DirectMethod(),
    }
    found: dict[str, dict[str, float]] = {}
    for campaign in CAMPAIGNS:
        items = len(pd.read_parquet(folder / f"bts_{campaign}_item_context.parquet"))
        shown = pd.read_parquet(folder / f"bts_{campaign}.parquet", columns=["item_id"])["item_id"]
        impressions = np.bincount(shown, minlength=items)
        for behaviour in BEHAVIOURS:
            log = pd.read_parquet(folder / f"{behaviour}_{campaign}.parquet")
            action, reward = log["item_id"].to_numpy(), log["click"].to_numpy()
            model = reward_model(len(log), items)
            for name in POLICIES:
                target = np.tile(policy(name, action, reward, impressions), (len(log), 1))
                given = {
                    "reward": reward,
                    "action": action,
                    "pscore": log["propensity_score"].to_numpy(),
                    "action_dist": target[:, :, None],
                    "estimated_rewards_by_reg_model": model[:, :, None],
                    "position": np.zeros(len(log), dtype=int),
                }
                found[f"{campaign}/{behaviour}/{name}"] = {
                    kind: float(one.estimate_policy_value(**given)) for kind, one in estimators.items()
                }
    return found


def main(arguments: Sequence[str]) -> int:
    """Write the figures and the versions they were made with."""
    made = {name: version(name) for name in ("obp", "numpy", "pandas", "scikit-learn")}
    content = {"made_with": made, "switch": SWITCH, "values": figures(Path(arguments[0]))}
    Path(arguments[1]).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
