"""The tables of ``benchmarks.demo_truth`` that people read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def markdown(found: dict[str, Any]) -> str:
    """Write every table of the benchmark."""
    settings = found["settings"]
    lines = [
        "# The demo shop: the pipeline beside the truth",
        "",
        f"Simulated, not real: {settings['customers']} people, {settings['days']} days, world {settings['world']}, "
        f"seed {settings['seed']}. Made by `make bench-demo`; 95 % intervals.",
        "",
        "## How much of what can be known is attained",
        "",
        "The oracle knows every person's state, latents included; no data can do better. Share of AUC: (AUC - 0.5) of",
        "ours over that of the oracle. Share of log loss: gain over the base rate, ours over the oracle's.",
        "",
        "| target | phase | rows | rate | oracle AUC | our AUC | RFM AUC | share of AUC | share of log loss |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_score(row) for row in found["scores"]),
        "",
        "## Phases",
        "",
        *(f"- {name}: {one['share']:.2%} of {one['n']} customers x cutoffs in the simulator's phase"
          for name, one in sorted(found["phases"].items())),
        "",
        "## Base rates",
        "",
        "| target | phase | rows | rate | true | within |",
        "|---|---|---|---|---|---|",
        *(f"| {r['target']} | {r['phase']} | {r['n']} | {_span(r, 'rate')} | {r['true']:.4f} | {_yes(r)} |"
          for r in found["base_rates"]),
        "",
        "## Average effects on an order within 14 days (percentage points)",
        "",
        "| phase | action | decisions | estimate | true | within |",
        "|---|---|---|---|---|---|",
        *(f"| {r['phase']} | {r['action']} | {r['n']} | {100 * r['value']:+.2f} ({100 * r['low']:+.2f} to "
          f"{100 * r['high']:+.2f}) | {100 * r['true']:+.2f} | {_yes(r)} |" for r in found["effects"]),
        "",
        "## Moves between phases, from Monday to Monday",
        "",
        "From decision to dormant the pipeline also counts firms that asked for a quote and were not heard of",
        "again; the simulation has no firms.",
        "",
        "| from | to | estimate | true | within |",
        "|---|---|---|---|---|",
        *(f"| {r['from']} | {r['to']} | {_span(r, 'value')} | {r['true']:.4f} | {_yes(r)} |"
          for r in found["transitions"]),
        "",
        *_summary(found),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _score(row: dict[str, Any]) -> str:
    return (
        f"| {row['target']} | {row['phase']} | {row['n']} | {row['rate']:.3f} | {row['roc_auc_oracle']:.3f} "
        f"| {row['roc_auc_ours']:.3f} | {row['roc_auc_rfm']:.3f} "
        f"| {_share(row['auc_share'])} | {_share(row['loss_share'])} |"
    )


def _share(share: dict[str, float]) -> str:
    return f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%})"


def _span(row: dict[str, Any], name: str) -> str:
    return f"{row[name]:.4f} ({row['low']:.4f} to {row['high']:.4f})"


def _yes(row: dict[str, Any]) -> str:
    return "yes" if row["within"] else "no"


def _summary(found: dict[str, Any]) -> Iterator[str]:
    for name, one in sorted(found["within"].items()):
        yield f"True value inside the 95 % interval, {name.replace('_', ' ')}: {one['within']} of {one['n']}."
