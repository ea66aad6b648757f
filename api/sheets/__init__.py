"""Spreadsheets of a government's own: their columns follow from the fields of the commands that they are read into."""
