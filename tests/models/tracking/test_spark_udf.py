"""A logged model is a Spark function: the probabilities of one machine, without pickles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from features.engines.spark_session import session
from features.settings import EngineSettings
from models.bundle import load
from models.tracking.content import RunContent
from models.tracking.logged_models import log_model
from models.tracking.run import connect

pytestmark = pytest.mark.spark
COLUMNS = ("recency__order", "frequency__orders__28d", "monetary__spend__28d")


def test_a_logged_model_scores_on_spark_as_on_one_machine(
    project: Path, read_project: Callable[[], RunContent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc

    client = connect(project)
    experiment = client.create_experiment("spark", artifact_location=(project / "mlartifacts").as_uri())
    [content] = [m for m in read_project().models if (m.target, m.phase) == ("churn", "decision")]
    model_id = log_model(client, experiment, client.create_run(experiment).info.run_id, content)
    folder = client.get_logged_model(model_id).artifact_location
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    x = np.random.default_rng(9).gamma(2.0, 9.0, (40, len(COLUMNS))).astype(np.float32)
    with session(EngineSettings(name="spark", threads=1, memory_gb=1.0), tmp_path / "spark") as spark:
        from pyspark.sql.functions import struct

        customers = spark.createDataFrame(x.astype(float).tolist(), list(COLUMNS))
        p = mlflow.pyfunc.spark_udf(spark, folder, result_type="double", env_manager="local")
        # As a struct columns go by name; one by one they would go by place, in the order of the signature.
        found = [row.p for row in customers.select(p(struct(*COLUMNS)).alias("p")).collect()]
    assert found == load(project / "artifacts/churn/decision").predict(x, COLUMNS).tolist()
