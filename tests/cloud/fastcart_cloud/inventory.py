"""Everything that exists, so that a test can say that nothing is left. Types are named as in Terraform's AWS provider.

An object is marked `default` where AWS makes it for every account or with another object (the default VPC, a main
route table, the interface of a NAT gateway), `leaving` where it is deleted but still to be seen (a key that is
pending deletion), `seeded` where the control path made it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

Found = tuple[str, str, str | None, dict[str, str], str | None, bool]  # type, id, name, tags, state, default


def objects() -> list[dict[str, Any]]:
    listed = []
    for module, collect in COLLECTORS.items():
        # Services that were never used are not loaded for this
        backends = getattr(sys.modules.get(f"moto.{module}.models"), BACKENDS.get(module, f"{module}_backends"), None)
        if backends is None:
            continue
        for account, region, backend in list(backends.iter_backends()):
            for kind, identity, name, tags, state, default in collect(backend):
                listed.append({
                    "type": kind, "id": identity, "name": name or tags.get("Name"), "tags": tags, "state": state,
                    "account": account, "region": region, "default": default, "leaving": state in LEAVING,
                })
    return sorted(listed, key=lambda item: (item["region"], item["type"], item["id"]))


LEAVING = ("deleting", "DELETING", "deleted", "failed", "PendingDeletion", "INACTIVE", "DELETE_IN_PROGRESS")


def plain(tags: Any) -> dict[str, str]:
    """Tags in whichever of its ways moto keeps them."""
    if isinstance(tags, dict):
        if any(isinstance(value, dict) for value in tags.values()):  # IAM: each key with its pair
            return plain(list(tags.values()))
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag.get("Key", tag.get("key", tag.get("TagKey")))): str(tag.get("Value", tag.get("value", tag.get("TagValue", "")))) for tag in tags or []}


def ec2(b: Any) -> Iterator[Found]:
    default_vpcs = {vpc.id for vpc in b.vpcs.values() if vpc.is_default}

    def tags(identity: str) -> dict[str, str]:
        return dict(b.tags.get(identity, {}))

    for vpc in b.vpcs.values():
        yield "aws_vpc", vpc.id, None, tags(vpc.id), vpc.state, vpc.is_default
    for subnet in b.describe_subnets():
        yield "aws_subnet", subnet.id, None, tags(subnet.id), subnet.state, subnet.vpc_id in default_vpcs and subnet.default_for_az
    for gateway in b.internet_gateways.values():
        yield "aws_internet_gateway", gateway.id, None, tags(gateway.id), gateway.attachment_state, False
    for address in b.addresses:
        yield "aws_eip", address.allocation_id, None, tags(address.allocation_id), None, False
    for nat in b.nat_gateways.values():
        if nat.state not in ("deleted", "failed"):
            yield "aws_nat_gateway", nat.id, None, tags(nat.id), nat.state, False
    for table in b.route_tables.values():
        main = table.main_association_id is not None
        yield "aws_route_table", table.id, None, tags(table.id), None, main
        for route in table._routes.values():
            to = route.destination_cidr_block or route.destination_ipv6_cidr_block
            if not route.local and to:
                yield "aws_route", f"{table.id}_{to}", None, {}, route.state, False
        for association in table._associations:
            yield "aws_route_table_association", association, None, {}, None, False
    for groups in b.groups.values():
        for group in groups.values():
            yield "aws_security_group", group.id, group.name, tags(group.id), None, group.is_default
            for kind, rules in (("ingress", group.ingress_rules), ("egress", group.egress_rules)):
                for rule in rules:
                    yield f"aws_vpc_security_group_{kind}_rule", rule.id, None, tags(rule.id), None, group.is_default
    for options in b.dhcp_options_sets.values():
        yield "aws_vpc_dhcp_options", options.id, None, tags(options.id), None, False
    for acl in b.network_acls.values():
        yield "aws_network_acl", acl.id, None, tags(acl.id), None, bool(acl.default)
    for interface in b.enis.values():
        yield "aws_network_interface", interface.id, None, tags(interface.id), interface.status, interface.requester_managed
    for endpoint in b.vpc_end_points.values():
        if endpoint.state != "deleted":
            yield "aws_vpc_endpoint", endpoint.id, endpoint.service_name, tags(endpoint.id), endpoint.state, False
    for flow_log in b.flow_logs.values():
        yield "aws_flow_log", flow_log.id, None, tags(flow_log.id), flow_log.flow_log_status, False


def kms(b: Any) -> Iterator[Found]:
    for key in b.keys.values():
        own = key.key_manager != "CUSTOMER" or any(name.startswith("alias/aws/") for name in key.aliases)
        yield "aws_kms_key", key.id, key.description, plain(b.tagger.get_tag_dict_for_resource(key.id)), key.key_state, own
        for alias in key.aliases:
            # an alias goes with its key
            state = key.key_state if key.key_state == "PendingDeletion" else None
            yield "aws_kms_alias", alias, alias, {}, state, alias.startswith("alias/aws/")


def kinesis(b: Any) -> Iterator[Found]:
    for stream in b.streams.values():
        yield "aws_kinesis_stream", stream.arn, stream.stream_name, plain(stream.tags), stream.status, False
        for consumer in stream.consumers:
            yield "aws_kinesis_stream_consumer", consumer.consumer_arn, consumer.consumer_name, {}, getattr(consumer, "status", None), False


def logs(b: Any) -> Iterator[Found]:
    for group in b.groups.values():
        yield "aws_cloudwatch_log_group", group.name, group.name, plain(b.tagger.get_tag_dict_for_resource(group.arn)), None, False
    for metric_filter in b.filters.metric_filters:
        name = metric_filter["filterName"]
        yield "aws_cloudwatch_log_metric_filter", f"{metric_filter['logGroupName']}:{name}", name, {}, None, False
    for policy in b.resource_policies:
        yield "aws_cloudwatch_log_resource_policy", policy, policy, {}, None, False


def iam(b: Any) -> Iterator[Found]:
    for role in b.roles.values():
        service_linked = role.path.startswith("/aws-service-role/")
        yield "aws_iam_role", role.name, role.name, plain(role.tags), None, service_linked
        for name in role.policies:
            yield "aws_iam_role_policy", f"{role.name}:{name}", name, {}, None, False
        for arn in role.managed_policies:
            yield "aws_iam_role_policy_attachment", f"{role.name}/{arn}", None, {}, None, service_linked
    for policy in b.managed_policies.values():
        if not policy.arn.startswith("arn:aws:iam::aws:"):
            yield "aws_iam_policy", policy.arn, policy.name, plain(getattr(policy, "tags", {})), None, False
    for profile in b.instance_profiles.values():
        yield "aws_iam_instance_profile", profile.name, profile.name, {}, None, False
    for user in b.users.values():
        yield "aws_iam_user", user.name, user.name, {}, None, False


def sqs(b: Any) -> Iterator[Found]:
    for queue in b.queues.values():
        yield "aws_sqs_queue", queue.queue_arn, queue.name, plain(queue.tags), None, False


def sns(b: Any) -> Iterator[Found]:
    for topic in b.topics.values():
        yield "aws_sns_topic", topic.arn, topic.name, plain(getattr(topic, "_tags", [])), None, False
    for subscription in b.subscriptions.values():
        yield "aws_sns_topic_subscription", subscription.arn, None, {}, None, False


def secretsmanager(b: Any) -> Iterator[Found]:
    for secret in b.secrets.values():
        yield ("aws_secretsmanager_secret", secret.arn, secret.name, plain(secret.tags),
               "PendingDeletion" if secret.is_deleted() else None, False)


def cloudwatch(b: Any) -> Iterator[Found]:
    for alarm in b.alarms.values():
        # Target tracking makes alarms of its own, which go with the policy
        own = alarm.name.startswith("TargetTracking-") and scaling_policies() & {action.split(":createdBy/")[0] for action in alarm.alarm_actions}
        yield "aws_cloudwatch_metric_alarm", alarm.name, alarm.name, plain(b.tagger.get_tag_dict_for_resource(alarm.alarm_arn)), alarm.state_value, bool(own)
    for dashboard in b.dashboards.values():
        yield "aws_cloudwatch_dashboard", dashboard.name, dashboard.name, {}, None, False


def scaling_policies() -> set[str]:
    """ARNs of Application Auto Scaling's policies, of every account and region."""
    backends = getattr(sys.modules.get("moto.applicationautoscaling.models"), "applicationautoscaling_backends", None)
    return {policy.policy_arn for _, _, b in (backends.iter_backends() if backends else ()) for policy in b.policies.values()}


