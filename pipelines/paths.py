"""Where things land, relative to the project folder (DESIGN section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Project:
    """The folders and files of one project.

    Parameters
    ----------
    root : Path
        The folder of ``params.yaml``.

    Examples
    --------
    >>> Project(Path("shop")).scores.as_posix()
    'shop/data/scores.parquet'
    """

    root: Path

    @property
    def manifest(self) -> Path:
        """Names and hashes of the raw files."""
        return self.root / "data/raw/manifest.json"

    @property
    def demo_truth(self) -> Path:
        """Folder of what is true of the demo shop; only benchmarks read it."""
        return self.root / "data/demo_truth"

    @property
    def canonical(self) -> Path:
        """Folder of the canonical tables and ``meta.json``."""
        return self.root / "data/canonical"

    @property
    def ids(self) -> Path:
        """The one table that joins pseudonyms to source ids."""
        return self.root / "data/ids.parquet"

    @property
    def features(self) -> Path:
        """One row per customer and cutoff; a folder with a file per cutoff."""
        return self.root / "data/features.parquet"

    @property
    def labels(self) -> Path:
        """The same rows as the features, in the same order."""
        return self.root / "data/labels.parquet"

    @property
    def crowd(self) -> Path:
        """What feature families learnt from everybody, a file each."""
        return self.root / "data/crowd"

    @property
    def columns(self) -> Path:
        """The column dictionary."""
        return self.root / "data/columns.json"

    @property
    def plan(self) -> Path:
        """What the features stage settled: cutoffs, contracts, families, journey."""
        return self.root / "data/plan.json"

    @property
    def scores(self) -> Path:
        """One row per customer at the newest cutoff."""
        return self.root / "data/scores.parquet"

    @property
    def action_trace(self) -> Path:
        """Why each customer got their action: one row per customer and candidate."""
        return self.root / "data/action_trace.parquet"

    @property
    def decisions_made(self) -> Path:
        """What scoring decided, as a log of decisions with pseudonyms."""
        return self.root / "data/decisions_made.parquet"

    @property
    def exposure(self) -> Path:
        """Who receives which action, per audited group."""
        return self.root / "reports/exposure.json"

    @property
    def personas(self) -> Path:
        """The personas and what decides who belongs to which."""
        return self.root / "artifacts/personas/personas.json"

    @property
    def reports(self) -> Path:
        """Folder of what people read."""
        return self.root / "reports"

    def artifacts(self, target: str) -> Path:
        """Folder of the models of one target."""
        return self.root / "artifacts" / target
