"""Starts the server: see README.md for the options."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

# AWS's managed policies exist, as in every account; moto leaves them out unless told.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="start", description="The local cloud: moto, corrected where it is more lenient than AWS.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    parser.add_argument("--port-file", type=Path, help="the port is written here, whole, once the server is ready")
    parser.add_argument("--lifetimes", default="zero", help="zero (the default), demo, or a JSON file of durations")
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when standard input closes")
    return parser.parse_args()


def durations(chosen: str) -> dict[str, Any]:
    from . import lifetimes

    if chosen == "zero":
        return {}
    if chosen == "demo":
        return lifetimes.DEMO
    try:
        return json.loads(Path(chosen).read_text())
    except (OSError, ValueError) as fault:
        sys.exit(f"local cloud: --lifetimes {chosen}: {fault}")


def write_port(file: Path, port: int) -> None:
    whole = file.with_name(f".{file.name}.{os.getpid()}")
    whole.write_text(f"{port}\n")
    whole.replace(file)


def exit_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    # Copies that have ended leave nothing behind
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if chosen.exit_with_stdin:
        threading.Thread(target=exit_with_stdin, daemon=True).start()

    from .app import LocalCloud
    from .lifetimes import LIFE
    from .server import listen

    try:
        LIFE.start_with(durations(chosen.lifetimes))
    except ValueError as fault:
        sys.exit(f"local cloud: --lifetimes {chosen.lifetimes}: {fault}")

    cloud = LocalCloud()
    holding = threading.Event()
    threading.Thread(target=cloud.load, args=[holding], daemon=True).start()
    holding.wait()
    try:
        server = listen(cloud, chosen.host, chosen.port)
    except (OSError, SystemExit) as fault:
        sys.exit(f"local cloud: cannot listen on {chosen.host}:{chosen.port}: {fault}")
    if chosen.port_file:
        write_port(chosen.port_file, server.port)
    print(f"local cloud listening on http://{chosen.host}:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
