"""Functions of which it is known that they change no rows of an application: servers' own, and those of extensions.

What servers list themselves stands in `builtins.txt`, which `tests/sql/builtins.py` writes; what is known of extensions that
no server of ours has stands here, by their manuals. Of neither are those that run a text (`dblink_exec`, `crosstab`), move or
remove rows (`drop_chunks`, `partition_data_proc`), or queue work that is the application's own.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from migration_guard.sql.names import Name

_EXTENSIONS = {
    "uuid-ossp, pg_uuidv7, pgx_ulid": "uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 "
    "uuid_generate_v5 uuid_generate_v7 uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500 gen_ulid",
    "pgcrypto": "armor crypt dearmor decrypt decrypt_iv digest encrypt encrypt_iv gen_random_bytes gen_random_uuid gen_salt "
    "hmac pgp_armor_headers pgp_key_id pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_pub_encrypt pgp_pub_encrypt_bytea "
    "pgp_sym_decrypt pgp_sym_decrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea",
    "timescaledb": "create_hypertable add_dimension attach_tablespace detach_tablespace detach_tablespaces by_range by_hash "
    "set_chunk_time_interval set_integer_now_func set_number_partitions show_chunks show_tablespaces compress_chunk "
    "decompress_chunk convert_to_columnstore convert_to_rowstore recompress_chunk reorder_chunk add_reorder_policy "
    "remove_reorder_policy add_compression_policy remove_compression_policy add_columnstore_policy "
    "remove_columnstore_policy add_retention_policy remove_retention_policy add_continuous_aggregate_policy "
    "remove_continuous_aggregate_policy refresh_continuous_aggregate alter_job delete_job enable_chunk_skipping "
    "disable_chunk_skipping hypertable_size hypertable_detailed_size hypertable_index_size chunks_detailed_size "
    "approximate_row_count time_bucket time_bucket_gapfill time_bucket_ng locf interpolate first last histogram "
    "timescaledb_information timescaledb_pre_restore timescaledb_post_restore",
    "pg_partman": "create_parent create_sub_parent create_partition create_sub_partition run_maintenance "
    "run_maintenance_proc check_default show_partitions show_partition_name show_partition_info apply_constraints "
    "drop_constraints reapply_privileges stop_sub_partition",
    "pg_cron": "schedule schedule_in_database unschedule alter_job",
    "citus": "create_distributed_table create_distributed_table_concurrently create_reference_table "
    "create_distributed_function citus_add_local_table_to_metadata undistribute_table alter_distributed_table "
    "citus_version citus_table_size citus_relation_size citus_total_relation_size",
    "spatialite": "initspatialmetadata addgeometrycolumn recovergeometrycolumn discardgeometrycolumn createspatialindex "
    "disablespatialindex geomfromtext geomfromwkb astext asbinary",
    "pg_ivm, pg_bigm, periods": "create_immv refresh_immv get_immv_def bigm_similarity likequery show_bigm add_period "
    "drop_period add_system_versioning drop_system_versioning add_unique_key",
    "age": "create_graph drop_graph create_vlabel create_elabel",
}
_OF_SCHEMA = {"schedule": "cron", "schedule_in_database": "cron", "unschedule": "cron", "first": "", "last": ""}
"""Names too plain to be believed without their schema; and those of aggregates, which stand without one."""
_SYNTAX = frozenset(
    "against apply by columns conflict cube cursor div dual escape filter first group index key language left materialized next nologging "
    "offset on only ordinality over partition passing path pivot qualify recursive regexp respect return returning right rlike rollup row rows "
    "separator set sets straight_join top unpivot using value values view when where window with within xor include if elsif elseif while until exit raise assert perform call execute into from join array".split()
)
"""Words before a parenthesis that call nothing."""
_CATALOGUES = frozenset({"pg_catalog", "information_schema", "sys"})
_EVERY = ("postgres", "mysql", "sqlite", "tsql")


def is_known(name: Name, dialect: str) -> bool:
    """Whether a function changes no rows of an application; one whose name is put together may."""
    if name.dynamic:
        return False
    schema, last = name.text.rpartition(".")[0].rpartition(".")[2].lower(), name.last
    if last in _OF_SCHEMA:
        return schema == _OF_SCHEMA[last]
    if last in _listed("extensions", "postgis") or last in _of_extensions():
        return True
    if schema and schema not in _CATALOGUES:
        return False
    servers = (dialect,) if dialect in _EVERY else _EVERY
    return last in _SYNTAX or last in _listed("syntax", *servers)


@lru_cache(1)
def _of_extensions() -> frozenset[str]:
    return frozenset(name for names in _EXTENSIONS.values() for name in names.split())


@lru_cache(8)
def _listed(*sections: str) -> frozenset[str]:
    return frozenset(name for section in sections for name in _sections()[section])


@lru_cache(1)
def _sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    names: list[str] = []
    for line in Path(__file__).with_name("builtins.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            names = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            names += line.split()
    return found
