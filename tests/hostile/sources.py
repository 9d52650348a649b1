"""Python that crashes, stalls or swells a parser, and bytes that are hardly Python."""

from __future__ import annotations

from collections.abc import Iterator

from hostile.case import HEADER, LAST, End, Hostile, migration, raw


def nested() -> Iterator[Hostile]:
    """Nesting: recursive-descent parsers overflow the C stack, backtracking ones take exponential time."""
    for depth in (150, 1_200, 20_000):
        yield migration(f"parentheses_{depth}", "x = " + "(" * depth + "1" + ")" * depth)
        yield migration(f"lists_{depth}", "x = " + "[" * depth + "]" * depth)
    yield migration("calls_1200", "x = " + "f(" * 1_200 + ")" * 1_200)
    yield migration("lambdas_1200", "x = " + "lambda: " * 1_200 + "1")
    yield migration("subscripts_1200", "x = " + "a[" * 1_200 + "0" + "]" * 1_200)
    yield migration("conditions_1200", "x = " + "1 if x else " * 1_200 + "1")
    yield migration("dictionaries_1000", "x = " + "{1:" * 1_000 + "1" + "}" * 1_000)
    yield migration("pattern_25", "match x:", "    case " + "[" * 25 + "1" + "]" * 25 + ":", "        pass")
    yield migration("negations_5000", "x = " + "not " * 5_000 + "1")
    yield migration("signs_5000", "x = " + "-" * 5_000 + "1")
    yield migration("blocks_101", *(" " * level + "if x:" for level in range(101)), " " * 101 + "pass")
    yield migration("fields_60", "x = " + 'f"{' * 60 + "1" + '}"' * 60)


def long() -> Iterator[Hostile]:
    """Length: trees whose one branch is thousands of levels deep, or that hold very many nodes."""
    columns = [f'op.add_column("leads", sa.Column("c{n}", sa.Text(), nullable=True))' for n in range(3_000)]
    yield migration("columns_3000", *columns)
    yield migration("sum_327", "x = " + " + ".join(["'a'"] * 327))
    yield migration("sum_10000", "x = " + " + ".join(["'a'"] * 10_000))
    yield migration("implicit_400", "x = (" + "\n        'a'" * 400 + ")", end=End.FINDING)
    yield migration("implicit_4000", "x = (" + "\n        'a'" * 4_000 + ")")
    yield migration("attributes_5000", "x = a" + ".b" * 5_000)
    yield migration("chain_2000", "x = a" + ".b()" * 2_000)
    elifs = [line for n in range(327) for line in (f"elif x == {n}:", "    pass")]
    yield migration("elif_327", "if x:", "    pass", *elifs)
    yield migration("continued_100000", "x = 1 + " + "\\\n" * 100_000 + " 1")
    yield migration("decorators_2000", before="@d\n" * 2_000 + "def f():\n    pass\n")
    yield migration("comparisons_5000", "x = " + " < ".join(["1"] * 5_000))
    yield migration("one_line_500000", "x = '" + "a" * 500_000 + "'")
    yield raw("larger_than_the_cap", migration("large").source + b"# comment\n" * 300_000, End.PROBLEM)


def encoded() -> Iterator[Hostile]:
    """Encodings: cookies that no codec answers to, codecs that aren't for text, bytes that fit none."""
    plain = (HEADER.format(name="encoded") + "\n\ndef upgrade():" + LAST).encode()
    for codec in (
        "klingon",
        "rot13",
        "zlib",
        "idna",
        "unicode_escape",
        "utf-7",
        "punycode",
        "mbcs",
        "undefined",
        "../../x",
    ):
        yield raw(f"cookie_{codec.replace('/', '_')}", f"# -*- coding: {codec} -*-\n".encode() + plain)
    yield raw("cookie_latin_1", b"# coding: latin-1\n# caf\xe9\n" + plain, End.FINDING)
    yield raw("bom", b"\xef\xbb\xbf" + plain, End.FINDING)
    yield raw("carriage_returns", plain.replace(b"\n", b"\r\n"), End.FINDING)
    yield raw("only_carriage_returns", plain.replace(b"\n", b"\r"))
    yield raw("form_feeds", plain.replace(b"\n\n\n", b"\n\x0c\n\n"), End.FINDING)
    yield raw("bad_byte_in_comment", plain + b"# caf\xe9\n")
    yield raw("bad_byte_in_text", plain + b'X = "caf\xe9"\n', End.PROBLEM)
    yield raw("lone_surrogate_bytes", plain + b'X = "\xed\xa0\x80"\n', End.PROBLEM)
    yield raw("bom_against_cookie", b"\xef\xbb\xbf# coding: latin-1\n" + plain)
    yield raw("utf_16", plain.decode().encode("utf-16"), End.PROBLEM)
    yield raw("nul_in_the_middle", plain + b"X = '\x00'\n")
    yield raw("control_characters", plain + b"# \x1b[31m \x07 \x08 \x1a\n")
    yield raw("no_last_newline", plain.rstrip(b"\n"), End.FINDING)


