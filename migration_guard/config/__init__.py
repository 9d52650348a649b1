"""Configuration: `[tool.migration-guard]` of a pyproject.toml, or a migration-guard.toml, nearest to each file."""

from migration_guard.config.load import ConfigError, SettingsLoader, unknown_rules
from migration_guard.config.settings import Settings, options

__all__ = ["ConfigError", "Settings", "SettingsLoader", "options", "unknown_rules"]
