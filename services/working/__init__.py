"""What acts by itself: workers that follow the ledger, each with a checkpoint of its own."""
