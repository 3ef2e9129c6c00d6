"""The command ``klantreis``: every DVC stage, and the commands of a working day.

Modules are imported inside the commands: a stage starts fast and loads only what it uses.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import typer

from features.errors import InputError
from models.target import PROBABILITY_TARGETS
from pipelines.cli_audiences import app as audience_commands
from pipelines.cli_errors import told
from pipelines.cli_experiment import app as experiment_commands
from pipelines.cli_export import app as export_commands
from pipelines.cli_journeys import app as journey_commands
from pipelines.cli_labels import app as label_commands
from pipelines.cli_models import app as model_commands
from pipelines.cli_monitor import app as monitor_commands
from pipelines.cli_registry import app as registry_commands
from pipelines.params import project_root

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Predictive pipeline over the customer journey. Run inside a folder with params.yaml.",
)

app.add_typer(model_commands)
app.add_typer(audience_commands)
app.add_typer(export_commands)
app.add_typer(monitor_commands)
app.add_typer(experiment_commands, name="experiment")
app.add_typer(registry_commands, name="registry")
app.add_typer(journey_commands, name="journeys")
app.add_typer(label_commands, name="labels")


def _stage(name: str) -> None:
    import_module(f"pipelines.{name}").run(project_root())


@app.command()
def fetch() -> None:
    """List the raw files of the source with their hashes (stage)."""
    _stage("fetch")


@app.command()
def ingest() -> None:
    """Raw exports to canonical tables; bad rows to quarantine (stage)."""
    _stage("ingest")


features_commands = typer.Typer(help="Phases, features and labels (stage); and what features cost and bring.")
app.add_typer(features_commands, name="features")


@features_commands.callback(invoke_without_command=True)
def features(context: typer.Context) -> None:
    """Phases, features and labels, one row per customer and cutoff (stage)."""
    if context.invoked_subcommand is None:
        _stage("features")


@features_commands.command("report")
def report_features(
    rows: Annotated[
        int, typer.Option(min=1000, help="learnt from at most, per target; more is slower")
    ] = 12_000,
) -> None:
    """Tell what each feature family costs to build and what it brings to the forecasts."""
    from pipelines.features_report import run

    typer.echo("\n".join(run(project_root(), rows)))


#: What is learnt besides the probabilities of churn and readiness, and the module of its stage.
LEARNT = {
    "next_action": "train_next_action", "exits": "train_exits", "timing": "train_timing", "value": "train_value",
    "next_category": "train_category",
}  # fmt: skip


@app.command()
def train(
    target: Annotated[
        str, typer.Argument(help="churn, readiness, next_action, exits, timing, value or next_category")
    ],
) -> None:
    """Learn one target for every phase (stage)."""
    if target in LEARNT:
        _stage(LEARNT[target])
    elif target in PROBABILITY_TARGETS:
        from pipelines.train_probability import run

        run(project_root(), target)
    else:
        raise InputError(f"no target {target!r}; allowed: {', '.join((*PROBABILITY_TARGETS, *LEARNT))}")


@app.command()
def personas() -> None:
    """Find groups of customers who behave alike, with a card each (stage)."""
    _stage("personas")


@app.command()
def journey() -> None:
    """Phases, moves between them, and the KPIs of the journey (stage)."""
    _stage("journey")


@app.command()
def evaluate() -> None:
    """Metrics, segment lift and pictures (stage)."""
    _stage("evaluate")


@app.command()
def score(
    customers: Annotated[
        Path | None, typer.Option(help="list of customers; left out: everybody (stage)")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="all customers of the log, without a list")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="where to write, .csv, .parquet or .xlsx")] = None,
    as_of: Annotated[str | None, typer.Option(help="YYYY-MM-DD; left out: the newest cutoff")] = None,
    models: Annotated[
        Literal["champions", "trained"] | None,
        typer.Option(help="left out: champions where the registry has some"),
    ] = None,
) -> None:
    """Score a list of customers, or everybody at the newest cutoff (stage)."""
    if customers is not None and everybody:
        raise InputError("--customers LIST and --everybody exclude each other; choose one")
    if customers is None and not everybody:
        if out is not None or as_of is not None or models is not None:
            raise InputError("--out, --as-of and --models go with --customers LIST or --everybody")
        _stage("score")
    else:
        from pipelines.score_list import run

        typer.echo(run(project_root(), customers, out, as_of, models))


@app.command()
def report() -> None:
    """Write the page for marketers and data scientists (stage)."""
    _stage("report")


@app.command()
def track() -> None:
    """Write the run to MLflow, once (stage)."""
    _stage("track")


@app.command()
def register() -> None:
    """Register the models with aliases (stage)."""
    _stage("register")


@app.command()
def backtest(
    tasks: Annotated[Path, typer.Argument(help="a task file, see benchmarks/tasks")],
    out: Annotated[Path, typer.Option(help="predictions: task, cutoff, customer_id, p")],
) -> None:
    """Predict past cutoffs with what was known then."""
    from pipelines.backtest import run

    run(project_root(), tasks, out)


@app.command()
def canary(
    customers: Annotated[int, typer.Option(min=0, help="persons drawn; 0 is everybody")] = 2000,
    cutoff: Annotated[
        list[str] | None, typer.Option(help="YYYY-MM-DD of the plan, or all; may be given more than once")
    ] = None,
    seed: Annotated[int, typer.Option(help="of the draw")] = 0,
) -> None:
    """Prove on your own data that no feature sees the future; exit code 1 if one does."""
    from pipelines.canary import run

    passed, told = run(project_root(), customers, cutoff or [], seed)
    typer.echo("\n".join(told))
    if not passed:
        raise typer.Exit(1)


@app.command()
def params(assignments: Annotated[list[str], typer.Argument(help="for example source=ga4")]) -> None:
    """Change source, journey or language in params.yaml."""
    from pipelines.edit_params import edit

    for key, value in edit(project_root(), assignments).items():
        typer.echo(f"params.yaml: {key}: {value}")


@app.command()
def summary() -> None:
    """Tell what the last run found, and where to look."""
    from pipelines.summary import lines

    typer.echo("\n".join(lines(project_root())))


@app.command()
def match(
    contacts: Annotated[list[Path], typer.Option(help="CSV file of contacts; may be given more than once")],
    out: Annotated[Path, typer.Option(help="the file of links to write, for a source of kind links")],
    known_at: Annotated[str, typer.Option(help="YYYY-MM-DD, the day of the export: links hold from then on")],
    threshold: Annotated[float, typer.Option(help="least probability of a match")] = 0.95,
    column: Annotated[list[str] | None, typer.Option(help='for example "name=First Name+Last Name"')] = None,
    id_space: Annotated[list[str] | None, typer.Option(help="browser, email, card or customer")] = None,
) -> None:
    """Find records of one person by resemblance (needs the extra fuzzy), as links to look at and then use."""
    from pipelines.match_people import run

    wrong = [one for one in column or [] if "=" not in one]
    if wrong:
        raise InputError(f"--column {wrong[0]!r}: write <field>=<header>, for example id=number")
    columns = dict(one.split("=", 1) for one in column or [])
    spaces = id_space or ["customer"]
    found = run(contacts, out, known_at=known_at, threshold=threshold, columns=columns, spaces=spaces)
    typer.echo(f"{found} links in {out}; look at them before you use them (kind links, see docs/identity.md)")


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="on this machine")] = 5000,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="in a browser, where there is one")
    ] = True,
) -> None:
    """Start the MLflow UI; print the right link and open it."""
    from pipelines.ui import run

    run(project_root(), port, open_page)


def main() -> None:
    """Run the command; a mistake the user can mend is one clear message, not a traceback."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        app()
    except Exception as error:
        message = told(error, Path())
        if message is None:
            raise
        for line in message.splitlines():
            typer.secho(f"error: {line}", err=True, fg="red")
        sys.exit(2)
