"""Texts from a seed: statements that write and statements that do not, in every disguise that the lexer knows."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

TABLES = ("leads", "calls", "notes")
_DECOYS = (
    "UPDATE leads SET a = 1;",
    "; DELETE FROM calls; ",
    "DO",
    "COPY notes FROM STDIN;",
    "--",
    "/*",
    "*/",
    "'",
    '"',
)
_BLANKS = (" ", " ", " ", "\n", "\t", "\r", "\f", "\v", "\r\n", "  ")
_SPECIAL = "'\"$\\/*-;E\n\r{}:%#`@! uU&0a|()[]\u2022\u00e9\u00a0"
_MOST_MUTATIONS = 3


class Texts:
    """One text after the other."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._names = 0

    def text(self) -> str:
        """Some statements; every other text has a few characters changed, which the server may refuse."""
        count = self._random.choice((1, 2, 2, 3, 4))
        text = self._semicolon().join(self._statement(2) for _ in range(count))
        text = self._trivia(0.3) + text + self._random.choice(("", ";", ";" + self._trivia(1)))
        for _ in range(self._random.choice((0, 0, 1, _MOST_MUTATIONS))):
            text = self._mutated(text)
        return text

    def _mutated(self, text: str) -> str:
        at = self._random.randrange(len(text) + 1)
        extra = self._pick("", *_SPECIAL, "/*", "*/", "--", "$$", "''", "E'", "\\'", "\n'")
        return text[:at] + extra + text[at + self._random.choice((0, 0, 1)) :]

    # --- What stands between tokens ----------------------------------------------------------------------------------

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _trivia(self, chance: float = 0.15) -> str:
        if self._random.random() > chance:
            return ""
        decoy = "".join(self._random.choices(_DECOYS, k=2))
        nested = decoy.replace("*/", "").replace("/*", "")
        end = self._pick("\n", "\r", "\r\n")
        return self._pick(
            f"--{decoy}{end}", f"-- {decoy}{end}", f"/*{nested}*/", f"/* /* {nested} */ {nested}*/", f"/*! {nested} */"
        )

    def _joined(self, *tokens: str) -> str:
        out = ""
        for token in tokens:
            out += (self._trivia() or self._random.choice(_BLANKS)) if out else ""
            out += token
        return out

    def _semicolon(self) -> str:
        return self._trivia() + ";" + self._trivia() + self._pick("", " ", "\n")

    def _name(self) -> str:
        self._names += 1
        return f"x{self._names}"

    # --- Expressions -------------------------------------------------------------------------------------------------

    def _decoy(self) -> str:
        return "".join(self._random.choices(_DECOYS, k=self._random.choice((1, 2, 3))))

    def _string(self) -> str:
        """A string whose content is a decoy."""
        decoy = self._decoy()
        doubled = decoy.replace("'", "''")
        tag = self._pick("$$", "$a$", "$\u00e9$", "$\u2022$", "$_1$")
        escaped = decoy.replace("'", "\\'")
        return self._pick(
            f"'{doubled}'",
            f"'{doubled}\\'",
            f"E'{escaped}'",
            f"e'{escaped}\\\\'",
            f"E'a'\n'{escaped}'",
            f"E'a' -- {decoy}\n  '{escaped}'",
            f"'a'\n'{doubled}\\'",
            f"U&'{doubled}'",
            f"{tag}{decoy}{tag}" if tag not in decoy else "''",
        )

    def _value(self) -> str:
        name = self._decoy().replace('"', '""')
        return self._pick("1", "2*3", "4/2", "5 % 2", "1.5e3", "-1", "2 -1", "3#1", "~1", "@ 5", "(1)", "now()") + (
            "" if self._random.random() > 0.2 else f' AS "{name}"' if name else ""
        )

    # --- Statements --------------------------------------------------------------------------------------------------

    def _statement(self, depth: int) -> str:
        harmless: tuple[Callable[[int], str], ...] = (
            self._select, self._select, self._schema, self._function_only, self._prepared_only, self._explained
        )  # fmt: skip
        writing: tuple[Callable[[int], str], ...] = (
            self._write, self._write, self._with, self._block, self._block, self._called, self._prepared, self._analyzed
        )  # fmt: skip
        return self._random.choice(harmless if self._random.random() < 0.45 else writing)(depth)

    def _select(self, _depth: int) -> str:
        return self._joined("SELECT", *[f"{one}," for one in self._columns()], self._value())

    def _columns(self) -> list[str]:
        return [self._random.choice((self._string, self._value))() for _ in range(self._random.choice((0, 1, 2)))]

    def _schema(self, _depth: int) -> str:
        name = self._name()
        return self._pick(
            self._joined("CREATE", "TABLE", name, "(begin int, copy text DEFAULT", f"{self._string()})"),
            self._joined("COMMENT", "ON", "TABLE", "leads", "IS", self._string()),
            self._joined("CREATE", "VIEW", name, "AS", "SELECT", self._string(), "AS c"),
            self._joined("SET", "search_path", "=", "public"),
            self._joined("CREATE", "TEMP", "TABLE", "IF NOT EXISTS", name, "(event int)"),
        )

    def _plain(self) -> str:
        """A statement that writes, as a server is given it."""
        table = self._random.choice(TABLES)
        named = self._pick(
            table, table, f'"{table}"', f"public.{table}", f'U&"{table[0]}\\{ord(table[1]):04x}{table[2:]}"'
        )
        return self._pick(
            self._joined("UPDATE", named, "SET", "a", "=", "a + 1"),
            self._joined("UPDATE", "ONLY", named, "AS", "t", "SET", "b", "=", self._string()),
            self._joined("DELETE", "FROM", named),
            self._joined("INSERT", "INTO", named, "(a, b)", "VALUES", f"(1, {self._string()})"),
            self._joined("INSERT", "INTO", named, "(a)", "SELECT", "2"),
            self._joined("TRUNCATE", named),
            self._joined("MERGE INTO", named, "m USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE"),
        )

    def _write(self, _depth: int) -> str:
        return self._plain()

    def _returning(self) -> str:
        return self._joined("UPDATE", self._random.choice(TABLES), "SET", "a", "=", "a", "RETURNING", "a")

    def _with(self, _depth: int) -> str:
        inner = f"({self._trivia()}{self._returning()})"
        return self._joined("WITH", "w", "AS", self._pick("", "MATERIALIZED"), inner, "SELECT", "*", "FROM", "w")

    def _analyzed(self, _depth: int) -> str:
        return self._joined(
            "EXPLAIN", self._pick("ANALYZE", "(ANALYZE)", "(COSTS OFF, ANALYZE TRUE)"), self._plain_dml()
        )

    def _explained(self, _depth: int) -> str:
        return self._joined("EXPLAIN", self._pick("", "(COSTS OFF)", "(ANALYZE FALSE)"), self._plain_dml())

    def _plain_dml(self) -> str:
        table = self._random.choice(TABLES)
        return self._pick(f"UPDATE {table} SET a = 1", f"DELETE FROM {table}", f"INSERT INTO {table} (a) VALUES (1)")

    def _prepared_only(self, _depth: int) -> str:
        return self._joined("PREPARE", self._name(), "AS", "SELECT", self._string())

    def _prepared(self, _depth: int) -> str:
        name = self._name()
        prepared = self._joined("PREPARE", name, "AS", self._plain_dml())
        return prepared + self._semicolon() + self._joined("EXECUTE", name)

    def _function_only(self, _depth: int) -> str:
        return self._function(self._name(), self._plain_dml())

    def _called(self, _depth: int) -> str:
        name = self._name()
        call = self._pick(f"SELECT {name}()", f"SELECT 1 FROM {name}()", f"VALUES ({name}())", f'SELECT "{name}" ()')
        return self._function(name, self._plain_dml()) + self._semicolon() + call

    def _function(self, name: str, body: str) -> str:
        in_plpgsql = self._random.random() < 0.5
        text = f"BEGIN {body}; END" if in_plpgsql else body
        language = self._pick("LANGUAGE plpgsql", "LANGUAGE 'plpgsql'") if in_plpgsql else "LANGUAGE sql"
        if not in_plpgsql and self._random.random() < 0.3:
            return self._joined("CREATE FUNCTION", f"{name}()", "RETURNS void", "BEGIN ATOMIC", f"{body};", "END")
        parts = [language, f"AS {self._quoted(text)}"]
        self._random.shuffle(parts)
        return self._joined("CREATE", "FUNCTION", f"{name}()", "RETURNS", "void", *parts)

    # --- Blocks ------------------------------------------------------------------------------------------------------

    def _quoted(self, text: str) -> str:
        """A text as a literal, in any of the ways in which it may be written."""
        doubled = text.replace("'", "''")
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        tag = self._pick("$$", "$b$", f"${self._name()}$", "$\u2022$")
        hexed = f"\\x{ord(text[0]):02x}{escaped[1:]}" if text[0].isalpha() else escaped
        if "\\" not in text and self._random.random() < 0.15:
            return f"U&'\\{ord(text[0]):04x}{doubled[1:]}'"
        half = len(text) // 2
        halves = f"'{text[:half]}'\n'{text[half:]}'"
        return self._pick(
            f"'{doubled}'", f"E'{escaped}'", f"E'{hexed}'", *((halves,) if "'" not in text else ()),
            f"{tag}{text}{tag}" if tag not in text else f"'{doubled}'",
        )  # fmt: skip

    def _block(self, depth: int) -> str:
        body = self._body(depth)
        language = self._pick("", "", "LANGUAGE plpgsql", "LANGUAGE 'plpgsql'")
        parts = [self._quoted(body), language]
        self._random.shuffle(parts)
        return self._joined("DO", *[part for part in parts if part])

    def _body(self, depth: int) -> str:
        inside = self._inside(depth)
        head = self._pick("", "", "#print_strict_params on ", "#variable_conflict error\n", "<<here>> ")
        declared = "DECLARE c refcursor; r record; q text := 'SELECT 1'; n int := 0; "
        return f"{head}{self._pick(declared, declared, declared + 'begin_at int; ')}BEGIN {self._trivia()}{inside} END"

    def _inside(self, depth: int) -> str:
        write = self._plain_dml() if depth < 1 else self._pick(self._plain(), self._plain_dml())
        nested = self._block(depth - 1) if depth > 0 else write
        return self._pick(
            f"{write};",
            f"IF CASE WHEN true THEN true ELSE false END THEN {write}; END IF;",
            f"IF false THEN NULL; ELSIF true THEN {write}; END IF;",
            f"FOR r IN {self._returning()} LOOP NULL; END LOOP;",
            f"FOR r IN EXECUTE {self._computed(self._returning())} LOOP NULL; END LOOP;",
            f"FOR i IN 1..1 LOOP {write}; END LOOP;",
            f"WHILE n < 1 LOOP n := n + 1; {write}; END LOOP;",
            f"EXECUTE {self._computed(write)};",
            f"EXECUTE {self._computed(write)} USING 1;" if "$" not in write else f"{write};",
            f"q := {self._quoted(write)}; EXECUTE q;",
            f"SELECT {self._quoted(write)} INTO q; EXECUTE q;",
            f"LOOP EXECUTE q; EXIT WHEN n > 0; n := 1; q := {self._quoted(write)}; END LOOP;",
            f"FOR q IN SELECT {self._quoted(write)} LOOP EXECUTE q; END LOOP;",
            f"EXECUTE {self._quoted('SELECT ' + self._quoted(write))} INTO q; EXECUTE q;",
            f"OPEN c FOR {self._returning()}; FETCH c INTO r; CLOSE c;",
            f"OPEN c FOR EXECUTE {self._computed(self._returning())}; MOVE c; CLOSE c;",
            f"DECLARE d CURSOR FOR {self._returning()}; BEGIN OPEN d; FETCH d INTO r; END;",
            f"BEGIN RAISE EXCEPTION 'x'; EXCEPTION WHEN others THEN {write}; END;",
            f"CASE WHEN true THEN {write}; ELSE NULL; END CASE;",
            f"DECLARE BEGIN {write}; END;",
            f"{nested};",
            f"RAISE NOTICE '%', {self._string()};",
            f"PERFORM {self._string()};",
            f"n := length({self._string()});",
        )

    def _computed(self, text: str) -> str:
        """An expression that yields a text."""
        half = self._random.randrange(1, len(text))
        first, second = text[:half], text[half:]
        table = next((one for one in TABLES if one in text), TABLES[0])
        return self._pick(
            self._quoted(text),
            f"{self._quoted(first)} || {self._quoted(second)}",
            f"concat({self._quoted(first)}, {self._quoted(second)})",
            f"format({self._quoted(text.replace('%', '%%').replace(table, '%I'))}, '{table}')",
            f"replace({self._quoted(text.replace(table, 'tt'))}, 'tt', '{table}')",
            f"(SELECT {self._quoted(text)})",
            f"CASE WHEN true THEN {self._quoted(text)} ELSE '' END",
            f"{self._quoted(text)}::text",
            f"coalesce(NULL, {self._quoted(text)})",
        )
