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

import answers
import calls
import journal
from constraints import check
from known import is_known

EXAMPLES = 1


class Findings:
    """The breaks, counted by kind, each with an example."""

    def __init__(self):
        self.exchanges = collections.Counter()  # by service
        self.operations = collections.Counter()  # by (service, operation, status)
        self.found = {}  # (side, service, message) -> [count, example]

    def hold(self, exchange):
        """Holds an exchange against the models."""
        broken = []
        try:
            operation, parameters = calls.read(exchange, broken.append)
        except calls.Unreadable as error:
            self.add_request(exchange, exchange.service or "unsigned", [str(error)])
            return
        service = operation.service_model.service_name
        self.exchanges[service] += 1
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
                self.found.setdefault((side, service, message), [0, exchange])[0] += 1


def report(findings):
    """Prints what was held and what broke; whether nothing did."""
    total = findings.exchanges.total()
    kinds = {(service, operation) for service, operation, _ in findings.operations}
    print(f"{total} exchanges of {len(kinds)} operations held against AWS's models")
    for (service, operation), statuses in sorted(by_operation(findings).items()):
        print(f"  {service}:{operation} {statuses}")
    for (side, service, message), (count, exchange) in sorted(findings.found.items(), key=lambda item: item[0]):
        print(f"{side} × {count}: {service}: {message}")
        print(f"    {exchange.method} {exchange.path}?{exchange.query} {exchange.body[:300]!r}")
        print(f"    → {exchange.status} {exchange.answer[:300]!r}")
    print(f"{len(findings.found)} kinds of breaks")
    if total == 0:
        print("FAILED: nothing was recorded")
    return total > 0 and not findings.found


def by_operation(findings):
    statuses = collections.defaultdict(list)
    for (service, operation, status), count in sorted(findings.operations.items(), key=str):
        statuses[service, operation].append(f"{status} × {count}")
    return {key: ", ".join(counts) for key, counts in statuses.items()}


def main(folder):
    findings = Findings()
    for exchange in journal.read(folder):
        findings.hold(exchange)
    return 0 if report(findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
