"""Every correction, in one import. It takes a second, so the server listens first; calls wait until it is done."""

from moto.core.models import default_user_config

from . import (  # noqa: F401
    autoscaling,
    cloudwatch,
    ec2,
    ecr,
    ecs,
    elasticache,
    events,
    iam,
    kinesis,
    kms,
    lambda_,
    logs,
    pages,
    rds,
    secretsmanager,
    sns,
    sqs,
    sts,
    tagging,
)

# Functions answer at once and run nothing, so that no container engine is looked for.
default_user_config["lambda"] = {"use_docker": False}
