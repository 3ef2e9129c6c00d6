"""Command that writes who to speak to, per phase and band."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
