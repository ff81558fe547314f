"""Where a build runs and what it is to scan, and how that CI system shows findings."""
