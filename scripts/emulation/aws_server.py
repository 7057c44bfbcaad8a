"""The server behind `aws.EmulatedAws`. `python -m scripts.emulation.aws_server --port 5555`: to try things by hand."""

from __future__ import annotations

import argparse
import os

from scripts.emulation.aws import ACCOUNT_ID, REGISTRY_PASSWORD_VARIABLE


def serve(port: int) -> None:
    """Answers requests until the process is ended."""
    # All read when moto is imported.
    os.environ["MOTO_PORT"] = str(port)
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler
    from werkzeug.serving import run_simple

    from scripts.emulation.aws_gaps import create_app
    from scripts.emulation.aws_overrides import apply_overrides

    apply_overrides(registry_password=os.environ.get(REGISTRY_PASSWORD_VARIABLE, "eyEmulated"))
    application = DomainDispatcherApplication(create_app)
    run_simple("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve(parser.parse_args().port)
