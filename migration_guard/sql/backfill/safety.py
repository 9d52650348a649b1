"""Whether a statement can run again, later and in batches: what it computes, and what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from migration_guard.later import re
from migration_guard.sql.backfill.begun import is_begun_over
from migration_guard.sql.backfill.facts import CannotMove, Column
from migration_guard.sql.backfill.names import Owner, folded, is_row, owner_of
from migration_guard.sql.backfill.tree import Target, conjuncts, put_into, same_table, unit_of

_OF_THE_MOMENT = (
    exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.CurrentDatetime, exp.CurrentUser, exp.Rand, exp.Uuid,
    exp.Localtime, exp.Localtimestamp,
)  # fmt: skip
_VOLATILE = frozenset(
    "now clock_timestamp statement_timestamp transaction_timestamp timeofday random random_normal gen_random_uuid "
    "uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes nextval currval lastval setval "
    "txid_current pg_current_xact_id current_setting session_user user current_role gen_salt age".split()
)
_PURE = re.compile(
    r"(?:jsonb?|array|regexp|to|string|date|st|hstore|bit|char|octet|convert|encode|decode|quote|ts|phrase|make|range|row)_"
    r"\w+|(?:[lrb]?trim|left|right|lpad|rpad|md5|sha\d+|lower|upper|initcap|reverse|repeat|replace|translate|overlay|"
    r"position|strpos|substr|substring|split_part|concat|concat_ws|format|length|ascii|chr|unaccent|abs|ceil|floor|round|"
    r"trunc|sign|mod|power|sqrt|div|greatest|least|coalesce|nullif|cardinality|unnest|isfinite|encode|decode|digest|"
    r"hashtext|lowercase|btrim|starts_with|scale|width_bucket|int4|int8|text|row_number|rank|dense_rank|first_value|"
    r"last_value|lag|lead|ntile|slugify|slice|count|sum|min|max|avg|every|bool_and|bool_or|numeric|generate_series)"
)
_MOMENTS = frozenset({"now", "today", "tomorrow", "yesterday"})
_SAFE_CASTS = re.compile(r"(?:TEXT|U?INT|INT|BIGINT|SMALLINT|BOOLEAN|UUID|JSONB|DATE|INET|VARCHAR)\b")
_TEXT_FUNCTIONS = (
    exp.Lower, exp.Upper, exp.Trim, exp.Concat, exp.ConcatWs, exp.DPipe, exp.Substring, exp.SplitPart, exp.MD5,
    exp.Replace, exp.RegexpReplace, exp.JSONExtractScalar, exp.JSONBExtractScalar, exp.Initcap, exp.Left, exp.Right,
    exp.Predicate, exp.Not, exp.And, exp.Or, exp.Length,
)  # fmt: skip
_CHOOSING = (exp.Coalesce, exp.Case, exp.If, exp.Nullif, exp.Paren)


def refuse_volatile(tree: exp.Expr) -> None:
    """Refuse what gives another value at another time, and functions of which that is not known."""
    for node in tree.walk():
        name = node.name if isinstance(node, exp.Anonymous) else ""
        if is_the_moment(node):
            shown = node.sql(dialect="postgres")
            raise CannotMove(f"{shown} depends on the time of running; write the value that is meant as a constant")
        if name and not _PURE.fullmatch(name.lower()):
            raise CannotMove(
                f"whether {name}() gives the same at another time is not known; write the backfill by hand"
            )


def is_the_moment(node: exp.Expr) -> bool:
    """Whether an expression itself gives another value at another time, for all that is known: `now()`, `'today'::date`."""
    if isinstance(node, exp.Cast):
        return node.this.is_string and node.this.name.strip().lower() in _MOMENTS
    return isinstance(node, _OF_THE_MOMENT) or (isinstance(node, exp.Anonymous) and node.name.lower() in _VOLATILE)


def is_of_the_moment(tree: exp.Expr) -> bool:
    """Whether any part of it does."""
    return any(map(is_the_moment, tree.walk()))


def refuse_own_reads(
    tree: exp.Expr, target: Target, written: Iterable[str] | None, free: Sequence[exp.Table] = ()
) -> None:
    """Refuse reading, in other rows of the table, what batches before have changed; None stands for whole rows.

    `free` are its own table once more, where what is read of it stays.
    """
    columns = None if written is None else frozenset(written)
    for table in tree.find_all(exp.Table):
        if table is target.table or any(table is one for one in free) or not same_table(table, target.table):
            continue
        what = f"it reads other rows of {target.name}, which the batches before it change"
        if columns is None:
            raise CannotMove(f"{what}; first keep what decides in a column of its own, then move it")
        scope = table.find_ancestor(exp.Select) or tree
        read = {folded(column.this) for column in scope.find_all(exp.Column) if _may_be(column, table)}
        whole = any(not isinstance(star.parent, exp.Count) for star in scope.find_all(exp.Star))
        if read & columns or (whole and isinstance(scope, exp.Select)):
            raise CannotMove(f"{what}; first keep what it reads in a column of its own, then move it")


def _may_be(column: exp.Column, table: exp.Table) -> bool:
    if isinstance(column.parent, exp.EQ) and isinstance(column.parent.parent, exp.Update) and column.arg_key == "this":
        return False  # what SET assigns
    if not isinstance(column.this, exp.Identifier):
        return False
    if not column.table:
        return column.find_ancestor(exp.Select) is not None  # elsewhere it would be ambiguous, were it not the target's
    return column.table.lower() == table.alias_or_name.lower()


def refuse_any_row(value: exp.Expr) -> None:
    """Refuse a value that is taken from one of several rows, whichever comes first."""
    for select in value.find_all(exp.Select):
        if select.args.get("limit") and not select.args.get("order") and not isinstance(select.parent, exp.Exists):
            raise CannotMove("a LIMIT without ORDER BY takes any row; say which one with ORDER BY, then move it")


def reads(value: exp.Expr, target: Target, columns: Iterable[str]) -> bool:
    """Whether a value is made of one of these columns of the row itself."""
    wanted = frozenset(columns)
    for column in value.find_all(exp.Column):
        if is_row(column):
            return True
        if not isinstance(column.this, exp.Identifier) or folded(column.this) not in wanted:
            continue
        if target.owns(column):
            return True
        if owner_of(column) is Owner.UNKNOWN:
            raise CannotMove(f"whose column {column.name} is meant is not said; qualify it, then move it")
    return False


def ends_itself(condition: exp.Expr | None, target: Target, values: Mapping[str, exp.Expr]) -> bool:
    """Whether no row that was changed still meets the condition, by constants alone."""
    if condition is None:
        return False
    given = {name: value.unnest() for name, value in values.items()}
    return any(_ends(part.unnest(), target, given) for part in conjuncts(condition))


def _ends(part: exp.Expr, target: Target, given: Mapping[str, exp.Expr]) -> bool:
    """Whether a condition holds of no row that was changed; one of several, only if none of them does."""
    if isinstance(part, exp.Or):
        return _ends(part.left.unnest(), target, given) and _ends(part.right.unnest(), target, given)
    over = all(_is_over(part, target, one) for one in _outcomes(given))
    return over or _is_put_over(part, target, given) or is_begun_over(part, target, given)


_MOST_OUTCOMES = 50
"""Constants of a CASE that are looked at one by one."""


def _outcomes(given: Mapping[str, exp.Expr]) -> Iterator[dict[str, exp.Expr]]:
    """The constants that columns are set to: each that a CASE may give, beside those that are sure."""
    sure: dict[str, exp.Expr] = {
        name: v for name, v in given.items() if isinstance(v, (exp.Literal, exp.Null, exp.Boolean))
    }
    cases = {name: list(_of_case(v)) for name, v in given.items() if isinstance(v, exp.Case)}
    open_ = {name: each for name, each in cases.items() if each and len(each) <= _MOST_OUTCOMES}
    if len(open_) != 1:
        yield sure
        return
    ((name, each),) = open_.items()
    for one in each:
        yield {**sure, name: one}


def _of_case(case: exp.Case) -> Iterator[exp.Expr]:
    """The constants that a CASE gives; none where it gives anything else."""
    default = case.args.get("default")
    outcomes = [branch.args["true"].unnest() for branch in case.args["ifs"]]
    outcomes.append(default.unnest() if default is not None else exp.null())
    if all(isinstance(one, (exp.Literal, exp.Null, exp.Boolean)) for one in outcomes):
        yield from outcomes


def _is_put_over(part: exp.Expr, target: Target, given: Mapping[str, exp.Expr]) -> bool:
    """Whether a condition on a place of a document ends with what is put there, or with the key that is taken out."""
    match part:
        case exp.EQ(
            this=exp.JSONExtractScalar() | exp.JSONBExtractScalar() as asked, expression=exp.Literal() as wanted
        ):
            column, key = asked.this, asked.expression
            put = given.get(folded(column.this)) if _is_targets(column, target) else None
            parts = put_into(put) if put is not None else []
            if len(parts) < 3:
                return False
            base, path, constant = parts[:3]
            return (
                isinstance(base, exp.Column)
                and target.owns(base)
                and isinstance(path, exp.Literal)
                and isinstance(constant, exp.Literal)
                and path.name.strip("{}").strip('"') == _key_of(key)
                and constant.name.startswith('"')
                and constant.name.strip('"') != wanted.name
            )
        case exp.JSONBContainsTopKey(this=exp.Column() as column, expression=exp.Literal() as key):
            taken = given.get(folded(column.this)) if _is_targets(column, target) else None
            return (
                isinstance(taken, exp.Sub)
                and isinstance(taken.this, exp.Column)
                and target.owns(taken.this)
                and isinstance(taken.expression, exp.Literal)
                and taken.expression.name == key.name
            )
    return False


def _key_of(key: exp.Expr) -> str | None:
    if isinstance(key, exp.Literal):
        return key.name
    last = key.expressions[-1] if isinstance(key, exp.JSONPath) and len(key.expressions) == 2 else None
    return str(last.this) if isinstance(last, exp.JSONPathKey) else None


def _is_targets(node: exp.Expr, target: Target) -> bool:
    return isinstance(node, exp.Column) and target.owns(node)


def _is_over(part: exp.Expr, target: Target, values: Mapping[str, exp.Expr]) -> bool:
    match part:
        case exp.Not(this=exp.Paren() | exp.Is() | exp.In() | exp.Column() | exp.EQ()):
            inside = part.this.unnest()
            if isinstance(inside, exp.Is):
                return _null_is_over(inside, target, values, negated=not inside.args.get("negate"))
            given = _given(inside, target, values)
            return isinstance(given, exp.Boolean) and bool(given.this)
        case exp.Is(expression=exp.Null()):
            return _null_is_over(part, target, values, negated=bool(part.args.get("negate")))
        case exp.Is(this=column, expression=exp.Boolean() as wanted) if not part.args.get("negate"):
            given = _given(column, target, values)
            return isinstance(given, exp.Boolean) and given.this != wanted.this
        case exp.EQ(this=column, expression=wanted):
            given = _given(column, target, values)
            return given is not None and _differ(given, wanted)
        case exp.NEQ(this=column, expression=wanted):
            given = _given(column, target, values)
            return given is not None and (isinstance(given, exp.Null) or given == wanted)
        case exp.In(this=column) if part.expressions and not part.args.get("query"):
            given = _given(column, target, values)
            return given is not None and all(_differ(given, wanted) for wanted in part.expressions)
        case exp.Column():
            given = _given(part, target, values)
            return isinstance(given, exp.Boolean) and not given.this
    return False


def _null_is_over(test: exp.Is, target: Target, values: Mapping[str, exp.Expr], *, negated: bool) -> bool:
    """Whether `IS NULL`, or `IS NOT NULL` where it is negated, does not hold of what a column is set to."""
    given = _given(test.this, target, values)
    return isinstance(test.expression, exp.Null) and given is not None and isinstance(given, exp.Null) is negated


def _given(column: exp.Expr, target: Target, values: Mapping[str, exp.Expr]) -> exp.Expr | None:
    """The constant that a column is set to."""
    if not isinstance(column, exp.Column) or not target.owns(column):
        return None
    return values.get(folded(column.this))


def _differ(one: exp.Expr, other: exp.Expr) -> bool:
    """Whether two constants differ in every type that they may be of."""
    other = other.unnest()
    if isinstance(one, exp.Null) or isinstance(other, exp.Null):
        return True
    if isinstance(one, exp.Boolean) and isinstance(other, exp.Boolean):
        return bool(one.this != other.this)
    if not isinstance(one, exp.Literal) or not isinstance(other, exp.Literal):
        return False
    try:
        return Decimal(one.name) != Decimal(other.name)
    except InvalidOperation:
        return bool(one.name.strip().casefold() != other.name.strip().casefold())


def is_constant(value: exp.Expr) -> bool:
    """Whether a value is the same for every row, and not NULL."""
    inside = value.this.unnest() if isinstance(value, exp.Cast) else value.unnest()
    return isinstance(inside, (exp.Literal, exp.Boolean))


def is_exact(value: exp.Expr) -> bool:
    """Whether a column gives a value back as it was stored, whatever the column's type: nothing to round or to pad."""
    inside = value.unnest()
    match inside:
        case exp.Literal():
            return bool(re.fullmatch(r"[+-]?\d+", inside.name)) or (inside.is_string and not _is_number(inside.name))
        case exp.Null() | exp.Boolean() | exp.Column():
            return True
        case exp.Cast():
            return bool(_SAFE_CASTS.match(inside.to.sql(dialect="postgres")))
        case exp.Subquery() | exp.Select():
            select = inside.unnest()
            return isinstance(select, exp.Select) and all(is_exact(part.unalias()) for part in select.expressions)
        case exp.Min() | exp.Max() | exp.Neg():
            return is_exact(inside.this)
        case exp.TimestampTrunc(this=exp.Column()):
            return unit_of(inside) in {"minute", "second"}  # no finer than any column keeps
        case exp.Count() | exp.Exists():
            return True
        case exp.Case():
            outcomes = [*(branch.args["true"] for branch in inside.args["ifs"]), inside.args.get("default")]
            return all(is_exact(outcome) for outcome in outcomes if outcome is not None)
    if isinstance(inside, _CHOOSING):
        return all(is_exact(part) for part in inside.iter_expressions())
    return isinstance(inside, _TEXT_FUNCTIONS)


def stored(value: exp.Expr, name: str, known: Column) -> exp.Expr:
    """A value as its column will give it back: rounded and padded as its type does."""
    inside = value.unnest()
    plain = isinstance(inside, (exp.Null, exp.Boolean)) or (isinstance(inside, exp.Literal) and is_exact(inside))
    if known.type is not None and known.type.upper().split("(")[0] in {"JSON", "XML", "POINT", "POLYGON"}:
        raise CannotMove(f"values of {known.type} ({name}) cannot be compared; write the backfill by hand")
    if known.type is None and isinstance(inside, exp.Literal) and plain:
        return exp.Literal.string(inside.name)  # which is of whatever type the column has
    if plain or (isinstance(inside, exp.Cast) and known.type is None and is_exact(inside)):
        return inside.copy()
    if known.type is not None:
        return exp.cast(value.copy(), known.type, dialect="postgres")
    if not is_exact(inside):
        raise CannotMove(
            f"the type of {name} is not known from the migrations, so whether it stores "
            f"{inside.sql(dialect='postgres')} as it is cannot be told; write the backfill by hand"
        )
    return value.copy()


def _is_number(spelt: str) -> bool:
    try:
        Decimal(spelt)
    except InvalidOperation:
        return False
    return True
