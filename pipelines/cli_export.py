"""Command that writes score files as other tools take them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.params import project_root

app = typer.Typer()


@app.command()
def export(
    destination: Annotated[str, typer.Argument(help="hubspot, salesforce or ga4")],
    scores: Annotated[Path | None, typer.Option(help="a score file; left out: data/scores.parquet")] = None,
    out: Annotated[Path | None, typer.Option(help="where to write, .csv")] = None,
    key: Annotated[
        str | None, typer.Option(help="column to match on; left out: the tool's usual one")
    ] = None,
) -> None:
    """Write scores for HubSpot, Salesforce or Google Analytics; who refused is left out."""
    from pipelines.exports.audience import run

    typer.echo(run(project_root(), destination, scores, out, key))