def grammar() -> Iterator[Hostile]:
    """Grammar that is newer than the interpreter, and grammar that was never any."""
    yield migration("nested_quotes", 'x = f"{"a" + f"{"b"}"}"')
    yield migration("template_string", 'x = t"UPDATE {leads}"')
    yield migration("bare_except", "try:", "    pass", "except ValueError, TypeError:", "    pass")
    yield migration("type_statement", "type X[T] = list[T]")
    yield migration("type_parameters", before="def f[T: int = bool](x: T) -> T:\n    return x\n")
    yield migration("unfinished", "x = (", end=End.PROBLEM)
    yield migration("bad_indent", "if x:", "pass", end=End.PROBLEM)
    yield migration("tabs_and_blanks", "if x:", "\tpass", "        pass", end=End.PROBLEM)
    yield migration("python_2", 'print "UPDATE leads SET status = 1"', end=End.PROBLEM)
    yield migration("merge_conflict", before="<<<<<<< ours\nX = 1\n=======\nX = 2\n>>>>>>> theirs\n", end=End.PROBLEM)
    yield migration("bad_escapes", 'x = "\\d \\w \\["', end=End.FINDING)
    yield migration("long_number", "x = " + "9" * 5_000)
    yield migration("name_of_other_script", "ｏｐ.execute('SELECT 1')", end=End.FINDING)


def growing() -> Iterator[Hostile]:
    """Programs that are small, and whose values aren't: nothing is computed that has no bound."""
    doubled = ["s = 'UPDATE leads SET a = 1 '", *["s = s + s"] * 60, "op.execute(s)"]
    yield migration("doubling", *doubled)
    yield migration("repeated", "op.execute('UPDATE leads SET a = 1 -- ' + 'x' * 10**12)")
    yield migration("repeated_list", "op.execute(' '.join(['UPDATE leads SET a = 1'] * 10**12))")
    yield migration("padded_percent", "op.execute('%1000000000000d' % 1)")
    yield migration("padded_format", "op.execute('{:>1000000000000}'.format('x'))")
    yield migration("padded_field", "x = 1", "op.execute(f'{x:>1000000000000}')")
    yield migration("replaced", "s = 'a' * 1000", *["s = s.replace('a', 'a' * 1000)"] * 10, "op.execute(s)")
    yield migration("power", "x = 9 ** 9 ** 9 ** 9", "op.execute(f'UPDATE t{x} SET a = 1')")
    yield migration("shift", "op.execute(str(1 << 10**12))")
    yield migration("range", "for n in range(10**15):", "    op.execute(f'DELETE FROM t{n}')")
    loops = [" " * 4 * level + f"for x{level} in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'):" for level in range(12)]
    yield migration("product_of_loops", *loops, " " * 48 + "op.execute(f'DELETE FROM t{x0}{x5}{x11}')")
    branches = [line for _ in range(40) for line in ("if x:", "    s += 'a'", "else:", "    s += 'b'")]
    yield migration("product_of_branches", "s = 'UPDATE leads SET a = 1 -- '", *branches, "op.execute(s)")
    yield migration(
        "forever", "while True:", "    op.execute('DELETE FROM t')", "    if op.get_bind():", "        break"
    )
    yield migration("recursion", "f('a')", before="def f(s):\n    f(s + 'a')\n    op.execute(s)\n")
    mutual = "def f(s):\n    g(s)\n\n\ndef g(s):\n    f(s)\n    f(s + s)\n"
    yield migration("mutual_recursion", "f('a')", before=mutual)
    calls = "".join(f"def f{n}(s):\n    f{n + 1}(s)\n    f{n + 1}(s + 'a')\n\n\n" for n in range(40))
    yield migration("calls_that_double", "f0('a')", before=calls + "def f40(s):\n    op.execute(s)\n")
    yield migration("long_call_chain", "f0('a')", before=chain(3_000))
    yield migration("own_base_class", "A().run()", before="class A(A):\n    pass\n")
    yield migration(
        "base_classes_in_a_circle", "A().run()", before="class A(B):\n    pass\n\n\nclass B(A):\n    pass\n"
    )
    yield migration("own_alias", "f('x')", before="f = f\ng = h\nh = g\n")
    yield migration("list_in_itself", "s = []", "s.append(s)", "op.execute(s)", "op.execute(' '.join(s))")


def chain(length: int) -> str:
    functions = [f"def f{n}(s):\n    f{n + 1}(s)\n" for n in range(length)]
    return "\n\n".join([*functions, f"def f{length}(s):\n    op.execute(s)\n"])


def odd_values() -> Iterator[Hostile]:
    """Values that a report stumbles over."""
    yield migration("surrogate_escape", "op.execute('DELETE FROM \"\\ud800\"')", end=End.FINDING)
    yield migration(
        "terminal_escapes", "op.execute('DELETE FROM \"\\x1b[2J\\x1b]0;x\\x07\\u202e\\x9b\"')", end=End.FINDING
    )
    yield migration("rich_markup", "op.execute('DELETE FROM \"[red][/]\" -- [/link][bold')", end=End.FINDING)
    yield migration("nul_in_sql", "op.execute('DELETE FROM a\\x00b')", end=End.FINDING)
    yield migration("long_table", "op.execute('DELETE FROM " + "t" * 100_000 + "')", end=End.FINDING)
    yield migration("attribute_format", "op.execute('{0.__class__.__mro__}'.format('x'))", end=End.FINDING)
    yield migration("wrong_format", "op.execute('{} {1} {'.format(1))", "op.execute('%s %s' % 1)", end=End.FINDING)
    yield migration("no_arguments", "op.execute()", "op.execute(*x)", "op.execute(**x)", end=End.FINDING)
    yield migration("bytes_and_numbers", "op.execute(b'DELETE')", "op.execute(1)", "op.execute(None)", end=End.FINDING)


def all_sources() -> list[Hostile]:
    groups = (nested, long, encoded, grammar, growing, odd_values)
    return [case for group in groups for case in group()]
