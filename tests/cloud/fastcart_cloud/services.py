"""Every correction, in one import. It takes a second, so the server listens first; calls wait until it is done."""

from . import (  # noqa: F401
    cloudwatch,
    ec2,
    elasticache,
    iam,
    kinesis,
    kms,
    logs,
    pages,
    rds,
)
