"""A request whose client hangs up is not worked on any further."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response

_CLIENT_GONE = 499
"""The status that nginx writes into its log for such a request; nobody receives it."""


async def unless_gone(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """The response that the work gives; the work is cancelled when the client of a request that was read is gone.

    Raises what the work raises.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else Response(status_code=_CLIENT_GONE)
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
