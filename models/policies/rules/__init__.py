"""What may keep an action from a customer: one file is one rule, found by its ``RULE`` (`models.policies.rule`)."""
