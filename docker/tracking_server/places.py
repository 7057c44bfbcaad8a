"""Places in which a worker runs requests: a few at a time, and fewer still of searches.

Requests are served in order, but a search is skipped while enough searches run: long searches must not block writes.
It keeps its rank, and is next as soon as one of them ends. With a separate queue in front of the common one, searches
would wait for all of it each time, and many writers would starve them.
"""

from __future__ import annotations

from collections import deque
from itertools import count

import anyio


class Places:
    """Args:
        total: how many requests run at a time.
        searches: how many of them may be searches.

    Attributes:
        searches, others: where each kind waits; `tracking_server.turns.turn` takes them.
    """

    def __init__(self, total: int, *, searches: int) -> None:
        self._free = total
        self._ranks = count()
        self.searches = Lane(self, searches)
        self.others = Lane(self, total)

    def lane(self, *, is_search: bool) -> Lane:
        return self.searches if is_search else self.others

    def next_rank(self) -> int:
        return next(self._ranks)

    def give(self) -> None:
        """Gives free places to those who have waited longest."""
        while self._free:
            ready = [lane for lane in (self.searches, self.others) if lane.waiting and lane.free]
            if not ready:
                return
            first = min(ready, key=lambda lane: lane.waiting[0].rank)
            self._free -= 1
            first.free -= 1
            first.waiting.popleft().has_place.set()

    def take_back(self, lane: Lane) -> None:
        self._free += 1
        lane.free += 1
        self.give()


class _Waiting:
    """A request that waits; `rank` says who came first."""

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.has_place = anyio.Event()


class Lane:
    """One kind of request in `places`, at most `free` at a time. Its methods are those of `anyio.CapacityLimiter`."""

    def __init__(self, places: Places, free: int) -> None:
        self._places = places
        self.free = free
        self.waiting: deque[_Waiting] = deque()

    def acquire_on_behalf_of_nowait(self, borrower: object) -> None:
        """Raises:
        anyio.WouldBlock: no place is free.
        """
        waiting = self._queue()
        if not waiting.has_place.is_set():
            self.waiting.remove(waiting)
            raise anyio.WouldBlock

    async def acquire_on_behalf_of(self, borrower: object) -> None:
        waiting = self._queue()
        try:
            await waiting.has_place.wait()
        except BaseException:
            if waiting.has_place.is_set():
                self._places.take_back(self)
            else:
                self.waiting.remove(waiting)
            raise

    def release_on_behalf_of(self, borrower: object) -> None:
        self._places.take_back(self)

    def _queue(self) -> _Waiting:
        waiting = _Waiting(self._places.next_rank())
        self.waiting.append(waiting)
        self._places.give()
        return waiting
