"""Everything that waits: storage, workers, the outside world."""
