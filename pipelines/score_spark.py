"""Scoring on Spark: a task scores the customers of one row group of the features; the same bits as on one machine.

Tasks read ``data/features.parquet``, ``data/labels.parquet`` and the models themselves, and write what they score
beside each other, so the project lies on a path that driver and executors share (docs/spark.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import workspace
from features.cutoffs import day_of
from features.engines.spark_rows import Stream, attempt, claimed, collected
from features.engines.spark_session import session
from features.errors import InputError
from features.plan import Plan
from models.newest_rows import newest_rows
from pipelines.params import Params
from pipelines.paths import Project
from pipelines.score_actions import Why, needs_everybody
from pipelines.score_batches import scored

#: What a task says: the folder it wrote, and of which row group.
RECEIPT = "file string, number int"


@dataclass(frozen=True)
class ScoreRows:
    """A task that scores row groups; its partition holds their numbers.

    Parameters
    ----------
    root : str
        The project folder.
    params : Params
        The blocks ``score`` and ``policy``, and the language of the reasons.
    plan : Plan
        Journey and label contracts the models were trained with.
    folder : str
        Where to write.
    """

    root: str
    params: Params
    plan: Plan
    folder: str

    def __call__(self, stream: Stream) -> Iterator[pa.RecordBatch]:
        """Score every row group of a partition (rows of ``RECEIPT``)."""
        for batch in stream:
            for number in batch.column(0).to_pylist():
                name = f"task-{attempt()}-{number}"
                (Path(self.folder) / name).mkdir()
                for part, table in self.scored(number).items():
                    with pa.ipc.new_file(Path(self.folder) / name / f"{part}.arrow", table.schema) as writer:
                        writer.write_table(table.combine_chunks())
                yield pa.RecordBatch.from_arrays(
                    [pa.array([name]), pa.array([number], pa.int32())], ["file", "number"]
                )

    def scored(self, number: int) -> dict[str, pa.Table]:
        """Score one row group: ``scores`` (`scored_columns`), and what was decided (`Why`)."""
        project = Project(Path(self.root))
        tables = []
        for path in (project.features, project.labels):
            with pq.ParquetFile(_newest(path, self.plan)) as file:
                tables.append(file.read_row_group(number))
        scores, why = scored(project, self.params, self.plan, *tables)
        return {"scores": scores, **why._asdict()}


def score_newest(project: Project, params: Params, plan: Plan) -> tuple[pd.DataFrame, Why]:
    """Score everybody at the newest cutoff; what `pipelines.score.score_tables` gives of them.

    Parameters
    ----------
    project : Project
        Where features, labels and models are.
    params : Params
        Engine, the block ``score``, and the language of the reasons.
    plan : Plan
        The plan of the tables.

    Returns
    -------
    DataFrame
        One row per customer with the pseudonymous ``customer_id``, in the order of the features table.
    Why
        What was decided on them.

    Raises
    ------
    InputError
        Customers compete for a budget or stock: they would have to be decided on together.
    """
    if needs_everybody(params):
        raise InputError(
            "policy.budgets, stock in policy.actions and next_action.tournament.contact_share need all customers at "
            "once, and Spark decides on them apart; score with engine.name: local, or leave them out (params.yaml)"
        )
    if not _newest(project.features, plan).is_file():
        newest_rows(project.features, plan.as_of_us)  # says what is missing
    groups = pq.read_metadata(_newest(project.features, plan)).num_row_groups
    with workspace(project.root / "data" / "score") as folder, session(params.engine, folder) as spark:
        work = ScoreRows(str(project.root.resolve()), params, plan, str(folder.resolve()))
        parts: dict[str, list[pa.Table]] = {"scores": [], **{name: [] for name in Why._fields}}
        numbers = spark.range(0, groups, 1, max(groups, 1))
        for receipt in sorted(collected(numbers, work, RECEIPT), key=lambda row: int(row["number"])):
            place = folder / str(receipt["number"])
            claimed(folder / receipt["file"], place)
            for name, tables in parts.items():
                with pa.ipc.open_file(str(place / f"{name}.arrow")) as file:
                    tables.append(file.read_all())
    scores: pd.DataFrame = pa.concat_tables(parts.pop("scores")).to_pandas()
    whys = [Why(*tables) for tables in zip(*parts.values(), strict=True)]
    return scores, Why.together(whys)


def _newest(table: Path, plan: Plan) -> Path:
    return table / f"{day_of(plan.as_of_us)}.parquet"
