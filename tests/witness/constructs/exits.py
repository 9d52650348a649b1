"""Further control flow: the ways in which a block is left, and what is met behind each."""

from __future__ import annotations

from witness.constructs.flow import FAMILY

FAMILY.add(r"""
[for_else_continue]
for outer_9 in rows(0):
    for inner_9 in rows(1):
        if cond(2):
            break
    else:
        continue
    BODY
[for_else_break_outer]
for outer_9 in (1, 2):
    for inner_9 in rows(0):
        if cond(1):
            break
    else:
        break
    BODY
[while_else_raise_caught]
try:
    while go(0):
        if cond(1):
            break
    else:
        raise ValueError("none")
    BODY
except ValueError:
    BODY2
[try_else_returns]
def work_9():
    try:
        risky(0)
    except RuntimeError:
        pass
    else:
        return
    BODY
work_9()
[finally_before_continue]
for n_9 in (1, 2):
    try:
        if cond(0):
            continue
    finally:
        BODY
[finally_breaks]
for n_9 in rows(0):
    try:
        raise ValueError("x")
    finally:
        break
BODY
[finally_return_swallows]
def quiet_9():
    try:
        raise ValueError("x")
    finally:
        return True
if quiet_9():
    BODY
[finally_clears_what_is_returned]
def work_9(seen):
    try:
        seen.append(1)
        return seen
    finally:
        seen.clear()
if not work_9([]):
    BODY
[exit_body_after_raise]
class Unit_9:
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        self.left = True
        return True
---
unit_9 = Unit_9()
with unit_9:
    raise ValueError("x")
if unit_9.left:
    BODY
[exit_swallows_by_type]
class Quiet_9:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        return kind is not None and issubclass(kind, LookupError)
---
with Quiet_9():
    {}["missing"]
BODY
[exit_swallows_by_flag]
class Quiet_9:
    quiet = False
    def __enter__(self):
        self.quiet = True
    def __exit__(self, *exc):
        return self.quiet
---
with Quiet_9():
    risky(0)
    raise ValueError("x")
BODY
[exit_stack_suppresses]
import contextlib
---
with contextlib.ExitStack() as stack_9:
    stack_9.enter_context(contextlib.suppress(ValueError))
    raise ValueError("x")
BODY
[exit_stack_pushed_function]
import contextlib
---
with contextlib.ExitStack() as stack_9:
    stack_9.push(lambda kind, error, trace: True)
    raise ValueError("x")
BODY
[exit_stack_closed_later]
import contextlib
---
stack_9 = contextlib.ExitStack()
marks_9 = []
stack_9.callback(marks_9.append, 1)
stack_9.close()
if marks_9:
    BODY
[inherited_exit]
class Base_9:
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        return self.mine(exc[0])
class Mine_9(Base_9):
    def mine(self, kind):
        return kind is ValueError
---
with Mine_9():
    raise ValueError("x")
BODY
[generator_returns_before]
def steps_9():
    if cond(0):
        return
    yield 1
for step_9 in steps_9():
    BODY
[generator_throw]
def steps_9():
    try:
        yield 1
    except ValueError:
        BODY
    yield 2
steps_9 = steps_9()
next(steps_9)
steps_9.throw(ValueError("x"))
[generator_closed]
def steps_9():
    try:
        yield 1
    finally:
        BODY
made_9 = steps_9()
next(made_9)
made_9.close()
[generator_left_by_break]
def steps_9():
    try:
        yield 1
        yield 2
    finally:
        BODY
for step_9 in steps_9():
    break
[generator_sent_word]
def machine_9():
    word = yield
    if word == "go":
        BODY
    yield
made_9 = machine_9()
next(made_9)
made_9.send("go")
[generator_sent_in_loop]
def machine_9():
    while True:
        word = yield
        if word == "go":
            BODY
made_9 = machine_9()
next(made_9)
for word_9 in ("wait", "go"):
    made_9.send(word_9)
[yield_from_value]
def inner_9():
    yield 1
    return "go"
def outer_9():
    result = yield from inner_9()
    if result == "go":
        BODY
list(outer_9())
[generator_in_with]
import contextlib
---
def steps_9():
    with contextlib.suppress(ValueError):
        yield 1
        raise ValueError("x")
    BODY
for step_9 in steps_9():
    pass
[contextmanager_in_loop]
import contextlib
---
@contextlib.contextmanager
def guarded_9():
    for attempt in (1, 2):
        try:
            yield attempt
        finally:
            BODY
        break
with guarded_9():
    pass
[contextmanager_returns_early]
import contextlib
---
@contextlib.contextmanager
def maybe_9():
    if cond(0):
        yield None
        return
    yield 1
    BODY
with maybe_9():
    pass
[contextmanager_else]
import contextlib
---
@contextlib.contextmanager
def guarded_9():
    try:
        yield
    except ValueError:
        BODY2
    else:
        BODY
with guarded_9():
    if cond(0):
        raise ValueError("x")
[contextmanager_swallows_within]
import contextlib
---
@contextlib.contextmanager
def inner_9():
    try:
        yield
    except ValueError:
        pass
@contextlib.contextmanager
def outer_9():
    with inner_9():
        yield
with outer_9():
    raise ValueError("x")
BODY
[contextmanager_around_itself]
import contextlib
---
@contextlib.contextmanager
def inner_9():
    try:
        yield
    except ValueError:
        pass
@contextlib.contextmanager
def outer_9():
    with inner_9():
        yield
    BODY
with outer_9():
    raise ValueError("x")
[asynccontextmanager_behind]
import asyncio, contextlib
---
@contextlib.asynccontextmanager
async def unit_9():
    try:
        yield
    finally:
        BODY
async def main_9():
    async with unit_9():
        pass
asyncio.run(main_9())
[async_exit_swallows]
import asyncio
class Quiet_9:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *exc):
        return True
---
async def main_9():
    async with Quiet_9():
        raise ValueError("x")
    BODY
asyncio.run(main_9())
[while_asks_a_function]
def more_9():
    BODY
    return False
while more_9():
    pass
[loop_target_attribute]
class Holder_9:
    n = 0
---
for Holder_9.n in (1, 2):
    pass
if Holder_9.n == 2:
    BODY
[loop_target_item]
seen_9 = {}
for seen_9["n"] in rows(0):
    pass
if "n" in seen_9:
    BODY
[loop_target_star]
for first_9, *rest_9 in [(1,), (1, 2)]:
    if rest_9:
        BODY
[raise_in_comprehension]
def check_9(n):
    if n > 1:
        raise ValueError(n)
    return n
try:
    [check_9(n) for n in (1, 2)]
except ValueError:
    BODY
[raise_in_property]
class Lead_9:
    @property
    def table(self):
        raise AttributeError("table")
---
try:
    Lead_9().table
except AttributeError:
    BODY
[raise_in_getattr_default]
class Lead_9:
    @property
    def table(self):
        raise AttributeError("table")
---
if getattr(Lead_9(), "table", None) is None:
    BODY
[raise_in_iteration]
class Steps_9:
    def __iter__(self):
        yield 1
        raise LookupError("end")
---
try:
    for step_9 in Steps_9():
        pass
except LookupError:
    BODY
[raise_in_lambda]
def fail_9(word):
    raise ValueError(word)
try:
    (lambda word: fail_9(word))("x")
except ValueError:
    BODY
[system_exit_caught]
import sys
---
try:
    sys.exit(0)
except BaseException:
    BODY
[assertion_caught]
try:
    assert not rows(0), "rows"
except AssertionError:
    BODY
[error_of_a_class_below]
class Gone_9(LookupError):
    pass
---
try:
    raise Gone_9("x")
except (ValueError, LookupError) as error_9:
    if isinstance(error_9, Gone_9):
        BODY
[error_by_name]
errors_9 = (KeyError, IndexError)
try:
    [][0]
except errors_9:
    BODY
[error_chain]
try:
    try:
        raise KeyError("x")
    except KeyError as error:
        raise ValueError("y") from error
except ValueError as error_9:
    if isinstance(error_9.__cause__, KeyError):
        BODY
[error_kept_for_later]
failed_9 = None
try:
    risky(0)
except RuntimeError as error:
    failed_9 = error
if failed_9:
    BODY
[error_args]
try:
    raise ValueError("go", 1)
except ValueError as error_9:
    if error_9.args[0] == "go":
        BODY
[match_continues]
for word_9 in ("skip", "do"):
    match word_9:
        case "skip":
            continue
        case _:
            BODY
[match_returns]
def work_9(word):
    match word:
        case "skip":
            return
        case "raise":
            raise ValueError(word)
    BODY
for word_9 in ("skip", "do"):
    work_9(word_9)
[match_in_try]
try:
    match rows(0):
        case []:
            raise ValueError("none")
        case [first, *_]:
            BODY
except ValueError:
    BODY2
[recursion_to_an_end]
def down_9(n):
    if n == 0:
        BODY
        return
    down_9(n - 1)
down_9(3)
[recursion_over_rest]
def each_9(words):
    if not words:
        return
    first, *rest = words
    if first == "do":
        BODY
    each_9(rest)
each_9(["skip", "do"])
[while_pop_until]
todo_9 = ["a", "stop", "b"]
while (word_9 := todo_9.pop(0)) != "stop":
    BODY
[iterator_goes_on]
words_9 = iter(("a", "b"))
for word_9 in words_9:
    break
for word_9 in words_9:
    if word_9 == "b":
        BODY
[iterator_is_used_up]
words_9 = iter(("a", "b"))
list(words_9)
if next(words_9, None) is None:
    BODY
[range_backwards]
for n_9 in range(10, 0, -5):
    if n_9 == 5:
        BODY
[break_out_of_with]
import contextlib
---
for n_9 in rows(0):
    with contextlib.nullcontext():
        if cond(1):
            break
else:
    BODY
[continue_in_handler]
for n_9 in (1, 2):
    try:
        if n_9 == 1:
            raise KeyError("x")
    except KeyError:
        continue
    BODY
[retry_until_it_works]
for attempt_9 in range(3):
    try:
        risky(0)
    except RuntimeError:
        if attempt_9 == 2:
            break
        continue
    else:
        BODY
        break
[while_true_try_else]
tries_9 = 0
while True:
    try:
        risky(0)
    except RuntimeError:
        tries_9 += 1
        if tries_9 > 2:
            break
    else:
        break
BODY
[flag_of_nested_functions]
def outer_9():
    found = False
    def inner():
        nonlocal found
        if cond(0):
            found = True
            return
    inner()
    return found
if outer_9():
    BODY
else:
    BODY2
[dispatch_by_exception]
class Skip_9(Exception):
    pass
def check_9():
    if cond(0):
        raise Skip_9
---
try:
    check_9()
except Skip_9:
    pass
else:
    BODY
[three_loops_one_return]
def search_9():
    for a in rows(0):
        for b in rows(1):
            while go(2):
                if cond(3):
                    return False
    return True
if search_9():
    BODY
[nested_try_finally_state]
state_9 = "new"
try:
    try:
        state_9 = "begun"
        risky(0)
        state_9 = "done"
    finally:
        before_9 = state_9
except RuntimeError:
    pass
if before_9 == "begun":
    BODY
elif before_9 == "done":
    BODY2
[lambda_and_or]
(lambda: cond(0) or work_9())() if False else None
def work_9():
    BODY
cond(0) or work_9()
[del_in_finally]
kept_9 = {"sql": 1}
try:
    risky(0)
except RuntimeError:
    pass
finally:
    del kept_9["sql"]
if not kept_9:
    BODY
[loop_over_growing_dict]
seen_9 = {"a": 1}
for key_9 in list(seen_9):
    seen_9[key_9 + "b"] = 2
if "ab" in seen_9:
    BODY
[else_of_a_loop_over_nothing]
for word_9 in ():
    break
else:
    BODY
[try_star_of_a_name]
def loads_9():
    import json
    return json.loads("{")
try:
    loads_9()
except ValueError:
    BODY
[boolean_of_object]
class Empty_9:
    def __bool__(self):
        return False
class Long_9:
    def __len__(self):
        return 0
---
if not Empty_9() and not Long_9():
    BODY
[two_conditions_one_truth]
armed_9 = cond(0)
if armed_9:
    kind_9 = "go"
if armed_9 and kind_9 == "go":
    BODY
""")
