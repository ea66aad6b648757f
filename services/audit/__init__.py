"""What an auditor does with a copy of the ledger: no database, no server, the same rules and folds."""
