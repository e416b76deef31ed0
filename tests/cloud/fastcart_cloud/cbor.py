"""CBOR (RFC 8949), as much of it as Smithy RPC v2 uses. CloudWatch's Rust SDK speaks nothing else."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

_BREAK = object()


def dumps(value: Any) -> bytes:
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _head(kind: int, number: int, out: bytearray) -> None:
    first = kind << 5
    if number < 24:
        out.append(first | number)
    elif number < 1 << 8:
        out += bytes((first | 24, number))
    elif number < 1 << 16:
        out += struct.pack(">BH", first | 25, number)
    elif number < 1 << 32:
        out += struct.pack(">BI", first | 26, number)
    else:
        out += struct.pack(">BQ", first | 27, number)


def _write(value: Any, out: bytearray) -> None:
    if value is None:
        out.append(0xF6)
    elif isinstance(value, bool):
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, int):
        _head(0, value, out) if value >= 0 else _head(1, -1 - value, out)
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xFB, value)
    elif isinstance(value, datetime):  # Smithy timestamps: tag 1, epoch seconds
        out.append(0xC1)
        _write(value.timestamp(), out)
    elif isinstance(value, (bytes, bytearray)):
        _head(2, len(value), out)
        out += value
    elif isinstance(value, str):
        text = value.encode()
        _head(3, len(text), out)
        out += text
    elif isinstance(value, (list, tuple)):
        _head(4, len(value), out)
        for item in value:
            _write(item, out)
    elif isinstance(value, dict):
        _head(5, len(value), out)
        for key, item in value.items():
            _write(key, out)
            _write(item, out)
    else:
        raise TypeError(f"CBOR has no {type(value).__name__}")


def loads(data: bytes) -> Any:
    value, end = _read(data, 0)
    if end != len(data):
        raise ValueError("bytes after the CBOR value")
    return value


def _read(data: bytes, at: int) -> tuple[Any, int]:
    first = data[at]
    kind, short = first >> 5, first & 31
    at += 1
    if kind == 7:
        if short == 31:
            return _BREAK, at
        if short in (25, 26, 27):
            size, form = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}[short]
            return struct.unpack(form, data[at:at + size])[0], at + size
        return {20: False, 21: True, 22: None, 23: None}[short], at
    number: int | None = short
    if short == 31:
        number = None  # of a length that only its end tells
    elif short >= 24:
        size = 1 << (short - 24)
        number = int.from_bytes(data[at:at + size], "big")
        at += size
    if kind == 0:
        return number, at
    if kind == 1:
        return -1 - (number or 0), at
    if kind in (2, 3):
        if number is None:
            parts = []
            while True:
                part, at = _read(data, at)
                if part is _BREAK:
                    break
                parts.append(part)
            return (b"" if kind == 2 else "").join(parts), at
        raw = data[at:at + number]
        return (bytes(raw) if kind == 2 else raw.decode()), at + number
    if kind == 6:
        value, at = _read(data, at)
        return (datetime.fromtimestamp(value, UTC) if number == 1 else value), at
    items: list[Any] = []
    while number is None or len(items) < number * (2 if kind == 5 else 1):
        item, at = _read(data, at)
        if item is _BREAK:
            break
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if kind == 5 else items), at
