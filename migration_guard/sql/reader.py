"""Statements to Steps: what each one does, with the bodies and computed texts that it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.later import Later, re
from migration_guard.operations import OperationKind
from migration_guard.sql import blocks, computed, ddl, dialects, obvious, psql, run_on, writes
from migration_guard.sql.armed import armed
from migration_guard.sql.calls import Calls
from migration_guard.sql.canonical import canonical, governing
from migration_guard.sql.functions import Functions
from migration_guard.sql.lexis import Lexis, spoken
from migration_guard.sql.names import Name
from migration_guard.sql.passage import Passage, plain
from migration_guard.sql.scan import Sort, Token, scan, words
from migration_guard.sql.statement import Statement, split
from migration_guard.sql.steps import (
    Armed,
    Change,
    Created,
    Doubted,
    FunctionCreated,
    Harmless,
    Step,
    Transaction,
    Unknown,
    joined_forms,
)
from migration_guard.sql.strings import content, literal
from migration_guard.sql.variables import Variables

if TYPE_CHECKING:
    from migration_guard.sql import parse
else:
    parse = Later("migration_guard.sql.parse")  # and sqlglot with it: many files hold no SQL

_DEEPEST = 8
"""Bodies within texts within bodies: beyond this, nobody writes, somebody attacks."""

_DML = frozenset({"UPDATE", "DELETE", "INSERT", "REPLACE", "MERGE"})
_QUERY = _DML | {"SELECT", "WITH", "VALUES", "TABLE", "PERFORM", "("}
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
_DECIDES = re.compile(r"\b(?:IF|CASE|LOOP|EXCEPTION|RETURN|EXIT)\b(?!\s+(?:NOT\s+)?EXISTS\s+[\w\"])", re.IGNORECASE)
"""Words of a block that may leave something in it undone; `IF NOT EXISTS` of a statement is none."""
_TRANSACTION = words("COMMIT ROLLBACK SAVEPOINT RELEASE ABORT START SAVE")
_OWN_LANGUAGES = frozenset({"sql", "plpgsql"})
_OFF = frozenset({"FALSE", "OFF", "0"})
_BEFORE_CURSOR = 6
"""Words between DECLARE and CURSOR: a name and its options."""


class Reader:
    """Reads one text in one way, and remembers what its later statements may refer to."""

    def __init__(self, dialect: str, lexis: Lexis, functions: Functions) -> None:
        self._dialect = spoken(dialect)
        self._lexis = lexis
        self._calls = Calls(functions, dialect)
        self._prepared: set[str] = set()
        self._variables = Variables(backslash=lexis.backslash)
        self._depth = 0

    def read_all(self, tokens: Sequence[Token]) -> list[Step]:
        """The steps of a whole text."""
        with self._inside(()):
            return self._steps(tokens, body=False)

    def read(self, passage: Passage, *, body: bool, parameters: Iterable[str] = ()) -> list[Step]:
        """The steps of a text within it, where they stand; in a body, what is not SQL is the language around it."""
        with self._inside(parameters) as too_deep:
            if too_deep:
                return [Unknown("SQL within SQL is nested too deep to be read", *passage.span(0, len(passage.text)))]
            steps = self._steps(scan(passage.text, passage.base or 0, self._lexis, body=body), body=body)
        if body:
            steps = self._governed(steps, passage)
        return steps if passage.base is not None else [_placed(step, passage) for step in steps]

    def _governed(self, steps: Sequence[Step], passage: Passage) -> list[Step]:
        """What the block around a change says counts for it; what the block changes beside it does not."""
        base = passage.base or 0
        spans = {(step.start - base, step.end - base) for step in steps if isinstance(step, Change)}
        inside = {span for span in spans if 0 <= span[0] < span[1] <= len(passage.text)}
        if not inside:
            return list(steps)
        form = governing(passage.text, inside, dialect=self._dialect)
        return [
            replace(step, around=joined_forms(step.around, form)) if isinstance(step, Change) else step
            for step in steps
        ]

    def _steps(self, tokens: Sequence[Token], *, body: bool) -> list[Step]:
        steps = [step for statement in split(tokens) for step in self._statement(statement, body=body)]
        while left := self._variables.left():
            steps += [step for text in left for step in self.read(text, body=False)]
        return steps

    @contextmanager
    def _inside(self, parameters: Iterable[str]) -> Iterator[bool]:
        """One text deeper, with variables of its own: whether that is too deep."""
        outer, self._variables = self._variables, Variables(backslash=self._lexis.backslash)
        self._variables.fill(parameters)
        self._depth += 1
        yield self._depth > _DEEPEST
        self._depth -= 1
        self._variables = outer

    def _form(self, tokens: Sequence[Token]) -> str:
        return canonical(" ".join(token.text for token in tokens), dialect=self._dialect)

    def _statement(self, statement: Statement, *, body: bool) -> list[Step]:
        found, at = blocks.headers(statement, body=body)
        steps = [step for header in found for step in self._header(statement, header)]
        if at < len(statement):
            self._variables.remember(statement, at, body=body)
            steps += self._command(statement, at, body=body)
            for one in run_on.further(statement, at) if not self._lexis.spaced else ():  # MySQL refuses them
                steps += self._run_on(one, steps, body=body)
        steps += self._calls.fired(steps)
        last = statement[len(statement) - 1]
        if last.sort is Sort.UNCLOSED:
            why = "what follows a quote or comment that is never closed cannot be read"
            steps.append(Unknown(why, last.start, last.end, unclosed=True))
        return steps

    def _run_on(self, statement: Statement, known: Sequence[Step], *, body: bool) -> list[Step]:
        """What a statement does that follows another one in the same: what was not told with that."""
        starts = {step.start for step in known if isinstance(step, Change)}
        found = self._command(statement, 0, body=body)
        return [step for step in found if isinstance(step, (Change, Unknown)) and step.start not in starts]

    def _header(self, statement: Statement, header: blocks.Header) -> list[Step]:
        """What a header runs, as `FOR r IN UPDATE … LOOP` does."""
        inside = Statement(statement.tokens[header.start : header.stop])
        if not header.query:
            steps = self._calls.called(inside, 0, inside[0].start, inside[len(inside) - 1].end)
            return steps or self._calls.evaluated(inside, 0, len(inside))
        self._variables.fill(computed.filled(statement, header.at))
        return [step for step in self._command(inside, 0, body=True) if not isinstance(step, Harmless)]

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
            case "UPSERT" | "IMPORT" | "BULK" | "DELETE" if (table := dialects.target(statement, at)) is not None:
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
        steps: list[Step] = [*mutations, *ddl.tables(statement, at, self._dialect)]
        if all(isinstance(step, Doubted) for step in steps):
            steps.append(Harmless("changes the schema", True, start, end))
        if statement.is_(at + 1, "EVENT", "TRIGGER") and statement.word(at) == "CREATE":
            return [*steps, *self._calls.armed(statement, at)]
        steps += self._armed(statement, at)
        computes = ddl.evaluated(statement, at)
        called = self._calls.called(statement, at, start, end) if computes else []
        if not called:
            steps += self._calls.bound(statement, at)
        if not computes:
            return steps
        return [*steps, *(called or [step for part in computes for step in self._calls.evaluated(statement, *part)])]

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
        if following in (_DML | {"TRUNCATE"}) - {"REPLACE"} or (following == "WITH" and len(statement) > at + 2):
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
        return (
            steps
            or self._calls.queried(statement, at, first)
            or [Harmless("only reads", False, statement[at].start, statement[end - 1].end)]
        )

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
        inner = statement.find(at + 1, end, *_DML, "SELECT", "WITH", "VALUES", "CREATE", "EXECUTE", "CALL")
        options = range(at + 1, inner)
        runs = any(
            statement.word(index) in {"ANALYZE", "ANALYSE"} and statement[index + 1].text.strip("'").upper() not in _OFF
            for index in options
        )
        if runs and inner < end:
            return self._command(statement, inner, body=body)
        return [Harmless("only explains", False, statement[at].start, statement[end - 1].end)]

    @staticmethod
    def _creates_function(statement: Statement, at: int) -> bool:
        return statement.word(ddl.created_type(statement, at)) in {"FUNCTION", "PROCEDURE", "PROC"}

    def _armed(self, statement: Statement, at: int) -> list[Step]:
        """A trigger or rule, with what stands in it as a function of its own."""
        found = armed(statement, at)
        if found is None or (found.function is not None and found.function.dynamic):
            return []
        start, end = statement[at].start, statement[len(statement) - 1].end
        steps: list[Step] = []
        if found.function is None:
            own = Name(f"what {found.table.last} fires at {start}", dynamic=False)
            with self._calls.collected() as called, self._inside(()):
                inner = [
                    one
                    for part in split(statement.tokens[slice(*found.body)])
                    for one in self._statement(part, body=True)
                ]
            steps.append(self._kept(statement, at, own, inner, frozenset(called)))
        function = own if found.function is None else found.function
        self._calls.functions.arm(found.table.text, function.last, found.verbs)
        if found.function is None or self._calls.functions.changes([function.last]):
            steps.append(Doubted(found.table.text, start, end))  # nobody may fill it unnoticed, though it be new
        return [*steps, Armed(found.table.text, found.verbs, function.last, start, end)]

    def _function(self, statement: Statement, at: int) -> FunctionCreated:
        index = statement.skip(ddl.created_type(statement, at) + 1, "IF", "NOT", "EXISTS")
        name, after = statement.name(index)
        language = self._language(statement, at)
        with self._calls.collected() as called:
            steps = self._body(statement, after) if language in _OWN_LANGUAGES else [_foreign(statement, at)]
        return self._kept(statement, at, name or Name("", dynamic=True), steps, frozenset(called))

    def _kept(
        self, statement: Statement, at: int, own: Name, steps: Sequence[Step], calls: frozenset[str]
    ) -> FunctionCreated:
        """A function with what its body does, remembered for who runs it."""
        changes = [change for step in steps if (change := _when_called(step))]
        whole = self._form(statement.tokens[at:]) if changes else ""
        found = tuple(replace(change, around=joined_forms(change.around, whole)) for change in changes)
        unknown = frozenset(name for step in steps if isinstance(step, Unknown) for name in step.calls)
        if not own.dynamic:
            self._calls.functions.create(own.last, found, calls, unknown)
        end = statement[len(statement) - 1].end
        return FunctionCreated(own.text, found, statement[at].start, end, calls, unknown)

    @staticmethod
    def _language(statement: Statement, at: int) -> str:
        index = statement.find(at, len(statement), "LANGUAGE")
        return statement[index + 1].text.strip("'\"").lower() or "sql"

    def _body(self, statement: Statement, after: int) -> list[Step]:
        """The steps of a function's body: a string, or the statements themselves."""
        end = len(statement)
        begin = statement.find(after, end, "AS", "BEGIN", "RETURN", *_DML)
        strings, escape = literal(statement.tokens[begin + 1 :])
        parameters = [token.text.lower() for token in statement.tokens[after : statement.beyond(after)]]
        if strings:
            text = content(strings, escape, backslash=self._lexis.backslash)
            return self.read(text, body=True, parameters=parameters)
        begin += statement.word(begin) == "AS"
        with self._inside(parameters):
            return [step for inner in split(statement.tokens[begin:]) for step in self._statement(inner, body=True)]

    def _do(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        if self._language(statement, at) not in _OWN_LANGUAGES:
            return [_foreign(statement, at)]
        first = at + 1 + 2 * (statement.word(at + 1) == "LANGUAGE")
        strings, escape = literal(statement.tokens[first:])
        if not strings and (statement[first].sort is Sort.HOLE or first > at + 1):
            return [Unknown("the block is put together while running", start, end)]
        if not strings:
            return [Harmless("only evaluates", False, start, end)]
        text = content(strings, escape, backslash=self._lexis.backslash)
        steps = self.read(text, body=True) or [Harmless("an empty block", False, start, end)]
        if _DECIDES.search(text.text):
            return [replace(step, certain=False) if isinstance(step, Created) else step for step in steps]
        return steps

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
        if statement.word(at) == "EXEC" and name and name.last.startswith("sp_"):
            if name.last != "sp_executesql":
                return [Harmless("changes the schema", True, start, end)]
            first = after
        elif name and name.last in self._calls.functions and statement[after].text != "(":
            return self._calls.changes([name.last], start, end)
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


def _foreign(statement: Statement, at: int) -> Unknown:
    start, end = statement[at].start, statement[len(statement) - 1].end
    return Unknown("its body is written in another language", start, end)


def _when_called(step: Step) -> Change | None:
    """What a step of a function's body means to its caller: what is not known there is not known here."""
    if isinstance(step, Unknown):
        if step.calls:
            return None  # they may be known by then
        return Change(OperationKind.OPAQUE, (), step.start, step.end, dynamic=True)
    return step if isinstance(step, Change) else None


def _placed(step: Step, passage: Passage) -> Step:
    """A step where it stands, which was read from a text that was put together."""
    start, end = passage.span(step.start, step.end)
    if isinstance(step, FunctionCreated):
        changes = tuple(_placed_change(change, passage) for change in step.changes)
        return replace(step, start=start, end=end, changes=changes)
    return replace(step, start=start, end=end)


def _placed_change(change: Change, passage: Passage) -> Change:
    start, end = passage.span(change.start, change.end)
    return replace(change, start=start, end=end)
