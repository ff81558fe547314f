"""Gitleaks' TOML configs, read into the model."""
