"""`python -m tracking_server`: waits for the database, upgrades its schema, and becomes the server.

`python -m tracking_server run COMMAND …` runs another command with the server's environment, such as `mlflow gc` in a
shell that `aws ecs execute-command` opened.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import NoReturn

from tracking_server.config import Config, ConfigError, read_config
from tracking_server.database import open_engine, wait_until_ready
from tracking_server.errors import StartupError
from tracking_server.schema import upgrade_schema
from tracking_server.server import SETTINGS, mlflow_server, runs_jobs, server_environment, serving
from tracking_server.shared_secrets import server_keys
from tracking_server.sign_in_config import MODE, PASSWORD
from tracking_server.users import first_users_variables, prepare_users

BAD_CONFIGURATION = 2
STARTUP_FAILED = 1
USAGE = "usage: python -m tracking_server [serve [--sign-in MODE] | run COMMAND [ARGUMENT ...]]"

_log = logging.getLogger("tracking_server")


class Stopped(BaseException):
    """SIGTERM or SIGINT came before the server ran."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def main(arguments: list[str]) -> int:
    """The exit status, when no other program took this process's place."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.Formatter.converter = time.gmtime
    command = arguments[1:] if arguments[:1] == ["run"] else []
    if not command and arguments and not _is_serve(arguments):
        print(USAGE, file=sys.stderr)
        return BAD_CONFIGURATION
    if not command and len(arguments) == 3:
        # Of the command line, an image that does not know the mode refuses it; of a variable, it would not.
        os.environ[MODE] = arguments[2]
    # As PID 1 without an init, a process without handlers does not hear them.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        config = read_config(os.environ)
        environment = server_environment(config, os.environ)
        if command:
            _become(command, {**environment, **first_users_variables(config)})
        environment |= _prepare(config, environment)
        _log.info("Starting MLflow on %s:%d with %d workers.", config.host, config.port, config.workers)
        environment = serving(environment)
        if runs_jobs(environment):
            _become(mlflow_server(environment), environment)
        _serve(environment)
        return 0
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_CONFIGURATION
    except StartupError as error:
        print(error, file=sys.stderr)
        return STARTUP_FAILED
    except Stopped as stop:
        _log.info("%s: stopped before the server ran.", stop)
        return 128 + stop.number


def _prepare(config: Config, environment: Mapping[str, str]) -> dict[str, str]:
    """Brings the database to where the server needs it; returns the variables with secrets that all tasks share."""
    engine = open_engine(config.database)
    wait_until_ready(engine, wait_seconds=config.database_wait_seconds)
    upgrade_schema(engine, wait_seconds=config.schema_wait_seconds)
    keys = server_keys(config.keys_secret_arn, environment) if config.keys_secret_arn else {}
    users = prepare_users(config, engine, environment) if config.sign_in_mode == PASSWORD else {}
    return {**keys, **users}


def _is_serve(arguments: list[str]) -> bool:
    return arguments == ["serve"] or (len(arguments) == 3 and arguments[:2] == ["serve", "--sign-in"])


def _serve(environment: dict[str, str]) -> None:
    """gunicorn in this process: another one would import again what is here."""
    from gunicorn.app.wsgiapp import run

    os.environ.clear()
    os.environ.update(environment)
    # What the libraries log is for them to say.
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    sys.argv = ["gunicorn", "-c", SETTINGS]
    run()


def _become(command: list[str], environment: dict[str, str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise StartupError(f"{command[0]} cannot be run: {error.strerror}") from error


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
