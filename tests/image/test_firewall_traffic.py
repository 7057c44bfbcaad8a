"""What real clients send, looked at as firewall and load balancer look at it: nothing that they would refuse."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from modules.edge.firewall_rules import IP_REPUTATION, MANAGED_RULE_GROUPS
from tests.image.recorder import Recorder, Request
from tests.image.replica import Replica
from tests.image.triggers import TRIGGERS
from tests.synthesis import resource, synthesize_platform
from tests.texts import PRODUCTION

# Rules about the sender's address know nothing of the request.
BY_CONTENT = [group for group in MANAGED_RULE_GROUPS if group is not IP_REPUTATION]
BLOCKING = [rule for group in BY_CONTENT for rule in group.blocking]
# Cookies of a sign-in are the load balancer's, which does not run here.
COUNTED = [rule for group in BY_CONTENT for rule in group.counted if rule != "SizeRestrictions_Cookie_HEADER"]
FIGURE = '<html><head><script type="text/javascript">Plotly.newPlot("a", [])</script></head></html>'
NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "source": ["spark.sql(\"SELECT * FROM runs WHERE loss < 1 OR model = 'tree'\")"],
            }
        ]
    }
)
LOG = "DEBUG botocore.utils: GET http://169.254.169.254/latest/meta-data/iam/security-credentials/\n" * 20
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def traffic(
    server: Replica, client_settings: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Request]]:
    """All that the MLflow client, a browser and plain HTTP libraries sent to do their work."""
    with Recorder(port=server.port) as recorder:
        client_settings.setenv("MLFLOW_TRACKING_URI", recorder.url)
        # As of clients that reach S3 through the server only: then every upload passes the firewall.
        client_settings.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "false")
        client_settings.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "false")
        runs = _train(tmp_path_factory.mktemp("work"))
        _search(runs)
        _register(runs)
        _trace()
        _browse(recorder.url, runs)
        yield recorder.requests
    client_settings.delenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD")
    client_settings.delenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD")


def _train(folder: Path) -> list[str]:
    """Runs with parameters, metrics and files as they come."""
    import mlflow
    from mlflow.entities import Metric, Param, RunTag

    mlflow.set_experiment("traffic")
    client = mlflow.MlflowClient()
    (folder / "train.log").write_text(LOG, encoding="utf-8")
    (folder / "config.ini").write_text("[data]\npath = ../../data/train.csv\n", encoding="utf-8")
    (folder / "train.py").write_text("import os\nos.system('ls ../data')\n", encoding="utf-8")
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 400)
    (folder / "gewöhnliche Übung.txt").write_text("ü", encoding="utf-8")
    (folder / "empty").touch()
    runs = []
    for number in range(3):
        with mlflow.start_run() as run:
            runs.append(run.info.run_id)
            mlflow.log_params({"model": "tree", "data": "../../data/train.csv", "depth": number})
            mlflow.log_param("endpoint", "http://10.0.0.5:8080/v1")
            mlflow.log_metric("loss", 1 / (number + 1))
            mlflow.set_tag("note", "<b>better</b> than the one before")
    client.log_batch(
        runs[0],
        metrics=[Metric("loss", 1 / (step + 1), 1, step) for step in range(500)],
        params=[Param("query", "SELECT * FROM runs WHERE loss < 1")],
        tags=[RunTag("team", "search")],
    )
    client.log_artifacts(runs[0], str(folder), "deep/er/still/files")
    client.log_text(runs[0], FIGURE, "figure.html")
    client.log_text(runs[0], NOTEBOOK, "notebooks/explore.ipynb")
    client.log_dict(runs[0], {"a": [1, 2]}, "results/values.json")
    mlflow.artifacts.download_artifacts(run_id=runs[0], dst_path=str(folder / "back"))
    client.update_run(runs[1], name="the best")
    client.delete_run(runs[2])
    client.restore_run(runs[2])
    client.delete_tag(runs[0], "team")
    return runs


def _search(runs: list[str]) -> None:
    """Filters as the documentation has them (https://mlflow.org/docs/latest/search-runs)."""
    import mlflow

    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("traffic")
    assert experiment is not None
    ids = [experiment.experiment_id]
    listed = ", ".join(f"'{run}'" for run in runs)
    found = client.search_runs(
        ids, "metrics.loss < 1 and params.model = 'tree'", order_by=["metrics.loss DESC"]
    )
    assert found
    assert len(client.search_runs(ids, f"attributes.run_id IN ({listed})")) == 3
    client.search_runs(ids, "tags.note LIKE '%better%' AND status = 'FINISHED'")
    client.search_experiments(filter_string="name ILIKE 'tra%' AND tags.team != 'ranking'")
    client.get_metric_history(runs[0], "loss")


def _register(runs: list[str]) -> None:
    """The model registry, whose searches are in the query string."""
    import mlflow

    client = mlflow.MlflowClient()
    name = "Tree model (v2), a+b & co"
    client.create_registered_model(
        name, tags={"stage": "live"}, description="<i>the</i> model; see ../README.md"
    )
    version = client.create_model_version(name, f"runs:/{runs[0]}/figure.html", runs[0])
    client.update_model_version(name, version.version, "fits ' OR 1=1; see http://10.0.0.5/wiki")
    client.set_registered_model_alias(name, "champion", version.version)
    assert client.search_registered_models("name LIKE '%Tree%' AND tags.stage = 'live'")
    assert client.search_model_versions(f"name = '{name}' and run_id IN ('{runs[0]}', '{runs[1]}')")
    client.get_model_version_by_alias(name, "champion")
    client.delete_registered_model_alias(name, "champion")
    client.delete_model_version(name, version.version)


def _trace() -> None:
    """A trace of a conversation about HTML and SQL, and a search for it."""
    import mlflow

    with mlflow.start_span("chat") as span:
        span.set_inputs({"prompt": "What does <script>alert(1)</script> do? And ' OR 1=1 --?"})
        with mlflow.start_span("retrieve", span_type="RETRIEVER") as inner:
            inner.set_outputs({"documents": ["<p>../etc/passwd</p>" * 1000]})
        span.set_outputs({"answer": "SELECT name FROM users WHERE id = 1"})
    mlflow.flush_trace_async_logging()
    experiment = mlflow.get_experiment_by_name("traffic")
    assert experiment is not None
    found = mlflow.search_traces(
        locations=[experiment.experiment_id],
        filter_string="attributes.status = 'OK' AND attributes.name = 'chat'",
        return_type="list",
    )
    assert found


def _browse(url: str, runs: list[str]) -> None:
    """What the user interface asks for to show and compare runs, and a notebook with an HTTP library."""
    place = urlsplit(url)
    # The page that compares 100 runs; they need not exist.
    compared = [("run_ids", run) for run in (runs * 34)[:100]]
    models = {"filter": "name ilike '%tree%'"}
    targets = [
        "/",
        "/static-files/manifest.json",
        f"/ajax-api/2.0/mlflow/runs/get?{urlencode({'run_id': runs[0]})}",
        f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?{urlencode([*compared, ('metric_key', 'loss')])}",
        f"/ajax-api/2.0/mlflow/artifacts/list?{urlencode({'run_id': runs[0], 'path': 'deep/er'})}",
        *(
            f"/get-artifact?{urlencode({'path': f'deep/er/still/files/{name}', 'run_uuid': runs[0]})}"
            for name in ("train.log", "config.ini", "gewöhnliche Übung.txt")
        ),
        f"/ajax-api/2.0/mlflow/registered-models/search?{urlencode(models, quote_via=quote)}",
    ]
    for agent in (BROWSER, "python-requests/2.32.5"):
        for target in targets:
            connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
            connection.request("GET", target, headers={"User-Agent": agent, "Accept": "*/*"})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            assert answer.status in (200, 404), (target, answer.status)


def tripping(rule: str, traffic: list[Request]) -> list[str]:
    return [str(request) for request in traffic if TRIGGERS[rule](request)]


def test_there_is_traffic_of_every_kind(traffic: list[Request]) -> None:
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= {request.method for request in traffic}
    seen = " ".join(request.path for request in traffic)
    for part in (
        "runs/log-batch",
        "mlflow-artifacts/artifacts/",
        "runs/search",
        "traces",
        "registered-models/search",
    ):
        assert part in seen, f"no request for {part}"
    agents = " ".join(request.header("User-Agent") or "" for request in traffic)
    assert "mlflow-python-client/" in agents and "Mozilla/" in agents and "python-requests/" in agents


def test_every_firewall_rule_has_a_triggering_request() -> None:
    assert set(TRIGGERS) == {rule for group in BY_CONTENT for rule in (*group.blocking, *group.counted)}


@pytest.mark.parametrize("rule", BLOCKING)
def test_a_rule_that_blocks_is_tripped_by_nothing(rule: str, traffic: list[Request]) -> None:
    assert tripping(rule, traffic) == []


@pytest.mark.parametrize("rule", COUNTED)
def test_a_rule_that_only_counts_would_have_blocked_work(rule: str, traffic: list[Request]) -> None:
    assert tripping(rule, traffic), f"nothing that clients send trips {rule}: let it block"


def test_the_strictest_reading_of_http_refuses_none(traffic: list[Request]) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""
    for request in traffic:
        names = [name.lower() for name, _ in request.headers]
        assert request.version == "HTTP/1.1", request
        assert re.fullmatch(r"[!-~]+", request.target), f"not encoded: {request}"
        # Others are dropped as invalid.
        assert all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name in names), (request, names)
        assert all(re.fullmatch(r"[\x20-\x7e]+", value) for _, value in request.headers), request
        assert names.count("content-length") + names.count("transfer-encoding") <= 1, request
        assert names.count("host") == 1, request
        if request.method in ("GET", "HEAD"):
            assert not {"content-length", "transfer-encoding"} & set(names), f"a GET with a body: {request}"


