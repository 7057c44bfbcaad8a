"""Clients of a tracking server, many at once, each with a connection of its own: `python -m tests.load.clients`.

Reads one JSON object from standard input (the fields of `Order`). Writes lines of JSON, which `tests.load.run` reads:
`prepared` when every client has its run, `second` while they run, and `outcome` at the end. It runs in a process of its
own, on the server's locked packages, so that what measures and what is measured share no interpreter. SIGTERM ends it
early.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import uvloop

from tests.load.kinds import KINDS, Work, post

PREPARING = 8


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the clients do.

    Attributes:
        url: of the server, or of the load balancer before it.
        host: the `Host` header.
        mix: kinds of requests, with weights.
        clients: at once; each sends the next request when the last one is answered.
        seconds: how long; 0 sends one request of each client, all at the same moment.
        rate: requests in a second of all clients together; None is as fast as they can.
        timeout_seconds: of one request.
        prepare_url: where experiment and runs are made; None is `url`.
        await_health: they begin when the server is healthy, with the first requests that it gets.
    """

    url: str
    host: str
    mix: dict[str, int]
    clients: int
    seconds: float
    rate: float | None = None
    timeout_seconds: float = 60
    prepare_url: str | None = None
    await_health: bool = False


@dataclass
class Seen:
    """Of one kind of request.

    Attributes:
        times: seconds that each took that was done.
        failures: what went wrong, how often.
        failed_times: seconds that each failure took.
    """

    times: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    failed_times: list[float] = field(default_factory=list)


class Failed(Exception):
    """An answer that is not 200."""


class Clients:
    """All of them, and what they saw."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.seen: defaultdict[str, Seen] = defaultdict(Seen)
        self.each_second: list[tuple[int, int]] = []
        self.stopped = False

    async def prepare(self) -> list[Work]:
        """One experiment, one registered model, and a run for each client."""
        gate, name = asyncio.Semaphore(PREPARING), f"load-{time.time_ns()}"
        async with self._session() as session:

            async def ask(method: str, path: str, body: Any = None, headers: Any = None) -> bytes:
                for attempt in range(5):
                    try:
                        return await self._ask(
                            session, self.order.prepare_url or self.order.url, method, path, body, headers
                        )
                    except (Failed, aiohttp.ClientError, TimeoutError):
                        if attempt == 4:
                            raise
                        await asyncio.sleep(1)
                raise AssertionError

            experiment = (await post(ask, "experiments/create", {"name": name}))["experiment_id"]
            await post(ask, "registered-models/create", {"name": name})

            async def work(number: int) -> Work:
                async with gate:
                    made = await post(ask, "runs/create", {"experiment_id": experiment, "start_time": 1})
                return Work(number, experiment, made["run"]["info"]["run_id"], name)

            return list(await asyncio.gather(*map(work, range(self.order.clients))))

    async def await_health(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.order.url}/health") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    async def run(self, works: list[Work]) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        watch = asyncio.create_task(self._watch(began))
        await asyncio.gather(*(self._client(work, began) for work in works))
        watch.cancel()
        return time.monotonic() - began

    async def _client(self, work: Work, began: float) -> None:
        names, weights = list(self.order.mix), list(self.order.mix.values())
        one_each = self.order.seconds == 0
        pause = self.order.clients / self.order.rate if self.order.rate else 0.0
        async with self._session() as session:

            async def ask(method: str, path: str, body: Any = None, headers: Any = None) -> bytes:
                return await self._ask(session, self.order.url, method, path, body, headers)

            due = began + work.dice.random() * pause
            while True:
                if pause:
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    due += pause
                if not one_each and (self.stopped or time.monotonic() - began >= self.order.seconds):
                    return
                # Every kind comes first for some client.
                first = names[work.number % len(names)]
                name = first if one_each else work.dice.choices(names, weights)[0]
                seen, since = self.seen[name], time.monotonic()
                try:
                    await KINDS[name](ask, work)
                except (Failed, aiohttp.ClientError, TimeoutError, ValueError) as error:
                    reason = str(error) if isinstance(error, Failed | ValueError) else type(error).__name__
                    seen.failures[reason] += 1
                    seen.failed_times.append(time.monotonic() - since)
                    # Clients that are refused at once would only measure how fast they ask again.
                    await asyncio.sleep(0.1)
                else:
                    seen.times.append(time.monotonic() - since)
                if one_each:
                    return

    async def _watch(self, began: float) -> None:
        while True:
            await asyncio.sleep(1)
            done = sum(len(seen.times) for seen in self.seen.values())
            failed = sum(len(seen.failed_times) for seen in self.seen.values())
            self.each_second.append((done, failed))
            second = round(time.monotonic() - began)
            print(json.dumps({"second": second, "done": done, "failed": failed}), flush=True)

    def stop(self) -> None:
        """No client begins another request."""
        self.stopped = True

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self.order.timeout_seconds),
            headers={"Host": self.order.host},
        )

    async def _ask(
        self, session: aiohttp.ClientSession, url: str, method: str, path: str, body: Any, headers: Any
    ) -> bytes:
        async with session.request(
            method, url + path, data=body, headers=headers, allow_redirects=False
        ) as answer:
            text: bytes = await answer.read()
            if answer.status != 200:
                said = text[:200].decode(errors="replace").replace("\n", " ")
                raise Failed(f"{answer.status} {said}")
            return text


async def main() -> None:
    clients = Clients(Order(**json.load(sys.stdin)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, clients.stop)
    works = await clients.prepare()
    print(json.dumps({"prepared": len(works)}), flush=True)
    if clients.order.await_health:
        await clients.await_health()
    seconds = await clients.run(works)
    outcome = {
        "seconds": seconds,
        "kinds": {name: vars(seen) for name, seen in clients.seen.items()},
        "each_second": clients.each_second,
        "runs": {work.run_id: [work.acknowledged, work.asked] for work in works},
    }
    print(json.dumps({"outcome": outcome}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
