"""Names by which Django's ORM, and those that took them over, write."""

from __future__ import annotations

UPDATES = frozenset({"update", "bulk_update", "aupdate", "abulk_update", "_update", "fast_update", "update_batch"})
DELETES = frozenset({"delete", "adelete", "_raw_delete", "delete_batch", "hard_delete"})
CREATES = frozenset(
    {
        "create",
        "get_or_create",
        "bulk_create",
        "acreate",
        "aget_or_create",
        "abulk_create",
        "_insert",
        "create_user",
        "create_superuser",
    }
)
UPSERTS = frozenset({"update_or_create", "aupdate_or_create"})
SAVES = frozenset({"save", "asave", "save_base", "save_without_historical_record"})
ROW_DELETES = frozenset({"delete", "adelete", "delete_instance", "hard_delete"})
UNMISTAKABLE = frozenset({"bulk_update", "bulk_create", "update_or_create", "get_or_create"})
"""Names that mean a database write on any receiver."""
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager", "all_objects"})
"""Where Django's models keep the way to their rows."""
