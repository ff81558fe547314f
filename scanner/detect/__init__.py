"""Decides whether bytes are a secret; pure, without I/O, Git or globals."""
