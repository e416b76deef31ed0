"""What travels over the wire: the call as it came in, the reply as it goes out, an error in each AWS protocol."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

from . import cbor

# The name a request is signed with, where it is not the name SDKs and IAM actions are known by.
SIGNED_AS = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
}
CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
CBOR_PATH = re.compile(r"^/service/[^/]+/operation/(?P<operation>\w+)$")


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    drop: bool = False  # the connection is closed instead of sending this

    def header(self, name: str) -> str | None:
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None

    @classmethod
    def of_json(cls, document: Any, status: int = 200) -> Reply:
        return cls(status, [("Content-Type", "application/json")], json.dumps(document, default=str).encode())


@dataclass
class Call:
    """One call to an AWS API."""

    service: str
    operation: str
    protocol: str
    region: str
    environ: dict[str, Any]
    body: bytes
    account: str = DEFAULT_ACCOUNT_ID
    content_type: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.content_type = self.environ.get("CONTENT_TYPE", "")

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"

    @cached_property
    def service_model(self) -> ServiceModel:
        return get_service_model(self.service)

    @cached_property
    def operation_model(self) -> OperationModel | None:
        if self.service == UNKNOWN:
            return None
        try:
            return self.service_model.operation_model(self.operation)
        except Exception:  # botocore has no such operation
            return None

    def let_go(self) -> None:
        """Keeps only what the log shows: not the connection, nor the body of an upload."""
        self.environ = {key: value for key, value in self.environ.items() if isinstance(value, str)}
        if len(self.body) > LARGEST_KEPT:
            self.body = b""

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The input as the service model names it."""
        model = self.operation_model
        if model is None:
            return {}
        if self.protocol == "cbor":
            return cbor.loads(self.body) if self.body else {}
        if self.protocol == "json":
            return json.loads(self.body or b"{}")
        request = Request(dict(self.environ, **{"wsgi.input": _Replay(self.body)}))
        url_parameters: dict[str, Any] = {}
        if self.protocol.startswith("rest"):
            _, url_parameters = get_service_router(self.service).match(request)
        parser = PROTOCOL_PARSERS[self.protocol](model, map_type=dict)
        return parser.parse({
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": self.body,
            "url_path": request.path,
            "url_params": url_parameters,
        })


UNKNOWN = "unknown"
LARGEST_KEPT = 1 << 20


class _Replay:
    """A request body that can be read again."""

    def __init__(self, body: bytes):
        self._rest = body

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            size = len(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def readline(self, size: int = -1) -> bytes:
        end = self._rest.find(b"\n") + 1 or len(self._rest)
        return self.read(end if size is None or size < 0 else min(end, size))

    def __iter__(self) -> Any:
        return iter(self.readline, b"")


def replayed(body: bytes) -> _Replay:
    return _Replay(body)


def identify(environ: dict[str, Any], body: bytes) -> Call:
    """Which service and operation a request is for; `unknown` where that cannot be told."""
    signature = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not signature:
        return Call(UNKNOWN, environ.get("REQUEST_METHOD", "?"), "json", "us-east-1", environ, body)
    signed_as = signature["service"].lower()
    service, region = SIGNED_AS.get(signed_as, signed_as), signature["region"]

    over_cbor = CBOR_PATH.match(environ.get("PATH_INFO", ""))
    if over_cbor and environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return Call(service, over_cbor["operation"], "cbor", region, environ, body)
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return Call(service, target.split(".")[-1], "json", region, environ, body)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", ["?"])[0]
        return Call(service, action, "ec2" if service == "ec2" else "query", region, environ, body)
    try:
        protocol = str(get_service_model(service).protocol)
        request = Request(dict(environ, **{"wsgi.input": _Replay(body)}))
        operation, _ = get_service_router(service).match(request)
        return Call(service, operation.name, protocol, region, environ, body)
    except Exception:  # no such service, or no such path in it: moto says so itself
        return Call(service, f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}", "rest-json", region, environ, body)


def error(call: Call, code: str, message: str, status: int = 400) -> Reply:
    """An error as the service of this call would put it."""
    request_id = str(uuid.uuid4())
    side = "Receiver" if status >= 500 else "Sender"
    if call.protocol == "ec2":
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>{escape(code)}</Code>'
                f"<Message>{escape(message)}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>")
        return Reply(status, [("Content-Type", "text/xml;charset=UTF-8")], body.encode())
    if call.protocol == "query":
        body = (f"<ErrorResponse><Error><Type>{side}</Type><Code>{escape(code)}</Code>"
                f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>")
        return Reply(status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)], body.encode())
    if call.protocol == "rest-xml":
        body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code>'
                f"<Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>")
        return Reply(status, [("Content-Type", "application/xml"), ("x-amz-request-id", request_id)], body.encode())
    if call.protocol == "cbor":
        document = cbor.dumps({"__type": code, "message": message})
        return Reply(status, [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"),
                              ("x-amzn-RequestId", request_id)], document)
    headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", code)]
    if call.protocol == "rest-json":
        headers.append(("Content-Type", "application/json"))
    else:
        headers.append(("Content-Type", call.content_type or "application/x-amz-json-1.1"))
    if call.service == "sqs":
        headers.append(("x-amzn-query-error", f"{code};{side}"))
    return Reply(status, headers, json.dumps({"__type": code, "message": message}).encode())


def error_code(call: Call, reply: Reply) -> str | None:
    """The AWS error code of a reply, for the log."""
    if reply.status < 400:
        return None
    if call.protocol in ("ec2", "query", "rest-xml"):
        found = re.search(rb"<Code>([^<]+)</Code>", reply.body)
        return found[1].decode() if found else f"HTTP {reply.status}"
    code = reply.header("x-amzn-errortype")
    if not code:
        try:
            document = cbor.loads(reply.body) if call.protocol == "cbor" else json.loads(reply.body)
            code = document.get("__type") or document.get("code")
        except Exception:
            code = None
    return code.split("#")[-1].split(":")[0] if code else f"HTTP {reply.status}"
