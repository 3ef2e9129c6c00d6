"""Engines move rows: read, partition by customer, hand whole customers to ``features.table.build``, write.

An engine is a module with ``run(events_path, plan, settings, features_path, labels_path)``.
"""
