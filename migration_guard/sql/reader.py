"""Statements to Steps: what each one does, with the bodies and computed texts that it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migration_guard.operations import OperationKind
from migration_guard.sql import computed, ddl, parse, writes
from migration_guard.sql.names import Name
from migration_guard.sql.scan import Sort, Token, content, scan, words
from migration_guard.sql.statement import Statement, split
from migration_guard.sql.steps import Change, FunctionCreated, Harmless, Step, Transaction, Unknown

_DEEPEST = 8
"""Bodies within texts within bodies: beyond this, nobody writes, somebody attacks."""

_DML = frozenset({"UPDATE", "DELETE", "INSERT", "REPLACE", "MERGE"})
_QUERY = _DML | {"SELECT", "WITH", "VALUES", "TABLE", "PERFORM", "("}
_QUIET = (
    ("only reads", words("SHOW DESCRIBE DESC HELP PRINT")),
    (
        "session setting",
        words(
            "SET RESET USE PRAGMA DISCARD LISTEN UNLISTEN NOTIFY LOCK UNLOCK DEALLOCATE CLOSE DECLARE FETCH MOVE OPEN "
            "ATTACH DETACH WAITFOR KILL LOAD"
        ),
    ),
    (
        "maintains tables, changes no rows",
        words("VACUUM ANALYZE ANALYSE CLUSTER REINDEX CHECKPOINT OPTIMIZE REPAIR CHECK FLUSH REFRESH PURGE"),
    ),
)
"""Statements that write no rows, by what they do instead."""

_SCHEMA = words("CREATE ALTER DROP RENAME COMMENT GRANT REVOKE DENY SECURITY IMPORT REASSIGN")
_TRANSACTION = words("COMMIT ROLLBACK SAVEPOINT RELEASE ABORT START SAVE")
_AFTER_BEGIN = words("TRAN TRANSACTION WORK ISOLATION READ NOT DEFERRABLE DEFERRED IMMEDIATE EXCLUSIVE CONCURRENT")
_STEPS_OVER = frozenset({"BEGIN", "EXCEPTION", "ELSE", "LOOP", "REPEAT", "TRY", "CATCH", "ATOMIC"})
_HEADERS = frozenset({"IF", "ELSIF", "ELSEIF", "WHEN", "WHILE", "FOR", "FOREACH", "UNTIL", "CASE"})
_BLOCK_ENDS = ("IF", "LOOP", "CASE", "WHILE", "REPEAT", "TRY", "CATCH")
_OWN_LANGUAGES = frozenset({"sql", "plpgsql"})


class Reader:
    """Reads one text, and remembers what its later statements may refer to."""

    def __init__(self, dialect: str, functions: Mapping[str, tuple[Change, ...]]) -> None:
        self._dialect = dialect
        self._functions = dict(functions)
        self._prepared: set[str] = set()
        self._variables: dict[str, list[tuple[str, int]]] = {}
        self._depth = 0

    def read(self, text: str, base: int, *, body: bool) -> list[Step]:
        """The steps of a text; in a body, what is not SQL is the language around it."""
        self._depth += 1
        steps: list[Step] = []
        if self._depth > _DEEPEST:
            steps.append(Unknown("SQL within SQL is nested too deep to be read", base, base + len(text)))
        else:
            for statement in split(scan(text, base, self._dialect)):
                steps += self._statement(statement, body=body)
        self._depth -= 1
        return steps

    def _statement(self, statement: Statement, *, body: bool) -> list[Step]:
        steps, at = self._controls(statement, body=body)
        if at < len(statement):
            self._remember(statement, at, body=body)
            steps += self._command(statement, at, body=body)
        if statement[len(statement) - 1].sort is Sort.UNCLOSED:
            last = statement[len(statement) - 1]
            steps.append(
                Unknown("what follows a quote or comment that is never closed cannot be read", last.start, last.end)
            )
        return steps

    def _controls(self, statement: Statement, *, body: bool) -> tuple[list[Step], int]:
        """Step over what stands before a statement in a block: BEGIN, labels, `IF … THEN`, `FOR … LOOP`."""
        steps: list[Step] = []
        at = 0
        while at < len(statement):
            word = statement.word(at)
            if word in {"BEGIN", "END"} and self._is_transaction(statement, at, body=body):
                break
            if statement[at].text == "<<":
                at += 3
            elif statement[at + 1].text == ":":
                at += 2
            elif word in _STEPS_OVER:
                at += 1
            elif word == "END":
                at = statement.skip(at + 1, *_BLOCK_ENDS)
                at += at == len(statement) - 1
            elif word in _HEADERS and not (word == "CASE" and not body):
                at = self._header(statement, at, steps)
            else:
                break
        return steps, at

    @staticmethod
    def _is_transaction(statement: Statement, at: int, *, body: bool) -> bool:
        following = statement.word(at + 1)
        ends = len(statement) == at + 1 and at == 0
        return (ends or following in _AFTER_BEGIN or following == "AND") and not (body and ends)

    def _header(self, statement: Statement, at: int, steps: list[Step]) -> int:
        """Read what a header runs (`FOR r IN UPDATE … LOOP`), and return the index after it."""
        loops = statement.word(at) in {"FOR", "FOREACH", "WHILE"}
        stop = statement.find(at + 1, len(statement), *(("LOOP",) if loops else ("THEN",)))
        if stop == len(statement):
            stop = statement.find(at + 1, len(statement), "DO")
        if stop == len(statement):
            return max(at + 1, statement.find(at + 1, stop, "BEGIN", "EXEC", "EXECUTE", "DROP", "ALTER", *_DML))
        begin = statement.find(at + 1, stop, "IN") if statement.word(at) == "FOR" else at
        header = Statement(statement.tokens[begin + 1 : stop])
        if statement.word(at) == "FOR" and len(header):
            steps += [step for step in self._command(header, 0, body=True) if not isinstance(step, Harmless)]
        else:
            steps += self._called(header, 0, header[0].start, header[len(header) - 1].end)
        return stop + 1

    def _remember(self, statement: Statement, at: int, *, body: bool) -> None:
        """Keep the texts that a variable may hold, for the EXECUTE or PREPARE that runs it."""
        if statement.word(at) not in {"SET", "DECLARE", "SELECT"} and not body:
            return
        found = computed.assigned(statement, at)
        if found is None:
            return
        variable, start, stop = found
        values = computed.texts(statement, start, stop)
        if statement[start].text.lower() != variable:
            self._variables.setdefault(variable, []).extend(values)

    def _command(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        """The steps of the statement whose first word stands at an index."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        token = statement[at]
        if token.sort is Sort.HOLE:
            return self._behind_hole(statement, at, body=body)
        if token.sort is Sort.PSQL:
            return self._psql(token)
        match token.upper or token.text:
            case word if word in _QUERY:
                return self._query(statement, at, body=body)
            case "CREATE" if self._creates_function(statement, at):
                return [self._function(statement, at)]
            case "TRUNCATE":
                return [*self._changes(statement, at, len(statement), body=body)]
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
                return self._call(statement, at)
            case "PREPARE":
                return self._prepare(statement, at)
            case "EXECUTE" | "EXEC":
                return self._execute(statement, at)
            case "RETURN" if statement.word(at + 1) == "QUERY":
                return self._command(statement, at + 2, body=body)
            case word if word in _TRANSACTION or word in {"BEGIN", "END"}:
                return [Transaction(word, start, end)]
            case word if word in _SCHEMA:
                return list(ddl.tables(statement, at, self._dialect)) or [
                    Harmless("changes the schema", True, start, end)
                ]
        return self._called(statement, at, start, end) or [self._quiet(statement, at, body=body)]

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
            return [Harmless("no SQL statement", False, start, end)]
        return [Unknown("its verb is put together while running", start, end)]

    def _psql(self, token: Token) -> list[Step]:
        word = token.text[1:].split(None, 1)[0].lower()
        if word == "copy":
            return self.read(token.text[1:], token.start + 1, body=False)
        if word in {"i", "ir", "include", "include_relative", "gexec"}:
            return [Unknown("psql runs SQL from elsewhere here", token.start, token.end)]
        return [Harmless("psql command", False, token.start, token.end)]

    def _query(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        end = len(statement)
        steps: list[Step] = []
        verb = writes.root(statement, at, end)
        for change in self._changes(statement, at, end, body=body):
            steps.append(change)
            if change.kind is OperationKind.CTAS:
                target, temporary = writes.into(statement, verb)
                steps += ddl.created(statement, verb, target, temporary=temporary)
        if verb == end:
            steps.append(Unknown("its verb is put together while running", statement[at].start, statement[end - 1].end))
        steps += self._called(statement, at, statement[at].start, statement[end - 1].end)
        return steps or [Harmless("only reads", False, statement[at].start, statement[end - 1].end)]

    def _changes(self, statement: Statement, at: int, end: int, *, body: bool = False) -> list[Change]:
        """What stands between two indices writes itself: by its tree, by its tokens where sqlglot has none for it."""
        if not writes.may_write(statement, at, end, body=body):
            return []
        found = parse.changes(statement, at, end, self._dialect)
        if found is None:
            found = list(writes.changes(statement, at, end))
        return [change for change in found if change.kind is not OperationKind.CTAS or not body]

    def _called(self, statement: Statement, at: int, start: int, end: int) -> list[Step]:
        """The changes of the functions, known from before, that a statement calls: they happen where it stands."""
        if not self._functions:
            return []
        called = [
            self._functions.get(statement[index].text.strip('"').lower(), ())
            for index in range(at, len(statement))
            if statement[index + 1].text == "(" and statement[index].sort in {Sort.WORD, Sort.QUOTED}
        ]
        return list(_moved([change for changes in called for change in changes], start, end))

    def _copy(self, statement: Statement, at: int) -> list[Step]:
        end = len(statement)
        if statement[at + 1].text == "(":
            inside = self._changes(statement, at + 1, min(end, statement.beyond(at + 1)))
            return [*inside] or [Harmless("only reads", False, statement[at].start, statement[end - 1].end)]
        target, after = statement.name(at + 1 + (statement.word(at + 1) == "BINARY"))
        if statement.word(statement.find(after, end, "FROM", "TO")) == "TO":
            return [Harmless("only reads", False, statement[at].start, statement[end - 1].end)]
        return [writes.change(OperationKind.INSERT_VALUES, statement, at, end, target)]

    def _explain(self, statement: Statement, at: int, *, body: bool) -> list[Step]:
        """EXPLAIN runs its statement if it is told to ANALYZE."""
        end = len(statement)
        inner = statement.find(at + 1, end, *_DML, "SELECT", "WITH", "VALUES", "CREATE", "EXECUTE", "CALL")
        options = range(at + 1, inner)
        runs = any(
            statement.word(index) in {"ANALYZE", "ANALYSE"} and statement.word(index + 1) not in {"FALSE", "OFF"}
            for index in options
        )
        if runs and inner < end:
            return self._command(statement, inner, body=body)
        return [Harmless("only explains", False, statement[at].start, statement[end - 1].end)]

    @staticmethod
    def _creates_function(statement: Statement, at: int) -> bool:
        return statement.word(ddl.created_type(statement, at)) in {"FUNCTION", "PROCEDURE", "PROC"}

    def _function(self, statement: Statement, at: int) -> FunctionCreated:
        index = statement.skip(ddl.created_type(statement, at) + 1, "IF", "NOT", "EXISTS")
        name, after = statement.name(index)
        language = self._language(statement, at)
        steps = self._body(statement, after) if language in _OWN_LANGUAGES else [_foreign(statement, at)]
        found = tuple(change for step in steps if (change := _when_called(step)))
        known = name or Name("", dynamic=True)
        if not known.dynamic:
            self._functions[known.last] = found
        return FunctionCreated(known.text, found, statement[at].start, statement[len(statement) - 1].end)

    @staticmethod
    def _language(statement: Statement, at: int) -> str:
        index = statement.find(at, len(statement), "LANGUAGE")
        return statement[index + 1].text.strip("'\"").lower() or "sql"

    def _body(self, statement: Statement, after: int) -> list[Step]:
        """The steps of a function's body: a string, or the statements themselves."""
        end = len(statement)
        begin = statement.find(after, end, "AS", "BEGIN", "RETURN", *_DML)
        if statement[begin + 1].sort is Sort.STRING:
            text, base = content(statement[begin + 1])
            return self.read(text, base, body=True)
        begin += statement.word(begin) == "AS"
        steps: list[Step] = []
        for inner in split(statement.tokens[begin:]):
            steps += self._statement(inner, body=True)
        return steps

    def _do(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        if self._language(statement, at) not in _OWN_LANGUAGES:
            return [_foreign(statement, at)]
        code = next((token for token in statement.tokens[at + 1 :] if token.sort is Sort.STRING), None)
        if statement[at + 1].sort is Sort.HOLE or (code is None and statement.word(at + 1) == "LANGUAGE"):
            return [Unknown("the block is put together while running", start, end)]
        if code is None or statement[at + 2].text == "(":
            return [Harmless("only evaluates", False, start, end)]
        text, base = content(code)
        return self.read(text, base, body=True) or [Harmless("an empty block", False, start, end)]

    def _call(self, statement: Statement, at: int) -> list[Step]:
        start, end = statement[at].start, statement[len(statement) - 1].end
        name, _ = statement.name(at + 1)
        if name is None or name.dynamic or name.last not in self._functions:
            return [Unknown("it calls a procedure whose body is not in sight", start, end)]
        return self._called(statement, at, start, end) or [Harmless("the procedure only reads", False, start, end)]

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
        if name and name.last in self._prepared and statement[after].text != "||":
            return [Harmless("runs what was prepared before", False, start, end)]
        if statement.word(at) == "EXEC" and name and name.last.startswith("sp_"):
            if name.last != "sp_executesql":
                return [Harmless("changes the schema", True, start, end)]
            first = after
        elif name and name.last in self._functions:
            return [*_moved(self._functions[name.last], start, end)]
        return self._run(statement, at, first)

    def _run(self, statement: Statement, at: int, first: int) -> list[Step]:
        """The steps of a text that is an expression: a literal, a concatenation, a variable that was set before."""
        start, end = statement[at].start, statement[len(statement) - 1].end
        while statement[first].text == "(":
            first += 1
        stop = statement.find(first, len(statement), "USING", "INTO")
        variable = statement[first].text.lower()
        values = self._variables.get(variable)
        if values is None:
            values = list(computed.texts(statement, first, stop))
        elif values:
            self._variables[variable] = []
        else:
            return [Harmless("runs a text that was read before", False, start, end)]
        steps = [step for text, base in values for step in self.read(text, base, body=False)]
        if not steps or any(isinstance(step, Unknown) for step in steps):
            known = [step for step in steps if not isinstance(step, Unknown)]
            return [*known, Unknown("the text that it executes is not known", start, end)]
        return steps


def _foreign(statement: Statement, at: int) -> Unknown:
    start, end = statement[at].start, statement[len(statement) - 1].end
    return Unknown("its body is written in another language", start, end)


def _when_called(step: Step) -> Change | None:
    """What a step of a function's body means to its caller: what is not known there is not known here."""
    if isinstance(step, Unknown):
        return Change(OperationKind.OPAQUE, (), step.start, step.end, dynamic=True)
    return step if isinstance(step, Change) else None


def _moved(changes: Iterable[Change], start: int, end: int) -> dict[Change, None]:
    """The changes as they happen at a call: once for each kind and table, else calls of calls would double them."""
    return dict.fromkeys(Change(change.kind, change.tables, start, end, change.dynamic) for change in changes)
