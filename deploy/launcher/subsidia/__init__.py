"""Subsidia as installed from a wheel: one name in site-packages, the four folders under `_app`."""
