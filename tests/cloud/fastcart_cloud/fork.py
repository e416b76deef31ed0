"""A copy of the whole cloud as it is at this moment: a process of its own, that goes its own way from here.

What a test that asks "and if it had been killed here?" needs at every step of a long run, without taking the run
up to that step again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from . import faults, requests_log

if TYPE_CHECKING:
    from .app import LocalCloud


def fork(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    from .server import listen

    # No call is half-way while the copy is made; what is under way has been performed or not
    with cloud.lock:
        server = listen(cloud, query["host"], 0)
        child = os.fork()
    if child == 0:
        go_on(cloud, server)
    server.server_close()
    return {"port": server.port}


def go_on(cloud: LocalCloud, server: Any) -> None:
    """Answers on its own port until it is stopped, or the run that began all this ends."""
    try:
        let_go_of_connections(server.fileno())
        # Other threads are not here any more, and whatever they held would be held for ever
        cloud.log = requests_log.RequestsLog()
        cloud.faults = faults.Faults(cloud.clock)
        cloud.is_copy = True
        parent = os.getppid()
        threading.Thread(target=end_with, args=[parent], daemon=True).start()
        server.serve_forever()
    finally:
        os._exit(1)


def let_go_of_connections(ours: int) -> None:
    """Clients of the other process see the end of their connections only if nobody else holds them open. The numbers stay taken: objects that are not used here still have them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in map(int, os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else range(3, 1024):
        if number not in (0, 1, 2, ours, nothing) and is_socket(number):
            os.dup2(nothing, number)


def is_socket(number: int) -> bool:
    try:
        with socket.socket(fileno=os.dup(number)):
            return True
    except OSError:
        return False


def end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def stop(cloud: LocalCloud, document: Any, query: dict[str, str]) -> Any:
    if not cloud.is_copy:
        raise ValueError("only a copy is stopped")
    # The reply is sent first
    threading.Timer(0.05, os._exit, [0]).start()
    return {"status": "ok"}
