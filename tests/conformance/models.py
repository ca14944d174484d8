"""AWS's own models of its services, as botocore carries them."""

import functools

import botocore.session

# The services of the local AWS.
SERVICES = ("cloudformation", "cloudtrail", "cloudwatch", "dynamodb", "ecs", "events", "iam", "lambda", "logs", "s3", "sns", "sqs", "stepfunctions", "sts")


@functools.cache
def all_models():
    """The models by signing name."""
    session = botocore.session.get_session()
    models = [session.get_service_model(name) for name in SERVICES]
    return {model.signing_name: model for model in models}


def wire_name(shape, name):
    """The name of a member on the wire."""
    return shape.serialization.get("name", name)


def is_flat(shape):
    """Whether a list or map stands in its parent without an element of its own."""
    return bool(shape.serialization.get("flattened"))
