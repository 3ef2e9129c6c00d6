"""Find the personas among the customers of one cutoff, and write down what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from features.contract import CHANNELS
from models.personas.axes import Axis, Floats, columns_of, learn, scaled
from models.personas.cards import card, stem_of
from models.personas.cluster import Clusters, Labels, find_clusters, nearest
from models.personas.names import Group, ids_of
from models.settings import PersonaSettings


def find_personas(
    features: pa.Table, settings: PersonaSettings, not_used: Sequence[str] = ()
) -> dict[str, Any]:
    """Find groups of customers who behave alike.

    Parameters
    ----------
    features : pyarrow.Table
        Rows of the feature table at one cutoff, one per customer, in any order.
    settings : PersonaSettings
        How many groups, resamples, seed.
    not_used : sequence of str
        Attributes of people that play no part, to be said so.

    Returns
    -------
    dict
        The content of ``artifacts/personas/personas.json``: ``customers``, ``fitted_on``, ``not_used``, ``axes``,
        ``tried`` (per number of groups), and ``personas``, the most valuable first, each with ``id``, ``centre``,
        ``n``, ``share``, ``stability`` and the facts of its card (see `models.personas.cards`). Without enough
        customers ``personas`` is empty and ``note`` says why.
    """
    rows = features.sort_by([("customer_id", "ascending")])
    x, axes = _axes(rows)
    found: dict[str, Any] = {"customers": rows.num_rows, "not_used": sorted(not_used), "personas": []}
    distinct = len(np.unique(x, axis=0)) if axes else 0
    if rows.num_rows < settings.min_customers or distinct <= settings.most:
        return found | {"axes": [], "tried": [], "fitted_on": 0, "note": "too few customers who differ"}
    z = scaled(axes, x)
    drawn = np.random.default_rng(settings.seed).permutation(len(z))[: settings.rows]
    clusters = find_clusters(z[np.sort(drawn)], settings)
    labels = nearest(z, clusters.centres)
    return found | {
        "axes": [axis.as_json() for axis in axes],
        "tried": [dict(one) for one in clusters.tried],
        "fitted_on": len(drawn),
        "personas": _described(rows, axes, z, labels, clusters),
    }


def _axes(rows: pa.Table) -> tuple[Floats, tuple[Axis, ...]]:
    names = rows.column_names
    channels = [f"channel__{one}_share" for one in CHANNELS if f"channel__{one}_share" in names]
    shares = {name: float(np.mean(column(rows, name))) for name in channels} if rows.num_rows else {}
    chosen = columns_of(names, shares)
    if not chosen or not rows.num_rows:
        return np.empty((rows.num_rows, 0)), ()
    axes = learn(chosen, np.column_stack([column(rows, name) for _, name, _ in chosen]))
    if not axes:
        return np.empty((rows.num_rows, 0)), ()
    return np.column_stack([column(rows, axis.column) for axis in axes]), axes


def column(rows: pa.Table, name: str) -> Floats:
    """Give a column as float64."""
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


def _described(
    rows: pa.Table, axes: Sequence[Axis], z: Floats, labels: Labels, clusters: Clusters
) -> list[dict[str, Any]]:
    """Name the groups, the most valuable first."""
    everybody = np.ones(len(labels), dtype=bool)
    spread = np.where((spread := z.std(axis=0)) > 0, spread, 1.0)
    cards = []
    for number in sorted(set(labels.tolist())):
        inside = labels == number
        far = (z[inside].mean(axis=0) - z.mean(axis=0)) / spread
        distance = {axis.column: round(float(one), 4) for axis, one in zip(axes, far, strict=True)}
        facts = card(rows, inside, everybody, distance)
        about = {
            "centre": clusters.centres[number].tolist(),
            "n": int(inside.sum()),
            "share": round(float(inside.mean()), 6),
            "stability": float(clusters.stability[number]),
        }
        cards.append(about | facts)
    cards.sort(key=lambda one: (-(one["spend"] or 0.0), -one["n"], one["centre"]))
    ids = ids_of([_group(one) for one in cards])
    return [{"id": name, **one} for name, one in zip(ids, cards, strict=True)]


def _group(facts: dict[str, Any]) -> Group:
    distance: dict[str, float] = facts["distance"]
    far = {stem_of(name): one for name, one in distance.items()}
    traits = {stem_of(name): one for name, one in distance.items() if name not in facts["alike"]}
    recency = far.get("recency__behaviour", far.get("recency__order", 0.0))
    each = (facts["orders"] or 0.0) / facts["buyers"] if facts["buyers"] else 0.0
    return Group(
        facts["buyers"], each, far.get("frequency__orders", 0.0), recency, facts["known_share"], traits
    )