@pytest.mark.parametrize(
    "path", ["/metrics", "/%6detrics", "/metric%73", "//metrics", "/x/../metrics", "/./metrics", "/metrics/a"]
)
def test_metrics_are_hidden_however_they_are_written(path: str) -> None:
    (rule,) = (
        rule
        for rule in resource(synthesize_platform(PRODUCTION), "aws_wafv2_web_acl.firewall")["rule"]
        if rule["name"] == "metrics"
    )
    statement = rule["statement"]["regex_match_statement"]
    assert [change["type"] for change in statement["text_transformation"]] == ["URL_DECODE", "NORMALIZE_PATH"]
    assert re.search(statement["regex_string"], _normalized(path))


def test_other_paths_are_not(traffic: list[Request]) -> None:
    (rule, *_) = resource(synthesize_platform(PRODUCTION), "aws_wafv2_web_acl.firewall")["rule"]
    pattern = rule["statement"]["regex_match_statement"]["regex_string"]

    assert any("metrics/get-history" in request.path for request in traffic)
    assert [str(request) for request in traffic if re.search(pattern, _normalized(request.path))] == []


def test_the_server_decodes_a_path_before_it_looks_at_it(server: Replica) -> None:
    assert server.status("/%68ealth") == http.client.OK


def test_server_sends_its_security_headers(server: Replica) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def _normalized(path: str) -> str:
    """As WAF's URL_DECODE and NORMALIZE_PATH make it
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html)."""
    from posixpath import normpath
    from urllib.parse import unquote

    return re.sub("^//", "/", normpath(unquote(path)))
