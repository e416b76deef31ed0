"""EC2, file by file as in moto/ec2/models."""

from . import (  # noqa: F401
    elastic_ip_addresses,
    flow_logs,
    internet_gateways,
    nat_gateways,
    network_interfaces,
    route_tables,
    security_groups,
    subnets,
    tags,
    vpc_endpoints,
    vpcs,
)
