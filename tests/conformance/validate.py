#!/usr/bin/env python3
"""Holds recorded exchanges against AWS's models: `validate.py FOLDER`.

`INCIDENTCTL_TEST_EXCHANGES=FOLDER cargo test --workspace` records them. Reported are

- every break of the model in a request of a program of this project,
- every break in a request of another client that the local AWS accepted, as AWS would not have,
- every break in an answer.

Exits with 1 when there is any, or when there was nothing to hold against the models.
"""

import collections
import sys
from pathlib import Path

import answers
import calls
import journal
import served
from constraints import check
from known import is_known

SERVICES = Path(__file__).parents[2] / "local/src/services"
SHOWN = 400  # bytes of a body in the report


class Findings:
    """The breaks by kind, and what was held against the models."""

    def __init__(self):
        self.operations = collections.Counter()  # by service, operation and status
        self.breaks = {}  # an example and the count, by side, service and message

    def hold(self, exchange):
        """Holds an exchange against the models."""
        broken = []
        try:
            operation, parameters = calls.read(exchange, broken.append)
        except calls.Unreadable as error:
            self.add_request(exchange, exchange.service or "unsigned", [str(error)])
            return
        service = operation.service_model.service_name
        self.operations[service, operation.name, exchange.status] += 1
        if operation.input_shape:
            check(operation.input_shape, parameters, operation.name, broken.append)
        self.add_request(exchange, service, broken)
        if exchange.is_answered:
            answered = []
            answers.hold(exchange, operation, answered.append)
            self.add("answer", exchange, service, answered)

    def add_request(self, exchange, service, messages):
        """A break in a request counts when it is ours, or was accepted."""
        if exchange.is_ours:
            self.add("request", exchange, service, messages)
        elif exchange.is_success:
            self.add("accepted", exchange, service, messages)

    def add(self, side, exchange, service, messages):
        for message in messages:
            if not is_known(message):
                example, count = self.breaks.get((side, service, message), (exchange, 0))
                self.breaks[side, service, message] = (example, count + 1)


def report(findings):
    """Prints what was held against the models, and what broke them; whether all is well."""
    report_coverage(findings)
    for (side, service, message), (example, count) in sorted(findings.breaks.items(), key=lambda item: item[0]):
        print(f"{side} × {count}: {service}: {message}")
        print(f"    {example.method} {example.path}?{example.query} {example.body[:SHOWN]!r}")
        print(f"    → {example.status} {example.answer[:SHOWN]!r}")
    if not findings.operations:
        print("FAILED: nothing was recorded")
    elif findings.breaks:
        print(f"FAILED: {len(findings.breaks)} kinds of breaks")
    return bool(findings.operations) and not findings.breaks


def report_coverage(findings):
    called = {(service, name) for service, name, status in findings.operations if status != 501}
    shapes = len(findings.operations)
    print(f"{findings.operations.total()} exchanges of {len(called)} operations, {shapes} with their statuses")
    unseen = sorted(f"{service}:{name}" for service, name in served.operations(SERVICES) - called)
    print(f"served and never called: {', '.join(unseen) or 'none'}")


def main(folder):
    findings = Findings()
    for exchange in journal.read(folder):
        findings.hold(exchange)
    return 0 if report(findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
