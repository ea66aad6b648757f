"""The store: durable, dense, append-only records in PostgreSQL."""
