"""What the emulated AWS cannot do fails at once and is heard.

moto answers an action it does not know with a bare 500, which clients take for a passing trouble and retry for minutes.
Here the answer is a 400 that says so, and the log has a line that begins with `aws.GAP`; moto's own crashes likewise.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any
from xml.sax.saxutils import escape

from flask import Flask, Response, request
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.exceptions import HTTPException

from local.aws.account import GAP

CODE = "NotEmulated"


def create_app(service: Any) -> Flask:
    """moto's application for one AWS service, with the answer for what it cannot do."""
    app = create_backend_app(service)
    app.register_error_handler(Exception, lambda error: _answer(str(service), error))
    return app


def _answer(service: str, error: Exception) -> Any:
    if isinstance(error, HTTPException):
        return error
    if not isinstance(error, NotImplementedError):
        traceback.print_exception(error)
    action = (
        request.headers.get("X-Amz-Target")
        or request.form.get("Action")
        or f"{request.method} {request.path}"
    )
    text = f"{service} {action}: {type(error).__name__}: {error}"
    print(f"{GAP}: {text}", file=sys.stderr, flush=True)
    if "json" in (request.content_type or ""):
        body, kind = json.dumps({"__type": CODE, "message": text}), "application/x-amz-json-1.1"
    else:
        inner = f"<Error><Type>Sender</Type><Code>{CODE}</Code><Message>{escape(text)}</Message></Error>"
        body, kind = f"<ErrorResponse>{inner}<RequestId>none</RequestId></ErrorResponse>", "text/xml"
    return Response(body, status=400, content_type=kind, headers={"x-amzn-ErrorType": CODE})
