"""The same names again, tested."""
