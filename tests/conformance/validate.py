#!/usr/bin/env python3
"""Holds recorded exchanges against AWS's models: `validate.py [--whole] FOLDER`.

`INCIDENTCTL_TEST_EXCHANGES=FOLDER cargo test --workspace` records them. Reported are

- every break of the model in a request of a program of this project,
- every break in a request of another client that the local AWS accepted, as AWS would not have,
- every break in an answer,
- with `--whole`, every operation that the local AWS serves and that was not called.

Exits with 1 when there is any, or when there was nothing to hold against the models.
"""

import argparse
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
        self.ours = 0  # exchanges of this project's programs
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
        self.ours += exchange.is_ours
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

    def called(self):
        """Service and operation of what the local AWS served."""
        return {(service, name) for service, name, status in self.operations if status != 501}


def failures(findings, whole):
    """What is wrong with all the exchanges together, a line each."""
    lines = []
    if not findings.ours:
        lines.append("no request of this project's programs was recorded")
    if findings.breaks:
        lines.append(f"{len(findings.breaks)} kinds of breaks")
    missing = sorted(f"{service}:{name}" for service, name in served.operations(SERVICES) - findings.called())
    if whole and missing:
        lines.append(f"served and never called; call it in tests/e2e/every_operation.py: {', '.join(missing)}")
    return lines


def report(findings, whole):
    """Prints what was held against the models, and what broke them; whether all is well."""
    for (side, service, message), (example, count) in sorted(findings.breaks.items(), key=lambda item: item[0]):
        print(f"{side} × {count}: {service}: {message}")
        print(f"    {example.method} {example.path}?{example.query} {example.body[:SHOWN]!r}")
        print(f"    → {example.status} {example.answer[:SHOWN]!r}")
    total, kinds = findings.operations.total(), len(findings.operations)
    print(f"{total} exchanges of {len(findings.called())} operations, {kinds} with their statuses; {findings.ours} are ours")
    failed = failures(findings, whole)
    for line in failed:
        print(f"FAILED: {line}")
    return not failed


def main():
    parser = argparse.ArgumentParser(description="Holds recorded exchanges against AWS's models.")
    parser.add_argument("--whole", action="store_true", help="every operation that the local AWS serves must be there")
    parser.add_argument("folder", help="the folder with the journals")
    arguments = parser.parse_args()
    findings = Findings()
    for exchange in journal.read(arguments.folder):
        findings.hold(exchange)
    return 0 if report(findings, arguments.whole) else 1


if __name__ == "__main__":
    sys.exit(main())
