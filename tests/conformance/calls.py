"""Finds the operation of a request and rebuilds its parameters along the model."""

import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import cbor2

from decode import from_text, from_tree, from_xml
from form import Form
from models import all_models, wire_name

RPC = re.compile(r"/service/(\w+)/operation/(\w+)")


class Unreadable(Exception):
    """The model knows no such request."""


def read(exchange, report):
    """The operation's model and the parameters; breaks of the protocol are reported.

    Raises `Unreadable` when no operation fits or the body cannot be parsed.
    """
    try:
        return read_rest(exchange, report) if is_rest(exchange) else read_rpc(exchange, report)
    except (ValueError, KeyError, RecursionError, cbor2.CBORDecodeError, ElementTree.ParseError) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__}: {error}") from error


def is_rest(exchange):
    return exchange.service in ("lambda", "s3")


def service_of(exchange, form):
    """The model of a request's service; a link in a mail of SNS is not signed."""
    models = all_models()
    if exchange.service is not None:
        name = exchange.service
    else:
        name = next((name for name, model in models.items() if model.api_version == form.get("Version")), "sns")
    if name not in models:
        raise Unreadable(f"no service {name}")
    return models[name]


def operation_of(service, name):
    if name not in service.operation_names:
        raise Unreadable(f"{service.service_name} has no operation {name}")
    return service.operation_model(name)


def read_rpc(exchange, report):
    if found := RPC.fullmatch(exchange.path):
        return read_cbor(exchange, found, report)
    if "x-amz-target" in exchange.headers:
        return read_json(exchange, report)
    return read_form(exchange, report)


def read_cbor(exchange, found, report):
    service = service_of(exchange, {})
    operation = operation_of(service, found[2])
    if found[1] != service.metadata.get("targetPrefix"):
        report(f"the path names {found[1]}, not {service.metadata.get('targetPrefix')}")
    if exchange.headers.get("smithy-protocol") != "rpc-v2-cbor":
        report("no header smithy-protocol: rpc-v2-cbor")
    value = cbor2.loads(exchange.body) if exchange.body else {}
    return operation, tree_parameters(operation, value, report)


def read_json(exchange, report):
    service = service_of(exchange, {})
    prefix, _, name = exchange.headers["x-amz-target"].rpartition(".")
    operation = operation_of(service, name)
    if prefix != service.metadata.get("targetPrefix"):
        report(f"X-Amz-Target names {prefix}, not {service.metadata.get('targetPrefix')}")
    return operation, tree_parameters(operation, json.loads(exchange.body or b"{}"), report)


def tree_parameters(operation, value, report):
    shape = operation.input_shape
    return from_tree(shape, value, operation.name, report) if shape else {}


def read_form(exchange, report):
    text = exchange.query + "&" + (exchange.body.decode() if exchange.method == "POST" else "")
    pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        report("a field of the form is there twice")
    service = service_of(exchange, fields)
    operation = operation_of(service, fields.pop("Action", None))
    version = fields.pop("Version", None)
    if version != service.api_version and exchange.service is not None:
        report(f"Version {version}, not {service.api_version}")
    form = Form(fields)
    parameters = form.take(operation.input_shape) if operation.input_shape else {}
    for field in form.fields:
        report(f"{operation.name}: the model knows no field {field}")
    return operation, parameters


def read_rest(exchange, report):
    service = service_of(exchange, {})
    query = urllib.parse.parse_qs(exchange.query, keep_blank_values=True)
    operation, labels = rest_operation(service, exchange, query)
    shape = operation.input_shape
    if shape is None:
        return operation, {}
    parameters = {}
    for name, member in shape.members.items():
        value = rest_member(name, member, exchange, query, labels)
        if value is not None:
            parameters[name] = value
    report_unknown_query(operation, query, report)
    body = rest_body(service, operation, exchange, report)
    if isinstance(body, dict):
        parameters.update(body)
    else:
        report(f"{operation.name}: the body is no object")
    return operation, parameters


def rest_member(name, member, exchange, query, labels):
    """A member that stands in the URI, the query string or a header."""
    place, wire = member.serialization.get("location"), wire_name(member, name)
    if place == "uri" and wire in labels:
        return from_text(member, urllib.parse.unquote(labels[wire]))
    if place == "querystring" and wire in query:
        return query[wire] if member.type_name == "list" else from_text(member, query[wire][0])
    if place == "header" and wire.lower() in exchange.headers:
        text = exchange.headers[wire.lower()]
        if member.type_name == "list":
            return [part.strip() for part in text.split(",")]
        return from_text(member, text, "rfc822")
    if place == "headers":
        entries = {key[len(wire):]: value for key, value in exchange.headers.items() if key.startswith(wire.lower())}
        return entries or None
    return None


def rest_body(service, operation, exchange, report):
    """The members that stand in the body."""
    shape = operation.input_shape
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        return {payload: exchange.body}
    if not exchange.body:
        return {}
    inner = shape.members[payload] if payload else shape
    if service.metadata["protocol"] == "rest-json":
        value = from_tree(inner, json.loads(exchange.body), operation.name, report)
    else:
        value = from_xml(inner, ElementTree.fromstring(exchange.body), operation.name, report)
    return {payload: value} if payload else value


def report_unknown_query(operation, query, report):
    members = operation.input_shape.members.items()
    known = {wire_name(member, name) for name, member in members if member.serialization.get("location") == "querystring"}
    known |= set(literal_query(operation)) | {"x-id"}
    for key in query.keys() - known:
        report(f"{operation.name}: the model knows no query parameter {key}")


def literal_query(operation):
    return urllib.parse.parse_qs(operation.http["requestUri"].partition("?")[2], keep_blank_values=True)


def rest_operation(service, exchange, query):
    """The operation whose URI fits best: most of the literal query, fewest missing members, most literal path."""
    best = None
    for name in service.operation_names:
        operation = service.operation_model(name)
        labels = uri_labels(operation, exchange.path) if operation.http["method"] == exchange.method else None
        if labels is None or any(key not in query for key in literal_query(operation)):
            continue
        literal = re.sub(r"\{\w+\+?\}", "", operation.http["requestUri"])
        rank = (len(literal_query(operation)), -missing_members(operation, exchange, query), len(literal))
        if best is None or rank > best[0]:
            best = (rank, operation, labels)
    if best is None:
        raise Unreadable(f"no operation fits {exchange.method} {exchange.path}?{exchange.query}")
    return best[1], best[2]


def uri_labels(operation, path):
    """The labels of an operation's URI in a path; None when it does not fit."""
    template = operation.http["requestUri"].partition("?")[0]
    parts = re.split(r"\{(\w+)(\+?)\}", template)
    pattern = re.escape(parts[0])
    for label, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3]):
        pattern += f"(?P<{label}>{'.+' if greedy else '[^/]+'}){re.escape(literal)}"
    found = re.fullmatch(f"{pattern}/?", path)
    return found.groupdict() if found else None


def missing_members(operation, exchange, query):
    """How many required members of the query string and headers are missing: they tell operations of one URI apart."""
    shape = operation.input_shape
    if shape is None:
        return 0
    places = {"querystring": query, "header": exchange.headers}
    required = [(name, shape.members[name]) for name in shape.required_members]
    wires = [(member.serialization.get("location"), wire_name(member, name)) for name, member in required]
    return sum(1 for place, wire in wires if place in places and wire not in places[place] and wire.lower() not in places[place])
