"""Decodes a form of the query protocol along a shape of the model."""

import re

from decode import from_text
from models import is_flat, wire_name


class Form:
    """The fields of a form; those that the model knows are taken away."""

    def __init__(self, fields):
        self.fields = dict(fields)

    def take(self, shape, prefix=""):
        """The value under a prefix; a structure has the members that the form names."""
        if shape.type_name == "structure":
            self.fields.pop(prefix, None)
            members = ((name, member, joined(prefix, self.member_name(name, member))) for name, member in shape.members.items())
            return {name: self.take(member, key) for name, member, key in members if self.has(key)}
        if shape.type_name == "list":
            return self.take_list(shape, prefix)
        if shape.type_name == "map":
            return self.take_map(shape, prefix)
        return from_text(shape, self.fields.pop(prefix, ""))

    @staticmethod
    def member_name(name, member):
        if member.type_name == "list" and is_flat(member) and "name" not in member.serialization:
            return wire_name(member.member, name)
        return wire_name(member, name)

    def take_list(self, shape, prefix):
        # `Attributes=` is how a form writes an empty list.
        self.fields.pop(prefix, None)
        inner = prefix if is_flat(shape) else joined(prefix, wire_name(shape.member, "member"))
        return [self.take(shape.member, f"{inner}.{number}") for number in self.numbers(inner)]

    def take_map(self, shape, prefix):
        self.fields.pop(prefix, None)
        inner = prefix if is_flat(shape) else joined(prefix, "entry")
        key, value = wire_name(shape.key, "key"), wire_name(shape.value, "value")
        numbers = self.numbers(inner)
        return {self.take(shape.key, f"{inner}.{at}.{key}"): self.take(shape.value, f"{inner}.{at}.{value}") for at in numbers}

    def has(self, key):
        return any(field == key or field.startswith(f"{key}.") for field in self.fields)

    def numbers(self, prefix):
        pattern = re.compile(re.escape(prefix) + r"\.(\d+)(?:\.|$)")
        return sorted({int(found[1]) for field in self.fields if (found := pattern.match(field))})


def joined(prefix, name):
    return f"{prefix}.{name}" if prefix else name
