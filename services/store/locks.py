"""The advisory locks of the database, in one place: two of one number would wait for each other, and nobody know why.

That under which records are ordered, 7310579645227565, is `services.store.writer.LOCK`. The function `ledger.append`
takes the same; it stands in migrations that were applied, and never changes.
"""

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
