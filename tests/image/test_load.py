"""The server under load: health, clients that do not wait, and searches that take too long."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from local.postgres import EmbeddedPostgres
from tests.image.conftest import DatabaseSecret
from tests.image.replica import Replica

EXPERIMENT = "/api/2.0/mlflow/experiments/get?experiment_id=0"
SEARCH = "/api/2.0/mlflow/runs/search"
HEADERS = {"Content-Type": "application/json"}
SET_TAG = "/api/2.0/mlflow/experiments/set-experiment-tag"
QUEUED = 100
# Of an answer that waits for nothing; a request that waits here would take as long as the test lets it.
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'mlflow' AND wait_event_type = 'Lock'"


@contextmanager
def all_threads_blocked(server: Replica, postgres: EmbeddedPostgres) -> Iterator[list[Future[int | None]]]:
    """Every thread of every worker, with a queue of requests. Gives their answers, which come at the end."""
    threads = int(server.environment["MLFLOW_WORKERS"]) * int(server.environment["MLFLOW_WORKER_THREADS"])
    with ThreadPoolExecutor(4 * QUEUED) as pool:
        with postgres.connect("mlflow") as locking, locking.cursor() as lock:
            lock.execute("BEGIN")
            lock.execute("LOCK TABLE experiments IN ACCESS EXCLUSIVE MODE")
            answers = [pool.submit(server.status, EXPERIMENT) for _ in range(QUEUED)]
            with postgres.connect() as looking, looking.cursor() as cursor:
                waiting = 0
                while waiting < threads:
                    assert len(answers) < 4 * QUEUED, f"{waiting} of {threads} threads wait"
                    time.sleep(0.05)
                    # Which worker takes a connection is chance.
                    answers.append(pool.submit(server.status, EXPERIMENT))
                    cursor.execute(WAITING)
                    ((waiting,),) = cursor.fetchall()
            yield answers
            lock.execute("ROLLBACK")
        assert {answer.result() for answer in answers} == {http.client.OK}


def test_health_is_answered_while_every_thread_is_taken(server: Replica, postgres: EmbeddedPostgres) -> None:
    with all_threads_blocked(server, postgres) as answers:
        # When health is asked, on connections that any worker may take
        for _ in range(20):
            assert server.status("/health") == http.client.OK

        # Then it has not waited: everyone else still does
        assert not any(answer.done() for answer in answers)


def test_queued_request_of_a_disconnected_client_does_not_run(
    server: Replica, postgres: EmbeddedPostgres
) -> None:
    def request(number: int) -> bytes:
        body = json.dumps({"experiment_id": "0", "key": f"gone-{number}", "value": "set"}).encode()
        head = f"POST {SET_TAG} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    # Given requests that would change something, sent while every thread is taken
    logged = len(server.log)
    with all_threads_blocked(server, postgres):
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        for number, client in enumerate(clients):
            client.sendall(request(number))
        time.sleep(0.5)
        # When half of their clients go
        for client in clients[10:]:
            client.close()
        time.sleep(0.5)

    # Then, when it is their turn, those of the others run
    for client in clients[:10]:
        client.settimeout(30)
        assert b" 200 OK" in client.recv(4096)
        client.close()
    with postgres.connect("mlflow") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT key FROM experiment_tags WHERE key LIKE 'gone-%'")
        assert {key for (key,) in cursor.fetchall()} == {f"gone-{number}" for number in range(10)}
    assert "Traceback" not in server.log[logged:]


def test_a_search_that_takes_too_long_is_not_to_be_tried_again(
    environment: dict[str, str], secret: DatabaseSecret, postgres: EmbeddedPostgres, log: Path
) -> None:
    from mlflow.utils.request_utils import _TRANSIENT_FAILURE_RESPONSE_CODES

    body = json.dumps({"experiment_ids": ["0"], "max_results": 1}).encode()

    def search() -> tuple[int, str]:
        return server.request(SEARCH, method="POST", headers=HEADERS, body=body)

    # Given a server whose statements may take half a second
    with Replica({**environment, "PGOPTIONS": "-c statement_timeout=500"}, log=log) as server:
        server.wait_until_healthy()
        with postgres.connect("mlflow") as locking, locking.cursor() as lock:
            lock.execute("BEGIN")
            lock.execute("LOCK TABLE runs, experiments IN ACCESS EXCLUSIVE MODE")

            # When a search and a write take longer
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: search(), range(16)))
            tag = json.dumps({"experiment_id": "0", "key": "slow", "value": "set"}).encode()
            written, _ = server.request(SET_TAG, method="POST", headers=HEADERS, body=tag)

            lock.execute("ROLLBACK")

        # Then the client is told what to change in its search, and may try the write again
        assert {status for status, _ in answers} == {http.client.BAD_REQUEST}
        assert "Narrow it" in json.loads(answers[0][1])["message"]
        assert http.client.BAD_REQUEST not in _TRANSIENT_FAILURE_RESPONSE_CODES
        assert written == http.client.SERVICE_UNAVAILABLE
        # And the connections are as good as before
        with ThreadPoolExecutor(8) as pool:
            assert {status for status, _ in pool.map(lambda _: search(), range(16))} == {http.client.OK}
