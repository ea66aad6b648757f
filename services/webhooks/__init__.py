"""Webhooks: records are sent, signed and in order, to whoever the operator names, as they come."""
