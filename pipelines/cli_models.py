"""Commands that look into the models: better settings, how they age, how much data they need, and why they say so."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.params import project_root

app = typer.Typer()


@app.command()
def tune(
    target: Annotated[str | None, typer.Argument(help="churn or readiness; left out: both together")] = None,
    trials: Annotated[int, typer.Option(min=1, help="settings to try")] = 30,
    seconds: Annotated[float | None, typer.Option(min=0, help="no trial begins later")] = None,
    rows: Annotated[int, typer.Option(min=500, help="learnt from at most, per cutoff and target")] = 12_000,
    cutoffs: Annotated[int, typer.Option(min=1, help="past cutoffs judged, all before the test cutoffs")] = 3,
    write: Annotated[bool, typer.Option("--write", help="into params.yaml, if better beyond noise")] = False,
    track: Annotated[bool, typer.Option(help="one MLflow run")] = True,
    storage: Annotated[str | None, typer.Option(help="of optuna, to go on from earlier trials")] = None,
) -> None:
    """Look for better settings of the models on past cutoffs, before those that are reported."""
    from pipelines.tune import run

    told = run(project_root(), target, trials=trials, seconds=seconds, rows=rows, cutoffs=cutoffs, write=write,
               track=track, storage=storage)  # fmt: skip
    typer.echo("\n".join(told))


@app.command()
def staleness(
    target: Annotated[str | None, typer.Argument(help="churn or readiness; left out: both")] = None,
    rows: Annotated[int, typer.Option(min=500, help="learnt from at most")] = 12_000,
    ages: Annotated[int, typer.Option(min=1, help="the oldest model is so many cutoffs old")] = 6,
) -> None:
    """Tell how fast a model ages, and so how often to train."""
    from pipelines.staleness import run

    typer.echo("\n".join(run(project_root(), target, rows, ages)))


@app.command("learning-curve")
def learning_curve(
    target: Annotated[str | None, typer.Argument(help="churn or readiness; left out: both")] = None,
    rows: Annotated[int, typer.Option(min=500, help="100 % is at most so many rows")] = 20_000,
) -> None:
    """Tell how much data each phase needs."""
    from pipelines.learning_curve import run

    typer.echo("\n".join(run(project_root(), target, rows)))


@app.command()
def explain(
    customer: Annotated[str, typer.Option(help="an id as the source gives it")],
    top: Annotated[int, typer.Option(min=1, help="reasons for, and against")] = 5,
) -> None:
    """Say why one customer's probabilities are high or low at the newest cutoff, and why they get their action."""
    from pipelines.explain import run

    typer.echo("\n".join(run(project_root(), customer, top)))
