"""The HTTP side: HTTP/1.1 with connections that stay open (werkzeug's own handler closes each one)."""

from __future__ import annotations

import http
import socket
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from . import wire
from .app import LocalCloud


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120  # an idle connection is closed after this; SDKs open another

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        environ["REQUEST_METHOD"] = environ["REQUEST_METHOD"].upper()
        reply = self.server.app.answer(environ, self._body(environ))  # type: ignore[attr-defined]
        if reply.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(reply)

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            return environ["wsgi.input"].read()
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return self.rfile.read(length) if length else b""

    def _send(self, reply: wire.Reply) -> None:
        try:
            reason = http.HTTPStatus(reply.status).phrase
        except ValueError:
            reason = ""
        lines = [f"HTTP/1.1 {reply.status} {reason}"]
        has_length = False
        for name, value in reply.headers:
            lower = name.lower()
            if lower in ("connection", "transfer-encoding", "date"):
                continue
            if lower == "content-length":
                if self.command != "HEAD":
                    continue
                has_length = True  # of what a GET would have sent
            lines.append(f"{name}: {value}")
        if not has_length and reply.status not in (204, 304):
            lines.append(f"Content-Length: {len(reply.body)}")
        lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        body = b"" if self.command == "HEAD" or reply.status in (204, 304) else reply.body
        self.wfile.write(head + body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Quiet: the request log is on the control path."""


class Server(ThreadedWSGIServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def listen(cloud: LocalCloud, host: str, port: int) -> Server:
    return Server(host, port, cloud, handler=Handler)  # type: ignore[arg-type]
