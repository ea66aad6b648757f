"""What an auditor recomputes: bytes, hashes, checkpoints and proofs."""
