"""A server as `dateline serve` starts it, over a scripted chain whose answers take their time.

`python slow_server.py PORT PAUSE AT_ONCE`: sentences come PAUSE seconds apart, AT_ONCE answers at a time.
"""

from __future__ import annotations

import socket
import sys

from fakes import FakeChain, respond

from ui.cli.shell import print_error
from ui.web.app import create_app
from ui.web.limiter import AnswerLimiter
from ui.web.stoppable import Deadline, StoppableServer

if __name__ == "__main__":
    port, pause, at_once = sys.argv[1:]
    limiter = AnswerLimiter(at_once=int(at_once))
    with Deadline() as deadline, limiter, socket.create_server(("127.0.0.1", int(port))) as listening:
        app = create_app(FakeChain(respond, pause=float(pause)), limiter=limiter)
        print_error(f"Dateline is at http://127.0.0.1:{listening.getsockname()[1]}/")
        StoppableServer(app, limiter, deadline, log_level="warning").run(sockets=[listening])
