"""What clients of a tracking server ask for, as HTTP requests: the calls of MLflow's client, of its UI and of tracers.

Imported by `clients`, which runs on the server's locked packages.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

ARTIFACT = os.urandom(1_000_000)
SPANS = 10
# What the UI's page of a run asks (mlflow/server/js/src, GetRun).
GRAPHQL = (
    "query GetRun($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { apiError { code message } "
    "run { info { runId runName status startTime endTime experimentId artifactUri lifecycleStage } "
    "data { metrics { key value step timestamp } params { key value } tags { key value } } } } }"
)
JSON = {"Content-Type": "application/json"}


class Ask(Protocol):
    """Sends one request and gives the answer's body; raises where it is not 200."""

    def __call__(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Awaitable[bytes]: ...


@dataclass
class Work:
    """What one client works on.

    Attributes:
        number: of the client.
        experiment_id, run_id: its own run, in an experiment that all share.
        model: a registered model that all share.
        asked: metrics that it has sent to its run.
        acknowledged: those that the server said it has.
    """

    number: int
    experiment_id: str
    run_id: str
    model: str
    asked: int = 0
    acknowledged: int = 0
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)


async def post(ask: Ask, path: str, body: dict[str, Any]) -> Any:
    return json.loads(await ask("POST", f"/api/2.0/mlflow/{path}", json.dumps(body).encode(), JSON))


async def _log(ask: Ask, work: Work, count: int) -> None:
    now, first = int(time.time() * 1000), work.asked
    metrics = [
        {"key": f"metric-{i % 10}", "value": work.dice.random(), "timestamp": now, "step": first + i}
        for i in range(count)
    ]
    work.asked += count
    await post(ask, "runs/log-batch", {"run_id": work.run_id, "metrics": metrics})
    work.acknowledged += count


async def log_batch_1(ask: Ask, work: Work) -> None:
    await _log(ask, work, 1)


async def log_batch_100(ask: Ask, work: Work) -> None:
    await _log(ask, work, 100)


async def search(ask: Ask, work: Work) -> None:
    await post(
        ask,
        "runs/search",
        {
            "experiment_ids": [work.experiment_id],
            "filter": "attributes.status = 'RUNNING'",
            "order_by": ["attributes.start_time DESC"],
            "max_results": 20,
        },
    )


async def get(ask: Ask, work: Work) -> None:
    await ask("GET", f"/api/2.0/mlflow/runs/get?run_id={work.run_id}")


async def artifact(ask: Ask, work: Work) -> None:
    path = (
        f"/api/2.0/mlflow-artifacts/artifacts/{work.experiment_id}/{work.run_id}/artifacts/{work.number}.bin"
    )
    await ask("PUT", path, ARTIFACT, {"Content-Type": "application/octet-stream"})
    back = await ask("GET", path)
    if back != ARTIFACT:
        raise ValueError("the artifact came back different")


async def models(ask: Ask, work: Work) -> None:
    source = f"mlflow-artifacts:/{work.experiment_id}/{work.run_id}/artifacts/model"
    await post(ask, "model-versions/create", {"name": work.model, "source": source, "run_id": work.run_id})
    await ask("GET", "/api/2.0/mlflow/model-versions/search?max_results=10")
    await post(ask, "logged-models", {"experiment_id": work.experiment_id, "name": "m"})


async def traces(ask: Ask, work: Work) -> None:
    now = time.time_ns()
    export = ExportTraceServiceRequest()
    scope = export.resource_spans.add().scope_spans.add()
    trace_id, root = work.dice.randbytes(16), work.dice.randbytes(8)
    for number in range(SPANS):
        scope.spans.add(
            trace_id=trace_id,
            span_id=root if number == 0 else work.dice.randbytes(8),
            parent_span_id=b"" if number == 0 else root,
            name=f"step-{number}",
            start_time_unix_nano=now,
            end_time_unix_nano=now + 1_000_000,
            attributes=[KeyValue(key="input", value=AnyValue(string_value="a question " * 20))],
        )
    headers = {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": work.experiment_id}
    await ask("POST", "/v1/traces", export.SerializeToString(), headers)


async def graphql(ask: Ask, work: Work) -> None:
    body = {"operationName": "GetRun", "query": GRAPHQL, "variables": {"data": {"runId": work.run_id}}}
    answer = json.loads(await ask("POST", "/graphql", json.dumps(body).encode(), JSON))
    if answer["data"]["mlflowGetRun"]["run"]["info"]["runId"] != work.run_id:
        raise ValueError(f"the UI's query is answered with {answer}")


async def page(ask: Ask, work: Work) -> None:
    await ask("GET", "/")


KINDS: dict[str, Callable[[Ask, Work], Awaitable[None]]] = {
    "log-batch (1)": log_batch_1,
    "log-batch (100)": log_batch_100,
    "runs/search": search,
    "runs/get": get,
    "artifact of 1 MB, up and down": artifact,
    "models and registry": models,
    "traces (OTLP)": traces,
    "GraphQL of the UI": graphql,
    "page of the UI": page,
}
# A team at work: mostly metrics, some reading, now and then an artifact.
MIX = {
    "log-batch (1)": 30,
    "log-batch (100)": 10,
    "runs/search": 10,
    "runs/get": 20,
    "artifact of 1 MB, up and down": 5,
    "models and registry": 5,
    "traces (OTLP)": 10,
    "GraphQL of the UI": 10,
}
