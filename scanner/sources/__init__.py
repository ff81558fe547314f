"""One module per thing that can be scanned; each yields fragments and what it skipped."""
