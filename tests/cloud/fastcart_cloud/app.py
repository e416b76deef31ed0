"""The way of a call: counted, met by faults, refused, recalled by its token, or answered by moto."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from threading import Event, RLock
from typing import Any

from moto.core.base_backend import BackendDict, backend_lock
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import constraints, control, refusals, seed, wire
from .faults import Faults, Rule
from .lifetimes import CLOCK, LIFE
from .requests_log import RequestsLog
from .tokens import Tokens


class LocalCloud:
    def __init__(self) -> None:
        self.clock = CLOCK
        self.life = LIFE
        self.log = RequestsLog()
        self.faults = Faults(self.clock)
        self.tokens = Tokens(self.clock)
        self.seeded: set[tuple[str, str, str]] = set()
        # One call at a time reaches moto: its dictionaries are not made for threads, and "is it in use?" followed
        # by "then delete it" has to be one step. Waiting for faults happens outside.
        self.lock = RLock()
        self.is_copy = False
        self._moto = DomainDispatcherApplication(create_backend_app)

    def load(self, holding: Event) -> None:
        """Loads moto's services and the corrections; no call is answered before."""
        with self.lock:
            holding.set()
            try:
                from . import services  # noqa: F401
            except Exception:
                # Without its corrections the cloud is too lenient to test against
                traceback.print_exc()
                os._exit(1)

    def answer(self, environ: dict[str, Any], body: bytes) -> wire.Reply:
        if environ["PATH_INFO"].startswith("/_cloud/"):
            return control.answer(self, environ, body)
        if environ["PATH_INFO"].startswith("/moto-api"):
            with self.lock:
                return self._ask_moto(environ, body)
        call = wire.identify(environ, body)
        if seed.HEADER in environ:
            # What sets the scene is neither counted nor met by faults
            return self._answer_call(call, {}, ())
        with self.log.call(call) as entry:
            rules = self.faults.hit(call)
            if rules:
                entry["fault"] = ",".join(rule.kind for rule in rules)
            reply = self._answer_call(call, entry, rules)
            entry["status"] = reply.status
            entry["error"] = wire.error_code(call, reply)
            return reply

    def _answer_call(self, call: wire.Call, entry: dict[str, Any], rules: Sequence[Rule]) -> wire.Reply:
        instead = self.faults.before(call, rules)
        if instead is not None:
            return instead
        with self.lock:
            self.life.settle()
            reply = self._refuse_or_perform(call, entry)
        self.faults.after(call, rules, reply)
        return reply

    def _refuse_or_perform(self, call: wire.Call, entry: dict[str, Any]) -> wire.Reply:
        refused = refusals.refuse(call) or constraints.refuse(call)
        if refused is not None:
            return refused
        token = self.tokens.of(call)
        if token is None:
            return self._perform(call)
        entry["client_token"] = token
        known = self.tokens.recall(call, token)
        if known is not None:
            return known
        reply = self._perform(call)
        self.tokens.remember(call, token, reply)
        return reply

    def _perform(self, call: wire.Call) -> wire.Reply:
        """What moto answers; what moto cannot answer becomes an error that no SDK tries again."""
        try:
            if call.protocol == "cbor":
                from . import cloudwatch

                return cloudwatch.as_cbor(call, self._ask_moto(*cloudwatch.as_json(call)))
            reply = self._ask_moto(call.environ, call.body)
        except NotImplementedError as gap:
            return wire.error(call, "NotImplemented", f"The local cloud has no {call.name}: moto does not implement it. {gap}".rstrip(), 501)
        except Exception as fault:
            traceback.print_exc()
            return wire.error(call, "LocalCloudFault", f"moto failed at {call.name}: {type(fault).__name__}: {fault}", 501)
        if reply.status in (404, 405) and (reply.header("content-type") or "").startswith("text/html"):
            return wire.error(call, "NotImplemented", f"The local cloud has no {call.name}: moto has no such path.", 501)
        return reply

    def _ask_moto(self, environ: dict[str, Any], body: bytes) -> wire.Reply:
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if exc_info:
                raise exc_info[1]
            started["status"], started["headers"] = int(status.split()[0]), headers
            return lambda data: None

        asked = dict(environ, CONTENT_LENGTH=str(len(body)))
        asked["wsgi.input"] = wire.replayed(body)
        asked.pop("HTTP_TRANSFER_ENCODING", None)
        parts = self._moto(asked, start_response)
        try:
            body = b"".join(parts)
            return wire.Reply(started["status"], started["headers"], body)
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def reset(self) -> None:
        """As it was at the start: no objects, no faults, no tokens, nothing pending, an empty log."""
        with self.lock:
            forget_objects()
            self.life.reset()
            self.clock.offset = 0.0
            self.faults.clear()
            self.tokens.clear()
            self.seeded.clear()
            self.log.clear()



def forget_objects() -> None:
    """moto's own reset builds every backend anew only to throw it away; here they are made again when they are used."""
    with backend_lock:
        for backends in list(BackendDict._instances):
            if backends.service_name == "s3":  # has temporary files to let go of
                for _, _, backend in list(backends.iter_backends()):
                    backend.reset()
            backends.clear()
        BackendDict._instances.clear()
