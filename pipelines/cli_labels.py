"""Commands for the labels: what may be wrong with them, and how vendors define them."""

from __future__ import annotations

import typer

from pipelines.params import project_root

app = typer.Typer(help="Labels: what is predicted, of whom, and what may be wrong with that.")


@app.command("check")
def check_labels() -> None:
    """Tell which labels cannot be learnt from, why, and what helps; exit code 1 if a whole target is refused."""
    from pipelines.labels_check import run

    passed, told = run(project_root())
    typer.echo("\n".join(told))
    if not passed:
        raise typer.Exit(1)


@app.command("presets")
def list_label_presets() -> None:
    """List the label contracts of vendors; ``*`` is in use."""
    from pipelines.labels_check import listed

    typer.echo("\n".join(listed(project_root())))
