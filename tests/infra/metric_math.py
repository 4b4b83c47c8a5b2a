"""CloudWatch's metric math, as far as the alarms use it: arithmetic, FILL and IF on one value per metric."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

OPERATORS: Mapping[type, Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else math.nan,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
}


def value(expression: str, metrics: Mapping[str, float]) -> float:
    """The expression's value; a metric that is not given has no data, and what is made of it has none (nan)."""
    return _of(ast.parse(expression, mode="eval").body, metrics)


def _of(node: ast.AST, metrics: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=number):
            return float(number)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return metrics.get(name, math.nan)
        case ast.BinOp(left=left, op=op, right=right):
            return float(OPERATORS[type(op)](_of(left, metrics), _of(right, metrics)))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return float(OPERATORS[type(op)](_of(left, metrics), _of(right, metrics)))
        case ast.Call(func=ast.Name(id="FILL"), args=[series, other]):
            found = _of(series, metrics)
            return _of(other, metrics) if math.isnan(found) else found
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            return _of(yes if _of(condition, metrics) else no, metrics)
    raise ValueError(f"metric math that this cannot read: {ast.unparse(node)}")


def final(alarm: Mapping[str, Any], metrics: Mapping[str, float]) -> float:
    """What a metric-math alarm compares with its threshold, from the value of each of its metrics."""
    (result,) = [row for row in alarm["metricQueries"] if row.get("returnData")]
    return value(result["expression"], metrics)
