"""How a correction takes the place of one of moto's methods.

    @corrects(VPCBackend)
    def delete_vpc(moto, self, vpc_id):
        # AWS: DependencyViolation while an internet gateway is attached
        ...
        return moto(self, vpc_id)

`moto` is the method as moto has it; `self` and the rest are its own arguments. The body is what a patch to moto
would add. Where moto has no such method, `adds` makes one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

APPLIED: list[str] = []


def corrects(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def replace(correction: Callable[..., Any]) -> Callable[..., Any]:
        name = correction.__name__
        original = getattr(owner, name)

        @functools.wraps(original)
        def corrected(self: Any, *args: Any, **kwargs: Any) -> Any:
            return correction(original, self, *args, **kwargs)

        setattr(owner, name, corrected)
        APPLIED.append(f"{owner.__module__}.{owner.__name__}.{name}")
        return correction

    return replace


def adds(owner: type) -> Callable[[Any], Any]:
    def add(method: Any) -> Any:
        name = (method.fget if isinstance(method, property) else method).__name__
        if name in vars(owner):
            raise TypeError(f"moto's {owner.__name__} has {name} by now: correct it instead")
        setattr(owner, name, method)
        APPLIED.append(f"{owner.__module__}.{owner.__name__}.{name}")
        return method

    return add
