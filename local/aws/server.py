"""The server behind `aws.EmulatedAws`. `python -m local.aws.server --port 5555`: to try things by hand."""

from __future__ import annotations

import argparse
import importlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from local.aws.account import ACCOUNT_ID, LISTENING, REGISTRY_PASSWORD_VARIABLE


def serve(port: int, *, record: Path | None = None, extensions: Sequence[str] = ()) -> None:
    """Answers requests until the process is ended.

    Args:
        port: 0 is a free one, which it says.
        record: a file that takes a line for each request; None records nothing.
        extensions: modules with more overrides, each with a function `apply`.
    """
    # Bound at once: loading moto takes seconds, and another process could take the port.
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    port = listener.getsockname()[1]
    # All read when moto is imported.
    os.environ["MOTO_PORT"] = str(port)
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    # Of the policies that AWS manages, a role can have one only if it is there.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler
    from werkzeug.serving import make_server

    from local.aws.gaps import create_app
    from local.aws.overrides import apply_overrides
    from local.aws.recorder import Recorder
    from local.aws.retries import IdempotentRetries

    apply_overrides(registry_password=os.environ.get(REGISTRY_PASSWORD_VARIABLE, "eyEmulated"))
    for extension in extensions:
        importlib.import_module(extension).apply()
    answering = IdempotentRetries(DomainDispatcherApplication(create_app))
    application = Recorder(answering, file=record) if record else answering
    server = make_server(
        "127.0.0.1",
        port,
        application,
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=listener.fileno(),
    )
    print(f"{LISTENING}{port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--record", type=Path, help="a file that takes a line for each request")
    parser.add_argument("--extension", action="append", default=[], help="a module with more overrides")
    options = parser.parse_args()
    serve(options.port, record=options.record, extensions=options.extension)
