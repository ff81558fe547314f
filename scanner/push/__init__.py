"""Push protection: what a push brings, what the server's administrator lets through, and what is told."""
