"""Personas: groups of customers who behave alike, found in the data, with a name and a card each.

``axes`` chooses a few readable feature columns, ``cluster`` finds the groups and how stable they are, ``names``
says what stands out, ``cards`` what they do, need and where they stall, ``assign`` puts anybody into a group.
Attributes of people (age, gender, income) play no part.
"""
