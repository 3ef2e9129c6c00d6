"""Customer-level tables to predictions. Code only: artefacts live in ``artifacts/``."""
