"""Commitments: what units promise one another, alone or across spheres (domain.md, section 3.3)."""

from domain.commitments.context import COMMITMENTS, source_stream

__all__ = ["COMMITMENTS", "source_stream"]
