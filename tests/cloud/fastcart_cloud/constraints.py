"""What the service models say of each parameter: required, how long, how large, which values, which pattern.

AWS checks these before anything else; moto hardly does. The services listed are those whose answer is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import Shape

from . import wire

ERRORS = {"events": "ValidationException", "lambda": "ValidationException", "kms": "ValidationException", "kinesis": "ValidationException", "logs": "InvalidParameterException", "iam": "ValidationError"}


def refuse(call: wire.Call) -> wire.Reply | None:
    code = ERRORS.get(call.service)
    if code is None or call.operation_model is None or call.operation_model.input_shape is None:
        return None
    faults = list(violations(call.operation_model.input_shape, call.parameters, ""))
    if not faults:
        return None
    noun = "error" if len(faults) == 1 else "errors"
    return wire.error(call, code, f"{len(faults)} validation {noun} detected: {'; '.join(faults)}")


def violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in shape.required_members:  # type: ignore[attr-defined]
            if value.get(name) is None:
                yield said(None, joined(path, name), "Member must not be null")
        for name, member in shape.members.items():  # type: ignore[attr-defined]
            if name in value:
                yield from violations(member, value[name], joined(path, name))
        return
    if shape.type_name == "list" and isinstance(value, list):
        yield from lengths(shape, len(value), value, path)
        for number, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{path}.{number}.member")  # type: ignore[attr-defined]
        return
    if shape.type_name == "map" and isinstance(value, dict):
        yield from lengths(shape, len(value), value, path)
        for key, item in value.items():
            yield from violations(shape.key, key, f"{path}.key")  # type: ignore[attr-defined]
            yield from violations(shape.value, item, f"{path}.{key}.member")  # type: ignore[attr-defined]
        return
    if shape.type_name == "string" and isinstance(value, str):
        yield from lengths(shape, len(value), value, path)
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            yield said(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
        pattern = shape.metadata.get("pattern")
        if pattern and not fits(pattern, value):
            yield said(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if shape.type_name in ("integer", "long") and isinstance(value, int):
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if least is not None and value < least:
            yield said(value, path, f"Member must have value greater than or equal to {least}")
        if most is not None and value > most:
            yield said(value, path, f"Member must have value less than or equal to {most}")


def lengths(shape: Shape, length: int, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and length < least:
        yield said(value, path, f"Member must have length greater than or equal to {least}")
    if most is not None and length > most:
        yield said(value, path, f"Member must have length less than or equal to {most}")


def said(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def joined(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d"))
    except re.error:
        return None  # a pattern of Java's that Python does not read


def fits(pattern: str, value: str) -> bool:
    known = compiled(pattern)
    return known is None or known.search(value) is not None if pattern.startswith("^") else known is None or known.fullmatch(value) is not None
