"""Further ways to build a text, which any evaluator would know."""

from __future__ import annotations

from witness.constructs.text import FAMILY

FAMILY.add(r'''
[template_below]
import string
class Words_9(string.Template):
    delimiter = "@"
---
OUT = Words_9("HEAD @table TAIL").substitute(table="TBL")
[template_mapping]
import string
---
OUT = string.Template("HEAD ${table} TAIL").substitute({"table": "TBL"})
[template_kept]
import string
SQL_9 = string.Template("$verb $table TAIL")
---
OUT = SQL_9.safe_substitute(verb="HEAD", table="TBL")
[string_io_lines]
import io
---
buffer_9 = io.StringIO()
buffer_9.writelines(["HEAD ", "TBL", " TAIL"])
OUT = buffer_9.getvalue()
[string_io_with]
import io
---
with io.StringIO() as buffer_9:
    for word_9 in ("HEAD ", "TBL ", "TAIL"):
        buffer_9.write(word_9)
    OUT = buffer_9.getvalue()
[string_io_read_lines]
import io
---
OUT = io.StringIO("SELECT 1;\n SQL").readlines()[1]
[sorted_by_length]
OUT = "".join(sorted(["TBL TAIL", "HEAD "], key=lambda word: word.endswith("TAIL")))
[sorted_pairs]
steps_9 = [(2, "SELECT 1"), (1, "SQL")]
OUT = sorted(steps_9)[0][1]
[sorted_by_item]
import operator
---
steps_9 = [{"n": 2, "sql": "SELECT 1"}, {"n": 1, "sql": "SQL"}]
OUT = sorted(steps_9, key=operator.itemgetter("n"))[0]["sql"]
[dict_united_twice]
OUT = ({"sql": "SELECT 1"} | {"table": "TBL"} | {"sql": "SQL"})["sql"]
[dict_of_a_generator]
OUT = dict((name, f"HEAD {name} TAIL") for name in ("TBL",))["TBL"]
[dict_of_dicts]
tables_9 = {"leads": {"head": "HEAD", "name": "TBL"}}
OUT = "{head} {name} TAIL".format(**tables_9["leads"])
[dict_of_two_lists]
OUT = dict(zip(["a", "b"], ["SELECT 1", "SQL"]))["b"]
[dict_inverted]
names_9 = {"SQL": 1, "SELECT 1": 2}
OUT = {number: name for name, number in names_9.items()}[1]
[default_dict_of_text]
import collections
---
texts_9 = collections.defaultdict(lambda: "SQL")
OUT = texts_9["any"]
[default_dict_of_lists]
import collections
---
texts_9 = collections.defaultdict(list)
for key_9, word_9 in (("a", "HEAD"), ("a", "TBL"), ("a", "TAIL")):
    texts_9[key_9].append(word_9)
OUT = " ".join(texts_9["a"])
[enum_by_a_word]
import enum
class Step_9(enum.Enum):
    FILL = "SQL"
    READ = "SELECT 1"
---
OUT = Step_9["fi".upper() + "LL"].value
[enum_members]
import enum
class Step_9(str, enum.Enum):
    FILL = "SQL"
---
OUT = next(iter(Step_9.__members__.values())).value
[enum_property]
import enum
class Table_9(enum.Enum):
    LEADS = "TBL"
    @property
    def sql(self):
        return f"HEAD {self.value} TAIL"
---
OUT = Table_9.LEADS.sql
[enum_of_tuples]
import enum
class Table_9(enum.Enum):
    LEADS = ("HEAD", "TBL")
    @property
    def sql(self):
        head, name = self.value
        return f"{head} {name} TAIL"
---
OUT = Table_9.LEADS.sql
[bytes_joined]
OUT = b" ".join([b"HEAD", b"TBL", b"TAIL"]).decode("utf-8")
[bytes_hex]
OUT = bytes.fromhex("SQL".encode().hex()).decode()
[bytes_percent]
OUT = (b"HEAD %s TAIL" % b"TBL").decode("ascii")
[join_of_conditions]
OUT = " ".join(["HEAD", "TBL" if cond(0) else "spare", "TAIL"])
[join_of_a_filter]
OUT = " ".join(filter(None, ["HEAD", "", "TBL", None, "TAIL"]))
[join_of_dict_keys]
OUT = " ".join({"HEAD": 1, "TBL": 2, "TAIL": 3})
[join_of_lines]
OUT = "\n".join(line.strip() for line in """
    HEAD TBL
    TAIL
""".splitlines() if line.strip())
[join_nested]
OUT = " ".join([" ".join(["HEAD", "TBL"]), "TAIL"])
[match_sequence_captured]
match ("fill", "TBL", "TAIL"):
    case ("fill", table_9, *rest_9):
        OUT = f"HEAD {table_9} {rest_9[0]}"
[match_dict_rest]
match {"kind": "fill", "table": "TBL"}:
    case {"kind": "fill", **rest_9}:
        OUT = f"HEAD {rest_9['table']} TAIL"
[match_object_captured]
import dataclasses
@dataclasses.dataclass
class Step_9:
    table: str
---
match Step_9("TBL"):
    case Step_9(table=name_9):
        OUT = f"HEAD {name_9} TAIL"
[filtered_by_method]
tables_9 = [name for name in ("TBL", "spare") if not name.startswith("sp")]
OUT = f"HEAD {tables_9[0]} TAIL"
[filtered_by_set]
skip_9 = {"spare"}
OUT = [f"HEAD {name} TAIL" for name in ("spare", "TBL") if name not in skip_9][0]
[filtered_by_lambda]
OUT = list(filter(lambda sql: not sql.startswith("SELECT"), ["SELECT 1", "SQL"]))[0]
[three_by_three_by_three]
heads_9 = "HEAD" if cond(0) else "SELECT 1 --"
for a_9 in ("TBL", "spare", "steps"):
    for b_9 in ("TAIL", "TAIL "):
        if a_9 == "TBL" and b_9 == "TAIL":
            OUT = f"{heads_9} {a_9} {b_9}"
[chosen_among_twenty]
names_9 = [*(f"none_{number}" for number in range(20)), "TBL"]
for name_9 in names_9:
    OUT = f"HEAD {name_9} TAIL"
[chosen_by_index_of_twenty]
names_9 = [*(f"none_{number}" for number in range(20)), "TBL"]
OUT = f"HEAD {names_9[20]} TAIL"
[chosen_by_length]
OUT = ("SELECT 1", "SQL")[len([0])]
[chosen_by_arithmetic]
OUT = ["SELECT 1", "SELECT 2", "SQL"][5 // 2]
[chosen_by_comparison]
OUT = {True: "SQL", False: "SELECT 1"}[3 > 2]
[chosen_by_default]
OUT = next((sql for sql in ("SELECT 1",) if sql.startswith("DROP")), "SQL")
[format_spec]
OUT = "{:s} {:<1s} {}".format("HEAD", "TBL", "TAIL")
[format_of_an_object]
class Table_9:
    name = "TBL"
---
OUT = "HEAD {0.name} TAIL".format(Table_9)
[format_of_nested_items]
OUT = "HEAD {0[t][0]} TAIL".format({"t": ["TBL"]})
[format_width_by_argument]
OUT = "HEAD {:>{width}} TAIL".format("TBL", width=1)
[f_string_equals]
table_9 = "TBL"
OUT = f"{f'{table_9=}'.split('=')[0] and 'HEAD'} {table_9} TAIL"
[f_string_of_a_call]
def table_9(name):
    return name
OUT = f"HEAD {table_9('TBL')} TAIL"
[f_string_of_a_join]
OUT = f"HEAD {''.join(['TB', 'L'][:0]) or 'TBL'} TAIL"
[percent_star]
OUT = "HEAD %*s TAIL" % (1, "TBL")
[percent_class]
class Words_9(dict):
    def __missing__(self, key):
        return "TBL"
---
OUT = "HEAD %(any)s TAIL" % Words_9()
[replace_twice]
OUT = "{v} {t} TAIL".replace("{v}", "HEAD").replace("{t}", "TBL")
[replace_in_a_loop]
OUT = "{v} {t} TAIL"
for key_9, word_9 in {"{v}": "HEAD", "{t}": "TBL"}.items():
    OUT = OUT.replace(key_9, word_9)
[replace_by_reduce]
import functools
---
OUT = functools.reduce(lambda text, pair: text.replace(*pair), [("{t}", "TBL")], "HEAD {t} TAIL")
[re_sub_by_function]
import re
---
OUT = re.sub(r"\{(\w+)\}", lambda match: {"t": "TBL"}[match.group(1)], "HEAD {t} TAIL")
[re_group]
import re
---
OUT = re.search(r"-- step\n(.*)", "-- step\n SQL").group(1)
[re_named_group]
import re
---
found_9 = re.match(r"(?P<name>\w+)=(?P<sql>.*)", "fill=SQL")
OUT = found_9["sql"]
[re_find_iter]
import re
---
OUT = [found.group(1) for found in re.finditer(r"<(.*?)>", "<SELECT 1><SQL>")][1]
[re_split_statements]
import re
---
OUT = re.split(r";\s*", "SELECT 1; SQL")[1]
[split_by_semicolon]
for one_9 in """
SELECT 1;
SQL;
""".split(";"):
    if one_9.strip():
        OUT = one_9.strip()
[partition_from_the_right]
OUT = "spare/SQL".rpartition("/")[2]
[prefix_and_suffix]
OUT = "--SQL--".removeprefix("--").removesuffix("--")
[title_of_a_constant]
OUT = "HEAD TBL TAIL".swapcase().swapcase()
[constant_of_a_class_of_a_class]
class Sql_9:
    class Leads:
        FILL = "SQL"
---
OUT = Sql_9.Leads.FILL
[constant_from_a_constant]
TABLE_9 = "TBL"
FILL_9 = f"HEAD {TABLE_9} TAIL"
---
OUT = FILL_9
[constant_from_a_comprehension]
FILLS_9 = {name: f"HEAD {name} TAIL" for name in ("TBL",)}
---
OUT = FILLS_9["TBL"]
[constant_by_tuple]
HEAD_9, TABLE_9 = "HEAD", "TBL"
---
OUT = f"{HEAD_9} {TABLE_9} TAIL"
[file_beside]
from pathlib import Path
HERE_9 = Path(__file__).parent
---
OUT = (HERE_9 / "steps_9.sql").read_text(encoding="utf-8")
=== steps_9.sql
SQL
[file_by_os]
import os
---
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "steps_9.sql")) as file_9:
    OUT = file_9.read()
=== steps_9.sql
SQL
[file_of_json]
import json
from pathlib import Path
---
OUT = json.loads(Path(__file__).with_name("steps_9.json").read_text())["sql"]
=== steps_9.json
{"sql": "SQL"}
[file_of_lines]
import pathlib
---
with pathlib.Path(__file__).with_name("steps_9.sql").open() as file_9:
    OUT = next(line for line in file_9 if not line.startswith("--"))
=== steps_9.sql
-- fill
SQL
[file_of_a_package]
import importlib.resources
import steps_9
---
OUT = importlib.resources.files(steps_9).joinpath("fill.sql").read_text()
=== steps_9/__init__.py
=== steps_9/fill.sql
SQL
[file_by_pkgutil]
import pkgutil
---
OUT = pkgutil.get_data("steps_9", "fill.sql").decode()
=== steps_9/__init__.py
=== steps_9/fill.sql
SQL
[file_as_template]
from pathlib import Path
---
OUT = Path(__file__).with_name("steps_9.sql").read_text().format(table="TBL")
=== steps_9.sql
HEAD {table} TAIL
[imported_with_another_name]
from steps_9 import FILL as fill_9
---
OUT = fill_9
=== steps_9.py
FILL = "SQL"
[imported_through_init]
from steps_9 import FILL as fill_9
---
OUT = fill_9
=== steps_9/__init__.py
from .texts import FILL
=== steps_9/texts.py
FILL = "SQL"
[imported_if_there]
try:
    from steps_9 import FILL as fill_9
except ImportError:
    fill_9 = "SELECT 1"
---
OUT = fill_9
=== steps_9.py
FILL = "SQL"
[imported_in_a_function]
def sql_9():
    from steps_9 import FILL
    return FILL
---
OUT = sql_9()
=== steps_9.py
FILL = "SQL"
[imported_by_machinery]
import importlib.util
from pathlib import Path
---
spec_9 = importlib.util.spec_from_file_location("steps_9", Path(__file__).with_name("steps_9.py"))
made_9 = importlib.util.module_from_spec(spec_9)
spec_9.loader.exec_module(made_9)
OUT = made_9.FILL
=== steps_9.py
FILL = "SQL"
[imported_while_typing]
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from steps_9 import FILL
else:
    FILL_9 = "SQL"
---
OUT = FILL_9
=== steps_9.py
FILL = "SELECT 1"
[docstring_of_a_class]
class Fill_9:
    """SQL"""
---
OUT = Fill_9.__doc__
[name_of_a_class]
class TBL:
    pass
---
OUT = f"HEAD {TBL.__name__} TAIL"
[name_of_an_enum]
import enum
class Table_9(enum.Enum):
    TBL = 1
---
OUT = f"HEAD {Table_9(1).name} TAIL"
[words_of_a_generator]
def words_9():
    yield "HEAD"
    yield from ("TBL", "TAIL")
OUT = " ".join(words_9())
[words_of_an_object]
class Words_9:
    def __iter__(self):
        return iter(["HEAD", "TBL", "TAIL"])
---
OUT = " ".join(Words_9())
[builder_of_words]
class Builder_9:
    def __init__(self):
        self.words = []
    def add(self, *words):
        self.words.extend(words)
        return self
    def __str__(self):
        return " ".join(self.words)
---
OUT = str(Builder_9().add("HEAD", "TBL").add("TAIL"))
[builder_by_operator]
class Builder_9:
    def __init__(self, text=""):
        self.text = text
    def __add__(self, other):
        return Builder_9(f"{self.text} {other}".strip())
    def __str__(self):
        return self.text
---
OUT = str(Builder_9("HEAD") + "TBL" + "TAIL")
[text_below_with_method]
class Table_9(str):
    def fill(self):
        return f"HEAD {self} TAIL"
---
OUT = Table_9("TBL").fill()
[cached_text]
import functools
@functools.lru_cache(maxsize=None)
def sql_9(table):
    return f"HEAD {table} TAIL"
---
OUT = sql_9("TBL")
[cached_in_a_dict]
KEPT_9 = {}
def sql_9(table):
    if table not in KEPT_9:
        KEPT_9[table] = f"HEAD {table} TAIL"
    return KEPT_9[table]
---
sql_9("spare")
OUT = sql_9("TBL")
[counted_up]
import itertools
---
numbers_9 = itertools.count(1)
OUT = f"HEAD TBL TAIL -- {next(numbers_9)}"
[chained_lists]
import itertools
---
OUT = " ".join(itertools.chain(["HEAD"], ("TBL", "TAIL")))
[product_of_words]
import itertools
---
OUT = [" ".join(words) for words in itertools.product(["HEAD"], ["TBL"], ["TAIL"])][0]
[mapped_upper]
OUT = "HEAD " + list(map(str.lower, ["TBL"]))[0] + " TAIL"
[max_of_words]
OUT = max(["SELECT 1", "SQL"], key=lambda sql: "SQL".count(sql))
[printed_to_a_buffer]
import contextlib, io
---
buffer_9 = io.StringIO()
with contextlib.redirect_stdout(buffer_9):
    print("SQL", end="")
OUT = buffer_9.getvalue()
[translate_table]
OUT = "HEAD|TBL|TAIL".translate(str.maketrans("|", " "))
[chr_and_ord]
OUT = "HEAD" + chr(32) + "TBL" + chr(ord(" ")) + "TAIL"
[repr_evaluated]
import ast
---
OUT = ast.literal_eval(repr({"sql": "SQL"}))["sql"]
[config_parser]
import configparser
---
config_9 = configparser.ConfigParser()
config_9.read_string("[steps]\nhead = HEAD\ntable = TBL\n")
OUT = f"{config_9['steps']['head']} {config_9.get('steps', 'table')} TAIL"
[csv_of_semicolons]
import csv
---
OUT = " ".join(next(csv.reader(["HEAD;TBL;TAIL"], delimiter=";")))
[config_set_by_hand]
import configparser
---
config_9 = configparser.ConfigParser()
config_9.read_dict({"a": {"x": "SELECT 1"}})
config_9.set("a", "x", "SQL")
OUT = config_9.get("a", "x")
[config_interpolated]
import configparser
---
config_9 = configparser.ConfigParser()
config_9.read_string("[steps]\ntable = TBL\nwhole = HEAD %(table)s TAIL\n")
OUT = config_9.get("steps", "Whole")
[sub_by_function_of_a_pattern]
import re
words_9 = re.compile(r"<(\w)>")
def word_9(match):
    return {"h": "HEAD", "t": "TBL"}[match.group(1)]
---
OUT = words_9.sub(word_9, "<h> <t> TAIL")
[sub_by_function_once]
import re
---
OUT = re.sub("x", lambda match: "TBL", "HEAD x TAIL", count=1)
[list_of_a_generator]
def words_9():
    word = "TBL"
    yield "HEAD"
    yield word
    yield from ["TAIL"]
---
OUT = " ".join(list(words_9()))
[keyword_defaults_are_replaced]
def step_9(verb, sql="SELECT 1"):
    return sql
step_9.__defaults__ = ("", "SQL")
---
OUT = step_9()
[method_type_of_a_lambda]
import types
---
bound_9 = types.MethodType(lambda self, tail: f"HEAD TBL {tail}", object())
OUT = bound_9("TAIL")
[csv_rows]
import csv, io
---
rows_9 = list(csv.reader(io.StringIO("head,table\n HEAD,TBL\n")))
OUT = f"{rows_9[1][0]} {rows_9[1][1]} TAIL"
[csv_dicts]
import csv, io
---
row_9 = next(csv.DictReader(io.StringIO("head,table\n HEAD,TBL\n")))
OUT = f"{row_9['head']} {row_9['table']} TAIL"
[zlib_packed]
import zlib
---
OUT = zlib.decompress(zlib.compress(b"SQL")).decode()
[difference_of_lists]
all_9, kept_9 = ["spare", "TBL"], ["spare"]
OUT = f"HEAD {list(set(all_9) - set(kept_9))[0]} TAIL"
[symmetric_difference]
OUT = f"HEAD {({'TBL', 'spare'} ^ {'spare'}).pop()} TAIL"
[counter_keys]
import collections
---
OUT = f"HEAD {list(collections.Counter(['TBL']))[0]} TAIL"
[date_in_the_text]
import datetime
---
OUT = f"HEAD TBL TAIL -- {datetime.date(2020, 1, 1):%Y}"
[number_in_the_text]
from decimal import Decimal
---
OUT = f"HEAD TBL TAIL -- {Decimal('1.50'):.1f} {1_000:,} {255:#x}"
[uuid_in_the_text]
import uuid
---
OUT = f"HEAD TBL TAIL -- {uuid.uuid4().hex}"
[today_in_the_text]
import datetime
---
OUT = "HEAD TBL TAIL -- %s" % datetime.datetime.now().isoformat()
''')
