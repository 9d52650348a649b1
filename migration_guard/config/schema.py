"""The JSON schema of the configuration, made from the table of options, for editors that complete and check TOML."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from importlib.resources import files

from migration_guard.config.options import Schema, options, properties_schema
from migration_guard.config.settings import Settings

FILE_NAME = "schema.json"


def shipped() -> str:
    """Give the schema that comes with the package; `make docs` writes it and `make check` compares it."""
    return files(__package__).joinpath(FILE_NAME).read_text(encoding="utf-8")


def generated() -> str:
    """Make the schema of `migration-guard.toml`, and so of the table `[tool.migration-guard]`."""
    document: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "migration-guard",
        "description": "The keys of migration-guard.toml, and of [tool.migration-guard] in pyproject.toml.",
        "type": "object",
        "properties": {key: _with_default(key, one) for key, one in properties_schema(options(Settings)).items()},
        "additionalProperties": False,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _with_default(key: str, schema: Schema) -> Schema:
    """Add the value that holds where nothing is said; an empty list needs no saying."""
    default = next(field.default for field in fields(Settings) if field.name == key.replace("-", "_"))
    if default in (None, (), MISSING) or is_dataclass(default):
        return schema
    return {**schema, "default": default.value if isinstance(default, Enum) else default}
