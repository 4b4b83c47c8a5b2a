"""Writes access logs as an Application Load Balancer does, from the example lines of its user guide."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta


def line(
    received: datetime, *, took: float = 0.048, status: str = "200", kind: str = "https", tail: bool = True
) -> str:
    """One request; `tail` adds the fields that came to the log after 2018."""
    answered = received + timedelta(seconds=0.001 + max(took, 0.0))
    later = ' "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"' if tail else ""
    return (
        f"{kind} {_time(answered)} app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 "
        f"0.000 {took:.3f} 0.000 {status} {status} 34 366 "
        '"GET https://www.example.com:443/?a=%22b%22 HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
        "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "
        '"Root=1-58337262-36d228ad5d99923122bbe354" "www.example.com" '
        '"arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" '
        f'0 {_time(received)} "forward" "-" "-"{later}'
    )


def text(received: Iterable[datetime]) -> str:
    """One line for each request."""
    return "".join(f"{line(moment)}\n" for moment in received)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
