"""Engines move rows: read, partition by person, hand whole persons to ``features.table.build``, write.

An engine is a module with ``run(events_path, plan, settings, features_path, labels_path)``.
"""
