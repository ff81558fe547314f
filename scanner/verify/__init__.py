"""Asks the issuers of secrets whether they are live, which nothing else here does. Off unless asked for."""
