"""Starts the web server on an open index."""

from __future__ import annotations

import resource
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from eval.generation.examples import examples
from index.display import printable
from index.errors import ConfigError
from rag.assemble import build_chain, open_index
from rag.feedback import FeedbackFile
from ui.cli.shell import print_error
from ui.web.app import create_app
from ui.web.limiter import AnswerLimiter
from ui.web.page.examples import example_questions
from ui.web.protocol import Protocol
from ui.web.security import host_in_address, loopback_host
from ui.web.stoppable import Deadline, StoppableServer

if TYPE_CHECKING:
    from rag.config import Settings

_OTHER_FILES = 256
"""Files open beside those of connections, those that are closed right away among them."""
_OFFERED = 4
"""Questions on an empty page."""
_SECONDS = 10.0
"""How long a first start may look for them."""


def serve_page(settings: Settings, *, host: str, port: int, feedback: bool = True) -> None:
    """Serve until interrupted; without `feedback` no verdict on an answer is asked for or kept.

    Raises ConfigError for an address that is taken or open to other machines.
    """
    host = loopback_host(host)
    limiter = AnswerLimiter(
        at_once=settings.answers_at_once, most_waiting=settings.answers_waiting, most_read=settings.passages_when_busy
    )
    with Deadline() as deadline, open_index(settings) as index, limiter, _bound(host, port) as listening:
        chain = build_chain(index, settings)
        kept = FeedbackFile(settings.feedback_file) if feedback else None
        look = partial(examples, chain, _OFFERED, seconds=_SECONDS)
        offered = example_questions(settings, index.generation(), _OFFERED, look)
        app = create_app(
            chain,
            examples=[printable(example.question) for example in offered.found],
            allowed_hosts=settings.allowed_hosts,
            allowed_origins=settings.allowed_origins,
            feedback=kept,
            limiter=limiter,
        )
        address = f"http://{host_in_address(host)}:{listening.getsockname()[1]}/"
        print_error(f"Dateline is at {address} (Ctrl-C stops it)")
        server = StoppableServer(
            app,
            limiter,
            deadline,
            http=_protocol(settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
        )
        server.run(sockets=[listening])


def _protocol(settings: Settings) -> type[Protocol]:
    """HTTP within the limits of the settings; where it is allowed, as many files may be open as that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.most_connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        # macOS names no limit and has one: then as many connections are served as it lets us open.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

    class Limited(Protocol):
        most_connections = settings.most_connections
        seconds_to_send = settings.seconds_to_send

    return Limited


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another one with --port"
        ) from error
