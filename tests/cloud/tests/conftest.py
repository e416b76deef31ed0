"""One local cloud for the whole run, as it was at the start before each test."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
REGION = "eu-central-1"


class Cloud:
    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/_cloud{path}", data=body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def client(self, service: str, region: str = REGION) -> Any:
        return client_of(self.url, service, region)

    def lifetimes(self, **durations: Any) -> None:
        self.control("PUT", "/lifetimes", durations)

    def advance(self, seconds: float) -> None:
        self.control("POST", "/clock", {"advance": seconds})

    def faults(self, *rules: dict[str, Any]) -> None:
        self.control("PUT", "/faults", list(rules))

    def requests(self) -> Any:
        return self.control("GET", "/requests")

    def left(self) -> list[dict[str, Any]]:
        return self.control("GET", "/inventory")["left"]


@cache
def client_of(url: str, service: str, region: str) -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name=region, aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=30),
    )


@contextmanager
def started(*options: str) -> Iterator[Cloud]:
    """A server of its own, stopped by closing its standard input."""
    server = subprocess.Popen(
        [sys.executable, "-m", "fastcart_cloud", "--exit-with-stdin", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent,
    )
    assert server.stdin and server.stdout
    try:
        line = server.stdout.readline()
        assert line.startswith("local cloud listening on http://"), line
        yield Cloud(line.split()[-1])
    finally:
        server.stdin.close()
        server.wait(timeout=10)


@pytest.fixture(scope="session")
def server() -> Iterator[Cloud]:
    with started() as cloud:
        yield cloud


@pytest.fixture
def cloud(server: Cloud) -> Cloud:
    server.control("POST", "/reset")
    return server


@contextmanager
def refused(code: str, status: int | None = None) -> Iterator[None]:
    """The call inside fails with this AWS error code."""
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer["Error"]
    if status is not None:
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def eventually(check: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
