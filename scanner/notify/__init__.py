"""Telling people and systems of what a scan has found: one notice a run, without secrets, that never disturbs
the scan."""
