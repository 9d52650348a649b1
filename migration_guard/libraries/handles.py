"""Methods of connections, cursors, sessions and engines that change no rows: all that is known of them, library by library.

What is not among them may do anything with the database, and is OPAQUE.
"""

from __future__ import annotations

from migration_guard.later import re

_METHODS = {
    "SQLAlchemy": "bind_mapper bind_table clear_compiled_cache commit_prepared configure create_all detach drop_all enable_relationship_loading get_execution_options "
    "get_isolation_level get_nested_transaction get_transaction has_table identity_key in_nested_transaction "
    "in_transaction inspect is_modified object_session query_property recover_twophase reflect rollback_prepared run_ddl set_isolation_level table_names "
    "update_execution_options close_all get_sync_connection",
    "Flask-SQLAlchemy": "aliased and_ backref case cast column_property deferred desc asc distinct exists "
    "foreign func get_app get_engine init_app joinedload literal literal_column load_only not_ or_ "
    "relationship remote synonym text tuple_ union union_all",
    "DB-API, psycopg, sqlite3": "add_notice_handler add_notify_handler add_server_error_handler backup cancel cancel_safe "
    "copy_to create_aggregate create_collation create_function create_window_function enable_load_extension fileno "
    "get_dsn_parameters get_parameter_status interrupt iterdump lobject mogrify nextset notifies poll reset scroll "
    "set_authorizer set_autocommit set_client_encoding set_deferrable set_progress_handler set_read_only set_session "
    "set_trace_callback set_types setinputsizes setoutputsize tpc_begin tpc_commit tpc_prepare tpc_recover tpc_rollback "
    "wait xid putconn",
    "asyncpg": "add_listener add_log_listener copy_from_query copy_from_table get_server_pid get_server_version get_settings is_closed is_in_transaction "
    "reload_schema_state release remove_listener remove_log_listener reset_type_codec set_builtin_type_codec "
    "set_type_codec start terminate",
    "Django": "check_constraints check_settings chunked_cursor clean_savepoints close_if_health_check_failed "
    "close_if_unusable_or_obsolete constraint_checks_disabled create_cursor cursor_iter disable_constraint_checking "
    "enable_constraint_checking ensure_connection ensure_timezone get_autocommit get_connection_params "
    "get_database_version get_new_connection get_rollback inc_thread_sharing init_connection_state is_usable "
    "make_cursor make_debug_cursor on_commit prepare_database queries_log savepoint savepoint_commit "
    "savepoint_rollback set_rollback set_schema set_schema_to_public set_tenant temporary_connection "
    "validate_no_atomic_block validate_no_broken_transaction validate_thread_sharing execute_wrapper",
    "South": "add_column add_deferred_sql alter_column clear_run_data clear_table_constraints commit_transaction "
    "connection_init create_index create_index_name create_primary_key create_table create_unique delete_column "
    "delete_foreign_key delete_index delete_primary_key delete_table delete_unique drop_table execute_deferred_sql "
    "foreign_key_sql has_booleans lookup_constraint mock_model quote_name rename_column rename_table "
    "rollback_transaction rollback_transactions_dry_run send_create_signal send_pending_create_signals shorten_name "
    "start_transaction",
    "peewee": "atomic batch_commit bind_ctx close_stale connection_context create_tables drop_tables get_columns "
    "get_foreign_keys get_indexes get_primary_keys get_tables get_views in_transaction is_closed manual_commit savepoint "
    "sequence_exists table_exists connect_params",
    "Pony": "generate_mapping disconnect check_tables merge_local_stats",
    "requests, boto3": "client get_adapter head mount patch post put request resource send",
}
HARMLESS = frozenset(name for names in _METHODS.values() for name in names.split())
LOOKS = re.compile(
    r"^(?:(?:create|drop)_all$|(?!.*(?:^|_)(?:and|create|delete|update|replace|insert|remove|modify|write|save|drop|set|fill|purge|store)(?:_|$))"
    r"(?:(?:append|extend|clear|copy|index|keys|values|items|strip|split|join|sort|limit|skip|first|last|one|all|next|distinct|"
    r"batch_size|to_list|status|register|connect|isoformat)$|"
    r"(?:get|has|is|find|list|count|format|starts|ends|lower|upper|reflect|encode|decode|render)(?:_|with|$)|"
    r"(?:close|dispose|connect|register)_(?:all|old|pool|type|types|adapter|converter|uuid|json|with)(?:_|$)))|^set_main_|^__"
)
"""How methods begin that are believed to change no rows, whatever a handle has them on: a collection, a text, a list, a configuration;
unless they say that they do something else as well (`find_one_and_delete`, `get_or_create`, `render_and_fill`)."""
_DATA = frozenset(
    "vendor url info features settings_dict name alias rowcount description lastrowid encoding server_version pg_version "
    "notices queries queries_log opts".split()
)
"""What a handle has that is believed to be data, whatever it is taken from …"""
_OWN_DATA = re.compile(
    r"^_*(?:session|connection|conn|cursor|cur|db|database|engine)_(?:.+_)?(?:key|keys|id|ids|pid|name|names|alias|url|uri|"
    r"type|version|params|settings|options|config)$"
)
"""… and what says by its name that it is a part of it, and none of its deeds: a web session's `session_key`, `db_name`."""
OF_HANDLE = "<what a handle has>"
"""The origin of such data: a table may be called `notices`, too, and `queries` may hold functions."""


def is_data(name: str) -> bool:
    """Whether what a handle has under that name is data."""
    return name in _DATA or bool(_OWN_DATA.match(name))
