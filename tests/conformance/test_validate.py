#!/usr/bin/env python3
"""A gate that cannot close is none: breaks of the models, one of each kind, and whether `validate` finds them."""

import dataclasses
import json
import unittest

import cbor2

import journal
import known
import validate

OURS = {"user-agent": "aws-sdk-rust/1.4.5 os/linux lang/rust/1.95.0"}
OTHERS = {"user-agent": "Boto3/1.43.106"}
QUEUE = "http://127.0.0.1:4566/000000000000/q"
ROLE = "arn:aws:iam::000000000000:role/r"


def exchange(service, answer=b"", status=200, media="", answer_headers=(), **request):
    """An exchange with what the models want of it, unless said otherwise."""
    defaults = {"method": "POST", "path": "/", "query": "", "headers": OURS, "body": b""}
    headers = {"content-type": media, **dict(answer_headers)}
    return journal.Exchange(service=service, answer=answer, status=status, answer_headers=headers, **(defaults | request))


def json_call(service, target, parameters, answer, status=200, client=OURS, answer_headers=()):
    headers = {"x-amz-target": target, **client}
    body, answer = json.dumps(parameters).encode(), json.dumps(answer).encode()
    return exchange(service, answer, status, "application/x-amz-json-1.0", answer_headers, headers=headers, body=body)


def sqs(operation, parameters, answer, **others):
    return json_call("sqs", f"AmazonSQS.{operation}", parameters, answer, **others)


def dynamodb(operation, parameters, answer, **others):
    return json_call("dynamodb", f"DynamoDB_20120810.{operation}", parameters, answer, **others)


def error(name):
    return {"answer": {"__type": name, "message": "m"}, "answer_headers": {"x-amzn-errortype": name}, "status": 400}


def form_call(service, body, answer, status=200):
    return exchange(service, answer.encode(), status, "text/xml", body=body.encode())


def get_role(members, fields="RoleName=r"):
    role = f"<Path>/</Path><RoleName>r</RoleName><RoleId>AROAAAAAAAAAAAAAAAAAA</RoleId><Arn>{ROLE}</Arn>{members}"
    answer = f"<GetRoleResponse><GetRoleResult><Role>{role}</Role></GetRoleResult><ResponseMetadata/></GetRoleResponse>"
    return form_call("iam", f"Action=GetRole&Version=2010-05-08&{fields}", answer)


CREATED = "<CreateDate>2026-11-27T19:00:00Z</CreateDate>"


def list_functions(answer, path="/2015-03-31/functions", query="", status=200):
    return exchange("lambda", json.dumps(answer).encode(), status, "application/json", method="GET", path=path, query=query)


def metrics(operation, parameters, answer):
    path = f"/service/GraniteServiceVersion20100801/operation/{operation}"
    headers = {"smithy-protocol": "rpc-v2-cbor", **OURS}
    return exchange("monitoring", cbor2.dumps(answer), media="application/cbor", path=path, headers=headers, body=cbor2.dumps(parameters))


def location(answer):
    return exchange("s3", answer.encode(), media="application/xml", method="GET", path="/bucket", query="location")


SOUND = {
    "json": sqs("GetQueueUrl", {"QueueName": "q"}, {"QueueUrl": QUEUE}),
    "an error": sqs("GetQueueUrl", {"QueueName": "q"}, **error("QueueDoesNotExist")),
    "a common error": sqs("GetQueueUrl", {"QueueName": "q"}, **error("ThrottlingException")),
    "form and XML": get_role(CREATED),
    "rest-json": list_functions({"Functions": []}),
    "cbor": metrics("ListMetrics", {"Namespace": "n"}, {"Metrics": [{"MetricName": "m"}]}),
    "rest-xml": location("<LocationConstraint>eu-west-1</LocationConstraint>"),
    "an answer that never came": exchange("sqs", status=None, headers={"x-amz-target": "AmazonSQS.ListQueues", **OURS}),
    "what a fault rule answers": dataclasses.replace(sqs("ListQueues", {}, **error("QueueIsBlue")), injected=True),
    "a bad request that is refused": sqs("GetQueueUrl", {}, client=OTHERS, **error("QueueDoesNotExist")),
}

