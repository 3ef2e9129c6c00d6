"""Commands on groups of customers: who to speak to, and where the champion does better or worse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.params import project_root

app = typer.Typer()


@app.command()
def audiences(
    out: Annotated[Path | None, typer.Option(help="folder to write; left out: audiences")] = None,
) -> None:
    """Write one CSV per target, phase and band, with the lift of each group in index.csv; who refused is left out."""
    from pipelines.audiences import run

    typer.echo(run(project_root(), out))


@app.command()
def segments(
    against: Annotated[Literal["champion"], typer.Option(help="whom to put beside the model")] = "champion",
) -> None:
    """Write the segment table with the champion of the registry beside every number."""
    from pipelines.segments import run

    typer.echo("\n".join(run(project_root())))
