"""What leakscan reads from Git repositories, and how."""
