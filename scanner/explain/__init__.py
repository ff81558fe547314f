"""What to do about one leaked secret: who can see it, how to revoke it, how to purge it."""
