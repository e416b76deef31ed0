"""Counts and remembers every call, so that a test can say how many of which were made and how wide."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from . import wire


class RequestsLog:
    def __init__(self) -> None:
        self._lock = Lock()
        self._started = time.monotonic()
        self._in_flight = 0
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._entries: list[dict[str, Any]] = []
            self._calls: list[wire.Call] = []
            self._by_operation: Counter[str] = Counter()
            self._max_in_flight = self._in_flight

    @contextmanager
    def call(self, call: wire.Call) -> Iterator[dict[str, Any]]:
        """Counts a call as in flight until its reply is ready."""
        with self._lock:
            self._in_flight += 1
            self._max_in_flight = max(self._max_in_flight, self._in_flight)
            self._by_operation[call.name] += 1
            entry: dict[str, Any] = {
                "n": len(self._entries) + 1,
                "service": call.service,
                "operation": call.operation,
                "region": call.region,
                "status": None,
                "error": None,
                "fault": None,
                "client_token": None,
                "at": datetime.now(UTC).isoformat(),
                "seconds": round(time.monotonic() - self._started, 6),
                "took": None,
                "in_flight": self._in_flight,
            }
            self._entries.append(entry)
            self._calls.append(call)
        began = time.monotonic()
        try:
            yield entry
        finally:
            entry["took"] = round(time.monotonic() - began, 6)
            call.let_go()
            with self._lock:
                self._in_flight -= 1

    def report(self, with_parameters: bool = False, operation: str | None = None) -> dict[str, Any]:
        with self._lock:
            pairs = list(zip(self._entries, self._calls))
            report: dict[str, Any] = {
                "total": len(pairs),
                "in_flight": self._in_flight,
                "max_in_flight": self._max_in_flight,
                "by_operation": dict(sorted(self._by_operation.items())),
            }
        log = []
        for entry, call in pairs:
            if operation and operation != call.name:
                continue
            if with_parameters:
                try:
                    entry = dict(entry, parameters=call.parameters)
                except Exception as reason:  # a body that is not what its protocol says
                    entry = dict(entry, parameters={"unreadable": str(reason)})
            log.append(entry)
        report["log"] = log
        return report
