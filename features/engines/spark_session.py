"""Which Spark the engine ``spark`` uses: one there is, or one of our own on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import InputError
from features.settings import EngineSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Java has little to do here: it need not be made fast for long runs, nor collect garbage with several threads.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@contextmanager
def session(settings: EngineSettings, scratch: Path) -> Iterator[SparkSession]:
    """Give the session there is, else one on this machine that ends with the block.

    Looked for in this order: the server that ``SPARK_REMOTE`` names (Spark Connect); the active session (a notebook)
    or that of ``spark-submit``; else ``local[threads]`` with ``settings.memory_gb``.

    Parameters
    ----------
    settings : EngineSettings
        Threads and memory of a session of our own.
    scratch : Path
        Where a session of our own keeps what does not fit in memory.

    Raises
    ------
    InputError
        If pyspark or Java is not there.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError(
            "engine.name is spark in params.yaml, but pyspark is not installed: install the extra "
            "(pip install 'klantreis[spark]'), or set engine.name: local"
        ) from None
    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    submitted = "SPARK_REMOTE" in os.environ or "PYSPARK_GATEWAY_PORT" in os.environ
    spark = SparkSession.builder.getOrCreate() if submitted else _own(settings, scratch)
    try:
        yield spark
    finally:
        spark.stop()


def _own(settings: EngineSettings, scratch: Path) -> SparkSession:
    """Start Spark on this machine."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    # The workers must be this very Python, with its packages, whatever `python3` is on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{settings.threads}]").appName("klantreis")
    for key, value in {
        "spark.driver.memory": f"{max(1024, int(settings.memory_gb * 512))}m",
        "spark.driver.extraJavaOptions": _JAVA,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(scratch.resolve()),
        "spark.sql.warehouse.dir": str(scratch.resolve()),
    }.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise InputError(
            f"Spark did not start ({error}); it needs Java 17 or newer: install it (default-jre-headless on "
            "Debian), set JAVA_HOME, or set engine.name: local in params.yaml"
        ) from error
