"""The page of the experiment: how to read it, and ready-made views with our columns and order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from models.tracking.headline import OF_EVERYBODY

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: Key of the view that the link of ``klantreis ui`` opens.
VIEW = "klantreis"
#: The tag MLflow keeps a view in (menu *Views*), and the one that says which page we wrote last.
VIEW_TAG = "mlflow.sharedViewState."
NOTE_TAG = "mlflow.note.content"
WRITTEN_TAG = "klantreis.page"
#: Pixels a column needs for its name.
WIDTH = 170
#: Only pipeline runs: tuning studies and comparisons of phase models have other numbers.
PIPELINE = "tags.`klantreis.level` = 'pipeline'"
#: Headline numbers that say much the same as another: no column, to keep the names of the others readable.
LEFT_OUT = (" auc", " gain")
#: A view: what it is called, what it sorts by, and whether the smallest comes first.
ORDERS = {
    VIEW: ("Headline numbers, newest first", "", False),
    "klantreis-churn": ("Best churn forecast first", "churn log_loss", True),
    "klantreis-readiness": ("Best readiness forecast first", "readiness log_loss", True),
    "klantreis-action": ("Most gain of the next action first", "next_action gain over none", False),
}
NOTE = """**Compare**: menu *Views* (top right) > *Best churn forecast first*; tick runs; *Compare*; switch \
*Show diff only* on. The arrow at the right of this line opens the rest.

One run is one execution of the pipeline, named after its DVC experiment. All numbers are out of time: predictions \
for cutoffs after the last one learnt from. Compare runs with the same tags `source`, `as_of` and `data`; the tag \
`changed` says what a run did differently.

| metric | what it says | better |
|---|---|---|
| `all/churn log_loss` | error of the probabilities, everybody; **choose by this one** | lower |
| `all/churn lift10 mean` | leavers in the top 10% of a phase against a random list; mean over phases | higher |
| `all/churn auc` | chance that a leaver ranks above a stayer, everybody | higher |
| `all/readiness ...` | the same for customers who order | |
| `all/next_action gain over none` | money per decision over doing nothing, in the currency of the source | higher |
| `all/next_action gain` | money per decision of choosing per customer over the best single action | higher |
| `churn/lift10 <phase>` | the lift inside one phase of the journey | higher |
| `next_action/gain <phase>` | as above, in one phase | higher |
| `journey/drop-off <phase>` | customers silent 8 weeks later (in a short log: stays that end in silence) | lower |
| `model/...` | of one model: tab *Models*; on a run its plain mean over the models | |

- **All the detail**: open a run, tab *Artifacts*: `report.html`, `tables/` (segment lift, policies, effects), \
`plots/`.
- **A table of several runs side by side**: third icon left of the search box; `tables/forecasts.json` opens, \
`tables/segment_lift.json` has every segment: type part of a name in *Filter by row*.
- **Models**: tab at the left, one row per target x phase; sort by `model/log_loss`, group by `source run`.
- **Other runs** (clear the search box to see them): `journey <name>` comes from `klantreis journeys compare`, \
`tune ...` from `klantreis tune`; their own descriptions say how to read them.

If the page speaks of agents and traces, switch *GenAI* to *Model training* (top left). More: `docs/mlflow.md`.
"""


def write_page(client: MlflowClient, experiment: str, metrics: Sequence[str]) -> None:
    """Write description and views where ours have changed; a description that somebody edited stays.

    Parameters
    ----------
    client : MlflowClient
        An open store.
    experiment : str
        Its id.
    metrics : sequence of str
        Names of the numbers of a run; the headline ones become columns.
    """
    columns = [name for name in metrics if name.startswith(OF_EVERYBODY) and not name.endswith(LEFT_OUT)]
    views = {VIEW_TAG + key: view(name, columns, by, up) for key, (name, by, up) in ORDERS.items()}
    written = {name: _digest(text) for name, text in {NOTE_TAG: NOTE, **views}.items()}
    found = client.get_experiment(experiment).tags
    before = _read(found.get(WRITTEN_TAG, ""))
    if before == written:
        return
    for name, text in {NOTE_TAG: NOTE, **views}.items():
        if found.get(name) is None or _digest(found[name]) == before.get(name):
            client.set_experiment_tag(experiment, name, text)
    client.set_experiment_tag(experiment, WRITTEN_TAG, json.dumps(written, sort_keys=True))


def view(name: str, columns: Sequence[str], by: str, ascending: bool) -> str:
    """Give a view as MLflow keeps it: a name, and columns, filter and order of the list of runs.

    Parameters
    ----------
    name : str
        In the menu.
    columns : sequence of str
        Metrics to show.
    by : str
        Which of them orders, without its prefix; empty: newest first.
    ascending : bool
        Whether the smallest comes first.

    Examples
    --------
    >>> state = json.loads(json.loads(view("Best", ["all/churn log_loss"], "churn log_loss", True))["state"])
    >>> state["orderByKey"], state["orderByAsc"]
    ('metrics.`all/churn log_loss`', True)
    """
    shown = ["tags.`changed`", *(f"metrics.`{column}`" for column in columns), "tags.`journey`"]
    state: dict[str, Any] = {
        "searchFilter": PIPELINE,
        "selectedColumns": shown,
        # Widths are read for the columns of this list only.
        "columnOrder": shown,
        "columnWidths": dict.fromkeys(shown, WIDTH) | {"tags.`journey`": WIDTH // 2},
    }
    if OF_EVERYBODY + by in columns:
        state |= {"orderByKey": f"metrics.`{OF_EVERYBODY}{by}`", "orderByAsc": ascending}
    return json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(text: str) -> Mapping[str, str]:
    """Read what we wrote; somebody else's content of the tag counts as nothing."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
