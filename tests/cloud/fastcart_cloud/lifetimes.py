"""The life of each object: how long it is being created, updated and deleted, on a clock that a test can push.

A step of a life ("pending" becomes "available") is put off until its time has come, and is taken at the latest
before the next call is answered. So with every duration at zero a create call still answers with the state that
AWS answers with, and the next read sees the object ready.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any

# What the demonstration runs with: AWS's proportions, in seconds instead of minutes.
DEMO: dict[str, Any] = {
    "vpc": {"creating": 0.3},
    "subnet": {"creating": 0.3},
    "nat_gateway": {"creating": 4.0, "deleting": 3.0},
    "vpc_endpoint": {"creating": 2.5, "deleting": 1.5},
    "kinesis_stream": {"creating": 1.5, "updating": 1.0, "deleting": 1.0},
    "kinesis_stream_consumer": {"creating": 0.5, "deleting": 0.5},
    "db_instance": {"creating": 8.0, "updating": 3.0, "deleting": 6.0},
    "elasticache_replication_group": {"creating": 7.0, "updating": 3.0, "deleting": 5.0},
    "ecs_service": {"creating": 3.0, "updating": 2.0, "deleting": 2.0},
    "elasticache_user": {"updating": 0.5, "deleting": 0.5},
    "elasticache_user_group": {"creating": 0.5, "updating": 0.5, "deleting": 0.5},
    "sqs_queue": {"deleting": 2.0},
    "lambda_function": {"creating": 1.0, "updating": 0.5},
    "lambda_event_source_mapping": {"creating": 1.0, "updating": 0.5, "deleting": 0.5},
}
PHASES = ("creating", "updating", "deleting", "gone")
# How long a NAT gateway or an endpoint stays visible as "deleted"; about an hour in AWS.
GONE_AFTER = 3600.0


class Clock:
    """Real time, plus what a test has pushed it by."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.monotonic() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds


class Lifetimes:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._at_start: dict[str, Any] = {}
        self._order = itertools.count()
        self.reset()

    def start_with(self, durations: dict[str, Any]) -> None:
        """Durations that a reset comes back to."""
        self.set(durations)
        self._at_start = self.durations

    def reset(self) -> None:
        self.durations: dict[str, Any] = dict(self._at_start)
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def set(self, durations: dict[str, Any]) -> None:
        """Checks and takes new durations; those not named become zero."""
        for kind, phases in durations.items():
            if kind == "scale":
                if not isinstance(phases, (int, float)) or phases < 0:
                    raise ValueError("scale is a number, zero or more")
                continue
            if not isinstance(phases, dict):
                raise ValueError(f"{kind}: expected an object of durations by phase")
            for phase, seconds in phases.items():
                if phase not in PHASES:
                    raise ValueError(f"{kind}.{phase}: the phases are {', '.join(PHASES)}")
                if not isinstance(seconds, (int, float)) or seconds < 0:
                    raise ValueError(f"{kind}.{phase}: a duration is a number of seconds, zero or more")
        self.durations = dict(durations)

    def duration(self, kind: str, phase: str) -> float:
        """A type's own duration, else that of the type `*`, else zero."""
        of_kind = self.durations.get(kind, {})
        seconds = of_kind.get(phase, self.durations.get("*", {}).get(phase))
        if seconds is None:
            return GONE_AFTER if phase == "gone" else 0.0
        return seconds * self.durations.get("scale", 1.0)

    def then(self, kind: str, phase: str, step: Callable[[], None]) -> None:
        """Takes a step when this phase of an object's life is over."""
        self.after(self.duration(kind, phase), step)

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        """Takes a step after so many seconds of the clock, for what AWS itself counts in days."""
        heapq.heappush(self._due, (self.clock.now() + seconds, next(self._order), step))

    def settle(self) -> None:
        """Takes every step whose time has come, oldest first. A step may start another phase."""
        while self._due and self._due[0][0] <= self.clock.now():
            heapq.heappop(self._due)[2]()

    @property
    def waiting(self) -> int:
        return len(self._due)


CLOCK = Clock()
LIFE = Lifetimes(CLOCK)
