"""A DELETE, as a backfill of the table whose rows go. A row that is gone is done."""

from __future__ import annotations

from sqlglot import exp

from migration_guard.sql.backfill.duplicates import read_of_the_best
from migration_guard.sql.backfill.facts import CannotMove, Draft
from migration_guard.sql.backfill.names import FactsOf, settle
from migration_guard.sql.backfill.safety import refuse_any_row, refuse_own_reads, refuse_volatile
from migration_guard.sql.backfill.sources import Sources, key_notes, keys_of, names_in, target_of
from migration_guard.sql.backfill.tree import among, both, parsed, text


def draft(tree: exp.Delete, facts_of: FactsOf, key: str | None) -> Draft:
    """Turn a DELETE into a backfill, or refuse it."""
    refuse_volatile(tree)
    if tree.args.get("tables") or tree.args.get("limit") or tree.args.get("order"):
        raise CannotMove(
            "a DELETE of several tables, or with LIMIT, is none of PostgreSQL's; write the backfill by hand"
        )
    target = target_of(tree.this)
    settle(tree, target.table, tree.args.get("using") or [], facts_of)
    sources = Sources.of(target, tree.args.get("using") or [], tree.args.get("with_"))
    facts = facts_of(target.name)
    keys = keys_of(facts, key)
    refuse_own_reads(tree, target, None, free=list(read_of_the_best(tree, target, facts.keys)))
    refuse_any_row(tree)
    where = tree.args.get("where")
    wanted = both(where.this if where else None)
    changed = tree.copy()
    changed.set("returning", None)
    qualifier = None if sources.alone else target.qualifier
    changed.set("where", exp.Where(this=both(wanted, among(qualifier, keys))))
    condition = text(target.renamed(sources.meets(wanted)))
    parsed(f"SELECT FROM t WHERE {condition}")
    return Draft(
        table=target.name,
        keys=keys,
        where=condition,
        update=text(changed),
        columns=(),
        names=names_in(tree),
        notes=(*sources.notes, *key_notes(facts, key, target.name)),
    )
