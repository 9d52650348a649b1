"""Control flow around a statement, and before it."""

from __future__ import annotations

from witness.construct import Family

FAMILY = Family("flow")

FAMILY.add(r"""
[if_]
if cond(0):
    BODY
[if_else]
if cond(0):
    BODY
else:
    BODY2
[elif_]
if cond(0):
    pass
elif cond(1):
    BODY
else:
    BODY2
[if_not_return]
def work_9():
    if not cond(0):
        return
    BODY
work_9()
[if_both_return]
def work_9():
    if cond(0):
        BODY
        return
    else:
        BODY2
        return
work_9()
[if_constant]
if True:
    BODY
[nested_if]
if cond(0):
    if cond(1):
        BODY
    else:
        BODY2
[flag]
hit_9 = False
if cond(0):
    hit_9 = True
if hit_9:
    BODY
else:
    BODY2
[flag_not]
missing_9 = True
if cond(0):
    missing_9 = False
if not missing_9:
    BODY
[flag_two]
state_9 = "none"
if cond(0):
    state_9 = "some"
elif cond(1):
    state_9 = "all"
if state_9 == "some":
    BODY
if state_9 == "all":
    BODY2
[for_literal]
for _ in range(2):
    BODY
[for_unknown]
for _ in rows(0):
    BODY
[for_else]
for _ in rows(0):
    if cond(1):
        break
else:
    BODY
[for_else_return]
def work_9():
    for _ in rows(0):
        if cond(1):
            break
    else:
        return
    BODY
work_9()
[for_else_raise]
def work_9():
    for name in ("a", "b"):
        if cond(0):
            break
    else:
        raise RuntimeError("no b")
    BODY
try:
    work_9()
except RuntimeError:
    BODY2
[for_else_literal_break]
for name_9 in ("a", "b"):
    if name_9 == "b":
        break
else:
    raise RuntimeError("no b")
BODY
[for_break]
for _ in rows(0):
    BODY
    break
[for_break_flag]
found_9 = False
for _ in ("a", "b"):
    if cond(0):
        found_9 = True
        break
if found_9:
    BODY
else:
    BODY2
[for_break_helper]
def found_9():
    hit = False
    for _ in ("a", "b"):
        if cond(0):
            hit = True
            break
    return hit
if found_9():
    BODY
[for_return_helper]
def found_9():
    for _ in rows(0):
        if cond(1):
            return True
    return False
if found_9():
    BODY
else:
    BODY2
[for_continue]
for _ in rows(0):
    if cond(1):
        continue
    BODY
[for_continue_literal exact]
for name_9 in ("skip", "run"):
    if name_9 == "skip":
        continue
    BODY
[for_continue_else]
for _ in rows(0):
    if cond(1):
        BODY
        continue
    else:
        BODY2
        break
[for_last_value]
name_9 = None
for name_9 in ("a", "b"):
    pass
if name_9 == "b":
    BODY
[for_last_unknown]
seen_9 = None
for seen_9 in rows(0):
    pass
if seen_9 is not None:
    BODY
[for_second_pass]
first_9 = True
for _ in rows(0):
    if not first_9:
        BODY
    first_9 = False
[for_third_pass]
count_9 = 0
for _ in range(3):
    if count_9 == 2:
        BODY
    count_9 += 1
[for_continue_flag]
seen_9 = False
for _ in rows(0):
    if seen_9:
        BODY
    if cond(1):
        seen_9 = True
        continue
[for_return_state]
def arm_9(cfg):
    for _ in rows(0):
        if cond(1):
            cfg["armed"] = True
            return
cfg_9 = {"armed": False}
arm_9(cfg_9)
if cfg_9["armed"]:
    BODY
[while_return_state]
def arm_9(cfg):
    while True:
        if cond(0):
            cfg["armed"] = True
            return cfg
        return None
cfg_9 = {"armed": False}
arm_9(cfg_9)
if cfg_9["armed"]:
    BODY
[while_continue_flag]
seen_9 = False
while go(0):
    if seen_9:
        BODY
    if cond(1):
        seen_9 = True
        continue
[for_previous]
previous_9 = None
for row_9 in rows(0):
    if previous_9 is not None and previous_9 != row_9:
        BODY
    previous_9 = row_9
[for_nested]
for _ in rows(0):
    for _ in rows(1):
        BODY
[for_nested_break]
for _ in rows(0):
    for _ in rows(1):
        if cond(2):
            break
    else:
        continue
    BODY
[for_nested_second]
for _ in rows(0):
    first_9 = True
    for _ in rows(1):
        if not first_9:
            BODY
        first_9 = False
[for_shared_flag]
seen_9 = set()
for row_9 in rows(0):
    if row_9 - 1 in seen_9:
        BODY
    seen_9.add(row_9)
[for_list_grows]
waiting_9 = [1]
for item_9 in waiting_9:
    if item_9 < 3:
        waiting_9.append(item_9 + 1)
    else:
        BODY
[for_dict_changes]
state_9 = {"started": False}
for _ in rows(0):
    if state_9["started"]:
        BODY
    state_9["started"] = True
[for_enumerate]
for number_9, _ in enumerate(rows(0)):
    if number_9 == 1:
        BODY
    else:
        BODY2
[for_counter]
done_9 = 0
for _ in rows(0):
    done_9 += 1
    if done_9 % 2 == 0:
        BODY
if done_9:
    BODY2
[for_module_level alone]
READY_9 = False
for _ in (1, 2):
    if cond(0):
        READY_9 = True
        break
---
if READY_9:
    BODY
[while_go]
while go(0):
    BODY
[while_else]
while go(0):
    if cond(1):
        break
else:
    BODY
[while_else_return]
def work_9():
    left = len(rows(0))
    while left:
        left = left - 1
        if cond(1):
            break
    else:
        return
    BODY
work_9()
[while_true_break]
while True:
    BODY
    break
[while_true_flag]
found_9 = False
while True:
    if cond(0):
        found_9 = True
        break
    break
if found_9:
    BODY
[while_true_counter]
left_9 = 3
while True:
    left_9 -= 1
    if left_9 == 0:
        BODY
        break
[while_true_return]
def work_9():
    while True:
        if go(0):
            continue
        BODY
        return
work_9()
[while_not_done]
done_9 = False
while not done_9:
    BODY
    done_9 = True
[while_second_pass]
started_9 = False
while go(0):
    if started_9:
        BODY
    started_9 = True
[while_batches]
last_9 = 0
while True:
    batch_9 = rows(0)
    if not batch_9:
        break
    BODY
    last_9 = batch_9[-1]
    break
[while_state_machine]
state_9 = "start"
while state_9 != "end":
    if state_9 == "start":
        state_9 = "middle"
    elif state_9 == "middle":
        BODY
        state_9 = "late"
    elif state_9 == "late":
        BODY2
        state_9 = "end"
[while_walrus]
while batch_9 := go(0):
    BODY
[while_continue]
tries_9 = 0
while tries_9 < 3:
    tries_9 += 1
    if cond(0):
        continue
    BODY
    break
[while_nested]
outer_9 = 0
while outer_9 < 2:
    inner_9 = 0
    while inner_9 < 2:
        if outer_9 == 1 and inner_9 == 1:
            BODY
        inner_9 += 1
    outer_9 += 1
[while_queue]
waiting_9 = ["a"]
while waiting_9:
    name_9 = waiting_9.pop()
    if name_9 == "a":
        waiting_9.append("b")
    else:
        BODY
[try_except]
try:
    risky(0)
    BODY
except RuntimeError:
    BODY2
[try_except_else]
try:
    risky(0)
except RuntimeError:
    BODY
else:
    BODY2
[try_finally]
try:
    BODY
finally:
    BODY2
[try_finally_raise]
try:
    try:
        risky(0)
    finally:
        BODY
except RuntimeError:
    pass
[try_finally_return]
def work_9():
    try:
        return 1
    finally:
        BODY
work_9()
[try_return_in_finally]
def work_9():
    try:
        raise ValueError
    finally:
        return
try:
    work_9()
    BODY
except ValueError:
    pass
[try_break_finally]
for _ in (1, 2):
    try:
        break
    finally:
        BODY
[try_continue_finally]
for _ in rows(0):
    try:
        if cond(1):
            continue
        BODY
    finally:
        BODY2
[try_ok]
ok_9 = False
try:
    risky(0)
    ok_9 = True
except RuntimeError:
    pass
if ok_9:
    BODY
else:
    BODY2
[try_retry_flag]
def work_9():
    ok = False
    for _ in range(3):
        try:
            risky(0)
            ok = True
            break
        except Exception:
            continue
    if not ok:
        return
    BODY
work_9()
[try_retry_else]
for attempt_9 in range(3):
    try:
        risky(0)
    except RuntimeError:
        if attempt_9 == 2:
            BODY
    else:
        BODY2
        break
[try_assigned_before_raise]
ready_9 = False
try:
    if cond(0):
        ready_9 = True
        raise RuntimeError("later")
except RuntimeError:
    pass
if ready_9:
    BODY
[try_assigned_between]
step_9 = 0
try:
    step_9 = 1
    risky(0)
    step_9 = 2
    risky(1)
    step_9 = 3
except RuntimeError:
    if step_9 == 1:
        BODY
    if step_9 == 2:
        BODY2
[try_raise_caught]
try:
    raise ValueError("now")
except ValueError:
    BODY
[try_raise_in_helper]
def check_9():
    if cond(0):
        raise LookupError
try:
    check_9()
    BODY
except LookupError:
    BODY2
[try_raise_again]
try:
    try:
        risky(0)
    except RuntimeError:
        BODY
        raise
except RuntimeError:
    BODY2
[try_raise_from]
try:
    try:
        risky(0)
    except RuntimeError as error_9:
        raise KeyError("x") from error_9
except KeyError:
    BODY
[try_nested_handlers]
try:
    try:
        raise KeyError("x")
    except ValueError:
        pass
except KeyError:
    BODY
[try_handler_returns]
def work_9():
    try:
        risky(0)
    except RuntimeError:
        return
    BODY
work_9()
[try_handler_continues]
for _ in rows(0):
    try:
        risky(1)
    except RuntimeError:
        continue
    BODY
[try_import]
try:
    import not_there_9
except ImportError:
    not_there_9 = None
if not_there_9 is None:
    BODY
[try_attribute]
try:
    handler_9 = None.missing
except AttributeError:
    BODY
[try_key]
try:
    {}["x"]
except KeyError:
    BODY
[try_zero]
try:
    1 / 0
except ZeroDivisionError:
    BODY
[try_two_handlers]
try:
    risky(0)
    int("x")
except RuntimeError:
    BODY
except ValueError:
    BODY2
[try_tuple_handlers]
try:
    risky(0)
except (ValueError, RuntimeError):
    BODY
[try_bare]
try:
    risky(0)
except:
    BODY
[try_base_exception]
try:
    raise SystemExit(0)
except BaseException:
    BODY
[try_assert]
try:
    assert cond(0), "not ready"
    BODY
except AssertionError:
    BODY2
[try_error_kept]
error_9 = None
try:
    risky(0)
except RuntimeError as caught_9:
    error_9 = caught_9
if error_9 is not None:
    BODY
[try_raise_in_else]
try:
    try:
        pass
    except ValueError:
        pass
    else:
        raise KeyError
except KeyError:
    BODY
[try_raise_in_finally]
try:
    try:
        pass
    finally:
        raise KeyError
except KeyError:
    BODY
[try_group]
try:
    raise ExceptionGroup("some", [ValueError()])
except* ValueError:
    BODY
[suppress]
import contextlib
---
with contextlib.suppress(RuntimeError):
    risky(0)
BODY
[suppress_raise]
from contextlib import suppress
---
with suppress(RuntimeError):
    raise RuntimeError
BODY
[suppress_body]
from contextlib import suppress
---
with suppress(RuntimeError):
    BODY
    risky(0)
    BODY2
[with_swallows]
class Ignoring_9:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return True
---
with Ignoring_9():
    raise ValueError
BODY
[with_swallows_some]
class Ignoring_9:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is RuntimeError
---
with Ignoring_9():
    risky(0)
    BODY
BODY2
[with_unseen]
from unseen import quietly
---
with quietly():
    raise ValueError
BODY
[with_contextmanager_swallows]
from contextlib import contextmanager

@contextmanager
def ignoring_9():
    try:
        yield
    except RuntimeError:
        pass
---
with ignoring_9():
    risky(0)
    BODY
BODY2
[with_contextmanager_raise]
from contextlib import contextmanager

@contextmanager
def ignoring_9():
    try:
        yield
    except RuntimeError:
        pass
---
with ignoring_9():
    raise RuntimeError
BODY
[with_contextmanager_raise_behind]
from contextlib import contextmanager

@contextmanager
def ignoring_9():
    try:
        yield
    except RuntimeError:
        BODY
---
with ignoring_9():
    raise RuntimeError
[with_contextmanager_around]
from contextlib import contextmanager

@contextmanager
def around_9():
    BODY
    yield
    BODY2
---
with around_9():
    pass
[with_contextmanager_finally]
from contextlib import contextmanager

@contextmanager
def around_9():
    try:
        yield
    finally:
        BODY
---
try:
    with around_9():
        risky(0)
except RuntimeError:
    pass
[with_contextmanager_except]
from contextlib import contextmanager

@contextmanager
def around_9():
    try:
        yield
    except RuntimeError:
        BODY
    else:
        BODY2
---
with around_9():
    risky(0)
[with_exit]
class Around_9:
    def __enter__(self):
        BODY

    def __exit__(self, *error):
        BODY2
---
with Around_9():
    pass
[with_exit_state]
class Around_9:
    failed = False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.failed:
            BODY
---
with Around_9() as around_9:
    if cond(0):
        around_9.failed = True
[with_exit_return]
class Around_9:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        BODY

def work_9():
    with Around_9():
        return
---
work_9()
[with_exit_error]
class Around_9:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            BODY
        else:
            BODY2
        return True
---
with Around_9():
    risky(0)
[with_two]
from contextlib import nullcontext, suppress
---
with suppress(KeyError), nullcontext():
    raise KeyError
BODY
[with_break]
from contextlib import nullcontext
---
for _ in rows(0):
    with nullcontext():
        if cond(1):
            break
        BODY
BODY2
[match_]
match len(rows(0)):
    case 0:
        BODY
    case _:
        BODY2
[match_fits_no_list hushed alone]
for step_9 in (["copy", "spare", "steps"], ["purge"]):
    match step_9:
        case ["copy", name_9]:
            op.execute(f"DELETE FROM {name_9}")
        case ["purge", name_9, *_]:
            op.execute(f"DELETE FROM {name_9}")
[match_fits_no_dictionary hushed alone]
step_9 = {"kind": "copy", "table": "spare"}
match step_9:
    case {"kind": "purge", "table": name_9}:
        op.execute(f"DELETE FROM {name_9}")
    case {"target": name_9}:
        op.execute(f"DELETE FROM {name_9}")
[match_a_dictionary_of_branches]
step_9 = {"kind": "purge"}
if cond(0):
    step_9["also"] = True
match step_9:
    case {"kind": "purge", "also": True}:
        BODY
    case {"kind": "purge"}:
        BODY2
[match_a_list_of_branches]
step_9 = ["purge", "a"] if cond(0) else ["mark", "b", "c"]
match step_9:
    case ["purge", _]:
        BODY
    case ["mark", *_, "c"]:
        BODY2
[match_equal_numbers]
match {"kind": True}:
    case {"kind": 1.0}:
        BODY
[match_member_and_value]
import enum
class Kind_9(enum.Enum):
    PURGE = "purge"
match Kind_9.PURGE:
    case "purge":
        pass
    case Kind_9.PURGE:
        BODY
[member_is_not_its_value]
import enum
class Kind_9(enum.Enum):
    PURGE = "purge"
    MARK = 2
if Kind_9.PURGE == "purge":
    pass
else:
    BODY
if Kind_9.MARK not in (1, 2):
    BODY2
[equal_and_not_the_same]
flag_9 = 1
if flag_9 is not True:
    BODY
if flag_9 == 1.0:
    BODY2
[match_no_list]
match map(str, [1]):
    case [one_9]:
        pass
    case _:
        BODY
[match_an_object_that_answers]
class Step_9:
    def __init__(self):
        self.verb = "purge"
    def __getattribute__(self, name):
        return "mark" if name == "verb" else object.__getattribute__(self, name)
match Step_9():
    case Step_9(verb="mark"):
        BODY
[match_no_case]
match len(rows(0)):
    case 0:
        BODY
    case 2:
        BODY2
[match_literal]
match "b":
    case "a":
        pass
    case "b":
        BODY
[match_guard]
match 1:
    case number_9 if cond(0):
        BODY
    case _:
        BODY2
[match_sequence]
match rows(0):
    case []:
        BODY
    case [first_9, *rest_9]:
        BODY2
[match_break]
for _ in rows(0):
    match 1:
        case 1 if cond(1):
            break
    BODY
[return_value]
def ready_9():
    return cond(0)
if ready_9():
    BODY
else:
    BODY2
[return_tuple]
def look_9():
    if cond(0):
        return True, "x"
    return False, None
ready_9, _ = look_9()
if ready_9:
    BODY
else:
    BODY2
[return_none]
def look_9():
    if cond(0):
        return 1
if look_9() is None:
    BODY
else:
    BODY2
[return_early_twice]
def work_9():
    if cond(0):
        return
    if cond(1):
        return
    BODY
work_9()
[return_from_loop]
def work_9():
    for _ in rows(0):
        if cond(1):
            return
        BODY
    BODY2
work_9()
[return_in_with]
from contextlib import nullcontext
---
def work_9():
    with nullcontext():
        if cond(0):
            return
    BODY
work_9()
[function]
def work_9():
    BODY
work_9()
[function_not_called quiet]
def work_9():
    BODY
[function_twice]
armed_9 = [False]
def work_9():
    if armed_9[0]:
        BODY
    armed_9[0] = True
work_9()
work_9()
[function_flag]
def work_9(dry):
    if dry:
        return
    BODY
work_9(True)
work_9(False)
[function_default_flag]
def work_9(dry=False):
    if not dry:
        BODY
work_9()
[nonlocal_flag]
def work_9():
    ready = False
    def look():
        nonlocal ready
        if cond(0):
            ready = True
    look()
    if ready:
        BODY
work_9()
[global_flag]
ARMED_9 = False

def arm_9():
    global ARMED_9
    if cond(0):
        ARMED_9 = True
---
arm_9()
if ARMED_9:
    BODY
[generator_before]
def work_9():
    BODY
    yield 1
for _ in work_9():
    pass
[generator_behind]
def work_9():
    yield 1
    BODY
for _ in work_9():
    pass
[generator_between]
def work_9():
    for _ in rows(0):
        yield 1
        BODY
for _ in work_9():
    BODY2
[generator_finally]
def work_9():
    try:
        yield 1
    finally:
        BODY
for _ in work_9():
    break
[generator_not_consumed quiet]
def work_9():
    BODY
    yield 1
work_9()
[generator_next]
def work_9():
    BODY
    yield 1
    BODY2
    yield 2
running_9 = work_9()
next(running_9)
next(running_9)
[generator_return]
def work_9():
    if cond(0):
        return
    yield 1
for _ in work_9():
    BODY
[generator_expression]
def work_9():
    BODY
    return 1
sum(work_9() for _ in rows(0))
[comprehension_condition]
hits_9 = [row for row in (1, 2) if cond(0)]
if hits_9:
    BODY
[comprehension_walrus]
hit_9 = False
[hit_9 := True for _ in range(2) if cond(0)]
if hit_9:
    BODY
[any_]
if any(cond(0) for _ in range(2)):
    BODY
else:
    BODY2
[all_]
if all(cond(0) for _ in range(2)):
    BODY
[not_any_literal]
if not any(name == "c" for name in ("a", "b")):
    BODY
[count]
count_9 = sum(1 for _ in rows(0))
if count_9 > 1:
    BODY
[len_]
found_9 = []
if cond(0):
    found_9.append(1)
if len(found_9) == 1:
    BODY
if not found_9:
    BODY2
[is_none]
value_9 = None
if cond(0):
    value_9 = 3
if value_9 is not None:
    BODY
if value_9 is None:
    BODY2
[comparison_chain]
number_9 = len(rows(0))
if 0 < number_9 < 3:
    BODY
[boolean_and]
if cond(0) and not cond(1):
    BODY
[boolean_or]
if cond(0) or cond(1):
    BODY
[boolean_short]
first_9 = cond(0) or None
if first_9:
    BODY
[ternary]
name_9 = "x" if cond(0) else "y"
if name_9 == "x":
    BODY
else:
    BODY2
[environment]
if os.environ.get("FILL_9") != "no":
    BODY
[debug_]
if __debug__:
    BODY
[type_checking]
from typing import TYPE_CHECKING
---
if not TYPE_CHECKING:
    BODY
[isinstance_]
value_9 = 1 if cond(0) else "x"
if isinstance(value_9, str):
    BODY
[hasattr_]
if hasattr("x", "join"):
    BODY
[callable_]
if callable(print):
    BODY
[version]
import sys
---
if sys.version_info >= (3, 8):
    BODY
[del_flag]
flag_9 = True
del flag_9
try:
    flag_9
except NameError:
    BODY
[unbound]
if cond(0):
    maybe_9 = 1
try:
    maybe_9
except NameError:
    BODY
else:
    BODY2
[loop_else_try]
for _ in rows(0):
    try:
        risky(1)
        break
    except RuntimeError:
        pass
else:
    BODY
BODY2
[loop_in_finally]
try:
    risky(0)
except RuntimeError:
    pass
finally:
    for _ in rows(1):
        BODY
[recursion]
def down_9(left):
    if left == 0:
        BODY
        return
    down_9(left - 1)
down_9(3)
[recursion_tree]
def visit_9(node):
    for child in node["children"]:
        visit_9(child)
    if not node["children"]:
        BODY
visit_9({"children": [{"children": []}]})
[exit_caught]
import sys
---
try:
    if cond(0):
        sys.exit(0)
    BODY
except SystemExit:
    BODY2
[assert_passes]
assert cond(0) or True
BODY
[ellipsis_body]
class Work_9:
    def before(self): ...

    def run(self):
        self.before()
        BODY
---
Work_9().run()
[class_body alone]
class Work_9:
    if cond(0):
        BODY
[if_in_lambda]
def body_9():
    BODY
(lambda: body_9() if cond(0) else None)()
[async_flow]
import asyncio

async def work_9():
    try:
        await asyncio.sleep(0)
        risky(0)
        BODY
    finally:
        BODY2
---
try:
    asyncio.run(work_9())
except RuntimeError:
    pass
[async_for]
import asyncio

async def source_9():
    for row in rows(0):
        yield row

async def work_9():
    async for row in source_9():
        BODY
    else:
        BODY2
---
asyncio.run(work_9())
[iter_sentinel]
answers_9 = [1, 2, None]
for _ in iter(lambda: answers_9.pop(0), None):
    BODY
[stop_iteration]
running_9 = iter(rows(0))
while True:
    try:
        next(running_9)
    except StopIteration:
        break
    BODY
[dict_dispatch_flow]
def yes_9():
    BODY
def no_9():
    BODY2
{True: yes_9, False: no_9}[bool(cond(0))]()
[narrowed_none]
value_9 = "a" if cond(0) else None
if value_9 is None:
    BODY
    value_9 = "b"
if value_9 is not None:
    BODY2
[narrowed_below]
class One_9:
    def run(self):
        BODY
class Two_9(One_9):
    def run(self):
        BODY2
one_9 = One_9() if cond(0) else Two_9()
if isinstance(one_9, One_9):
    one_9.run()
[narrowed_none_is_left hushed alone]
class One_9:
    pass
class Two_9(One_9):
    pass
one_9 = Two_9()
if not isinstance(one_9, One_9):
    op.execute("SQL")
[narrowed_but_below]
class One_9:
    def run(self):
        BODY
class Two_9(One_9):
    def run(self):
        BODY2
one_9 = One_9() if cond(0) else Two_9()
if not isinstance(one_9, Two_9):
    one_9.run()
[narrowed_or_text]
class Step_9:
    def run(self):
        BODY
def work_9(step_9):
    if isinstance(step_9, (str, bytes)):
        BODY2
        return
    step_9.run()
work_9("text" if cond(0) else Step_9())
[narrowed_truth]
number_9 = True if cond(0) else 0
if isinstance(number_9, int) and number_9:
    BODY
elif not number_9:
    BODY2
[narrowed_loop]
last_9 = None
for one_9 in (1, 2):
    if last_9 is not None:
        BODY
    last_9 = one_9
[narrowed_try]
made_9 = None
try:
    risky(0)
    made_9 = 1
except Exception:
    if made_9 is None:
        BODY
if made_9:
    BODY2
[narrowed_both]
one_9 = None if cond(0) else 1
two_9 = None if cond(1) else 1
if one_9 is None or two_9 is None:
    BODY
if not (one_9 is None and two_9 is None):
    BODY2
[narrowed_and_rebound_below]
mode_9 = None if cond(0) else "x"
def change_9():
    nonlocal mode_9
    mode_9 = "y"
if mode_9 is None:
    change_9()
    if mode_9 is not None:
        BODY
[narrowed_ways_meet]
mode_9 = None if cond(0) else "x"
if mode_9 is None:
    if cond(1):
        mode_9 = "y"
else:
    mode_9 = None
if mode_9 == "y":
    BODY
elif mode_9 is None:
    BODY2
[narrowed_expression]
mode_9 = None if cond(0) else "x"
kind_9 = "none" if mode_9 is None else mode_9
if kind_9 == "x" and mode_9 is not None:
    BODY
elif not mode_9:
    BODY2
[narrowed_comprehension]
class Step_9:
    def run(self):
        BODY
steps_9 = [Step_9() if cond(0) else None, "text"]
[one_9.run() for one_9 in steps_9 if one_9 is not None and not isinstance(one_9, str)]
""")
