#!/usr/bin/env python3
"""No bytes to any operation end the local AWS, or break one of its calls.

Usage: run.py PROGRAM [SECONDS [SEED]]. Starts a local AWS of its own, sends to each operation that it implements requests with
hostile values, with wrong types and with scrambled bytes, and fails when one has no answer, waits for long, is answered with
500, or makes any part of it panic. The operations are those of botocore's models that are not answered with NotImplemented.
"""

import http.client
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import account
import botocore.session
from values import scrambled, spoilt, usual
from wire import Wire, of

SERVICES = ["iam", "sts", "sns", "sqs", "cloudwatch", "events", "logs", "dynamodb", "lambda", "s3", "cloudformation", "cloudtrail", "stepfunctions", "ecs"]
PROTOCOLS = {
    "iam": ["query"],
    "sts": ["query"],
    "sns": ["query"],
    "sqs": ["json", "query"],
    "cloudwatch": ["cbor", "json", "query"],
    "cloudformation": ["query"],
    "lambda": ["rest"],
    "s3": ["rest"],
}
# Requests after which what they refer to is made again.
TURN = 150
# In seconds. None of them has anything to wait for.
SLOW = 5


def operations(models, wire):
    """Service, operation and protocol of everything that is implemented."""
    for service, model in models.items():
        for name in model.operation_names:
            operation = model.operation_model(name)
            members = {one: "x" for one in (operation.input_shape.required_members if operation.input_shape else [])}
            for protocol in PROTOCOLS.get(service, ["json"]):
                status, body = wire.send(model.signing_name, of(model, operation, members, protocol))
                if status != 501 and b"NotImplemented" not in body:
                    yield service, operation, protocol


def request(model, operation, protocol, rng):
    """A request that has a reason to be accepted, and as a rule something wrong with it."""
    members = usual(operation.input_shape, rng) if operation.input_shape else {}
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        members = spoilt(members, rng)
    made = of(model, operation, members, protocol)
    if rng.random() < 0.15:
        made.body = scrambled(made.body, rng)
    return made


def fault(wire, log, service, made):
    """Sends a request. The status of the answer, and what is wrong with it."""
    began = time.monotonic()
    try:
        status, answer = wire.send(service, made)
    except (OSError, http.client.HTTPException) as error:
        return "none", f"no answer: {error!r}"
    finally:
        written = log.read()
    took = time.monotonic() - began
    if "panicked at" in written:
        return status, written.strip()[:600]
    if status == 500:
        return status, answer[:300].decode(errors="replace")
    return status, f"took {took:.1f} s" if took > SLOW else None


def attack(log, seconds, seed):
    """What is found, one of each kind."""
    session = botocore.session.get_session()
    models = {service: session.get_service_model(service) for service in SERVICES}
    wire, rng = Wire(), random.Random(seed)
    account.make(at_first=True)
    found = list(operations(models, wire))
    print(f"{len(found)} operations in their protocols, seed {seed}")
    if len(found) < 200:
        sys.exit("FAILED: most operations are not implemented, so nothing would be examined")
    faults, statuses, sent, end = {}, {}, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        service, operation, protocol = found[sent % len(found)]
        if sent % len(found) == 0:
            rng.shuffle(found)
        if sent % TURN == 0:
            account.make()
        made = request(models[service], operation, protocol, rng)
        status, wrong = fault(wire, log, models[service].signing_name, made)
        statuses[status] = statuses.get(status, 0) + 1
        sent += 1
        if wrong:
            faults.setdefault((operation.name, wrong[:100]), f"{service} {protocol} {operation.name}: {wrong}\n    {made}")
    print(f"{sent} requests; answers by status: {statuses}")
    identity = models["sts"].operation_model("GetCallerIdentity")
    status, wrong = fault(wire, log, "sts", of(models["sts"], identity, {}, "query"))
    if wrong or status != 200:
        faults["end"] = f"after all that it answers {status}: {wrong}"
    return list(faults.values())


def main(program, seconds=15, seed=20261122):
    with tempfile.TemporaryDirectory() as work:
        directory = Path(work) / "local-aws"
        environment = os.environ | {"INCIDENTCTL_LOCAL_DIR": str(directory)}

        def local(*arguments):
            return subprocess.run([program, "local", *arguments], env=environment, check=True, capture_output=True, text=True).stdout

        local("start")
        try:
            for line in local("status", "--export").splitlines():
                name, _, value = line.removeprefix("export ").partition("=")
                os.environ[name] = value.strip("'\"")
            with (directory / "local.log").open(errors="replace") as log:
                faults = attack(log, float(seconds), int(seed))
        finally:
            local("stop")
    for one in faults:
        print(f"FAILED: {one}")
    sys.exit(bool(faults))


main(*sys.argv[1:])
