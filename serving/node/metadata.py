"""The instance metadata service, version 2: who this instance is, and what is about to happen to it."""

import http.client
import json
import time
from urllib.parse import urlsplit

from serving.errors import ServingError

TOKEN_SECONDS = 21600
TIMEOUT_SECONDS = 2
MOST_BYTES = 65_536  # what it says is a line


class MetadataError(ServingError):
    """The metadata service cannot be asked."""


class Metadata:
    """A client of the service at `endpoint`; every method raises MetadataError where it does not answer."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._token, self._renew_at = "", 0.0

    def instance_id(self) -> str:
        """The instance's id."""
        return self._needed("instance-id")

    def address(self) -> str:
        """Its private IPv4 address."""
        return self._needed("local-ipv4")

    def spot_notice(self) -> str | None:
        """When EC2 takes the instance back (ISO time), about two minutes ahead; None while it does not."""
        return _time(self._get("spot/instance-action"), "time")

    def rebalance(self) -> str | None:
        """When EC2 said that an interruption is likely; None while it is not."""
        return _time(self._get("events/recommendations/rebalance"), "noticeTime")

    def target_state(self) -> str | None:
        """Where the group moves the instance: InService, Terminated, Warmed:Stopped ...; None outside a group."""
        return self._get("autoscaling/target-lifecycle-state")

    def _needed(self, path: str) -> str:
        found = self._get(path)
        if not found:
            raise self._error(f"{path} is empty")
        return found

    def _get(self, path: str) -> str | None:
        """Text at a path; None where there is none (404)."""
        for _ in range(2):
            status, body = self._ask("GET", path, {"X-aws-ec2-metadata-token": self._current_token()})
            if status == http.client.OK:
                return body.strip()
            if status == http.client.NOT_FOUND:
                return None
            if status != http.client.UNAUTHORIZED:
                break
            self._renew_at = 0.0  # a token does not outlive a stop and start of the instance
        raise self._error(f"it answered {status} for {path}")

    def _current_token(self) -> str:
        if time.monotonic() >= self._renew_at:
            ask = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            status, body = self._ask("PUT", "", ask)
            if status != http.client.OK:
                raise self._error(f"it answered {status} when asked for a token")
            self._token, self._renew_at = body.strip(), time.monotonic() + TOKEN_SECONDS / 2
        return self._token

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        at = urlsplit(self._endpoint)
        place = "/latest/api/token" if method == "PUT" else f"/latest/meta-data/{path}"
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, place, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(MOST_BYTES).decode(errors="replace")
        except OSError as error:
            raise self._error(str(error) or type(error).__name__) from None
        except (http.client.HTTPException, ValueError) as error:
            # Their own words quote what came, the token too.
            raise self._error(f"what it says is no HTTP ({type(error).__name__})") from None
        finally:
            connection.close()

    def _error(self, reason: str) -> MetadataError:
        return MetadataError(
            f"instance metadata at {self._endpoint}", reason, "check that metadata is enabled and the hop limit is 1"
        )


def _time(found: str | None, key: str) -> str | None:
    """That something is said counts, even where it cannot be read."""
    if not found:
        return None
    try:
        return str(json.loads(found)[key])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "an unknown time"
