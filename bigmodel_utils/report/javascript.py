"""Python arithmetic as JavaScript, so that a page computes with the very formulas of the engine.

The grammar is small on purpose: arithmetic, calls among the given functions, `np.exp`, `np.maximum`, `x["name"]`,
assignment, `for … in range`, lists, `len`, `return`. Anything else is refused.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Sequence
from types import FunctionType

from bigmodel_utils.errors import BigModelError

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_NUMPY = {"exp": "Math.exp", "maximum": "Math.max"}


class UntranslatableError(BigModelError):
    """A formula outside the grammar that a page can compute."""


def module(name: str, *roots: FunctionType) -> str:
    """Return `const NAME = …` in JavaScript: the functions `roots`, all that they call, and the numbers they read.

    Raises UntranslatableError for anything outside the grammar.
    """
    functions, numbers = _reached(roots)
    known = {function.__name__ for function in functions} | set(numbers)
    values = "".join(f"const {key}={value!r};" for key, value in sorted(numbers.items()))
    bodies = "".join(_Translator(known).function(function) for function in functions)
    return f"const {name}=(()=>{{{values}{bodies}return{{{','.join(f.__name__ for f in functions)}}}}})();"


def _reached(roots: Sequence[FunctionType]) -> tuple[list[FunctionType], dict[str, float]]:
    """Follow the names that each function reads from its module."""
    functions: dict[str, FunctionType] = {}
    numbers: dict[str, float] = {}
    waiting = list(roots)
    while waiting:
        function = waiting.pop(0)
        functions.setdefault(function.__name__, function)
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            if isinstance(value, FunctionType) and name not in functions:
                waiting.append(value)
            elif isinstance(value, int | float):
                numbers[name] = value
    return list(functions.values()), numbers


class _Translator:
    def __init__(self, known: set[str]) -> None:
        self.known = known

    def function(self, function: FunctionType) -> str:
        """Return one function; annotations and docstring stay behind."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        if not isinstance(tree, ast.FunctionDef):
            raise _refusal(tree)
        names = [argument.arg for argument in tree.args.args]
        body = tree.body[1:] if ast.get_docstring(tree) else tree.body
        assigned = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        local = f"let {','.join(sorted(assigned))};" if assigned else ""
        return f"function {tree.name}({','.join(names)}){{{local}{''.join(map(self.statement, body))}}}"

    def statement(self, node: ast.stmt) -> str:
        """Return one statement, or refuse it."""
        match node:
            case ast.Return(value=ast.expr() as value):
                return f"return {self.expression(value)};"
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return f"{name}={self.expression(value)};"
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value])):
                return f"{name}.push({self.expression(value)});"
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=bounds), body=body, orelse=[]):
                first, last = ["0", *map(self.expression, bounds)][-2:]
                return f"for({name}={first};{name}<{last};{name}++){{{''.join(map(self.statement, body))}}}"
        raise _refusal(node)

    def expression(self, node: ast.expr) -> str:
        """Return one expression in brackets, so that no rule of precedence is left to chance."""
        match node:
            case ast.Constant(value=bool()):
                raise _refusal(node)
            case ast.Constant(value=int() | float() as value):
                return repr(value)
            case ast.Name(id=name):
                return name
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{self.expression(operand)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return f"({self.expression(left)}{_OPERATORS[type(op)]}{self.expression(right)})"
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                key = (
                    f'"{index.value}"'
                    if isinstance(index, ast.Constant) and isinstance(index.value, str)
                    else self.expression(index)
                )
                return f"{name}[{key}]"
            case ast.List(elts=items):
                return f"[{','.join(map(self.expression, items))}]"
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                return f"{name}.length"
            case ast.Call(func=ast.Name(id=name), args=items, keywords=[]) if name in self.known:
                return f"{name}({','.join(map(self.expression, items))})"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=items, keywords=[]) if name in _NUMPY:
                return f"{_NUMPY[name]}({','.join(map(self.expression, items))})"
        raise _refusal(node)


def _refusal(node: ast.AST) -> UntranslatableError:
    return UntranslatableError(
        f"`{ast.unparse(node)[:80]}`",
        "arithmetic, np.exp, np.maximum, x['name'], range, lists",
        "the formula, or report/javascript.py",
    )
