"""HTTP as the server speaks it, for what goes wrong before there is a request that an application could answer."""

from __future__ import annotations

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.http_errors import error_body
from ui.security import HEADERS


class Protocol(H11Protocol):
    """uvicorn's own, but for the words and headers of its refusals."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and close the connection."""
        body = error_body("InvalidRequest", msg)
        headers = {
            **HEADERS,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
        }
        start = h11.Response(status_code=400, reason=b"Bad Request", headers=list(headers.items()))
        for event in (start, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
