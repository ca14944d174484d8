"""The constraints of a model on a decoded value.

Decoded values are `dict` with the model's member names, `list`, `str`, `bytes`, `int`, `float`, `bool` and [`TIME`].
"""

import functools

import regex

TIME = object()  # a timestamp whose format its decoder has checked

NUMBERS = ("integer", "long", "float", "double")
# Names that Java's regular expressions know and others do not.
JAVA_CLASSES = {r"\p{IsGraph}": r"\p{Graph}", r"\p{Print}": r"\p{Print}"}


def check(shape, value, path, report):
    """Reports each break of a constraint as `report(message)`."""
    if value is None:
        return
    checker = CHECKERS.get(shape.type_name)
    if checker is None:
        if shape.type_name == "timestamp" and value is not TIME:
            report(f"{path}: {value!r} is no timestamp")
        return
    checker(shape, value, path, report)


def check_structure(shape, value, path, report):
    if not isinstance(value, dict):
        return report(f"{path}: {kind(value)}, not a structure")
    for name in shape.required_members:
        if value.get(name) is None:
            report(f"{path}.{name}: required, and missing")
    if shape.is_tagged_union and len(value) != 1:
        report(f"{path}: a union with {len(value)} members")
    for name, inner in value.items():
        check(shape.members[name], inner, f"{path}.{name}", report)


def check_list(shape, value, path, report):
    if not isinstance(value, list):
        return report(f"{path}: {kind(value)}, not a list")
    check_range(len(value), shape, path, " elements", report)
    for inner in value:
        if inner is None:
            report(f"{path}[]: null in a list")
        check(shape.member, inner, f"{path}[]", report)


def check_map(shape, value, path, report):
    if not isinstance(value, dict):
        return report(f"{path}: {kind(value)}, not a map")
    check_range(len(value), shape, path, " entries", report)
    for key, inner in value.items():
        check(shape.key, key, f"{path}{{key}}", report)
        check(shape.value, inner, f"{path}{{}}", report)


def check_string(shape, value, path, report):
    if not isinstance(value, str):
        return report(f"{path}: {kind(value)}, not a string")
    check_range(len(value), shape, path, " characters", report)
    if shape.enum and value not in shape.enum:
        report(f"{path}: {value!r} is none of {shape.enum[:12]}")
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        report(f"{path}: {value[:120]!r} does not match {pattern}")


def check_blob(shape, value, path, report):
    if not isinstance(value, bytes):
        return report(f"{path}: {kind(value)}, not bytes")
    check_range(len(value), shape, path, " bytes", report)


def check_whole(shape, value, path, report):
    if not isinstance(value, int) or isinstance(value, bool):
        return report(f"{path}: {kind(value)} {value!r}, not a whole number")
    check_range(value, shape, path, "", report)


def check_number(shape, value, path, report):
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return report(f"{path}: {kind(value)} {value!r}, not a number")
    check_range(value, shape, path, "", report)


def check_boolean(_shape, value, path, report):
    if not isinstance(value, bool):
        report(f"{path}: {kind(value)} {value!r}, not a boolean")


CHECKERS = {
    "structure": check_structure,
    "list": check_list,
    "map": check_map,
    "string": check_string,
    "character": check_string,
    "blob": check_blob,
    "integer": check_whole,
    "long": check_whole,
    "float": check_number,
    "double": check_number,
    "boolean": check_boolean,
}


def check_range(size, shape, path, unit, report):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        report(f"{path}: {size}{unit}, at least {least}")
    if most is not None and size > most:
        report(f"{path}: {size}{unit}, at most {most}")


@functools.cache
def compiled(pattern):
    """A pattern of a model, which AWS matches against the whole value."""
    for java, other in JAVA_CLASSES.items():
        pattern = pattern.replace(java, other)
    return regex.compile(f"(?s:{pattern})")


def kind(value):
    return type(value).__name__
