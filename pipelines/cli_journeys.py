"""Commands for the phase models: which there are, and which foresees best."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.params import project_root

app = typer.Typer(help="Phase models: list them, or compare how well they foresee.")


@app.callback(invoke_without_command=True)
def journeys(context: typer.Context) -> None:
    """List the phase models with their phases; ``*`` is the one in use."""
    if context.invoked_subcommand is None:
        from pipelines.journeys import lines

        typer.echo("\n".join(lines(project_root())))


@app.command("compare")
def compare_journeys(
    journeys: Annotated[
        str, typer.Option(help="names with commas, the first is compared with; left out: all")
    ] = "",
    customers: Annotated[int, typer.Option(min=0, help="at most so many, drawn; 0 is everybody")] = 5000,
    track: Annotated[bool, typer.Option(help="one MLflow run per journey")] = True,
) -> None:
    """Tell which phase model foresees churn and readiness best, on the same customers and cutoffs."""
    from pipelines.journeys import run_comparison

    wanted = [name.strip() for name in journeys.split(",") if name.strip()]
    typer.echo("\n".join(run_comparison(project_root(), wanted, customers, track)))
