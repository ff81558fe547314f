"""Findings that are known already: ignore files and baselines."""