def rds(b: Any) -> Iterator[Found]:
    for name, database in b.databases.items():
        yield "aws_db_instance", name, name, plain(database.tags), database.status, False
    for name, group in b.subnet_groups.items():
        yield "aws_db_subnet_group", name, name, plain(group.tags), None, name == "default"
    for name, group in b.db_parameter_groups.items():
        yield "aws_db_parameter_group", name, name, plain(group.tags), None, name.startswith("default.")
    for name, snapshot in b.database_snapshots.items():
        # Backups of a database's own, which go with it
        own = name.startswith("rds:") and any(database in name for database in b.databases)
        yield "aws_db_snapshot", name, name, plain(snapshot.tags), snapshot.status, own
    for name, subscription in b.event_subscriptions.items():
        yield "aws_db_event_subscription", name, name, plain(subscription.tags), None, False


def elasticache(b: Any) -> Iterator[Found]:
    def tags(item: Any) -> dict[str, str]:
        return plain(b.tagging_service.get_tag_dict_for_resource(item.arn))

    for name, group in b.replication_groups.items():
        yield "aws_elasticache_replication_group", name, name, tags(group), group.status, False
    for name, group in b.cache_subnet_groups.items():
        yield "aws_elasticache_subnet_group", name, name, tags(group), None, name == "default"
    for name, group in getattr(b, "cache_parameter_groups", {}).items():
        yield "aws_elasticache_parameter_group", name, name, tags(group), None, name.startswith("default.")
    for name, user in b.users.items():
        yield "aws_elasticache_user", name, user.name, tags(user), user.status, name == "default"
    for name, group in getattr(b, "user_groups", {}).items():
        yield "aws_elasticache_user_group", name, name, tags(group), group.status, False
    for name in b.snapshots:
        yield "aws_elasticache_snapshot", name, name, {}, None, False


