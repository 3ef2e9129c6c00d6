"""The canary: proves on one's own data that no feature, phase or learnt table sees the future.

Rows that no one could know at a cutoff are put into a copy of the log, or taken out of it, one kind of injury at a
time; every column at that cutoff must stay the same bit for bit. Nothing here cuts time for features
(``features.cutoffs`` does): the canary only edits rows, and looks what the kernel makes of them.
"""
