"""What a history means: pure folds of records into rows."""
