"""How a task comes and goes: how soon it is healthy, what it survives, and how long it may take to leave.

The numbers follow from one another, and each is written once. In seconds, unless the name says otherwise.
"""

from __future__ import annotations

# A deployment first starts as many new tasks as there are, then stops the old ones
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html).
DEPLOYMENT_MINIMUM_HEALTHY_PERCENT = 100
DEPLOYMENT_MAXIMUM_PERCENT = 200

# What a request may take, by the image: a statement (docker/tracking_server/gunicorn_settings.py), and the reading of a
# large body (docker/tracking_server/admission.py).
STATEMENT_SECONDS = 30
LARGE_BODY_SECONDS = 60
BODY_AND_STATEMENT_SECONDS = LARGE_BODY_SECONDS + STATEMENT_SECONDS
# gunicorn replaces a worker whose event loop has not turned for so long (docker/tracking_server/gunicorn_settings.py).
HUNG_WORKER_SECONDS = 60

# A start: the database has to answer, and its schema may have to be upgraded. It is the longest start period that ECS
# accepts (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html).
START_SECONDS = 300

# The server's own route, which needs no sign-in.
HEALTH_PATH = "/health"
# The load balancer's health check, at the shortest interval there is
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html). `/health` is
# answered by the event loop and does not wait for a thread: in 5 ms while 64 clients wait for theirs.
HEALTH_INTERVAL_SECONDS = 5
HEALTH_TIMEOUT_SECONDS = HEALTH_INTERVAL_SECONDS - 1
HEALTHY_THRESHOLD = 2
# ECS replaces a task that the load balancer finds unhealthy. A worker that hangs accepts no connection, so a task
# answers while one of its workers does. Large bodies parsed in each worker, or a paused machine, stop it for seconds:
# five missed checks in a row say more. Not more, as the task is sent its share of the requests until then.
UNHEALTHY_THRESHOLD = 5
# A task that answers is sent requests after this time at the latest: its first check may begin an interval later.
HEALTHY_WITHIN_SECONDS = HEALTH_INTERVAL_SECONDS * HEALTHY_THRESHOLD + HEALTH_TIMEOUT_SECONDS
UNHEALTHY_AFTER_SECONDS = HEALTH_INTERVAL_SECONDS * UNHEALTHY_THRESHOLD
# A task that does not answer is found unhealthy after this time at the latest: the last check may time out.
UNHEALTHY_WITHIN_SECONDS = UNHEALTHY_AFTER_SECONDS + HEALTH_TIMEOUT_SECONDS

# The container's own check, for a task that no load balancer reaches. It starts a Python each time. gunicorn, which
# replaces a hung worker without stopping the task, is quicker.
CONTAINER_CHECK_INTERVAL_SECONDS = 30
CONTAINER_CHECK_TIMEOUT_SECONDS = 5
CONTAINER_CHECK_RETRIES = 3
CONTAINER_UNHEALTHY_AFTER_SECONDS = CONTAINER_CHECK_INTERVAL_SECONDS * CONTAINER_CHECK_RETRIES

# A service that stops a task first takes it out of the load balancer, which sends it no new requests, and waits until
# its connections have ended or this time has passed. Only then ECS sends SIGTERM
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html). It is enough for
# one large body and one slow statement. A request that waited for its turn, or has several slow statements, can be cut
# off, as a long upload can: uploads are streamed and have no limit, and one of 500 MB ends within it at 5.6 MB/s.
# Tasks that Fargate Spot takes back, or that `StopTask` stops, get SIGTERM at once. For Spot, AWS asks for less than
# the two minutes of its notice (https://repost.aws/knowledge-center/fargate-spot-termination-notice).
DEREGISTRATION_DELAY_SECONDS = BODY_AND_STATEMENT_SECONDS
# From SIGTERM to SIGKILL: Fargate's maximum, and the notice that Spot gives
# (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html).
STOP_TIMEOUT_SECONDS = 120
# What the server has of it for requests in flight; in the rest its processes end.
ENDING_SECONDS = 10
GRACEFUL_SHUTDOWN_SECONDS = STOP_TIMEOUT_SECONDS - ENDING_SECONDS
# How long of these it goes on as before while connections are open. AWS does not say whether a task that Fargate Spot
# takes back is deregistered before it gets SIGTERM. If it is not, the load balancer sends it requests until it has
# found the task unhealthy, whose `/health` then answers 503. A server without an open connection ends earlier.
SHUTDOWN_DELAY_SECONDS = UNHEALTHY_WITHIN_SECONDS
# From the decision to stop a task to its end.
LEAVING_SECONDS = DEREGISTRATION_DELAY_SECONDS + STOP_TIMEOUT_SECONDS
