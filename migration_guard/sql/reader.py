"""Statements to Steps: what each one does, with the computed texts that it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.later import Later
from migration_guard.operations import OperationKind
from migration_guard.sql import ddl, dialects, obvious, psql, writes
from migration_guard.sql.bodies import Bodies
from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import Lexis
from migration_guard.sql.passage import plain
from migration_guard.sql.scan import Sort, Token, words
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import (
    Change,
    Doubted,
    Harmless,
    Step,
    Transaction,
    Unknown,
    Viewed,
    joined_forms,
)

if TYPE_CHECKING:
    from migration_guard.sql import parse
else:
    parse = Later("migration_guard.sql.parse")  # and sqlglot with it: many files hold no SQL

_QUERY = writes.VERBS | {"SELECT", "WITH", "VALUES", "TABLE", "PERFORM", "("}
_QUIET = (
    ("only reads", words("SHOW DESCRIBE DESC HELP PRINT")),
    (
        "session setting",
        words(
            "SET RESET USE PRAGMA LISTEN UNLISTEN NOTIFY LOCK UNLOCK DEALLOCATE CLOSE DECLARE FETCH MOVE OPEN "
            "ATTACH DETACH WAITFOR KILL LOAD"
        ),
    ),
    (
        "maintains tables, changes no rows",
        words(
            "VACUUM ANALYZE ANALYSE CLUSTER REINDEX CHECKPOINT OPTIMIZE REPAIR CHECK FLUSH REFRESH PURGE SYSTEM BACKUP DBCC"
        ),
    ),
)
"""Statements that write no rows, by what they do instead."""

_SCHEMA = words("CREATE ALTER DROP RENAME EXCHANGE COMMENT GRANT REVOKE DENY SECURITY IMPORT REASSIGN DISABLE ENABLE")
_TRANSACTION = words("COMMIT ROLLBACK SAVEPOINT RELEASE ABORT START SAVE")
_OFF = frozenset({"FALSE", "OFF", "0"})
_BEFORE_CURSOR = 6
"""Words between DECLARE and CURSOR: a name and its options."""


class Reader(Bodies):
    """Reads one text in one way."""

    def __init__(self, dialect: str, lexis: Lexis, functions: Functions) -> None:
        super().__init__(dialect, lexis, functions)
        self._prepared: set[str] = set()

    def _command(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        """The steps of the statement whose first word stands at an index."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        token = statement[at]
        if token.sort is Sort.HOLE:
            return self._behind_hole(statement, at, body=body)
        if token.sort is Sort.PSQL:
            return self._psql(token)
        match token.upper or token.text:
            case word if word in _QUERY and dialects.target(statement, at) is None:
                return self._query(statement, at, body=body)
            case "CREATE" if self._creates_function(statement, at):
                return [self._function(statement, at)]
            case "TRUNCATE":
                return [*self._changes(statement, at, len(statement), body=body)]
            case "UPSERT" | "IMPORT" | "BULK" | "DELETE" | "UPDATE" | "INSERT" if (
                table := dialects.target(statement, at)
            ) is not None:
                return [
                    dialects.change(statement, at, table),
                    *self._calls.called(statement, at, start, end),
                ]
            case "COPY":
                return self._copy(statement, at)
            case "LOAD" if (into := statement.find(at, len(statement), "INTO")) < len(statement):
                target, _ = statement.name(statement.skip(into + 1, "TABLE"))
                return [writes.change(OperationKind.INSERT_VALUES, statement, at, len(statement), target)]
            case "EXPLAIN":
                return self._explain(statement, at, body=body)
            case "DO":
                return self._do(statement, at)
            case "CALL":
                return self._calls.procedure(statement, at)
            case "PREPARE":
                return self._prepare(statement, at)
            case "EXECUTE" | "EXEC":
                return self._execute(statement, at)
            case "RETURN" if statement.word(at + 1) == "QUERY":
                return self._command(statement, at + 2, body=body)
            case word if word in _TRANSACTION or word in {"BEGIN", "END"}:
                undone = [Doubted(None, start, end)] if word in {"ROLLBACK", "ABORT"} else []
                return [*undone, Transaction(word, start, end)]
            case "SET" | "RESET" if statement.find(at, len(statement), "SEARCH_PATH") < len(statement):
                return [Doubted(None, start, end), Harmless("sets where names are looked for", False, start, end)]
            case "DISCARD":
                return [Doubted(None, start, end), Harmless("ends the session's own tables", False, start, end)]
            case word if word in _SCHEMA:
                return self._schema(statement, at)
            case word if (query := _cursor_query(statement, at, word)) is not None:
                return self._command(statement, query, body=True)
        called = self._calls.called(statement, at, start, end) or (
            self._calls.evaluated(statement, at, len(statement)) if body else []
        )
        return called or [self._quiet(statement, at, body=body)]

    def _schema(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        mutations = list(dialects.mutations(statement, at))
        if mutations and not dialects.changes_shape(statement, at):
            return [*mutations, *self._calls.called(statement, at, start, end)]
        steps: list[Step] = [*mutations, *ddl.tables(statement, at, self._dialect), *ddl.views(statement, at)]
        if all(isinstance(step, (Doubted, Viewed)) for step in steps):
            steps.append(Harmless("changes the schema", True, start, end))
        if statement.is_(at + 1, "EVENT", "TRIGGER") and statement.word(at) == "CREATE":
            return [*steps, *self._calls.armed(statement, at)]
        steps += [*self._armed(statement, at), *self._at_once(statement, at)]
        computes = ddl.evaluated(statement, at)
        called = self._calls.called(statement, at, start, end) if computes else []
        if not called:
            steps += self._calls.bound(statement, at)
        if not computes:
            return steps
        return [*steps, *(called or [step for part in computes for step in self._calls.evaluated(statement, *part)])]

    def _at_once(self, statement: Statement, at: int) -> list[Step]:
        """What an event of MySQL's runs once, at a time that may be now; what it runs EVERY day is no migration's."""
        end = len(statement)
        if statement.word(at) != "CREATE" or statement.word(ddl.created_type(statement, at)) != "EVENT":
            return []
        schedule = statement.find(at, end, "SCHEDULE")
        does = statement.find(schedule, end, "DO")
        if statement.word(schedule + 1) != "AT" or does == end:
            return []
        with self._inside(()):
            return [
                step for step in self._steps(statement.tokens[does + 1 :], body=True) if not isinstance(step, Harmless)
            ]

    @staticmethod
    def _quiet(statement: Statement, at: int, *, body: bool) -> Step:
        """What is left: statements that write no rows, and words that are no statement."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        word = statement.word(at)
        why = next((why for why, among in _QUIET if word in among), "no SQL statement" if body else None)
        if why is None:
            return Unknown("it begins with no verb that this reader knows", start, end)
        return Harmless(why, False, start, end)

    def _behind_hole(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        """A statement that begins with a hole is what the next verb says, if there is one."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        following = statement.word(at + 1)
        if following in (writes.VERBS | {"TRUNCATE"}) - {"REPLACE"} or (
            following == "WITH" and len(statement) > at + 2
        ):
            steps = self._command(statement, at + 1, body=body)
            if any(isinstance(step, Change) for step in steps):
                return steps
        if following == "INTO":
            return [*writes.changes(statement, at, len(statement))] or [
                Unknown("its verb is put together while running", start, end)
            ]
        if body and statement[at + 1].text in {":=", "="}:
            called = self._calls.called(statement, at, start, end) or self._calls.evaluated(
                statement, at, len(statement)
            )
            return called or [Harmless("no SQL statement", False, start, end)]
        return [Unknown("its verb is put together while running", start, end)]

    def _psql(self, token: Token) -> list[Step]:
        if psql.is_copy(token):
            return self.read(plain(token.text[1:], token.start + 1), body=False)
        return [psql.step(token)]

    def _query(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        end = len(statement)
        steps: list[Step] = []
        verb = writes.root(statement, at, end)
        for change in self._changes(statement, at, end, body=body):
            steps.append(change)
            if change.kind is OperationKind.CTAS:
                target, temporary = writes.into(statement, verb)
                steps += ddl.created(statement, verb, target, temporary=temporary)
        steps += writes.kept(statement, at, end)
        if verb == end:
            steps.append(Unknown("its verb is put together while running", statement[at].start, statement[end - 1].end))
        steps += self._calls.called(statement, at, statement[at].start, statement[end - 1].end)
        first = at + (statement.word(at) == "PERFORM")
        found = (
            steps
            or self._calls.queried(statement, at, first)
            or [Harmless("only reads", False, statement[at].start, statement[end - 1].end)]
        )
        if any(_sets_the_path(statement, index) for index in statement.level(at, end)):
            found.append(Doubted(None, statement[at].start, statement[end - 1].end))
        return found

    def _changes(self, statement: Statement, at: int, end: int, *, body: bool = False) -> list[Change]:
        """What stands between two indices writes itself: by its tree, by its tokens where sqlglot has none for it."""
        if not writes.may_write(statement, at, end, body=body):
            return []
        bracketed = bool(writes.bracketed(statement, at, end))  # sqlglot takes them for arrays
        found = None if bracketed else obvious.changes(statement, at, end)
        if found is None and not bracketed:
            found = parse.changes(statement, at, end, self._dialect)
        if found is None:
            found = list(writes.changes(statement, at, end))
        if statement.word(at) == "WITH" and found:
            whole = self._form(statement.tokens[at:end])
            found = [replace(change, around=joined_forms(change.around, whole)) for change in found]
        return [change for change in found if change.kind is not OperationKind.CTAS or not body]

    def _copy(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        stop = len(statement)
        if statement[at + 1].text == "(":
            after = statement.beyond(at + 1)
            inside = self._changes(statement, at + 1, min(stop, after))
            steps: list[Step] = [*inside, *self._calls.called(statement, at, start, end)]
        else:
            target, after = statement.name(at + 1 + (statement.word(at + 1) == "BINARY"))
            if statement.word(statement.find(after, stop, "FROM", "TO")) != "TO":
                return [writes.change(OperationKind.INSERT_VALUES, statement, at, stop, target)]
            steps = []
        way = statement.find(after, stop, "TO")
        if statement.word(way + 1) == "PROGRAM":
            steps.append(Unknown("the server runs a program here", start, end))
        return steps or [Harmless("only reads", False, start, end)]

    def _explain(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        """EXPLAIN runs its statement if it is told to ANALYZE."""
        end = len(statement)
        inner = statement.find(at + 1, end, *writes.VERBS, "SELECT", "WITH", "VALUES", "CREATE", "EXECUTE", "CALL")
        options = range(at + 1, inner)
        runs = any(
            statement.word(index) in {"ANALYZE", "ANALYSE"} and statement[index + 1].text.strip("'").upper() not in _OFF
            for index in options
        )
        if runs and inner < end:
            return self._command(statement, inner, body=body)
        return [Harmless("only explains", False, statement[at].start, statement[end - 1].end)]

    def _prepare(self, statement: Statement, at: int) -> list[Step]:
        if statement.word(at + 1) == "TRANSACTION":
            return [Transaction("PREPARE", statement[at].start, statement[len(statement) - 1].end)]
        self._prepared.add(statement[at + 1].text.lower())
        source = statement.find(at + 2, len(statement), "AS", "FROM")
        if statement.word(source) == "AS":
            return self._command(statement, source + 1, body=False)
        return self._run(statement, at, source + 1)

    def _execute(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        first = statement.skip(at + 1, "IMMEDIATE")
        name, after = statement.name(first)
        if name and name.last in self._prepared and statement[after].text not in {"|", "||"}:
            called = self._calls.called(statement, after, start, end)
            return called or [Harmless("runs what was prepared before", False, start, end)]
        if name and name.last in self._calls.functions and statement[after].text != "(":
            return self._calls.changes([name.last], start, end)
        if name and name.last == "sp_executesql":
            first = after
        elif name and name.last in dialects.SCHEMA_PROCEDURES and statement[after].text not in {"|", "||"}:
            return [*dialects.renamed(statement, name, after), Harmless("changes the schema", True, start, end)]
        computing = self._calls.called(statement, first, start, end) or self._calls.evaluated(
            statement, first, len(statement)
        )
        return [*computing, *self._run(statement, at, first)]

    def _run(self, statement: Statement, at: int, first: int) -> list[Step]:
        """The steps of a text that is an expression: a literal, a concatenation, a variable that was set before."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        while statement[first].text == "(" and statement.beyond(first) >= len(statement):
            first += 1
        stop = statement.find(first, len(statement), "USING", "INTO")
        texts = self._variables.run(statement, first, stop)
        if texts is None:
            return [Harmless("runs a text that was read before", False, start, end)]
        steps = [step for text in texts for step in self.read(text, body=False)]
        known = [step for step in steps if not isinstance(step, Unknown)]
        if not known or len(known) < len(steps) or not self._variables.is_sure(statement, first, stop):
            return [*known, Unknown("the text that it executes is not known", start, end)]
        return steps


def _sets_the_path(statement: Statement, index: int) -> bool:
    """Whether `set_config('search_path', …)` stands there; what it sets may be a name that is not known."""
    if statement.word(index) != "SET_CONFIG" or statement[index + 1].text != "(":
        return False
    return statement[index + 2].sort is not Sort.STRING or "search_path" in statement[index + 2].text.lower()


def _cursor_query(statement: Statement, at: int, word: str) -> int | None:
    """The index of the query of a cursor that is declared (`c CURSOR FOR …`) or opened (`OPEN c FOR EXECUTE …`)."""
    end = len(statement)
    if word != "OPEN":
        cursor = statement.find(at, min(end, at + _BEFORE_CURSOR), "CURSOR")
        if statement.word(cursor) != "CURSOR":
            return None
        at = cursor
    query = statement.find(at + 1, end, "FOR", "IS") + 1
    return query if query < end else None
