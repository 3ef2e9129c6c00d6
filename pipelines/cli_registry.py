"""Commands for the registry: which model scores, whether another should, and back again."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.params import project_root

app = typer.Typer(
    no_args_is_help=True, help="Registered models: list, compare, promote a challenger, roll a champion back."
)
Target = Annotated[str, typer.Argument(help="churn, readiness or next_action")]
Phase = Annotated[str, typer.Argument(help="phase of the journey")]
Reason = Annotated[str, typer.Option(help="in your own words; goes into the history")]


@app.command("list")
def list_models(
    past: Annotated[bool, typer.Option("--past", help="also who was champion, when and why")] = False,
) -> None:
    """Tell which version is champion and which challenger, and what the gate said."""
    from pipelines.promote import run_list

    typer.echo("\n".join(run_list(project_root(), past)))


@app.command()
def compare(
    target: Annotated[
        str | None, typer.Argument(help="churn, readiness or next_action; left out: all")
    ] = None,
    phase: Annotated[str | None, typer.Argument(help="phase of the journey; left out: all")] = None,
) -> None:
    """Score the newest customers with challenger and champion: how far they agree, and who moves."""
    from pipelines.canary_models import run

    typer.echo("\n".join(run(project_root(), target, phase)))


@app.command()
def promote(
    target: Target,
    phase: Phase,
    version: Annotated[int | None, typer.Option(min=1, help="left out: the challenger")] = None,
    reason: Reason = "",
    force: Annotated[bool, typer.Option("--force", help="overrule the gate; goes on record")] = False,
) -> None:
    """Make a version champion if the gate lets it, and say why."""
    from pipelines.promote import run_promote

    typer.echo("\n".join(run_promote(project_root(), target, phase, version, reason, force)))


@app.command()
def rollback(target: Target, phase: Phase, reason: Reason = "") -> None:
    """Make the previous champion champion again."""
    from pipelines.promote import run_rollback

    typer.echo("\n".join(run_rollback(project_root(), target, phase, reason)))
