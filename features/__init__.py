"""Events to customer-level tables. Knows nothing of ``models`` or ``pipelines``."""
