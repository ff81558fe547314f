"""The default rule pack, one TOML file per provider."""
