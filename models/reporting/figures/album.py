"""Every picture of a run: one small panel each for the report, and sheets of panels for MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.evaluation import MODEL
from models.metrics import shortest_lift
from models.reporting.figures import calibration, forest, gains, lift, phases, style, uplift
from models.reporting.tournament_view import short_label, tournament_rows, uplift_points
from models.reporting.words import Words
from models.segment_dimensions import registered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Below this the difference of a segment from the rest is called more than chance.
FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True)
class Picture:
    """One panel: where it belongs, how it is drawn, what it says to who cannot see it."""

    sheet: str
    key: str
    alt: str
    draw: Callable[[Axes], None]
    size: tuple[float, float] = style.PANEL
    margins: tuple[float, float, float, float] | None = None

    def svg(self) -> bytes:
        """Draw the panel alone."""
        return svgs([self])[0]


def pictures(
    evaluation: Mapping[str, Any],
    segments: pd.DataFrame,
    currency: str,
    words: Words,
) -> list[Picture]:
    """List every picture that the results allow.

    Parameters
    ----------
    evaluation : mapping
        The content of ``reports/evaluation.json``.
    segments : DataFrame
        As ``SEGMENT_LIFT``.
    currency : str
        Of the tournament's values.
    words : Words
        Texts, numbers, labels.

    Returns
    -------
    list of Picture
        Sheets: ``<target>_lift``, ``<target>_calibration``, ``<target>_segments``, ``<target>_baselines``, ``phases``,
        ``next_action_tournament``, ``next_action_uplift``.
    """
    found: list[Picture] = []
    for target, results in evaluation["targets"].items():
        for phase, one in words.in_order(results["phases"]):
            if "metrics" in one:
                found += _of_phase(target, phase, one, words)
        found += _of_segments(target, segments[segments["target"] == target], words)
        found += _of_baselines(target, results["phases"].get("all", {}), words)
    moved = evaluation.get("phases_over_time") or {}
    if moved.get("cutoffs"):
        found.append(_of_phases(moved, words))
    for phase, one in words.in_order((evaluation.get("next_action") or {}).get("phases", {})):
        found += _of_tournament(phase, one, currency, words)
    return found


def svgs(drawn: Sequence[Picture]) -> list[bytes]:
    """Draw panels, each alone."""
    found = []
    with style.house_style():
        for one in drawn:
            figure, (axes,) = style.panels(panel=one.size, margins=one.margins)
            one.draw(axes)
            found.append(style.svg(figure))
    return found


def sheet(panels: Sequence[Picture]) -> bytes:
    """Draw the panels of one sheet together as PNG: side by side, or below each other when heights differ."""
    sizes = {panel.size for panel in panels}
    columns = min(3, len(panels)) if len(sizes) == 1 else 1
    rows = -(-len(panels) // columns)
    heights = [panel.size[1] for panel in panels] if columns == 1 else [1.0] * rows
    size = (max(panel.size[0] for panel in panels), sum(p.size[1] for p in panels) / len(panels))
    with style.drawing(columns, rows, size, heights) as (figure, axes):
        for panel, place in zip(panels, axes, strict=False):
            panel.draw(place)
        for place in axes[len(panels) :]:
            place.set_axis_off()
        return style.png(figure)


def _of_phases(moved: Mapping[str, Any], words: Words) -> Picture:
    """Give the phases over time."""
    cutoffs, counts, title = moved["cutoffs"], moved["counts"], words("pictures_phases")
    return Picture(
        "phases", "all", words("alt_phases"), lambda axes: phases.draw(axes, cutoffs, counts, title, words),
        phases.SIZE, phases.MARGINS,
    )  # fmt: skip


def _of_phase(target: str, phase: str, one: dict[str, Any], words: Words) -> list[Picture]:
    """Give the gain curve and the calibration of one phase."""
    title, name = words.phase(phase), words(f"target_{target}")
    first = shortest_lift(one["metrics"])
    value, k = one["metrics"][first][MODEL]["value"], float(first.removeprefix("lift")) / 100
    said = {"target": name, "phase": title, "k": words.percent(k), "gain": words.percent(value * k)}
    ece = words.percent(one["metrics"]["ece"][MODEL]["value"], 1)
    return [
        Picture(
            f"{target}_lift", phase, words("alt_lift", lift=words.number(value, 2), **said),
            lambda axes: lift.draw(axes, one, title, target, words), margins=style.MARGINS,
        ),
        Picture(
            f"{target}_calibration", phase, words("alt_calibration", target=name, phase=title, ece=ece),
            lambda axes: calibration.draw(axes, one, title, words), margins=style.MARGINS,
        ),
    ]  # fmt: skip


def _of_baselines(target: str, everybody: Mapping[str, Any], words: Words) -> list[Picture]:
    """Give the model beside everything simpler, best first: how it ranks, and the lift of the shortest list."""
    metrics = everybody.get("metrics") or {}
    if not metrics:
        return []
    first = shortest_lift(metrics)
    k = words.percent(float(first.removeprefix("lift")) / 100)
    found = []
    for name, label in (("roc_auc", words("metric_roc_auc")), (first, words("metric_lift", k=k))):
        order = sorted(metrics[name].items(), key=lambda item: (-(item[1]["value"] or 0.0), item[0]))
        rows = [
            forest.Row(
                words.known(f"scorer_{scorer}", scorer), one["value"], one.get("low"), one.get("high"),
                scorer == MODEL, words("too_small"),
            )
            for scorer, one in order
        ]  # fmt: skip
        alt = words("alt_baselines", target=words(f"target_{target}"), metric=label, order="; ".join(
            f"{row.label} {words.number(row.value, 2)}" for row in rows))  # fmt: skip
        found.append(
            _forest(
                f"{target}_baselines", name, alt, rows, None, forest.spanned(rows, None), label, "", words
            )
        )
    return found


def _of_segments(target: str, frame: pd.DataFrame, words: Words) -> list[Picture]:
    """Give a forest plot of the lift per kind of segment, over all phases; the phases are one kind."""
    lifts = frame[frame["metric"].str.startswith("lift")]
    if lifts.empty:
        return []
    name = shortest_lift(lifts["metric"])
    lifts = lifts[lifts["metric"] == name]
    whole = lifts.loc[lifts["segment_kind"] == "all", "value"]
    line = float(whole.iloc[0]) if len(whole) and pd.notna(whole.iloc[0]) else None
    stands_out = _stands_out(frame)
    across = lifts[(lifts["phase"] == "all") | (lifts["segment_kind"] == "phase")]
    label = words("axis_lift", k=words.percent(float(lifts["k"].iloc[0])))
    panels = {}
    for kind in ordered_kinds(across["segment_kind"]):
        some = across[across["segment_kind"] == kind].to_dict("records")
        some.sort(key=lambda row: words.place(row["segment_kind"], row["segment"]))
        panels[kind] = [_row(row, stands_out, words) for row in some]
    limits = forest.spanned([row for rows in panels.values() for row in rows], line)
    found = []
    for kind, rows in panels.items():
        alt = words("alt_segments", target=words(f"target_{target}"), kind=words.kind(kind))
        found.append(
            _forest(f"{target}_segments", kind, alt, rows, line, limits, words.kind(kind), label, words)
        )
    return found


def ordered_kinds(kinds: pd.Series) -> list[str]:
    """Give the kinds of segments that occur: phase and the dimensions in their order, then attributes by name."""
    first = ("phase", *registered())
    present = set(kinds) - {"all"}
    return [kind for kind in first if kind in present] + sorted(present - set(first))


def _row(row: dict[Any, Any], stands_out: set[tuple[str, str, str]], words: Words) -> forest.Row:
    values = [float(row[name]) if pd.notna(row[name]) else None for name in ("value", "low", "high")]
    key = (row["phase"], row["segment_kind"], row["segment"])
    label = words.segment(row["segment_kind"], row["segment"])
    return forest.Row(label, values[0], values[1], values[2], key in stands_out, words("too_small"))


def _stands_out(frame: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Give the segments whose ranking or lift differs from the rest by more than chance."""
    judged = frame["metric"].str.startswith("lift") | (frame["metric"] == "roc_auc")
    some = frame[judged & (frame["q_value"] <= FALSE_DISCOVERIES)]
    return set(zip(some["phase"], some["segment_kind"], some["segment"], strict=True))


