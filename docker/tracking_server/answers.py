"""Errors that the server answers before MLflow sees a request."""

from __future__ import annotations

import json

from tracking_server.asgi import Message, Send


async def answer(
    scope: Message, send: Send, *, status: int, code: str, text: str, header: tuple[bytes, bytes]
) -> None:
    """An error as MLflow writes them, so that its client shows the text."""
    if scope["type"] == "websocket":
        # Before it is accepted, this is an answer of 403.
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"error_code": code, "message": text}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        header,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
