"""Configuration: `[tool.migration-guard]` of a pyproject.toml, or a migration-guard.toml, nearest to each file."""

from migration_guard.config.load import ConfigError, SettingsLoader, named_rules, unknown_rules
from migration_guard.config.settings import Database, Settings, settings_of

__all__ = ["ConfigError", "Database", "Settings", "SettingsLoader", "named_rules", "settings_of", "unknown_rules"]