def ecs(b: Any) -> Iterator[Found]:
    for cluster in b.clusters.values():
        yield "aws_ecs_cluster", cluster.arn, cluster.name, plain(cluster.tags), cluster.status, False
    for service in b.services.values():
        yield "aws_ecs_service", service.arn, service.name, plain(service.tags), service.status, False
    for revisions in b.task_definitions.values():
        for definition in revisions.values():
            yield "aws_ecs_task_definition", definition.arn, definition.family, plain(definition.tags), definition.status, False


def ecr(b: Any) -> Iterator[Found]:
    for repository in b.repositories.values():
        yield "aws_ecr_repository", repository.name, repository.name, plain(b.tagger.get_tag_dict_for_resource(repository.arn)), None, False


def awslambda_simple(b: Any) -> Iterator[Found]:
    for function in b.list_functions(None):
        yield "aws_lambda_function", function.function_name, function.function_name, plain(function.tags), function.state, False


def events(b: Any) -> Iterator[Found]:
    for bus in b.event_buses.values():
        yield "aws_cloudwatch_event_bus", bus.name, bus.name, {}, None, bus.name == "default"
        for rule in bus.rules.values():
            yield "aws_cloudwatch_event_rule", f"{bus.name}/{rule.name}", rule.name, plain(b.tagger.get_tag_dict_for_resource(rule.arn)), rule.state, False


def dynamodb(b: Any) -> Iterator[Found]:
    for name, table in b.tables.items():
        yield "aws_dynamodb_table", name, name, plain(table.tags), None, False


def s3(b: Any) -> Iterator[Found]:
    for bucket in b.buckets.values():
        yield "aws_s3_bucket", bucket.name, bucket.name, plain(b.tagger.get_tag_dict_for_resource(bucket.arn)), None, False


def elbv2(b: Any) -> Iterator[Found]:
    for balancer in b.load_balancers.values():
        yield "aws_lb", balancer.arn, balancer.name, plain(b.tagging_service.get_tag_dict_for_resource(balancer.arn)), balancer.state, False
    for group in b.target_groups.values():
        yield "aws_lb_target_group", group.arn, group.name, plain(b.tagging_service.get_tag_dict_for_resource(group.arn)), None, False


def applicationautoscaling(b: Any) -> Iterator[Found]:
    for dimensions in b.targets.values():
        for target in dimensions.values():
            yield "aws_appautoscaling_target", f"{target.service_namespace}/{target.resource_id}", None, {}, None, False
    for policy in b.policies.values():
        yield "aws_appautoscaling_policy", policy.policy_arn, policy.policy_name, {}, None, False


COLLECTORS: dict[str, Callable[[Any], Iterator[Found]]] = {
    collect.__name__: collect for collect in (
        ec2, kms, kinesis, logs, iam, sqs, sns, secretsmanager, cloudwatch, rds, elasticache, ecs, ecr, awslambda_simple, events,
        dynamodb, s3, elbv2, applicationautoscaling)
}
BACKENDS = {"awslambda_simple": "lambda_simple_backends"}
