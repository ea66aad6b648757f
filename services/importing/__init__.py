"""Importers: what a named published source says, brought into the register by the registrar.

Reading a source is pure (`rows`, `iso3166`, `communes`, `net_zero`: rows in, a `Plan` out); carrying a plan out is
not (`running`). A dry run carries the same plan out against a rehearsal, so that its summary is the real one.
"""
