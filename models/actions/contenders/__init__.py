"""Ways to choose an action; one file each, behind the protocol of ``_base``, found by file name.

They meet in the tournament (`models.actions.tournament`) on the same decisions. ``personalised`` is the one that
may go live; the others show what it is worth against what is usual.
"""
