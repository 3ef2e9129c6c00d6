"""What happened, by SQL straight from the raw files: nothing of klantreis takes part."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from pipelines.tasks import Task

#: Per source: SQL that gives ``customer`` (text), ``moment`` (timestamp), ``own`` (the customer's own act, not
#: something shown to them) and ``bought``; ``{folder}`` is where the raw files are.
EVENTS = {
    "cdnow": """
        SELECT customer_id AS customer, CAST(date AS TIMESTAMP) AS moment, true AS own, true AS bought
        FROM '{folder}/*.parquet'""",
    "complete_journey": """
        SELECT CAST(household_id AS VARCHAR) AS customer, CAST(transaction_timestamp AS TIMESTAMP) AS moment,
               true AS own, true AS bought
        FROM '{folder}/transactions.parquet'""",
    "ga4": """
        SELECT user_pseudo_id AS customer, make_timestamp(event_timestamp) AS moment,
               event_name <> 'view_promotion' AS own, event_name = 'purchase' AS bought
        FROM '{folder}/events_*.parquet'""",
}


class Truth:
    """The raw log of one source, to be asked who was at risk and what they did."""

    def __init__(self, source: str, folder: Path) -> None:
        self.database = duckdb.connect(config={"threads": 1, "memory_limit": "2GB"})
        self.database.execute("SET enable_progress_bar = false")
        events = EVENTS[source].format(folder=folder)
        self.database.execute(
            f"CREATE TABLE log AS SELECT DISTINCT customer, moment, own, bought FROM ({events})"
        )

    def of(self, task: Task, cutoff: pd.Timestamp) -> pd.Series[int]:
        """Give the outcome (0 or 1) of every customer of the population at one test cutoff.

        Parameters
        ----------
        task : Task
            Target, horizon and population.
        cutoff : Timestamp
            Midnight.

        Returns
        -------
        Series
            Index: customer id as in the raw source, sorted.
        """
        counts = "own" if task.target == "inactive" else "bought"
        since = "" if task.active_days is None else f"AND moment >= $cutoff - INTERVAL {task.active_days} DAY"
        happened = "1" if task.target == "purchase" else "0"
        found = self.database.execute(
            f"""
            WITH population AS (SELECT DISTINCT customer FROM log WHERE {counts} AND moment < $cutoff {since}),
            acted AS (
                SELECT DISTINCT customer FROM log
                WHERE {counts} AND moment >= $cutoff
                  AND moment < $cutoff + INTERVAL {task.horizon_days} DAY)
            SELECT customer, CASE WHEN acted.customer IS NULL THEN 1 - {happened} ELSE {happened} END AS y
            FROM population LEFT JOIN acted USING (customer) ORDER BY customer
            """,
            {"cutoff": cutoff.to_pydatetime()},
        ).df()
        return found.set_index("customer")["y"]
