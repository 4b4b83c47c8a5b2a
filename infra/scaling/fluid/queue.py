"""The requests that wait in the servers of a group, as a flow: first come, first served."""

from collections import deque


class FlowQueue:
    """Amounts in the order they came; of each, those whose client still waits. The others are worked on for nobody."""

    __slots__ = ("_parts", "alive", "total")

    def __init__(self) -> None:
        self._parts: deque[tuple[float, float]] = deque()
        self.total = self.alive = 0.0

    def put(self, amount: float, alive: float) -> None:
        """Take in an amount, of which so much is waited for."""
        if amount > 0:
            self._parts.append((amount, alive))
            self.total += amount
            self.alive += alive

    def take(self, amount: float) -> float:
        """Work off an amount; returns how much of it somebody waited for."""
        left, answered = min(amount, self.total), 0.0
        while left > 0 and self._parts:
            size, alive = self._parts.popleft()
            if size > left:
                part = alive * left / size
                self._parts.appendleft((size - left, alive - part))
                answered += part
                self.total -= left
                break
            answered += alive
            self.total -= size
            left -= size
        self.alive = max(self.alive - answered, 0.0)
        if not self._parts:
            self.total = self.alive = 0.0
        return answered

    def drop(self, share: float) -> float:
        """Lose a share of everything, as when an instance ends; returns how much of it somebody waited for."""
        lost = self.alive * share
        self._parts = deque((size * (1 - share), alive * (1 - share)) for size, alive in self._parts)
        self.total *= 1 - share
        self.alive -= lost
        if share >= 1:
            self._parts.clear()
            self.total = self.alive = 0.0
        return lost