def _of_tournament(phase: str, one: dict[str, Any], currency: str, words: Words) -> list[Picture]:
    """Give what every policy gains over the best single action of a phase, and its uplift curve if there is one."""
    policies = tournament_rows(one, words)
    if not any(policy.gain for policy in policies):
        return []
    title = words.phase(phase)
    rows = []
    for policy in policies:
        gain = policy.gain if policy.value is not None and policy.gain else {}
        value, low, high = (gain.get(key) for key in ("value", "low", "high"))
        rows.append(
            gains.Gain(
                short_label(policy.name, words),
                value,
                low,
                high,
                policy.recommended,
                policy.best,
                policy.note,
            )
        )
    best = next((policy.label for policy in policies if policy.best), words("nba_is_best"))
    best = best[:1].lower() + best[1:]
    label = words("nba_gains_axis", currency=currency)
    alt = words("nba_alt_gains", phase=title, best=best)
    found = [
        Picture(
            "next_action_tournament", phase, alt, lambda axes: gains.draw(axes, rows, title, label, words),
            gains.size(len(rows)), forest.margins([row.label for row in rows], gains.MOST),
        )
    ]  # fmt: skip
    curve = uplift_points(one)
    if "gain" in curve:
        side = words("nba_uplift_gain_axis", currency=currency)
        name = words("nba_uplift_title")
        alt = words("nba_alt_uplift", phase=title)
        found.append(
            Picture(
                "next_action_uplift", phase, alt, lambda axes: uplift.draw(axes, curve, name, side, words),
                margins=style.MARGINS,
            )
        )  # fmt: skip
    return found


def _forest(
    name: str,
    key: str,
    alt: str,
    rows: list[forest.Row],
    line: float | None,
    limits: tuple[float, float],
    title: str,
    label: str,
    words: Words,
) -> Picture:
    size = (forest.width(), forest.height(len(rows)))
    return Picture(
        name, key, alt, lambda axes: forest.draw(axes, rows, line, limits, title, label, words), size,
        forest.margins([row.label for row in rows]),
    )  # fmt: skip
