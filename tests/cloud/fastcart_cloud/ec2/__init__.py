"""EC2, file by file as in moto/ec2/models."""

from . import (  # noqa: F401
    dhcp_options,
    elastic_ip_addresses,
    filters,
    flow_logs,
    internet_gateways,
    nat_gateways,
    network_acls,
    network_interfaces,
    prefix_lists,
    route_tables,
    security_groups,
    subnets,
    tags,
    vpc_endpoints,
    vpcs,
)
