"""Holds an answer against the model of its operation."""

import json
import re
import xml.etree.ElementTree as ElementTree

import cbor2

from constraints import check
from decode import from_text, from_tree, from_xml, local_name, named
from known import COMMON_ERRORS, OWN_ERROR, S3_ERRORS
from models import wire_name

# Members of every error of a protocol, which the error's shape may know or not.
ERROR_MEMBERS = {"__type", "message", "Message", "Type", "code"}
# Operations of S3 whose root element is the only member (Smithy's trait `s3UnwrappedXmlOutput`).
UNWRAPPED = {"GetBucketLocation"}


def hold(exchange, operation, report):
    """Reports what the model of the operation does not know in an answer."""
    try:
        if exchange.status >= 300:
            hold_error(exchange, operation, report)
        else:
            hold_output(exchange, operation, report)
    except (ValueError, KeyError, RecursionError, cbor2.CBORDecodeError, ElementTree.ParseError) as error:
        report(f"the answer cannot be read: {type(error).__name__}: {error}")


def media_of(exchange):
    return exchange.answer_headers.get("content-type", "").partition(";")[0]


def hold_output(exchange, operation, report):
    shape = operation.output_shape
    wanted = operation.http.get("responseCode", 200)
    if exchange.status != wanted and not (shape and any(at_status(member) for member in shape.members.values())):
        report(f"{operation.name}: HTTP {exchange.status}, the model says {wanted}")
    value = output(exchange, operation, report)
    if shape is not None:
        check(shape, value, operation.name, report)


def at_status(member):
    return member.serialization.get("location") == "statusCode"


def output(exchange, operation, report):
    """The decoded output."""
    shape, media = operation.output_shape, media_of(exchange)
    if operation.service_model.signing_name in ("lambda", "s3"):
        return rest_output(exchange, operation, report) if shape else {}
    if media == "application/cbor":
        value = cbor2.loads(exchange.answer) if exchange.answer else {}
        return from_tree(shape, value, operation.name, report) if shape else {}
    if media.startswith("application/x-amz-json"):
        value = json.loads(exchange.answer or b"{}")
        return from_tree(shape, value, operation.name, report) if shape else {}
    return query_output(exchange, operation, report)


def query_output(exchange, operation, report):
    """`<XResponse><XResult/><ResponseMetadata/></XResponse>`"""
    shape, root = operation.output_shape, ElementTree.fromstring(exchange.answer)
    if local_name(root) != f"{operation.name}Response":
        report(f"{operation.name}: the element {local_name(root)}, not {operation.name}Response")
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    children = {local_name(child): child for child in named(root, {wrapper, "ResponseMetadata"}, operation.name, report)}
    if "ResponseMetadata" not in children:
        report(f"{operation.name}: no ResponseMetadata")
    if wrapper is None:
        return {}
    if wrapper not in children:
        report(f"{operation.name}: no {wrapper}")
        return {}
    return from_xml(shape, children[wrapper], operation.name, report)


def rest_output(exchange, operation, report):
    shape, value = operation.output_shape, {}
    for name, member in shape.members.items():
        place, wire = member.serialization.get("location"), wire_name(member, name)
        if place == "statusCode":
            value[name] = exchange.status
        elif place == "header" and wire.lower() in exchange.answer_headers:
            value[name] = from_text(member, exchange.answer_headers[wire.lower()], "rfc822")
    if exchange.method != "HEAD":
        value.update(rest_output_body(exchange, operation, report))
    return value


def rest_output_body(exchange, operation, report):
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        text = shape.members[payload].type_name == "string"
        return {payload: exchange.answer.decode() if text else exchange.answer}
    if not exchange.answer.strip():
        return {}
    inner = shape.members[payload] if payload else shape
    if operation.service_model.signing_name == "lambda":
        value = from_tree(inner, json.loads(exchange.answer), operation.name, report)
    else:
        root = ElementTree.fromstring(exchange.answer)
        if operation.name in UNWRAPPED:
            (name,) = shape.members
            return {name: root.text} if root.text else {}
        value = from_xml(inner, root, operation.name, report)
    return {payload: value} if payload else value


def hold_error(exchange, operation, report):
    if exchange.method == "HEAD":
        return
    code, members = error_of(exchange)
    if (code, exchange.status) == OWN_ERROR:
        return
    shape = declared_error(exchange, operation, code)
    service = operation.service_model.service_name
    if shape is None:
        if code not in COMMON_ERRORS and not (service == "s3" and code in S3_ERRORS):
            declared = sorted({error.name for error in operation.error_shapes})
            report(f"{operation.name}: the error {code!r} (HTTP {exchange.status}) is not among {declared}")
        return
    hold_error_shape(exchange, operation, shape, members, report)


def hold_error_shape(exchange, operation, shape, members, report):
    path = f"{operation.name}!{shape.name}"
    traits = shape.metadata.get("error", {})
    wanted = traits.get("httpStatusCode")
    if operation.service_model.metadata["protocol"] in ("query", "rest-json", "rest-xml"):
        if wanted and wanted != exchange.status:
            report(f"{path}: HTTP {exchange.status}, the model says {wanted}")
    elif (exchange.status >= 500) != bool(shape.metadata.get("fault")):
        report(f"{path}: HTTP {exchange.status}, but fault is {bool(shape.metadata.get('fault'))} in the model")
    old = exchange.answer_headers.get("x-amzn-query-error", "").partition(";")[0]
    if old and traits.get("code", old) != old:
        report(f"{path}: x-amzn-query-error names {old}, the model says {shape.error_code}")
    inner = {name: value for name, value in members.items() if name not in ERROR_MEMBERS}
    check_inner = {name: shape.members[name] for name in inner if name in shape.members}
    for name in inner.keys() - check_inner.keys():
        report(f"{path}.{name}: the model knows no such member")
    for name, member in check_inner.items():
        check(member, from_tree(member, inner[name], f"{path}.{name}", report), f"{path}.{name}", report)


def error_of(exchange):
    """Code and members of an error."""
    media = media_of(exchange)
    if media in ("text/xml", "application/xml"):
        root = ElementTree.fromstring(exchange.answer)
        error = root if local_name(root) == "Error" else next(node for node in root if local_name(node) == "Error")
        return next((node.text or "" for node in error if local_name(node) == "Code"), ""), {}
    members = cbor2.loads(exchange.answer) if media == "application/cbor" else json.loads(exchange.answer)
    code = exchange.answer_headers.get("x-amzn-errortype") or members.get("__type", "")
    return re.sub(r"^.*#|:.*$", "", code), members


def declared_error(exchange, operation, code):
    """The shape of an error. XML carries its code, the other protocols the name of its shape."""
    if media_of(exchange) == "text/xml":
        return next((shape for shape in operation.error_shapes if shape.error_code == code), None)
    return next((shape for shape in operation.error_shapes if shape.name == code), None)
