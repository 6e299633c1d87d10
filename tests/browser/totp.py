"""One-time passwords by time (RFC 6238) and by counter (RFC 4226), written here so that the gateway is not tested with its own code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time


def totp(seed: str, at: float | None = None, *, digits: int = 6, period: int = 30, algorithm: str = "sha1") -> str:
    """The code of a base32 seed (case, blanks and missing padding do not matter) at a Unix time, by default now."""
    return _code(seed, int((time.time() if at is None else at) // period), digits, algorithm)


class Authenticator:
    """A phone app that never gives the same code twice: a gateway refuses a step that was used before.

    The code after one that was just used is that of the next step, which a gateway accepts for clock drift; a third
    within the same thirty seconds would not be accepted, and asking for it is an error of the test.
    """

    def __init__(self, seed: str, *, digits: int = 6, period: int = 30, algorithm: str = "sha1"):
        self.seed, self._digits, self._period, self._algorithm = seed, digits, period, algorithm
        self._last = -1

    def code(self) -> str:
        now = int(time.time() // self._period)
        step = max(now, self._last + 1)
        assert step <= now + 1, "a third code within one period: give the user a second authenticator"
        self._last = step
        return _code(self.seed, step, self._digits, self._algorithm)

    def wrong_code(self) -> str:
        """A code of the right shape that no step near now has."""
        now = int(time.time() // self._period)
        near = {_code(self.seed, step, self._digits, self._algorithm) for step in range(now - 20, now + 21)}
        return next(code for n in range(100) if (code := str(n).zfill(self._digits)) not in near)


class Token:
    """A hardware token that counts: each press of its button shows the next code."""

    def __init__(self, seed: str, counter: int = 0):
        self.seed, self._counter = seed, counter

    def press(self) -> str:
        code = _code(self.seed, self._counter, 6, "sha1")
        self._counter += 1
        return code


def _code(seed: str, step: int, digits: int, algorithm: str) -> str:
    letters = seed.replace(" ", "").rstrip("=").upper()
    key = base64.b32decode(letters + "=" * (-len(letters) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), getattr(hashlib, algorithm)).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)
