"""Ways to build the text of a statement."""

from __future__ import annotations

from witness.construct import Family

FAMILY = Family("text")

FAMILY.add(r'''
[literal]
OUT = "SQL"
[concatenation]
OUT = "HEAD " + "TBL" + " TAIL"
[adjacent]
OUT = "HEAD " "TBL" " TAIL"
[parenthesised]
OUT = (
    "HEAD TBL "
    "TAIL"
)
[f_string]
table_9 = "TBL"
OUT = f"HEAD {table_9} TAIL"
[f_string_expression]
parts_9 = {"t": "TBL"}
OUT = f"HEAD {parts_9['t'].lower()} TAIL"
[f_string_conversion]
table_9 = "TBL"
OUT = f"HEAD {table_9!s} TAIL"
[f_string_format]
table_9, width_9 = "TBL", 1
OUT = f"HEAD {table_9:>{width_9}} TAIL"
[f_string_nested]
table_9 = "TBL"
OUT = f"{f'HEAD {table_9}'} TAIL"
[percent]
OUT = "HEAD %s TAIL" % "TBL"
[percent_tuple]
OUT = "%s %s TAIL" % ("HEAD", "TBL")
[percent_dict]
OUT = "HEAD %(t)s TAIL" % {"t": "TBL"}
[percent_locals]
table_9 = "TBL"
OUT = "HEAD %(table_9)s TAIL" % locals()
[format]
OUT = "HEAD {} TAIL".format("TBL")
[format_index]
OUT = "{1} {0} TAIL".format("TBL", "HEAD")
[format_name]
OUT = "HEAD {t} TAIL".format(t="TBL")
[format_star]
OUT = "{} {} TAIL".format(*("HEAD", "TBL"))
[format_kwargs]
OUT = "HEAD {t} TAIL".format(**{"t": "TBL"})
[format_map]
OUT = "HEAD {t} TAIL".format_map({"t": "TBL"})
[format_attribute]
class Names_9:
    t = "TBL"
---
OUT = "HEAD {n.t} TAIL".format(n=Names_9)
[format_item]
OUT = "HEAD {n[t]} TAIL".format(n={"t": "TBL"})
[format_later]
template_9 = "HEAD {} TAIL".format
OUT = template_9("TBL")
[join]
OUT = " ".join(["HEAD", "TBL", "TAIL"])
[join_tuple]
OUT = " ".join(("HEAD", "TBL", "TAIL"))
[join_generator]
OUT = " ".join(word for word in ("HEAD", "TBL", "TAIL"))
[join_split]
OUT = " ".join("HEAD:TBL:TAIL".split(":"))
[join_map]
OUT = " ".join(map(str, ["HEAD", "TBL", "TAIL"]))
[join_choice]
OUT = " ".join(["SELECT * FROM" if cond(0) else "HEAD", "TBL", "TAIL"])
[join_appended]
words_9 = []
words_9.append("HEAD")
words_9.append("TBL")
words_9.append("TAIL")
OUT = " ".join(words_9)
[join_inserted]
words_9 = ["TBL", "TAIL"]
words_9.insert(0, "HEAD")
OUT = " ".join(words_9)
[join_extended]
words_9 = ["HEAD"]
words_9.extend(["TBL", "TAIL"])
OUT = " ".join(words_9)
[join_added]
words_9 = ["HEAD"]
words_9 += ["TBL", "TAIL"]
OUT = " ".join(words_9)
[replace]
OUT = "HEAD {t} TAIL".replace("{t}", "TBL")
[re_sub]
import re
---
OUT = re.sub("%TABLE%", "TBL", "HEAD %TABLE% TAIL")
[strip]
OUT = "  SQL ;".strip().rstrip(";")
[dedent]
from textwrap import dedent
---
OUT = dedent("""
    HEAD TBL
    TAIL
""")
[cleandoc]
import inspect
---
OUT = inspect.cleandoc("""
    HEAD TBL
    TAIL
""")
[indent]
import textwrap
---
OUT = textwrap.indent("SQL", "  ")
[lower_parts]
OUT = "HEAD " + "TBL".upper().lower() + " TAIL"
[slice]
OUT = "-- SQL"[3:]
[slice_reversed]
OUT = "SQL"[::-1][::-1]
[partition]
OUT = "note: SQL".partition(": ")[2]
[split_index]
OUT = "SELECT 1;SQL".split(";")[1]
[split_unpacked]
_, OUT = "SELECT 1;SQL".split(";")
[splitlines]
OUT = "SELECT 1\n SQL".splitlines()[-1]
[removeprefix]
OUT = "-- SQL".removeprefix("-- ")
[augmented]
OUT = "HEAD "
OUT += "TBL"
OUT += " TAIL"
[augmented_loop]
OUT = "HEAD"
for word_9 in ("TBL", "TAIL"):
    OUT += " " + word_9
[conditional]
OUT = "SQL" if cond(0) else "SELECT 1"
[conditional_both]
OUT = "SQL" if cond(0) else "SQL2"
[conditional_table]
OUT = "HEAD " + ("TBL" if cond(0) else "spare") + " TAIL"
[or_default]
given_9 = "" if cond(0) else "SELECT 1"
OUT = given_9 or "SQL"
[and_or]
OUT = cond(0) and "SQL" or "SELECT 1"
[index_by_truth]
OUT = ("SELECT 1", "SQL")[bool(cond(0))]
[list_index]
OUT = ["SELECT 1", "SQL"][1]
[list_negative]
OUT = ["SELECT 1", "SQL"][-1]
[dict_item]
OUT = {"fill": "SQL"}["fill"]
[dict_get]
OUT = {"fill": "SQL"}.get("fill", "SELECT 1")
[dict_get_default]
OUT = {}.get("fill", "SQL")
[dict_setdefault]
OUT = {}.setdefault("fill", "SQL")
[dict_pop]
OUT = {"fill": "SQL"}.pop("fill")
[dict_union]
OUT = ({"fill": "SELECT 1"} | {"fill": "SQL"})["fill"]
[dict_union_assigned]
known_9 = {"fill": "SELECT 1"}
known_9 |= {"fill": "SQL"}
OUT = known_9["fill"]
[dict_spread]
OUT = {**{"fill": "SELECT 1"}, "fill": "SQL"}["fill"]
[dict_call]
OUT = dict(fill="SQL")["fill"]
[dict_zip]
OUT = dict(zip(["fill"], ["SQL"]))["fill"]
[dict_fromkeys]
OUT = list(dict.fromkeys(["SQL"]))[0]
[dict_comprehension]
OUT = {key_9: f"HEAD {key_9} TAIL" for key_9 in ("TBL",)}["TBL"]
[dict_values]
OUT = list({"fill": "SQL"}.values())[0]
[dict_unknown_key]
OUT = {1: "SQL", 2: "SELECT 1"}.get(len(rows(0)), "SELECT 2")
[dict_items]
for _, OUT in {"fill": "SQL"}.items():
    pass
[defaultdict]
from collections import defaultdict
---
OUT = defaultdict(lambda: "SQL")["fill"]
[defaultdict_list]
from collections import defaultdict
---
grouped_9 = defaultdict(list)
grouped_9["fill"].append("SQL")
OUT = grouped_9["fill"][0]
[chain_map]
from collections import ChainMap
---
OUT = ChainMap({"fill": "SQL"}, {"fill": "SELECT 1"})["fill"]
[ordered_dict]
from collections import OrderedDict
---
OUT = OrderedDict([("fill", "SQL")])["fill"]
[nested_dict]
OUT = {"jobs": {"fill": ["SQL"]}}["jobs"]["fill"][0]
[set_union]
(OUT,) = {"SQL"} | set()
[set_pop]
OUT = {"SQL"}.pop()
[set_difference]
(table_9,) = {"TBL", "spare"} - {"spare"}
OUT = f"HEAD {table_9} TAIL"
[sorted]
OUT = sorted(["zz", "SQL"])[0]
[reversed]
OUT = list(reversed(["SELECT 1", "SQL"]))[0]
[max]
OUT = max(["SQL"])
[min_key]
OUT = min(["SQL", "SELECT 1 -- and much, much more text than any statement has that stands beside"], key=len)
[next_iter]
OUT = next(iter(["SQL"]))
[next_generator]
OUT = next(s for s in ["SQL"] if s)
[next_default]
OUT = next((s for s in ["SELECT 1"] if cond(0)), "SQL")
[filtered_list]
OUT = ([s for s in ("SELECT 1", "SQL") if cond(0)] or ["SELECT 2"])[0]
[filtered_by_text]
OUT = [s for s in ("SELECT 1", "SQL") if not s.startswith("SELECT")][0]
[filter]
OUT = list(filter(None, ["", "SQL"]))[0]
[map_format]
OUT = list(map("HEAD {} TAIL".format, ["TBL"]))[0]
[zip]
for head_9, table_9 in zip(["HEAD"], ["TBL"]):
    OUT = f"{head_9} {table_9} TAIL"
[product]
from itertools import product
---
for head_9, table_9 in product(["HEAD"], ["TBL"]):
    OUT = f"{head_9} {table_9} TAIL"
[chain]
from itertools import chain
---
OUT = list(chain(["SELECT 1"], ["SQL"]))[1]
[islice]
from itertools import islice
---
OUT = list(islice(["SQL", "SELECT 1"], 1))[0]
[enumerate]
for number_9, OUT in enumerate(["SELECT 1", "SQL"]):
    pass
[enum_made]
from enum import Enum

Kinds_9 = Enum("Kinds_9", {"FIRST": "SQL"})
---
OUT = Kinds_9.FIRST.value
[enum_made_words]
from enum import Enum

Kinds_9 = Enum("Kinds_9", "TBL")
---
OUT = "HEAD " + [kind.name for kind in Kinds_9][0] + " TAIL"
[enum_auto_name]
from enum import Enum, auto

class Kinds_9(Enum):
    TBL = auto()
---
OUT = "HEAD " + Kinds_9.TBL.name + " TAIL"
[most_common]
from collections import Counter
---
OUT = "HEAD " + Counter(["other", "TBL", "TBL"]).most_common(1)[0][0] + " TAIL"
[heap]
import heapq
---
heap_9 = []
heapq.heappush(heap_9, (2, "SELECT 1"))
heapq.heappush(heap_9, (1, "SQL"))
OUT = heapq.heappop(heap_9)[1]
[reduce]
from functools import reduce
---
OUT = reduce(lambda left, right: left + " " + right, ["HEAD", "TBL", "TAIL"])
[reduce_operator]
import operator
from functools import reduce
---
OUT = reduce(operator.add, ["HEAD ", "TBL ", "TAIL"])
[itemgetter]
from operator import itemgetter
---
OUT = itemgetter("fill")({"fill": "SQL"})
[attrgetter]
from operator import attrgetter
from types import SimpleNamespace
---
OUT = attrgetter("fill")(SimpleNamespace(fill="SQL"))
[unpacked]
head_9, (table_9, tail_9) = "HEAD", ("TBL", "TAIL")
OUT = head_9 + " " + table_9 + " " + tail_9
[unpacked_star]
head_9, *rest_9 = ["HEAD", "TBL", "TAIL"]
OUT = head_9 + " " + " ".join(rest_9)
[swapped]
first_9, second_9 = "SELECT 1", "SQL"
first_9, second_9 = second_9, first_9
OUT = first_9
[walrus]
if (OUT := "SQL"):
    pass
[chained_assignment]
other_9 = OUT = "SQL"
[annotated]
OUT: str = "SQL"
[match_value]
match "fill":
    case "fill":
        OUT = "SQL"
    case _:
        OUT = "SELECT 1"
[match_capture]
OUT = "SELECT 1"
match ("run", "SQL"):
    case ("run", OUT):
        pass
[match_star]
match ["HEAD", "TBL", "TAIL"]:
    case [head_9, *rest_9]:
        OUT = " ".join([head_9, *rest_9])
[match_mapping]
match {"kind": "run", "sql": "SQL"}:
    case {"kind": "run", "sql": OUT}:
        pass
[match_class]
from dataclasses import dataclass

@dataclass
class Step_9:
    sql: str
---
match Step_9("SQL"):
    case Step_9(sql=OUT):
        pass
[match_as]
match "SQL":
    case str() as OUT:
        pass
[match_or]
match "SQL":
    case ("never" | "SQL") as OUT:
        pass
[match_guard]
match ("SQL", 1):
    case (OUT, number_9) if number_9 > 0:
        pass
[template]
from string import Template
---
OUT = Template("HEAD $table TAIL").substitute(table="TBL")
[template_safe]
import string
---
OUT = string.Template("HEAD ${t} TAIL").safe_substitute({"t": "TBL"})
[string_io]
from io import StringIO
---
buffer_9 = StringIO()
buffer_9.write("HEAD ")
buffer_9.write("TBL TAIL")
OUT = buffer_9.getvalue()
[string_io_print]
import io
---
buffer_9 = io.StringIO()
print("HEAD", "TBL", "TAIL", file=buffer_9)
OUT = buffer_9.getvalue()
[string_io_read]
import io
---
OUT = io.StringIO("SQL").read()
[enum_value]
from enum import Enum

class Statements_9(Enum):
    FILL = "SQL"
---
OUT = Statements_9.FILL.value
[enum_item]
from enum import Enum

class Statements_9(Enum):
    FILL = "SQL"
---
OUT = Statements_9["FILL"].value
[enum_call]
from enum import Enum

class Statements_9(Enum):
    FILL = "SQL"
---
OUT = Statements_9("SQL").value
[enum_loop]
from enum import Enum

class Statements_9(Enum):
    FILL = "SQL"
---
for statement_9 in Statements_9:
    OUT = statement_9.value
[str_enum]
import enum

class Statements_9(str, enum.Enum):
    FILL = "SQL"
---
OUT = str(Statements_9.FILL.value)
[enum_auto]
import enum

class Tables_9(str, enum.Enum):
    def _generate_next_value_(name, start, count, last):
        return name.lower()
    TBL = enum.auto()
---
OUT = "HEAD " + Tables_9.TBL.value + " TAIL"
[bytes_decode]
OUT = b"SQL".decode()
[bytes_str]
OUT = str(b"SQL", "utf-8")
[encode_decode]
OUT = "SQL".encode("utf-8").decode("utf-8")
[base64]
import base64
---
OUT = base64.b64decode(base64.b64encode(b"SQL")).decode()
[json_loads]
import json
---
OUT = json.loads('{"fill": "SQL"}')["fill"]
[literal_eval]
import ast
---
OUT = ast.literal_eval("'SQL'")
[function]
def statement_9(table):
    return f"HEAD {table} TAIL"
---
OUT = statement_9("TBL")
[function_default]
def statement_9(table="TBL", *, tail="TAIL"):
    return f"HEAD {table} {tail}"
---
OUT = statement_9()
[function_keyword]
def statement_9(head, table):
    return f"{head} {table} TAIL"
---
OUT = statement_9(table="TBL", head="HEAD")
[function_varargs]
def statement_9(*words):
    return " ".join(words)
---
OUT = statement_9("HEAD", "TBL", "TAIL")
[function_kwargs]
def statement_9(**parts):
    return f"HEAD {parts['table']} TAIL"
---
OUT = statement_9(table="TBL")
[function_two_returns]
def statement_9():
    if cond(0):
        return "SELECT 1"
    return "SQL"
---
OUT = statement_9()
[function_recursive]
def words_9(words):
    if not words:
        return ""
    return words[0] + " " + words_9(words[1:])
---
OUT = words_9(["HEAD", "TBL", "TAIL"])
[lambda]
statement_9 = lambda table: f"HEAD {table} TAIL"
OUT = statement_9("TBL")
[lambda_immediate]
OUT = (lambda: "SQL")()
[closure]
def make_9(head):
    def statement(table):
        return f"{head} {table} TAIL"
    return statement
---
OUT = make_9("HEAD")("TBL")
[partial]
from functools import partial
---
OUT = partial("{} {} TAIL".format, "HEAD")("TBL")
[partial_function]
from functools import partial

def statement_9(head, table, tail):
    return " ".join((head, table, tail))
---
OUT = partial(statement_9, "HEAD", tail="TAIL")("TBL")
[cached]
from functools import lru_cache

@lru_cache(maxsize=None)
def statement_9(table):
    return f"HEAD {table} TAIL"
---
OUT = statement_9("TBL")
[generator_function]
def statements_9():
    yield "SELECT 1"
    yield "SQL"
---
for OUT in statements_9():
    pass
[generator_list]
def statements_9():
    yield "SQL"
---
OUT = list(statements_9())[0]
[generator_yield_from]
def inner_9():
    yield "SQL"

def statements_9():
    yield from inner_9()
---
(OUT,) = statements_9()
[generator_send]
def builder_9():
    table = yield ""
    yield f"HEAD {table} TAIL"
---
builder_9_running = builder_9()
next(builder_9_running)
OUT = builder_9_running.send("TBL")
[module_constant]
STATEMENT_9 = "SQL"
---
OUT = STATEMENT_9
[module_constant_list]
TABLES_9 = ["TBL"]
STATEMENTS_9 = [f"HEAD {table} TAIL" for table in TABLES_9]
---
OUT = STATEMENTS_9[0]
[class_attribute]
class Statements_9:
    fill = "SQL"
---
OUT = Statements_9.fill
[class_attribute_inherited]
class Base_9:
    fill = "SQL"

class Statements_9(Base_9):
    pass
---
OUT = Statements_9().fill
[instance_attribute]
class Step_9:
    def __init__(self, sql):
        self.sql = sql
---
OUT = Step_9("SQL").sql
[property]
class Step_9:
    table = "TBL"

    @property
    def sql(self):
        return f"HEAD {self.table} TAIL"
---
OUT = Step_9().sql
[cached_property]
from functools import cached_property

class Step_9:
    @cached_property
    def sql(self):
        return "SQL"
---
OUT = Step_9().sql
[static_method]
class Step_9:
    @staticmethod
    def sql(table):
        return f"HEAD {table} TAIL"
---
OUT = Step_9.sql("TBL")
[class_method]
class Step_9:
    head = "HEAD"

    @classmethod
    def sql(cls, table):
        return f"{cls.head} {table} TAIL"
---
OUT = Step_9.sql("TBL")
[method_chain]
class Builder_9:
    def __init__(self):
        self.words = []

    def add(self, word):
        self.words.append(word)
        return self

    def build(self):
        return " ".join(self.words)
---
OUT = Builder_9().add("HEAD").add("TBL").add("TAIL").build()
[super_call]
class Base_9:
    def sql(self):
        return "HEAD TBL"

class Step_9(Base_9):
    def sql(self):
        return super().sql() + " TAIL"
---
OUT = Step_9().sql()
[dunder_str]
class Step_9:
    def __str__(self):
        return "SQL"
---
OUT = str(Step_9())
[dunder_str_formatted]
class Step_9:
    def __str__(self):
        return "TBL"
---
OUT = f"HEAD {Step_9()} TAIL"
[dunder_format]
class Step_9:
    def __format__(self, spec):
        return "TBL"
---
OUT = f"HEAD {Step_9()} TAIL"
[dunder_add]
class Words_9:
    def __init__(self, text):
        self.text = text

    def __add__(self, other):
        return Words_9(self.text + " " + other)
---
OUT = (Words_9("HEAD") + "TBL" + "TAIL").text
[dunder_radd]
class Words_9:
    def __radd__(self, other):
        return other + "TBL TAIL"
---
OUT = "HEAD " + Words_9()
[dunder_mod]
class Words_9:
    def __mod__(self, table):
        return f"HEAD {table} TAIL"
---
OUT = Words_9() % "TBL"
[dunder_getitem]
class Statements_9:
    def __getitem__(self, table):
        return f"HEAD {table} TAIL"
---
OUT = Statements_9()["TBL"]
[dunder_getattr]
class Statements_9:
    def __getattr__(self, table):
        return f"HEAD {table} TAIL"
---
OUT = Statements_9().TBL
[dunder_call]
class Statement_9:
    def __call__(self, table):
        return f"HEAD {table} TAIL"
---
OUT = Statement_9()("TBL")
[dunder_iter]
class Statements_9:
    def __iter__(self):
        return iter(["SQL"])
---
(OUT,) = Statements_9()
[dunder_next]
class Statements_9:
    def __init__(self):
        self.left = ["SQL"]

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop()
---
for OUT in Statements_9():
    pass
[dunder_enter]
class Statements_9:
    def __enter__(self):
        return "SQL"

    def __exit__(self, *error):
        return False
---
with Statements_9() as OUT:
    pass
[dunder_new]
class Statement_9(str):
    def __new__(cls, table):
        return super().__new__(cls, f"HEAD {table} TAIL")
---
OUT = str(Statement_9("TBL"))
[str_subclass]
class Statement_9(str):
    pass
---
OUT = Statement_9("SQL")
[metaclass_attribute]
class Meta_9(type):
    @property
    def sql(cls):
        return f"HEAD {cls.table} TAIL"

class Step_9(metaclass=Meta_9):
    table = "TBL"
---
OUT = Step_9.sql
[descriptor]
class Lazy_9:
    def __get__(self, instance, owner):
        return "SQL"

class Step_9:
    sql = Lazy_9()
---
OUT = Step_9().sql
[set_name]
class Named_9:
    def __set_name__(self, owner, name):
        self.sql = f"HEAD {name} TAIL"

class Steps_9:
    TBL = Named_9()
---
OUT = Steps_9.TBL.sql
[dataclass]
from dataclasses import dataclass

@dataclass
class Step_9:
    table: str
    head: str = "HEAD"
---
step_9 = Step_9("TBL")
OUT = f"{step_9.head} {step_9.table} TAIL"
[dataclass_frozen]
import dataclasses

@dataclasses.dataclass(frozen=True)
class Step_9:
    sql: str
---
OUT = dataclasses.replace(Step_9("SELECT 1"), sql="SQL").sql
[dataclass_factory]
from dataclasses import dataclass, field

@dataclass
class Steps_9:
    all: list = field(default_factory=list)
---
steps_9 = Steps_9()
steps_9.all.append("SQL")
OUT = steps_9.all[0]
[dataclass_post_init]
from dataclasses import dataclass, field

@dataclass
class Step_9:
    table: str
    sql: str = field(init=False)

    def __post_init__(self):
        self.sql = f"HEAD {self.table} TAIL"
---
OUT = Step_9("TBL").sql
[dataclass_astuple]
import dataclasses

@dataclasses.dataclass
class Step_9:
    head: str
    table: str
---
OUT = "{} {} TAIL".format(*dataclasses.astuple(Step_9("HEAD", "TBL")))
[dataclass_asdict]
import dataclasses

@dataclasses.dataclass
class Step_9:
    head: str
    table: str
---
OUT = "{head} {table} TAIL".format(**dataclasses.asdict(Step_9("HEAD", "TBL")))
[dataclass_inherited]
from dataclasses import dataclass

@dataclass
class Base_9:
    table: str

@dataclass
class Step_9(Base_9):
    head: str
---
step_9 = Step_9("TBL", "HEAD")
OUT = f"{step_9.head} {step_9.table} TAIL"
[named_tuple]
from typing import NamedTuple

class Step_9(NamedTuple):
    head: str
    table: str = "TBL"
---
OUT = "%s %s TAIL" % Step_9("HEAD")
[named_tuple_field]
from typing import NamedTuple

class Step_9(NamedTuple):
    sql: str
---
OUT = Step_9("SQL").sql
[namedtuple]
from collections import namedtuple

Step_9 = namedtuple("Step_9", "name sql")
---
OUT = Step_9("fill", sql="SQL").sql
[namedtuple_unpacked]
from collections import namedtuple

Step_9 = namedtuple("Step_9", ["name", "sql"])
---
_, OUT = Step_9("fill", "SQL")
[namedtuple_replace]
from collections import namedtuple

Step_9 = namedtuple("Step_9", ["sql"])
---
OUT = Step_9("SELECT 1")._replace(sql="SQL").sql
[attrs]
import attrs

@attrs.define
class Step_9:
    sql: str
---
OUT = Step_9("SQL").sql
[attr_s]
import attr

@attr.s
class Step_9:
    sql = attr.ib()
---
OUT = Step_9("SQL").sql
[simple_namespace]
from types import SimpleNamespace
---
OUT = SimpleNamespace(sql="SQL").sql
[typed_dict]
from typing import TypedDict

class Step_9(TypedDict):
    sql: str
---
OUT = Step_9(sql="SQL")["sql"]
[getattr]
class Step_9:
    sql = "SQL"
---
OUT = getattr(Step_9, "sql")
[getattr_default]
OUT = getattr(object(), "sql", "SQL")
[setattr]
class Step_9:
    pass
---
setattr(Step_9, "sql", "SQL")
OUT = Step_9.sql
[vars]
class Step_9:
    def __init__(self):
        self.sql = "SQL"
---
OUT = vars(Step_9())["sql"]
[globals]
STATEMENT_9 = "SQL"
---
OUT = globals()["STATEMENT_9"]
[dunder_dict]
class Step_9:
    sql = "SQL"
---
OUT = Step_9.__dict__["sql"]
[function_attribute]
def step_9():
    pass

step_9.sql = "SQL"
---
OUT = step_9.sql
[docstring]
def step_9():
    """SQL"""
---
OUT = step_9.__doc__
[class_name]
class TBL:
    pass
---
OUT = f"HEAD {TBL.__name__} TAIL"
[function_name]
def TBL():
    pass
---
OUT = f"HEAD {TBL.__name__} TAIL"
[type_call]
Step_9 = type("Step_9", (), {"sql": "SQL"})
---
OUT = Step_9.sql
[environment_default]
import os
---
OUT = os.environ.get("NOT_SET_ANYWHERE_9", "SQL")
[getenv_default]
import os
---
table_9 = os.getenv("NOT_SET_ANYWHERE_9", "TBL")
OUT = f"HEAD {table_9} TAIL"
[file_read_text]
from pathlib import Path
---
OUT = (Path(__file__).parent / "fill_9.sql").read_text()
=== fill_9.sql
SQL
[file_open]
import os
---
with open(os.path.join(os.path.dirname(__file__), "fill_9.sql")) as file_9:
    OUT = file_9.read()
=== fill_9.sql
SQL
[file_lines]
import os
---
for line_9 in open(os.path.join(os.path.dirname(__file__), "fill_9.sql")):
    OUT = line_9
=== fill_9.sql
SQL
[file_split]
from pathlib import Path
---
OUT = Path(__file__).with_name("fill_9.sql").read_text(encoding="utf-8").split(";")[1]
=== fill_9.sql
SELECT 1; SQL
[file_bytes]
from pathlib import Path
---
OUT = Path(__file__).parent.joinpath("fill_9.sql").read_bytes().decode()
=== fill_9.sql
SQL
[imported]
from helper_9 import STATEMENT
---
OUT = STATEMENT
=== helper_9.py
STATEMENT = "SQL"
[imported_module]
import helper_9
---
OUT = helper_9.statement("TBL")
=== helper_9.py
def statement(table):
    return f"HEAD {table} TAIL"
[imported_star]
from helper_9 import *
---
OUT = STATEMENT_9
=== helper_9.py
STATEMENT_9 = "SQL"
[imported_within]
from helper_9 import STATEMENT
OUT = STATEMENT
=== helper_9.py
STATEMENT = "SQL"
[import_module]
import importlib
---
OUT = importlib.import_module("helper_9").STATEMENT
=== helper_9.py
STATEMENT = "SQL"
[number_formatted]
number_9 = 1
OUT = "SQL" + " /* %d %5.2f %r */" % (number_9, 2.5, "x")
[repeated]
OUT = "SQL" + " " * 3
[comparison_chosen]
kind_9 = "fill"
if kind_9 == "fill":
    OUT = "SQL"
else:
    OUT = "SELECT 1"
[many_combinations]
table_9 = "TBL"
for flag_9 in (0, 1, 2, 3):
    if cond(0):
        table_9 = "spare"
OUT = "HEAD " + table_9 + (" TAIL" if cond(1) else " TAIL ")
[more_than_sixteen]
a_9 = "x" if cond(0) else "y"
b_9 = "x" if cond(1) else "y"
c_9 = "x" if cond(2) else "y"
d_9 = "x" if cond(3) else "y"
e_9 = "spare" if cond(4) else "TBL"
OUT = f"HEAD {e_9} TAIL -- {a_9}{b_9}{c_9}{d_9}"
[more_than_sixteen_at_once]
table_9 = "TBL" if cond(0) else "spare"
tail_9 = "TAIL" if cond(0) else ""
OUT = "%s %s %s %s" % (
    ("SELECT 1 --", "SELECT 2 --", "SELECT 3 --", "SELECT 4 --", "HEAD")[4 * bool(cond(0))],
    table_9,
    tail_9,
    "-- x" if cond(1) else "-- y",
)
[unknown_appended opaque]
OUT = "SQL -- " + str(rows(0))
[commented]
OUT = "/* fill */ SQL"
[line_comment]
OUT = "-- fill\n SQL"
[schema_qualified]
OUT = "HEAD main.TBL TAIL"
[quoted]
OUT = 'HEAD "TBL" TAIL'
[translated]
OUT = "SQL".translate({ord("\t"): " "})
[center]
OUT = "SQL".center(100)
[casefold]
OUT = "HEAD TBL TAIL".casefold()
[title_table]
OUT = "HEAD " + "TBL".capitalize().swapcase().lower() + " TAIL"
[copy]
import copy
---
OUT = copy.deepcopy({"fill": ["SQL"]})["fill"][0]
[starred_call]
def statement_9(head, table):
    return f"{head} {table} TAIL"
---
pair_9 = ("HEAD", "TBL")
OUT = statement_9(*pair_9)
[double_starred_call]
def statement_9(head, table):
    return f"{head} {table} TAIL"
---
given_9 = {"table": "TBL", "head": "HEAD"}
OUT = statement_9(**given_9)
[comprehension_nested]
OUT = [f"{head} {table} TAIL" for head in ("HEAD",) for table in ("TBL",)][0]
[comprehension_set]
(OUT,) = {f"HEAD {table} TAIL" for table in ("TBL",)}
[comprehension_walrus]
[OUT := f"HEAD {table_9} TAIL" for table_9 in ("TBL",)]
[deque]
from collections import deque
---
OUT = deque(["SQL"]).popleft()
[list_pop]
waiting_9 = ["SELECT 1", "SQL"]
OUT = waiting_9.pop()
[list_sum]
OUT = (["SELECT 1"] + ["SQL"])[1]
[list_multiplied]
OUT = (["SQL"] * 2)[1]
[list_slice]
OUT = ["SELECT 1", "SQL", "SELECT 2"][1:2][0]
[list_slice_assigned]
waiting_9 = ["SELECT 1"]
waiting_9[:] = ["SQL"]
OUT = waiting_9[0]
[list_copy]
OUT = list(["SQL"].copy())[0]
[tuple_concatenated]
OUT = (("SELECT 1",) + ("SQL",))[-1]
[frozenset]
(OUT,) = frozenset(["SQL"])
[mapping_proxy]
from types import MappingProxyType
---
OUT = MappingProxyType({"fill": "SQL"})["fill"]
[groupby]
from itertools import groupby
---
for _, group_9 in groupby(["SQL"]):
    OUT = list(group_9)[0]
[accumulate]
from itertools import accumulate
---
OUT = list(accumulate(["HEAD ", "TBL ", "TAIL"]))[-1]
[textwrap_fill]
import textwrap
---
OUT = textwrap.fill("SQL", 200)
[shlex_join]
OUT = "{0} {1} {2}".format(*"HEAD|TBL|TAIL".split("|"))
[rpartition]
OUT = "note: SQL".rpartition(": ")[-1]
[zfill_number]
OUT = "SQL".zfill(3)
[expandtabs]
OUT = "HEAD\tTBL\tTAIL".expandtabs(1)
''')
