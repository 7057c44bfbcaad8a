"""The PostgreSQL that stands for RDS: reached by TLS under the instance's own name, and in no other way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local.child_process import PROJECT
from local.postgres import EmbeddedPostgres

RDS_NAME = "mlflow-demo.abcdefghij.eu-central-1.rds.amazonaws.com"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), server_names=[RDS_NAME]) as running:
        running.create_role("mlflow_user", "first password")
        running.create_database("mlflow", owner="mlflow_user")
        yield running


def connect(postgres: EmbeddedPostgres, **options: str) -> Any:
    """As the task does: verify-full against the RDS name, which resolves to 127.0.0.1."""
    given = {
        "host": RDS_NAME,
        "hostaddr": "127.0.0.1",
        "port": str(postgres.port),
        "user": "mlflow_user",
        "password": "first password",
        "dbname": "mlflow",
        "sslmode": "verify-full",
        "sslrootcert": str(postgres.ca_bundle),
        "connect_timeout": "10",
    }
    return psycopg2.connect(**{**given, **options})


def test_certificate_verifies_under_the_rds_name(postgres: EmbeddedPostgres) -> None:
    connection = connect(postgres)
    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), repeat('x', 5000000)")
        version, long_text = cursor.fetchone()
    connection.close()

    assert version.startswith(f"PostgreSQL {postgres.version}")
    assert postgres.version.startswith("16.")
    assert len(long_text) == 5_000_000


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"host": "another.example"}, "does not match host name"),
        ({"sslmode": "disable"}, "no pg_hba.conf entry .* no encryption"),
        ({"password": "wrong"}, "password authentication failed"),
        ({"sslrootcert": "/dev/null"}, "certificate"),
    ],
)
def test_wrong_user_password_or_host_is_refused(
    postgres: EmbeddedPostgres, options: dict[str, str], refusal: str
) -> None:
    with pytest.raises(psycopg2.OperationalError, match=refusal):
        connect(postgres, **options)


def test_host_name_and_password_can_be_added_while_running(postgres: EmbeddedPostgres) -> None:
    postgres.answer_for("late.example")
    postgres.set_password("mlflow_user", "second password")
    try:
        connect(postgres, host="late.example", password="second password").close()
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            connect(postgres)
    finally:
        postgres.set_password("mlflow_user", "first password")


def test_nothing_of_it_outlives_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from local.postgres import EmbeddedPostgres\n"
        f"with EmbeddedPostgres(Path({str(tmp_path)!r})) as p: print(p.port, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert int(parent.stdout.readline()) > 0

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    log = tmp_path / "postgres.log"
    deadline = time.monotonic() + 20
    while "database system is shut down" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "database system is shut down" in log.read_text()
