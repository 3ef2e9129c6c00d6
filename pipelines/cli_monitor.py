"""Commands that watch: what changed, and how old scores did. Exit codes are for schedulers (docs/monitoring.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.params import project_root

app = typer.Typer()


@app.command()
def monitor(
    today: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD, for what is too old; left out: the end of the log")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="what is there now is how it should be")] = False,
    track: Annotated[bool, typer.Option(help="one MLflow run")] = True,
) -> None:
    """Tell what changed in sources, features, labels and scores; exit code 1: look at it, 3: nothing to compare."""
    from models.monitoring.watch import EXIT
    from pipelines.monitor import MonitorOptions, run

    state, told = run(project_root(), MonitorOptions(today, accept, track))
    typer.echo("\n".join(told))
    if EXIT[state]:
        raise typer.Exit(EXIT[state])


@app.command()
def mature(
    scores: Annotated[
        list[Path] | None, typer.Argument(help="score files, .parquet or .csv; left out: all that were kept")
    ] = None,
    track: Annotated[bool, typer.Option(help="one MLflow run")] = True,
) -> None:
    """Compare old scores with what happened since; exit code 1: look at it, 3: nothing has matured yet."""
    from models.monitoring.watch import EXIT
    from pipelines.mature import run

    state, told = run(project_root(), scores or [], track)
    typer.echo("\n".join(told))
    if EXIT[state]:
        raise typer.Exit(EXIT[state])
