"""Puts the stored results of the quality benchmarks into the README: ``python -m benchmarks.readme``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from features.atomic import replacing

Found = Mapping[str, Any]
HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- made by `make bench-quality` -->", "<!-- end -->"
#: What a task is called in the README, and on whom.
TASKS = {
    "cdnow_churn84": ("CDNOW, churn in 84 days", "18 months of one cohort"),
    "cdnow_buy28": ("CDNOW, order in 28 days", "the same"),
    "journey_churn28": ("Complete Journey, churn in 28 days", "2,469 households"),
    "journey_buy7": ("Complete Journey, order in 7 days", "the same"),
    "ga4_inactive7": ("GA4 sample, inactive in 7 days", "5,106 and 7,025 users"),
}
SOURCES = {"cdnow": "CDNOW", "complete_journey": "Complete Journey"}


def block(quality: Found, category: Found, timing: Found, value: Found) -> str:
    """Write the tables of the README from the stored results.

    Parameters
    ----------
    quality, category, timing, value : mapping
        The content of ``benchmarks/results/{quality,next_category,timing,value}.json``.
    """
    lines = [
        "| task | customers | AUC | log loss | AUC above RFM | log loss below RFM | calibration error above noise "
        "| best peer (AUC / log loss) |",
        "|---|---|---|---|---|---|---|---|",
        *(_task(one) for one in quality["tasks"]),
        "",
        "| next category (Complete Journey), NDCG@5 | klantreis | own frequency | popularity | gain |",
        "|---|---|---|---|---|",
        *_categories(category),
        "",
        "| next order | before p10 (10 %) | between p10 and p90 (80 %) | after p90 (10 %) | largest calibration error "
        "above noise, 7 to 84 days |",
        "|---|---|---|---|---|",
        *_orders(timing),
        "",
        "| money in the coming weeks | foreseen / came | ranking (Gini) | better than \"nothing changes\" | grade as "
        "in Dynamics 365 |",
        "|---|---|---|---|---|",
        *_money(value),
    ]  # fmt: skip
    return "\n".join(lines)


def _task(one: Found) -> str:
    ours = one["models"]["klantreis"]
    gain = ours["minus rfm_logistic"]
    name, customers = TASKS.get(one["task"], (one["task"], ""))
    peer = " / ".join(f"{number:.3f}" for number in one.get("must_beat", ()))
    return (
        f"| {name} | {customers} | {ours['roc_auc']['value']:.4f} | {ours['log_loss']['value']:.4f} "
        f"| {_gain(gain['roc_auc'], 1)} | {_gain(gain['log_loss'], -1)} | {ours['ece_above_noise']:.4f} | {peer} |"
    )


def _gain(found: Mapping[str, float], sign: int) -> str:
    low, high = sorted((sign * found["low"], sign * found["high"]))
    return f"{sign * found['value']:+.3f} ({low:.3f} to {high:.3f})"


def _categories(found: Found) -> Iterator[str]:
    for scope, one in found["scopes"].items():
        gain = one["gain"]
        yield (
            f"| {scope} | {one['klantreis']['value']:.3f} | {one['own_frequency']['value']:.3f} "
            f"| {one['popularity']['value']:.3f} | {gain['value']:+.3f} ({gain['low']:.3f} to {gain['high']:.3f}) |"
        )


def _orders(found: Found) -> Iterator[str]:
    for source, one in found.items():
        said = one["judged"]["quantiles"]["all"]
        errors = [of_phase["all"]["ece_above_noise"] for of_phase in one["judged"]["horizons"].values()]
        shares = " | ".join(_share(said[part]) for part in ("before_p10", "coverage", "after_p90"))
        yield f"| {SOURCES.get(source, source)} | {shares} | {max(errors):.4f} |"


def _share(found: Found) -> str:
    few = f" ({found['rows']} customers)" if found["share"] is not None and found["rows"] < 100 else ""
    return "cannot tell" if found["share"] is None else f"{100 * found['share']:.1f} %{few}"


def _money(found: Found) -> Iterator[str]:
    for source, one in found["sources"].items():
        said = one["all"]
        gain = said["baselines"]["nothing_changes"]
        ratio = f"{said['ratio']:.2f} ({said['ratio_low']:.2f} to {said['ratio_high']:.2f})"
        yield (
            f"| {SOURCES.get(source, source)} | {ratio} | {said['gini']:.2f} | {100 * gain['explained']:.0f} % "
            f"({100 * gain['explained_low']:.0f} to {100 * gain['explained_high']:.0f}) | {said['grade']['grade']} |"
        )


def refreshed(readme: str, tables: str) -> str:
    r"""Put tables between the two marks of a README.

    Examples
    --------
    >>> refreshed(f"a\n{BEGIN}\nold\n{END}\nz", "new") == f"a\n{BEGIN}\nnew\n{END}\nz"
    True
    """
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{tables}\n{END}{rest.split(END, 1)[1]}"


def main() -> None:
    """Refresh the README."""
    names = ("quality", "next_category", "timing", "value")
    read = [json.loads((HERE / f"results/{name}.json").read_text(encoding="utf-8")) for name in names]
    path = HERE.parent / "README.md"
    text = refreshed(path.read_text(encoding="utf-8"), block(*read))
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
