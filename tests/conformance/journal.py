"""The exchanges that the local AWS has recorded (`local/src/gateway/exchanges.rs`)."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, as they were on the wire."""

    method: str
    path: str
    query: str
    service: str | None  # the signing name; None when unsigned
    headers: dict[str, str]
    body: bytes
    status: int | None  # None when the connection was dropped
    answer_headers: dict[str, str]
    answer: bytes
    injected: bool = False  # whether a fault rule of a test worded the answer

    @property
    def is_answered(self):
        """Whether the local AWS answered it."""
        return self.status is not None and not self.injected

    @property
    def is_success(self):
        return self.is_answered and self.status < 300

    @property
    def is_ours(self):
        """Whether a program of this project sent it. The tests' own clients name themselves."""
        agents = self.headers.get("user-agent", "") + " " + self.headers.get("x-amz-user-agent", "")
        return "aws-sdk-rust/" in agents and "app/tests" not in agents


def parse(line):
    """An exchange from a line of a journal."""
    record = json.loads(line)
    path, _, query = record["target"].partition("?")
    return Exchange(
        method=record["method"],
        path=path,
        query=query,
        service=record["signed_for"][0] if record["signed_for"] else None,
        headers=dict(record["headers"]),
        body=base64.b64decode(record["body"]),
        status=record["status"],
        answer_headers=dict(record["answer_headers"]),
        answer=base64.b64decode(record["answer"]),
        injected=record["injected"],
    )


def read(folder):
    """Every exchange of every journal in a folder."""
    for path in sorted(Path(folder).glob("*.jsonl")):
        with path.open() as lines:
            for line in lines:
                # A process that was killed, as some tests do, may leave half a line.
                if line.endswith("\n"):
                    yield parse(line)
