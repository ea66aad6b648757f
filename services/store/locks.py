"""The advisory locks of the database, in one place: two of one number would wait for each other, and none know why."""

RECORDS = 7310579645227565
"""Under which records are ordered. `ledger.append` takes it by this number, which migrations that were applied hold."""
SCHEMA = 7310579645227566
"""Of whoever changes the schema."""
REGISTRY = 7310579645227570
"""Of whoever makes the registry of views."""

# The first of two numbers; the second is the hash of a name.
KEEPS = 73106
"""Of the process that keeps a group of views."""
ACTS = 73107
"""Of the process that leads a worker."""
BUILDS = 73108
"""Of the process that builds a group of views anew."""
