"""The numbers of a run, fewer than forty and best first: what people compare experiments by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from models.json_files import read_json_if_there
from models.metrics import shortest_lift
from models.tracking.journey_results import journey_metrics
from models.tracking.results import Results

#: More numbers than these nobody reads; the others stand in the report and in the tables.
LIMIT = 39
#: Prefix of the headline numbers; sorts before the names of the targets.
OF_EVERYBODY = "all/"
#: What stands with each model (Models tab); ``lift`` is that of the shortest list.
OF_A_MODEL = ("lift", "roc_auc", "log_loss", "ece", "gain", "value")
#: What each phase shows on the run itself.
OF_A_PHASE = ("lift", "gain")

Group = Mapping[str, float]


def model_metrics(numbers: Mapping[str, float]) -> dict[str, float]:
    """Pick what stands with a model, in reading order.

    Examples
    --------
    >>> model_metrics({"brier": 0.2, "log_loss": 0.5, "lift10": 1.8, "lift20": 1.6})
    {'lift10': 1.8, 'log_loss': 0.5}
    """
    return dict(_picked(OF_A_MODEL, numbers))


def run_metrics(
    root: Path, results: Mapping[str, Results], phases: Sequence[str], room: int
) -> dict[str, float]:
    """Give the numbers of the run, the most important first.

    Parameters
    ----------
    root : Path
        The project folder.
    results : mapping
        Target to its out-of-time results.
    phases : sequence of str
        Phases of the journey, in order.
    room : int
        How many numbers there may be at most. A group of them (one metric over the phases) is there whole or
        not at all.

    Returns
    -------
    dict
        ``all/<target> <metric>`` first: the very numbers of ``reports/metrics.json``, which ``dvc exp show``
        shows, under a name that sorts before all others. Then ``<target>/<metric> <phase>``, what else is
        foreseen, and ``journey/...``.
    """
    groups = (headline(root), *_per_phase(results, phases), *journey_metrics(root))
    return whole_groups(groups, room)


def whole_groups(groups: Iterable[Group], room: int) -> dict[str, float]:
    """Keep the groups that fit, in order.

    Examples
    --------
    >>> whole_groups([{"a": 1.0}, {"b": 2.0, "c": 3.0}, {"d": 4.0}], 2)
    {'a': 1.0, 'd': 4.0}
    """
    kept: dict[str, float] = {}
    for group in groups:
        if len(kept) + len(group) <= room:
            kept |= group
    return kept


def headline(root: Path) -> dict[str, float]:
    """Give the numbers of ``reports/metrics.json``; the first is the one the compare page opens with.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    document = read_json_if_there(root / "reports/metrics.json")
    return {
        f"{OF_EVERYBODY}{target} {name}": float(value)
        for target, numbers in sorted(document.items(), key=lambda pair: pair[0] == "next_action")
        for name, value in sorted(numbers.items(), key=lambda pair: not pair[0].startswith("lift"))
        if isinstance(value, int | float)
    }


def _per_phase(results: Mapping[str, Results], phases: Sequence[str]) -> Iterator[Group]:
    for target, found in results.items():
        for metric in OF_A_PHASE:
            yield {
                f"{target}/{name} {phase}": value
                for phase in phases
                for name, value in _picked((metric,), found.phases.get(phase, {}))
            }


def _picked(metrics: Iterable[str], numbers: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for metric in metrics:
        name = shortest_lift(numbers) if metric == "lift" else metric
        if name in numbers:
            # Six digits, as in the reports: more is noise in the columns.
            yield name, float(f"{numbers[name]:.6g}")
