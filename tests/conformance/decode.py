"""Decodes a tree of JSON, CBOR or XML along a shape of the model; reports members that the model does not know.

A value that does not fit its shape is returned as it is: `constraints` then reports it.
"""

import base64
import binascii
import datetime
import email.utils
import re

from constraints import NUMBERS, TIME
from models import is_flat, wire_name

ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


def from_tree(shape, value, path, report):
    """From what a JSON or CBOR parser returns."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {wire_name(member, name): (name, member) for name, member in shape.members.items()}
        decoded = {}
        for wire, inner in value.items():
            if wire not in members:
                report(f"{path}.{wire}: the model knows no such member")
            elif inner is not None:
                name, member = members[wire]
                decoded[name] = from_tree(member, inner, f"{path}.{name}", report)
        return decoded
    if shape.type_name == "list" and isinstance(value, list):
        return [from_tree(shape.member, inner, f"{path}[]", report) for inner in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: from_tree(shape.value, inner, f"{path}{{}}", report) for key, inner in value.items()}
    if shape.type_name == "timestamp":
        return from_tree_timestamp(shape, value)
    if shape.type_name == "blob" and isinstance(value, str):
        return from_base64(value)
    return value


def from_tree_timestamp(shape, value):
    if isinstance(value, datetime.datetime):
        return TIME
    if isinstance(value, str):
        wanted = shape.serialization.get("timestampFormat", "unixTimestamp")
        return value if wanted == "unixTimestamp" else from_text(shape, value, wanted)
    return value if isinstance(value, bool) or not isinstance(value, (int, float)) else TIME


def from_text(shape, text, time_format="iso8601"):
    """From text, as XML, forms, headers and URIs carry scalars."""
    if shape.type_name in NUMBERS:
        return number(shape, text)
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if shape.type_name == "timestamp":
        return TIME if is_time(text, shape.serialization.get("timestampFormat", time_format)) else text
    return from_base64(text) if shape.type_name == "blob" else text


def number(shape, text):
    try:
        return int(text) if shape.type_name in ("integer", "long") else float(text)
    except ValueError:
        return text


def is_time(text, time_format):
    if time_format == "iso8601":
        return bool(ISO_8601.fullmatch(text))
    if time_format == "rfc822":
        return email.utils.parsedate(text) is not None and text.endswith("GMT")
    return bool(re.fullmatch(r"\d+(\.\d+)?", text))


def from_base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text


def from_xml(shape, node, path, report):
    """From an XML element."""
    if shape.type_name == "structure":
        return from_xml_structure(shape, node, path, report)
    if shape.type_name == "list":
        wire = wire_name(shape.member, "member")
        return [from_xml(shape.member, child, f"{path}[]", report) for child in named(node, {wire}, path, report)]
    if shape.type_name == "map":
        return dict(from_xml_entry(shape, child, path, report) for child in named(node, {"entry"}, path, report))
    if len(node):
        report(f"{path}: elements in a {shape.type_name}")
    return from_text(shape, node.text or "")


def from_xml_structure(shape, node, path, report):
    members = xml_members(shape)
    decoded = {}
    for child in named(node, members, path, report):
        name, member, is_part = members[local_name(child)]
        inner = f"{path}.{name}"
        if is_part and member.type_name == "list":
            decoded.setdefault(name, []).append(from_xml(member.member, child, f"{inner}[]", report))
        elif is_part:
            decoded.setdefault(name, {}).update([from_xml_entry(member, child, inner, report)])
        elif name in decoded:
            report(f"{inner}: twice")
        else:
            decoded[name] = from_xml(member, child, inner, report)
    for name, member in shape.members.items():
        if member.serialization.get("xmlAttribute"):
            wanted = wire_name(member, name).rpartition(":")[2]
            values = [value for key, value in node.attrib.items() if key.rpartition("}")[2] == wanted]
            decoded.update({name: value for value in values})
    return decoded


def xml_members(shape):
    """Name and shape of a structure's members by element, and whether the element is one part of a flat member."""
    members = {}
    for name, member in shape.members.items():
        wire = wire_name(member, name)
        if member.type_name == "list" and is_flat(member) and "name" not in member.serialization:
            wire = wire_name(member.member, wire)
        members[wire] = (name, member, is_flat(member))
    return members


def from_xml_entry(shape, node, path, report):
    key, value = wire_name(shape.key, "key"), wire_name(shape.value, "value")
    parts = {local_name(child): child for child in named(node, {key, value}, path, report)}
    if key not in parts or value not in parts:
        report(f"{path}: an entry without {key} or {value}")
        return ("", None)
    return (from_text(shape.key, parts[key].text or ""), from_xml(shape.value, parts[value], f"{path}{{}}", report))


def named(node, names, path, report):
    """The children with one of these names; the others are reported."""
    for child in node:
        if local_name(child) in names:
            yield child
        else:
            report(f"{path}.{local_name(child)}: the model knows no such element")


def local_name(node):
    return node.tag.rpartition("}")[2]
