"""Which operations the local AWS serves, from its source."""

import re
from pathlib import Path

from models import all_models

# Where the folder of a service is not its signing name.
FOLDERS = {"monitoring": "cloudwatch"}
ARM = re.compile(r'"(\w+)"(?:\s*\|\s*"\w+")*\s*=>')
LITERAL = re.compile(r'"(\w+)"')


def operations(services):
    """Service and operation of each match arm in the folder of the services that names an operation."""
    return {
        (model.service_name, name)
        for signing_name, model in all_models().items()
        for name in named_in(Path(services) / FOLDERS.get(signing_name, signing_name))
        if name in model.operation_names
    }


def named_in(folder):
    sources = (path for path in folder.rglob("*.rs") if "tests" not in path.parts and path.stem != "tests")
    for source in sources:
        for arm in ARM.finditer(source.read_text()):
            yield from LITERAL.findall(arm[0])
