"""HAProxy as the Application Load Balancer of the synthesized plan: its health checks, its draining, its time-outs.

Like an ALB it keeps connections to targets open, tries no request a second time, and fails it where a target closes the
connection before it has answered
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
"""

from __future__ import annotations

import csv
import http.client
import shutil
import socket
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from local.child_process import ChildProcess
from local.demo.server import free_port
from tests.synthesis import resource, synthesize_platform
from tests.texts import DEMO

# Debian's place is in no ordinary user's PATH.
PROGRAM = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
TARGETS = 8
# An ALB's own (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html).
CONNECT_SECONDS = 10
START_SECONDS = 10
HEALTHY_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class BalancerSettings:
    """Of load balancer and target group, times in seconds."""

    path: str
    status: str
    interval: float
    timeout: float
    healthy_threshold: int
    unhealthy_threshold: int
    deregistration_delay: float
    idle_timeout: int


@lru_cache(maxsize=1)
def synthesized_settings() -> BalancerSettings:
    """As the platform deploys them."""
    plan = synthesize_platform(DEMO)
    group = resource(plan, "aws_lb_target_group.load_balancer")
    check = group["health_check"]
    return BalancerSettings(
        path=check["path"],
        status=check["matcher"],
        interval=check["interval"],
        timeout=check["timeout"],
        healthy_threshold=check["healthy_threshold"],
        unhealthy_threshold=check["unhealthy_threshold"],
        deregistration_delay=float(group["deregistration_delay"]),
        idle_timeout=resource(plan, "aws_lb.load_balancer")["idle_timeout"],
    )


class Balancer:
    """A context manager: a load balancer on 127.0.0.1, without targets yet.

    Args:
        settings: of load balancer and target group.
        folder: for its configuration, its socket and its log.

    Attributes:
        url: where clients connect.
    """

    def __init__(self, settings: BalancerSettings, *, folder: Path) -> None:
        assert PROGRAM, "haproxy is not installed"
        self.settings = settings
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._command_port = free_port()
        self._free = [f"target{number}" for number in range(1, TARGETS + 1)]
        self._ended = threading.Event()
        file = folder / "haproxy.cfg"
        file.write_text(self._configuration(), encoding="utf-8")
        self._child = ChildProcess(
            [PROGRAM, "-db", "-f", file], log=folder / "haproxy.log", environment={}, directory=folder
        )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._command("show info")
                return self
            except OSError:
                if self._child.exit_status() is not None or time.monotonic() > deadline:
                    last = self._child.last_lines()
                    self._child.stop()
                    raise RuntimeError(f"HAProxy does not answer:\n{last}") from None
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._ended.set()
        self._child.stop()

    def register(self, port: int) -> Target:
        """A target that gets requests from its first good health check on, as an ALB's new targets do."""
        target = Target(self, self._free.pop(0), port)
        target.start()
        return target

    def _configuration(self) -> str:
        of = self.settings
        check = f"inter {of.interval * 1000:.0f} rise {of.healthy_threshold} fall {of.unhealthy_threshold}"
        return f"""\
global
    stats socket ipv4@127.0.0.1:{self._command_port} level admin
    maxconn 4000
defaults
    mode http
    timeout client {of.idle_timeout}s
    timeout server {of.idle_timeout}s
    timeout http-keep-alive {of.idle_timeout}s
    timeout connect {CONNECT_SECONDS}s
    timeout check {of.timeout * 1000:.0f}
    retries 0
    http-reuse always
    balance roundrobin
listen mlflow
    bind 127.0.0.1:{self._port}
    option httpchk GET {of.path}
    http-check expect status {of.status}
    server-template target 1-{TARGETS} 127.0.0.1:1 check {check} disabled
"""

    def _command(self, text: str) -> str:
        with socket.create_connection(("127.0.0.1", self._command_port), timeout=5) as connection:
            connection.sendall(f"{text}\n".encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer.decode()

    def _statistics(self, name: str) -> dict[str, str]:
        lines = self._command("show stat").lstrip("# ").splitlines()
        return next(row for row in csv.DictReader(lines) if row["svname"] == name)


class Target:
    """One server behind the balancer.

    Attributes:
        port: of 127.0.0.1.
    """

    def __init__(self, balancer: Balancer, name: str, port: int) -> None:
        self._balancer, self._name, self.port = balancer, name, port
        self._healthy = threading.Event()

    def start(self) -> None:
        """Checks it until it is healthy; from then on HAProxy does."""
        threading.Thread(target=self._first_checks, daemon=True).start()

    def wait_until_healthy(self) -> None:
        assert self._healthy.wait(HEALTHY_SECONDS), f"{self._name} did not become healthy"

    @property
    def requests(self) -> int:
        """That it has got from clients."""
        return int(self._balancer._statistics(self._name)["stot"])

    def deregister(self) -> None:
        """It gets no new request; those in flight end."""
        self._set("state drain")

    def wait_until_drained(self) -> float:
        """Seconds until nothing is in flight, or until the deregistration delay is over."""
        began = time.monotonic()
        delay = self._balancer.settings.deregistration_delay
        while int(self._balancer._statistics(self._name)["scur"]) and time.monotonic() - began < delay:
            time.sleep(0.05)
        self._set("state maint")
        return time.monotonic() - began

    def _first_checks(self) -> None:
        settings = self._balancer.settings
        while not self._answers(settings):
            if self._balancer._ended.wait(settings.interval):
                return
        self._set(f"addr 127.0.0.1 port {self.port}")
        self._set("state ready")
        self._healthy.set()

    def _answers(self, settings: BalancerSettings) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=settings.timeout)
        try:
            connection.request("GET", settings.path)
            return connection.getresponse().status == int(settings.status)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _set(self, what: str) -> None:
        self._balancer._command(f"set server mlflow/{self._name} {what}")