BROKEN = {
    "request: required, and missing": sqs("GetQueueUrl", {}, {"QueueUrl": QUEUE}),
    "request: knows no such member": sqs("GetQueueUrl", {"QueueName": "q", "Colour": 1}, {"QueueUrl": QUEUE}),
    "request: no operation Sing": sqs("Sing", {}, {}),
    "request: X-Amz-Target names": json_call("sqs", "Other.GetQueueUrl", {"QueueName": "q"}, {"QueueUrl": QUEUE}),
    "request: not a string": sqs("GetQueueUrl", {"QueueName": 7}, {"QueueUrl": QUEUE}),
    "request: 'FAST' is none of": dynamodb("UpdateTable", {"TableName": "abc", "BillingMode": "FAST"}, {}),
    "request: at most 100": dynamodb("ListTables", {"Limit": 101}, {}),
    "request: 0 characters, at least 3": dynamodb("ListTables", {"ExclusiveStartTableName": ""}, {}),
    "request: does not match": dynamodb("ListTables", {"ExclusiveStartTableName": "a b c"}, {}),
    "request: not a whole number": dynamodb("ListTables", {"Limit": 1.5}, {}),
    "request: not a boolean": dynamodb("GetItem", {"TableName": "abc", "Key": {"p": {"S": "v"}}, "ConsistentRead": "yes"}, {}),
    "request: knows no field Colour": get_role(CREATED, "RoleName=r&Colour=red"),
    "request: Version 2011-01-01": form_call("iam", "Action=GetRole&Version=2011-01-01&RoleName=r", get_role(CREATED).answer.decode()),
    "request: knows no query parameter": list_functions({}, query="Colour=red"),
    "request: no operation fits": list_functions({}, path="/2015-03-31/colours"),
    "accepted: required, and missing": sqs("GetQueueUrl", {}, {"QueueUrl": QUEUE}, client=OTHERS),
    "answer: knows no such member": sqs("GetQueueUrl", {"QueueName": "q"}, {"QueueUrl": QUEUE, "Colour": 1}),
    "answer: not among": sqs("GetQueueUrl", {"QueueName": "q"}, **error("QueueIsBlue")),
    "answer: but fault is False": sqs("GetQueueUrl", {"QueueName": "q"}, **(error("QueueDoesNotExist") | {"status": 500})),
    "answer: required, and missing": get_role(""),
    "answer: no timestamp": get_role("<CreateDate>yesterday</CreateDate>"),
    "answer: knows no such element": get_role(CREATED + "<Colour>red</Colour>"),
    "answer: twice": get_role(CREATED + CREATED),
    "answer: at most 43200": get_role(CREATED + "<MaxSessionDuration>43201</MaxSessionDuration>"),
    "answer: no GetRoleResult": form_call("iam", "Action=GetRole&Version=2010-05-08&RoleName=r", "<GetRoleResponse><ResponseMetadata/></GetRoleResponse>"),
    "answer: the element Other": form_call("iam", "Action=DeleteRole&Version=2010-05-08&RoleName=r", "<Other><ResponseMetadata/></Other>"),
    "answer: cannot be read": form_call("iam", "Action=GetRole&Version=2010-05-08&RoleName=r", "<GetRoleResponse>"),
    "answer: 'cobol' is none of": list_functions({"Functions": [{"Runtime": "cobol"}]}),
    "answer: HTTP 202, the model says 200": list_functions({"Functions": []}, status=202),
    "answer: not a list": metrics("ListMetrics", {"Namespace": "n"}, {"Metrics": 1}),
    "answer: 'mars' is none of": location("<LocationConstraint>mars</LocationConstraint>"),
}


def found_in(exchange):
    """The breaks in an exchange, as `side: message`."""
    findings = validate.Findings()
    findings.hold(exchange)
    return [f"{side}: {message}" for side, _, message in findings.breaks]


class Validate(unittest.TestCase):
    def test_sound_exchanges_pass(self):
        for what, sound in SOUND.items():
            with self.subTest(what):
                self.assertEqual(found_in(sound), [])

    def test_breaks_are_found(self):
        for what, broken in BROKEN.items():
            side, message = what.split(": ", 1)
            with self.subTest(what):
                found = found_in(broken)
                self.assertTrue(any(one.startswith(f"{side}: ") and message in one for one in found), found)

    def test_nothing_recorded_is_a_failure(self):
        self.assertEqual(len(validate.failures(validate.Findings(), whole=False)), 1)

    def test_all_is_well_when_our_exchanges_are_sound(self):
        findings = validate.Findings()
        findings.hold(SOUND["json"])
        self.assertEqual(validate.failures(findings, whole=False), [])

    def test_an_operation_that_is_served_must_be_called(self):
        findings = validate.Findings()
        findings.hold(SOUND["json"])
        (failure,) = validate.failures(findings, whole=True)
        self.assertIn("iam:GetRole", failure)
        self.assertNotIn("sqs:GetQueueUrl", failure)

    def test_a_line_of_a_journal_is_an_exchange(self):
        line = {"method": "GET", "target": "/a?b=c", "signed_for": ["s3", "us-east-1"], "headers": [["host", "h"]]}
        line |= {"body": "eA==", "status": 200, "answer_headers": [], "answer": "eQ==", "injected": False}
        read = journal.parse(json.dumps(line))
        self.assertEqual((read.path, read.query, read.service, read.body, read.answer), ("/a", "b=c", "s3", b"x", b"y"))

    def test_what_is_known_has_a_reason(self):
        self.assertTrue(all(known.KNOWN.values()))


if __name__ == "__main__":
    unittest.main()
