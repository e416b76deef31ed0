"""The control path: how a test or the demonstration sets up the cloud and looks into it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from botocore.exceptions import ClientError

from . import fork, inventory, lifetimes, seed, wire

if TYPE_CHECKING:
    from .app import LocalCloud


def answer(cloud: LocalCloud, environ: dict[str, Any], body: bytes) -> wire.Reply:
    what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/_cloud')}"
    action = ACTIONS.get(what)
    if action is None:
        return wire.Reply.of_json({"error": f"no {what}", "there_is": sorted(ACTIONS)}, 404)
    try:
        document = json.loads(body) if body.strip() else None
        query = {name: values[-1] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        query["endpoint"] = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"
        query["host"] = environ["SERVER_NAME"]
        return wire.Reply.of_json(action(cloud, document, query))
    except (ValueError, KeyError, ClientError) as fault:
        return wire.Reply.of_json({"error": f"{type(fault).__name__}: {fault}"}, 400)
    except Exception as fault:
        traceback.print_exc()
        return wire.Reply.of_json({"error": f"{type(fault).__name__}: {fault}"}, 500)


def health(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    import moto

    return {"status": "ok", "moto": moto.__version__}


def reset(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    cloud.reset()
    return {"status": "ok"}


def requests(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    return cloud.log.report(query.get("parameters") == "true", query.get("operation"))


def forget_requests(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    cloud.log.clear()
    return {"status": "ok"}


def show_lifetimes(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    return {"durations": cloud.life.durations, "waiting": cloud.life.waiting}


def set_lifetimes(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    with cloud.lock:
        cloud.life.set(lifetimes.DEMO if document == "demo" else {} if document in (None, "zero") else document)
    return show_lifetimes(cloud, None, query)


def show_clock(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    return {"offset": cloud.clock.offset}


def advance_clock(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    seconds = float(document["advance"])
    if seconds < 0:
        raise ValueError("time only goes forward")
    with cloud.lock:
        cloud.clock.advance(seconds)
        cloud.life.settle()
    return show_clock(cloud, None, query)


def show_faults(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    return cloud.faults.report()


def set_faults(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    cloud.faults.set(document or [])
    return cloud.faults.report()


def clear_faults(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    cloud.faults.clear()
    return []


def show_inventory(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    with cloud.lock:
        cloud.life.settle()
        found = inventory.objects()
    for item in found:
        item["seeded"] = seed.key(item) in cloud.seeded
    left = [item for item in found if not item["default"] and not item["leaving"] and not item["seeded"]]
    return {"objects": found, "left": left}


def plant(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    answers = seed.plant(document or {}, query["endpoint"])
    with cloud.lock:
        cloud.seeded |= {seed.key(item) for item in inventory.objects()}
    return answers


ACTIONS: dict[str, Callable[[LocalCloud, Any, dict[str, str]], Any]] = {
    "GET /health": health,
    "POST /fork": fork.fork,
    "POST /stop": fork.stop,
    "POST /reset": reset,
    "POST /seed": plant,
    "GET /inventory": show_inventory,
    "GET /requests": requests,
    "DELETE /requests": forget_requests,
    "GET /lifetimes": show_lifetimes,
    "PUT /lifetimes": set_lifetimes,
    "GET /clock": show_clock,
    "POST /clock": advance_clock,
    "GET /faults": show_faults,
    "PUT /faults": set_faults,
    "DELETE /faults": clear_faults,
}
