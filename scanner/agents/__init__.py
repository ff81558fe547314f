"""Coding agents: what their hooks say, how they want to be answered, and the settings that call leakscan."""
