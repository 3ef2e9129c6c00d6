"""Commands for experiments: plan one, and tell what came of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from features.errors import InputError
from pipelines.params import project_root

app = typer.Typer(help="Experiments: how many customers and weeks, who gets what, and what came of it.")

MEASURES = ("purchase", "no_purchase", "money")
CORRECTIONS = ("dunnett", "holm", "none")


@app.command("plan")
def plan(
    name: Annotated[str, typer.Argument(help="of the experiment; the draw depends on it")],
    variants: Annotated[str, typer.Option(help="actions with commas, for example coupon,newsletter")],
    control: Annotated[str, typer.Option(help="what they are compared with")] = "none",
    customers: Annotated[Path | None, typer.Option(help="list of customers; left out: the scores")] = None,
    outcome: Annotated[
        str, typer.Option(help="next_action, readiness, churn, value; any other with --base")
    ] = ("next_action"),
    base: Annotated[float | None, typer.Option(help="rate (or mean, with --sd) without the action")] = None,
    sd: Annotated[float | None, typer.Option(help="of a mean, per customer")] = None,
    effect: Annotated[
        float, typer.Option(help="smallest change worth finding, as a share of the base")
    ] = 0.10,
    absolute: Annotated[
        bool, typer.Option("--absolute", help="the effect is in the unit of the base")
    ] = False,
    power: Annotated[float, typer.Option(help="chance that it is found")] = 0.80,
    alpha: Annotated[float, typer.Option(help="two-sided chance of any false alarm")] = 0.05,
    correction: Annotated[str, typer.Option(help="for several variants: dunnett, holm or none")] = "dunnett",
    shares: Annotated[
        str, typer.Option(help="of the customers, control first, with commas; left out: even")
    ] = "",
    per_week: Annotated[
        float | None, typer.Option(help="customers who come in; left out: all at once")
    ] = None,
    least_weeks: Annotated[int, typer.Option(help="whole weeks at least")] = 2,
    phase: Annotated[
        list[str] | None, typer.Option(help="only this phase; may be given more than once")
    ] = None,
    strata: Annotated[str, typer.Option(help="columns with commas; left out: phase,predicted_value")] = "",
    covariate: Annotated[str | None, typer.Option(help="column of a score known before (CUPED)")] = None,
    correlation: Annotated[float | None, typer.Option(help="of that score with the outcome")] = None,
    only_needed: Annotated[bool, typer.Option("--only-needed", help="draw no more than needed")] = False,
    start: Annotated[str | None, typer.Option(help="YYYY-MM-DD; left out: the day of the scores")] = None,
    horizon_days: Annotated[int | None, typer.Option(help="days in which the outcome counts")] = None,
    lower_is_better: Annotated[bool | None, typer.Option(help="left out: only for churn")] = None,
) -> None:
    """Tell how many customers and whole weeks an experiment takes, and draw who gets what."""
    from pipelines.experiment_plan import Asked, run

    asked = Asked(
        name, _names(variants), control, customers, outcome, base, sd, effect, absolute, power, alpha,
        _correction(correction), tuple(_number("--shares", one) for one in _names(shares)), per_week, least_weeks,
        tuple(phase or ()), _names(strata), covariate, correlation, only_needed, _day("--start", start),
        horizon_days, lower_is_better,
    )  # fmt: skip
    typer.echo("\n".join(run(project_root(), asked)))


@app.command("analyse")
def analyse(
    name: Annotated[str, typer.Argument(help="of the experiment, as planned")],
    outcomes: Annotated[
        Path | None,
        typer.Option(help="table with customer_id and outcome; left out: the project's own events"),
    ] = None,
    outcome_column: Annotated[str, typer.Option(help="a number; 0 and 1 for a rate")] = "outcome",
    value_column: Annotated[str | None, typer.Option(help="money, for the log of decisions")] = None,
    rows_column: Annotated[
        str | None, typer.Option(help="what the outcome is a ratio over, e.g. visits")
    ] = None,
    absent: Annotated[str, typer.Option(help="who is not in the table: unknown or zero")] = "unknown",
    measure: Annotated[
        str | None, typer.Option(help="of events: purchase, no_purchase or money; left out: as planned")
    ] = None,
    assignment: Annotated[Path | None, typer.Option(help="of an experiment that was drawn elsewhere")] = None,
    control: Annotated[str, typer.Option(help="with --assignment: the arm compared with")] = "none",
    correction: Annotated[str | None, typer.Option(help="left out: as planned")] = None,
    cuped: Annotated[bool, typer.Option(help="use the score of before the start, where there is one")] = True,
    decisions: Annotated[
        Path | None, typer.Option(help="write what came of it as a log of decisions, .csv or .parquet")
    ] = None,
) -> None:
    """Tell what came of an experiment; exit code 1 if the counts per arm are not as drawn."""
    from pipelines.experiment_analyse import Asked, run

    asked = Asked(
        name, outcomes, outcome_column, value_column, rows_column, _one_of("--absent", absent, ("unknown", "zero")),
        None if measure is None else _one_of("--measure", measure, MEASURES), assignment, control,
        None if correction is None else _correction(correction), cuped, decisions,
    )  # fmt: skip
    holds, told = run(project_root(), asked)
    typer.echo("\n".join(told))
    if not holds:
        raise typer.Exit(1)


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{option}: {text!r} is not a number; write 0.5,0.25,0.25") from None


def _one_of(option: str, word: str, allowed: tuple[str, ...]) -> str:
    if word not in allowed:
        raise InputError(f"{option} {word!r}; allowed: {', '.join(allowed)}")
    return word


def _correction(word: str) -> Any:
    return cast("Any", _one_of("--correction", word, CORRECTIONS))


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{option} {text!r} is not a day; write YYYY-MM-DD") from None
