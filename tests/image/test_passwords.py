"""Signing in with MLflow's own users: two tasks of two workers that start together, and the real client."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.aws.account import EmulatedAws, without_aws
from local.postgres import EmbeddedPostgres
from tests.image.replica import Replica, run
from tests.image.task import USER, with_database
from tools.admin_password import AdminPasswordError, FirstUser
from tools.setup.progress import PROJECT

ARGUMENTS = ("serve", "--sign-in", "password")
# Of docker/tracking_server/passwords.py, for each of two workers.
FAILURES_OF_A_USER = 10
DATABASE = "mlflow_passwords"


@dataclass
class Signed:
    """Two tasks with passwords.

    Attributes:
        tasks: both are healthy.
        environment: what they were started with.
        admin: the first user's name and password, as the secret has them.
        arn: of that secret.
    """

    tasks: tuple[Replica, Replica]
    environment: dict[str, str]
    admin: tuple[str, str]
    arn: str
    client: Any

    def __post_init__(self) -> None:
        self.url = self.tasks[0].url

    def ask(self, path: str, auth: tuple[str, str] | None, method: str = "GET", **more: Any) -> int:
        return requests.request(method, f"{self.url}{path}", auth=auth, timeout=60, **more).status_code


@pytest.fixture(scope="module")
def signed(
    environment: dict[str, str],
    postgres: EmbeddedPostgres,
    aws: EmulatedAws,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Signed]:
    client: Any = aws.session().client("secretsmanager")
    arn = client.create_secret(Name="mlflow-test-admin")["ARN"]
    postgres.create_database(DATABASE, owner=USER)
    own = {**with_database(environment, DATABASE), "MLFLOW_ADMIN_SECRET_ARN": arn}
    folder = tmp_path_factory.mktemp("passwords")
    with ExitStack() as stack:
        # Together, on a database that has nothing yet.
        tasks = [
            stack.enter_context(Replica(own, log=folder / f"{name}.log", arguments=ARGUMENTS))
            for name in ("a", "b")
        ]
        for task in tasks:
            task.wait_until_healthy()
        value = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        yield Signed((tasks[0], tasks[1]), own, (value["username"], value["password"]), arn, client)
    postgres.drop_database(DATABASE)
    postgres.drop_database(f"{DATABASE}_users")


@pytest.fixture
def as_admin(signed: Signed, monkeypatch: pytest.MonkeyPatch, client_settings: Any) -> Signed:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", signed.admin[0])
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", signed.admin[1])
    return signed


def test_client_logs_runs_and_artifacts_with_user_and_password(as_admin: Signed, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    (tmp_path / "model.txt").write_text("weights", encoding="utf-8")
    for task in as_admin.tasks:
        client = MlflowClient(task.url)
        run = client.create_run("0")
        client.log_metric(run.info.run_id, "loss", 0.5)
        client.log_artifact(run.info.run_id, str(tmp_path / "model.txt"))

        assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
        assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["model.txt"]


def test_without_password_only_the_health_check_answers(signed: Signed) -> None:
    paths = {
        "/": "GET",
        "/version": "GET",
        "/static-files/index.html": "GET",
        "/api/2.0/mlflow/experiments/search": "POST",
        "/ajax-api/3.0/mlflow/server-info": "GET",
        "/api/2.0/mlflow-artifacts/artifacts": "GET",
        "/v1/traces": "POST",
        "/graphql": "POST",
        "/signup": "GET",
        "/docs": "GET",
        "/openapi.json": "GET",
        "/metrics": "GET",
    }
    answered = {path: signed.ask(path, None, method) for path, method in paths.items()}

    assert set(answered.values()) == {401}, answered
    assert signed.ask("/health", None) == 200
    assert signed.ask("/health", None, "POST") == 401


def test_new_user_reads_everything_and_changes_only_own_experiments(
    as_admin: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    admin, ada = as_admin.admin, ("ada", "correct-horse-battery")
    experiment = MlflowClient(as_admin.url).create_experiment("admins")
    assert (
        as_admin.ask(
            "/api/2.0/mlflow/users/create", admin, "POST", json={"username": ada[0], "password": ada[1]}
        )
        == 200
    )
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ada[0])
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", ada[1])
    # The other task knows the user at once.
    client = MlflowClient(as_admin.tasks[1].url)

    assert client.get_experiment(experiment).name == "admins"
    with pytest.raises(MlflowException, match="Permission denied"):
        client.create_run(experiment)
    own = client.create_experiment("adas")
    assert client.create_run(own).info.experiment_id == own
    assert as_admin.ask("/api/2.0/mlflow/users/create", ada, "POST", json={}) == 403


def test_admin_adds_a_user_in_the_browser_at_whatever_task_answers(signed: Signed) -> None:
    # given the form of one task
    browser = requests.Session()
    browser.auth = signed.admin
    page = browser.get(f"{signed.tasks[0].url}/signup", timeout=60)
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)
    (action,) = re.findall(r'form action="([^"]+)"', page.text)
    # when the other one gets it, with the session's cookie
    user = {"username": "grace", "password": "correct-horse-staple"}
    cookies = page.cookies.get_dict()
    sent = browser.post(
        f"{signed.tasks[1].url}{action}", data={"csrf_token": token, **user}, cookies=cookies, timeout=60
    )
    forged = browser.post(f"{signed.tasks[1].url}{action}", data=user, cookies=cookies, timeout=60)
    # then the user signs in at both, and nobody adds one without the form's token
    assert (sent.status_code, forged.status_code) == (200, 400), sent.text
    pair = (user["username"], user["password"])
    for task in signed.tasks:
        assert requests.get(f"{task.url}/version", auth=pair, timeout=60).status_code == 200


def test_default_permission_and_prefix_are_those_of_the_environment(
    as_admin: Signed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    experiment = MlflowClient(as_admin.url).create_experiment("shared")
    user = {"username": "linus", "password": "correct-horse-battery"}
    assert as_admin.ask("/api/2.0/mlflow/users/create", as_admin.admin, "POST", json=user) == 200
    own = {
        **as_admin.environment,
        "MLFLOW_SIGN_IN_DEFAULT_PERMISSION": "EDIT",
        "MLFLOW_STATIC_PREFIX": "/mlflow",
    }
    with Replica(own, log=tmp_path / "edit.log", arguments=ARGUMENTS) as task:
        task.wait_until_healthy("/mlflow/health")
        assert requests.get(f"{task.url}/health", timeout=60).status_code == 401
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user["username"])
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", user["password"])
        client = MlflowClient(f"{task.url}/mlflow")
        run = client.create_run(experiment)
        (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
        client.log_artifact(run.info.run_id, str(tmp_path / "notes.txt"))

        assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["notes.txt"]


def test_a_command_in_the_container_signs_in_as_the_first_user(signed: Signed, tmp_path: Path) -> None:
    program = (
        "import mlflow, os; mlflow.set_tracking_uri(os.environ['URI']); "
        "print(len(mlflow.search_experiments()))"
    )
    command = ["-m", "tracking_server", "run", "python", "-c", program]
    environment = {**signed.environment, "URI": signed.url}

    ended = run(command, environment, home=tmp_path)

    assert (ended.returncode, int(ended.stdout.split()[-1]) > 0) == (0, True), ended.stderr


def test_the_check_of_the_documentation_says_what_is_wrong(signed: Signed) -> None:
    page = (PROJECT / "docs" / "clients.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(import base64.*?)```", page, flags=re.DOTALL)
    name, password = signed.admin

    def said(**variables: str) -> str:
        environ = {**without_aws(os.environ), "MLFLOW_TRACKING_URI": signed.url, **variables}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout

    assert said(MLFLOW_TRACKING_USERNAME=name, MLFLOW_TRACKING_PASSWORD=password).endswith("API 200\n")
    assert " 401 " in said() and "MLFLOW_TRACKING_USERNAME" in said()
    assert " 401 " in said(MLFLOW_TRACKING_USERNAME=name, MLFLOW_TRACKING_PASSWORD="wrong")


def test_many_clients_sign_in_at_once_and_the_health_check_answers(as_admin: Signed) -> None:
    url, auth = as_admin.url, as_admin.admin
    slowest = 0.0

    def search(_: int) -> int:
        return requests.post(
            f"{url}/api/2.0/mlflow/experiments/search", auth=auth, json={"max_results": 1}, timeout=60
        ).status_code

    # 64 clients, half of them on the routes of FastAPI
    def artifacts(_: int) -> int:
        return requests.get(f"{url}/api/2.0/mlflow-artifacts/artifacts", auth=auth, timeout=60).status_code

    with ThreadPoolExecutor(64) as pool:
        asked = [pool.submit(search if one % 2 else artifacts, one) for one in range(256)]
        while not all(one.done() for one in asked):
            began = time.monotonic()
            assert requests.get(f"{url}/health", timeout=30).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)

    assert {one.result() for one in asked} == {200}


def test_wrong_passwords_are_limited_for_an_address_and_a_user(signed: Signed) -> None:
    # Of two workers each counts for itself.
    with ThreadPoolExecutor(32) as pool:
        guesses = [pool.submit(signed.ask, "/version", ("eve", f"wrong-{number}")) for number in range(64)]
        tried = [guess.result() for guess in guesses]

    assert tried.count(401) <= 2 * FAILURES_OF_A_USER and set(tried) == {401, 429}, tried
    answer = requests.get(f"{signed.url}/version", auth=("eve", "wrong"), timeout=60)
    assert int(answer.headers["retry-after"]) > 0 and answer.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    # Another user of the same address signs in.
    assert signed.ask("/version", signed.admin) == 200


def test_password_in_the_secret_wins_at_the_next_start(signed: Signed, tmp_path: Path) -> None:
    # given an admin who has changed the password in MLflow, and forgotten it
    name, password = signed.admin
    forgotten = "forgotten-password-1"
    change = {"username": name, "password": forgotten, "current_password": password}
    assert signed.ask("/api/2.0/mlflow/users/update-password", signed.admin, "PATCH", json=change) == 200
    # when a task starts
    with Replica(signed.environment, log=tmp_path / "third.log", arguments=ARGUMENTS) as third:
        third.wait_until_healthy()
        # then the secret's password lets in, and the other one does not
        assert requests.get(f"{third.url}/version", auth=signed.admin, timeout=60).status_code == 200
        assert requests.get(f"{third.url}/version", auth=(name, forgotten), timeout=60).status_code == 401
        assert "was not the secret's" in third.log and password not in third.log


def test_rotation_sets_the_password_in_the_secret_and_on_the_server(signed: Signed, aws: EmulatedAws) -> None:
    # given tasks that take the secret's password
    with Replica(
        signed.environment, log=signed.tasks[0].log_file.with_name("rotated.log"), arguments=ARGUMENTS
    ) as task:
        task.wait_until_healthy()
        user = FirstUser(aws.session(), secret_arn=signed.arn, uri=task.url, stack="mlflow-test")
        before = user.read()
        # when it is rotated
        after = user.rotate()
        # then the new one lets in, in the secret too, and the old one only where a worker still remembers it
        assert user.read() == after and after["password"] != before["password"]
        pair = (after["username"], after["password"])
        assert requests.get(f"{task.url}/version", auth=pair, timeout=60).status_code == 200
        # Restored for the other tests.
        user.rotate()
    signed.admin = (after["username"], user.read()["password"])


def test_rotation_with_the_server_away_is_taken_at_its_next_start(signed: Signed, aws: EmulatedAws) -> None:
    user = FirstUser(aws.session(), secret_arn=signed.arn, uri="http://127.0.0.1:9", stack="mlflow-test")
    before = user.read()["password"]

    with pytest.raises(AdminPasswordError, match="the server did not take it"):
        user.rotate()
    assert user.read()["password"] != before


def test_logs_have_no_password_and_no_key(signed: Signed) -> None:
    for task in signed.tasks:
        assert signed.admin[1] not in task.log
        assert "Traceback" not in task.log


def test_an_image_that_does_not_know_the_mode_ends(environment: dict[str, str], tmp_path: Path) -> None:
    with Replica(environment, log=tmp_path / "a.log", arguments=("serve", "--sign-in", "kerberos")) as server:
        assert server.wait(60)[0] == 2
    assert "MLFLOW_SIGN_IN_MODE" in server.log and "none, openid, password" in server.log
