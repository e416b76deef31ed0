"""Client tokens: the same token with the same parameters is the same object, with others it is an error.

moto knows tokens in few services and ignores them in EC2 and ECS. The reply of the first call is kept and sent
again; AWS forgets a token after a day.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from . import wire
from .lifetimes import Clock

REMEMBERED = 24 * 3600.0
# Services that know what a token is here: the member it is in, and the error for other parameters.
TOKENS = {
    "ec2": ("ClientToken", "IdempotentParameterMismatch"),
    "ecs": ("clientToken", "InvalidParameterException"),
}


@dataclass
class Remembered:
    parameters: dict[str, Any]
    reply: wire.Reply
    at: float


class Tokens:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.clear()

    def clear(self) -> None:
        self._known: dict[tuple[str, str, str, str], Remembered] = {}

    def of(self, call: wire.Call) -> str | None:
        """The client token of a call that has one."""
        known = TOKENS.get(call.service)
        if known is None or known[0].encode() not in call.body:
            return None
        return call.parameters.get(known[0]) or None

    def recall(self, call: wire.Call, token: str) -> wire.Reply | None:
        """The reply that this token had before, or the refusal of other parameters."""
        before = self._known.get(self._key(call, token))
        if before is None or self.clock.now() - before.at > REMEMBERED:
            return None
        if before.parameters != _compared(call):
            code = TOKENS[call.service][1]
            return wire.error(call, code, f"The parameters of this request differ from those that the client token {token} was first used with")
        return copy.copy(before.reply)

    def remember(self, call: wire.Call, token: str, reply: wire.Reply) -> None:
        if reply.status < 300:
            self._known[self._key(call, token)] = Remembered(_compared(call), copy.copy(reply), self.clock.now())

    def _key(self, call: wire.Call, token: str) -> tuple[str, str, str, str]:
        return call.account, call.region, call.name, token


def _compared(call: wire.Call) -> dict[str, Any]:
    member = TOKENS[call.service][0]
    return {name: value for name, value in call.parameters.items() if name not in (member, "DryRun")}
