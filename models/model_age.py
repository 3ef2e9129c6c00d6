"""How old the models are that score: days between the newest outcome they learnt from and the moment of scoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.contract import DAY_US
from features.cutoffs import day_of
from features.errors import InputError
from models.promotion.simplicity import learnt_until_us

#: Without a limit of one's own: a warning from twice the horizon on, but not before this many days.
LEAST_DAYS = 84


def check_ages(
    models: Mapping[tuple[str, str], Mapping[str, Any]], as_of_us: int, limit_days: int | None
) -> list[str]:
    """Refuse models that are too old at a moment, and warn of old ones; never silent.

    Parameters
    ----------
    models : mapping of (target, phase) to mapping
        The content of each ``model.json``.
    as_of_us : int
        The moment of scoring (microseconds).
    limit_days : int or None
        ``score.max_model_age_days`` in params.yaml. None: nothing is refused; from twice the horizon on (at
        least 84 days) there is a warning.

    Returns
    -------
    list of str
        A warning per target with old models.

    Raises
    ------
    InputError
        If a model is older than the limit.

    Examples
    --------
    >>> model = {"training_cutoffs_us": [0], "contract": {"gap_days": 0, "horizon_days": 10}}
    >>> check_ages({("churn", "decision"): model}, 50 * DAY_US, limit_days=40)
    []
    >>> check_ages({("churn", "decision"): model}, 110 * DAY_US, limit_days=None)[0][:52]
    'the churn models of decision learnt from outcomes un'
    """
    warnings = []
    for target in sorted({target for target, _ in models}):
        ages = {
            phase: (as_of_us - learnt_until_us(model)) / DAY_US
            for (of, phase), model in models.items()
            if of == target and model.get("training_cutoffs_us")
        }
        horizon = max(model["contract"]["horizon_days"] for (of, _), model in models.items() if of == target)
        most = max(2 * horizon, LEAST_DAYS) if limit_days is None else limit_days
        old = sorted(phase for phase, age in ages.items() if age > most)
        if not old:
            continue
        oldest = max(ages[phase] for phase in old)
        until = day_of(as_of_us - int(oldest) * DAY_US)
        told = (
            f"the {target} models of {', '.join(old)} learnt from outcomes until {until}, {oldest:.0f} days before the "
            f"moment of scoring ({day_of(as_of_us)})"
        )
        if limit_days is not None:
            raise InputError(
                f"{told}; at most {limit_days} are allowed (score.max_model_age_days in params.yaml): train again "
                f"(dvc repro) and promote, or score with --models trained, or raise the limit"
            )
        warnings.append(f"{told}: train again, or look with klantreis staleness how fast they age")
    return warnings
