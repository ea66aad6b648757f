"""What leaves the register by itself, to webhooks and by mail: which records, from which place, tried how often."""
