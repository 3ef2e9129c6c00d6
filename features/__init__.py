"""Events to customer-level tables. Knows nothing of ``models`` or ``pipelines``."""

import os

# Before the first import of numpy: its threads cost a tenth of a second to start, and no sum of ours may depend on how
# many there are. Whoever sets a number keeps it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
