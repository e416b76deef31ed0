"""The control path, the request log, faults, lifetimes, the seed, and the server itself."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import threading
import time
import urllib.error
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from conftest import Cloud, eventually, refused, started

HERE = Path(__file__).parent.parent


def test_health(cloud: Cloud) -> None:
    health = cloud.control("GET", "/health")
    assert (health["status"], health["moto"]) == ("ok", "5.2.5")


def test_unknown_action_lists_what_there_is(cloud: Cloud) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control("GET", "/nothing")
    assert caught.value.code == 404
    assert "POST /reset" in json.load(caught.value)["there_is"]


# -- requests


def test_requests_are_counted_and_logged(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    ec2.describe_vpcs()
    ec2.describe_vpcs()
    table = ec2.create_route_table(VpcId=ec2.describe_vpcs()["Vpcs"][0]["VpcId"], ClientToken="t")["RouteTable"]
    with refused("NotFoundException"):
        cloud.client("kms").describe_key(KeyId="alias/nothing")
    report = cloud.requests()
    assert (report["total"], report["in_flight"], report["max_in_flight"]) == (5, 0, 1)
    assert report["by_operation"] == {"ec2.CreateRouteTable": 1, "ec2.DescribeVpcs": 3, "kms.DescribeKey": 1}
    made, failed = report["log"][3:]
    assert (made["n"], made["service"], made["operation"], made["status"], made["error"], made["client_token"]) == (
        4, "ec2", "CreateRouteTable", 200, None, "t")
    assert (failed["status"], failed["error"], failed["region"]) == (400, "NotFoundException", "eu-central-1")
    shown = cloud.control("GET", "/requests?parameters=true&operation=ec2.CreateRouteTable")["log"]
    assert [entry["parameters"]["VpcId"] for entry in shown] == [table["VpcId"]]
    cloud.control("DELETE", "/requests")
    assert cloud.requests()["total"] == 0


def test_the_widest_concurrency_is_remembered(cloud: Cloud) -> None:
    cloud.faults({"operation": "sts.GetCallerIdentity", "kind": "delay", "seconds": 0.5, "times": None})
    sts = cloud.client("sts")
    threads = [threading.Thread(target=sts.get_caller_identity) for _ in range(6)]
    for thread in threads:
        thread.start()
    eventually(lambda: cloud.requests()["in_flight"] == 6)
    for thread in threads:
        thread.join()
    report = cloud.requests()
    assert (report["in_flight"], report["max_in_flight"]) == (0, 6)
    assert max(entry["in_flight"] for entry in report["log"]) == 6


def test_every_service_of_the_stack_is_recognised(cloud: Cloud) -> None:
    for service, call in {
        "s3": lambda c: c.list_buckets(), "lambda": lambda c: c.list_functions(), "cloudwatch": lambda c: c.describe_alarms(),
        "sqs": lambda c: c.list_queues(), "sns": lambda c: c.list_topics(), "rds": lambda c: c.describe_db_instances(),
        "ecs": lambda c: c.list_clusters(), "elbv2": lambda c: c.describe_load_balancers(), "ecr": lambda c: c.describe_repositories(),
        "secretsmanager": lambda c: c.list_secrets(), "events": lambda c: c.list_rules(), "dynamodb": lambda c: c.list_tables(),
        "elasticache": lambda c: c.describe_replication_groups(), "iam": lambda c: c.list_roles(),
    }.items():
        call(cloud.client(service))
        assert cloud.requests()["log"][-1]["service"] == service
        assert cloud.requests()["log"][-1]["status"] == 200


def test_what_moto_lacks_is_an_error_that_is_not_tried_again(cloud: Cloud) -> None:
    for service, call in {
        "ec2": lambda c: c.get_security_groups_for_vpc(VpcId="vpc-0123456789abcdef0"),
        "rds": lambda c: c.describe_db_major_engine_versions(),
        "ecs": lambda c: c.list_service_deployments(service="s"),
        "lambda": lambda c: c.get_runtime_management_config(FunctionName="f"),
    }.items():
        client = boto3.client(
            service, endpoint_url=cloud.url, region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b",
            config=Config(retries={"total_max_attempts": 3, "mode": "standard"}))
        before = cloud.requests()["total"]
        with refused("NotImplemented", 501):
            call(client)
        assert cloud.requests()["total"] == before + 1


# -- faults

PROTOCOLS: dict[str, Any] = {
    "ec2": ("ec2.DescribeVpcs", lambda cloud: cloud.client("ec2").describe_vpcs(), "RequestLimitExceeded"),
    "query": ("iam.ListRoles", lambda cloud: cloud.client("iam").list_roles(), "Throttling"),
    "json": ("kms.ListKeys", lambda cloud: cloud.client("kms").list_keys(), "ThrottlingException"),
    "sqs": ("sqs.ListQueues", lambda cloud: cloud.client("sqs").list_queues(), "RequestThrottled"),
    "rest-json": ("lambda.ListFunctions", lambda cloud: cloud.client("lambda").list_functions(), "TooManyRequestsException"),
    "rest-xml": ("s3.ListBuckets", lambda cloud: cloud.client("s3").list_buckets(), "SlowDown"),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_throttle(cloud: Cloud, protocol: str) -> None:
    operation, call, code = PROTOCOLS[protocol]
    cloud.faults({"operation": operation, "kind": "throttle", "times": 2})
    for _ in range(2):
        with refused(code):
            call(cloud)
    call(cloud)
    assert [entry["fault"] for entry in cloud.requests()["log"]] == ["throttle", "throttle", None]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_error(cloud: Cloud, protocol: str) -> None:
    operation, call, _ = PROTOCOLS[protocol]
    cloud.faults({"operation": operation, "kind": "error", "code": "Broken", "status": 503, "message": "it is < broken >"},
                 {"operation": operation.split(".")[0] + ".*", "kind": "error"})
    with pytest.raises(ClientError) as caught:
        call(cloud)
    assert caught.value.response["Error"]["Code"] == "Broken"
    assert caught.value.response["Error"]["Message"] == "it is < broken >"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_error_after_some(cloud: Cloud) -> None:
    cloud.faults({"operation": "kms.*", "kind": "error", "after": 1})
    kms = cloud.client("kms")
    kms.list_keys()
    with refused("KMSInternalException", 500):
        kms.list_aliases()
    kms.list_keys()
    assert cloud.control("GET", "/faults")[0]["hit"] == 1


def test_rules_for_one_object(cloud: Cloud) -> None:
    logs = cloud.client("logs")
    cloud.faults({"operation": "logs.CreateLogGroup", "kind": "throttle", "mentions": "/b", "times": None})
    logs.create_log_group(logGroupName="/a")
    with refused("ThrottlingException"):
        logs.create_log_group(logGroupName="/b")


def test_chance_is_the_same_each_time(cloud: Cloud) -> None:
    def outcome() -> list[str]:
        cloud.control("DELETE", "/requests")
        cloud.faults({"operation": "sts.*", "kind": "throttle", "probability": 0.5, "seed": 7, "times": None})
        for _ in range(20):
            try:
                cloud.client("sts").get_caller_identity()
            except ClientError:
                pass
        return [entry["fault"] for entry in cloud.requests()["log"]]

    first = outcome()
    assert 3 < first.count("throttle") < 17
    assert outcome() == first


def test_delay(cloud: Cloud) -> None:
    cloud.faults({"operation": "sts.GetCallerIdentity", "kind": "delay", "seconds": 0.3})
    began = time.monotonic()
    cloud.client("sts").get_caller_identity()
    assert time.monotonic() - began >= 0.3


def test_reply_dropped_after_success(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    cloud.faults({"operation": "ec2.CreateRouteTable", "kind": "drop_reply"})
    with pytest.raises(ConnectionClosedError):
        ec2.create_route_table(VpcId=vpc, ClientToken="t")
    tables = [item["id"] for item in cloud.left() if item["type"] == "aws_route_table"]
    assert len(tables) == 1  # it was made
    assert ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"] == tables[0]


NEW: dict[str, Any] = {
    "ec2.CreateVpc": ("InvalidVpcID.NotFound", lambda c: c.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"],
                      lambda c, made: c.client("ec2").describe_vpcs(VpcIds=[made])),
    "ec2.CreateSecurityGroup": ("InvalidGroup.NotFound", lambda c: c.client("ec2").create_security_group(GroupName="g", Description="d")["GroupId"],
                                lambda c, made: c.client("ec2").authorize_security_group_ingress(GroupId=made, IpPermissions=[
                                    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])),
    "kms.CreateKey": ("NotFoundException", lambda c: c.client("kms").create_key()["KeyMetadata"]["KeyId"],
                      lambda c, made: c.client("kms").describe_key(KeyId=made)),
    "logs.CreateLogGroup": ("ResourceNotFoundException", lambda c: (c.client("logs").create_log_group(logGroupName="/a"), "/a")[1],
                            lambda c, made: c.client("logs").put_retention_policy(logGroupName=made, retentionInDays=30)),
    "iam.CreateRole": ("NoSuchEntity", lambda c: c.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["RoleName"],
        lambda c, made: c.client("iam").get_role(RoleName=made)),
}


@pytest.mark.parametrize("operation", NEW)
def test_not_found_for_a_while(cloud: Cloud, operation: str) -> None:
    code, create, read = NEW[operation]
    cloud.faults({"operation": operation, "kind": "not_found_after_create", "seconds": 5})
    made = create(cloud)
    for _ in range(2):
        with refused(code):
            read(cloud, made)
    cloud.advance(6)
    read(cloud, made)


def test_not_found_for_some_reads(cloud: Cloud) -> None:
    cloud.faults({"operation": "ec2.CreateVpc", "kind": "not_found_after_create", "reads": 2})
    ec2 = cloud.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for _ in range(2):
        with refused("InvalidVpcID.NotFound"):
            ec2.describe_vpcs(VpcIds=[made])
    ec2.describe_vpcs(VpcIds=[made])


@pytest.mark.parametrize("rule", [{"operation": "ec2.*", "kind": "nothing"}, {"kind": "delay"}, {"operation": "a", "kind": "delay", "odd": 1}])
def test_wrong_rules_are_refused(cloud: Cloud, rule: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.faults(rule)
    assert caught.value.code == 400


# -- lifetimes and clock


def test_lifetimes(cloud: Cloud) -> None:
    cloud.lifetimes(**{"*": {"creating": 10}, "subnet": {"creating": 100}, "scale": 0.1})
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    cloud.advance(1.5)
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"] == "available"
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["State"] == "pending"
    assert cloud.control("GET", "/lifetimes")["waiting"] == 1
    cloud.advance(9)
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["State"] == "available"


def test_lifetimes_pass_by_themselves(cloud: Cloud) -> None:
    cloud.lifetimes(vpc={"creating": 0.2})
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    eventually(lambda: ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"] == "available")


@pytest.mark.parametrize("wrong", [{"vpc": 1}, {"vpc": {"sleeping": 1}}, {"vpc": {"creating": -1}}, {"scale": "x"}])
def test_wrong_lifetimes_are_refused(cloud: Cloud, wrong: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control("PUT", "/lifetimes", wrong)
    assert caught.value.code == 400


def test_reset_brings_everything_back(cloud: Cloud) -> None:
    cloud.lifetimes(vpc={"creating": 100})
    cloud.faults({"operation": "*", "kind": "throttle", "times": None, "after": 10})
    ec2 = cloud.client("ec2")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    cloud.advance(5)
    cloud.control("POST", "/reset")
    assert cloud.left() == []
    assert cloud.requests()["total"] == 0
    assert cloud.control("GET", "/faults") == []
    assert cloud.control("GET", "/clock") == {"offset": 0.0}
    assert cloud.control("GET", "/lifetimes") == {"durations": {}, "waiting": 0}


# -- seed and inventory


def test_seed(cloud: Cloud) -> None:
    answer = cloud.control("POST", "/seed", {
        "kms_keys": [{"alias": "alias/shared", "description": "shared", "tags": {"a": "b"}}],
        "roles": [{"name": "task", "service": "ecs-tasks.amazonaws.com"}],
        "functions": [{"name": "rotate"}],
        "secrets": [{"name": "shop/db", "value": {"username": "u", "password": "p"}, "kms_key": "alias/shared"}],
        "calls": [
            {"service": "ecr", "operation": "CreateRepository", "parameters": {"repositoryName": "shop"}, "as": "repo"},
            {"service": "ecr", "operation": "TagResource", "parameters": {
                "resourceArn": "${repo.repository.repositoryArn}", "tags": [{"Key": "a", "Value": "b"}]}},
        ],
    })
    assert answer["functions"]["rotate"].startswith("arn:aws:lambda:eu-central-1:")
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=answer["secrets"]["shop/db"])
    assert json.loads(secret["SecretString"]) == {"username": "u", "password": "p"}
    assert cloud.requests()["by_operation"] == {"secretsmanager.GetSecretValue": 1}  # the seed is not counted
    assert cloud.left() == []  # and is expected to stay
    kinds = {item["type"]: item for item in cloud.control("GET", "/inventory")["objects"] if item["seeded"] and not item["default"]}
    assert set(kinds) == {"aws_kms_key", "aws_kms_alias", "aws_iam_role", "aws_lambda_function", "aws_secretsmanager_secret", "aws_ecr_repository"}
    assert kinds["aws_ecr_repository"]["tags"] == {"a": "b"}


def test_a_wrong_seed_is_refused(cloud: Cloud) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control("POST", "/seed", {"nothing": []})
    assert caught.value.code == 400


def test_inventory(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "shop"}]}])["Vpc"]["VpcId"]
    cloud.client("kinesis").create_stream(StreamName="orders", ShardCount=1, Tags={"a": "b"})
    cloud.client("sqs").create_queue(QueueName="dead")
    left = {item["type"]: item for item in cloud.left()}
    assert set(left) == {"aws_vpc", "aws_kinesis_stream", "aws_sqs_queue"}
    assert (left["aws_vpc"]["id"], left["aws_vpc"]["name"], left["aws_vpc"]["tags"]) == (vpc, "shop", {"Name": "shop"})
    assert (left["aws_kinesis_stream"]["name"], left["aws_kinesis_stream"]["tags"]) == ("orders", {"a": "b"})
    everything = cloud.control("GET", "/inventory")["objects"]
    assert any(item["type"] == "aws_vpc" and item["default"] for item in everything)


# -- the server


def test_connections_stay_open(cloud: Cloud) -> None:
    host, port = cloud.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    sockets = []
    for _ in range(3):
        connection.request("GET", "/_cloud/health")
        sockets.append(connection.sock)
        assert connection.getresponse().read()
    assert sockets[0] is not None and all(each is sockets[0] for each in sockets)


def test_started_by_its_command(tmp_path: Path) -> None:
    port_file, lifetimes = tmp_path / "port", tmp_path / "lifetimes.json"
    lifetimes.write_text('{"vpc": {"creating": 50}}')
    server = subprocess.Popen(
        [str(HERE / "start"), "--exit-with-stdin", "--port-file", str(port_file), "--lifetimes", str(lifetimes)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdin and server.stdout
        line = server.stdout.readline().strip()
        port = int(port_file.read_text())
        assert line == f"local cloud listening on http://127.0.0.1:{port}"
        cloud = Cloud(f"http://127.0.0.1:{port}")
        cloud.lifetimes()
        cloud.control("POST", "/reset")
        assert cloud.control("GET", "/lifetimes")["durations"] == {"vpc": {"creating": 50}}  # those of the start
    finally:
        server.stdin.close()
        assert server.wait(timeout=10) == 0


@pytest.mark.parametrize("content", ["{not json", '{"vpc": {"sleeping": 1}}'])
def test_wrong_lifetimes_at_the_start(tmp_path: Path, content: str) -> None:
    lifetimes = tmp_path / "lifetimes.json"
    lifetimes.write_text(content)
    done = subprocess.run([str(HERE / "start"), "--lifetimes", str(lifetimes)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert f"--lifetimes {lifetimes}" in done.stderr


def test_without_python() -> None:
    done = subprocess.run([str(HERE / "start")], capture_output=True, text=True, timeout=30,
                          env={**os.environ, "FASTCART_PYTHON": "no-such-python"})
    assert done.returncode == 127
    assert "Python 3.10 or newer" in done.stderr


def test_many_at_once(cloud: Cloud) -> None:
    """Sixteen clients make and delete at the same time; nothing is lost, and nothing fails."""
    ec2, faults = cloud.client("ec2"), []

    def work(number: int) -> None:
        try:
            for turn in range(3):
                vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
                subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.{turn}.0/24")["Subnet"]["SubnetId"]
                ec2.describe_vpcs()
                ec2.delete_subnet(SubnetId=subnet)
                if turn:
                    ec2.delete_vpc(VpcId=vpc)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [item["type"] for item in cloud.left()] == ["aws_vpc"] * 16


def test_two_servers_do_not_share(cloud: Cloud) -> None:
    with started() as other:
        cloud.client("logs").create_log_group(logGroupName="/a")
        assert other.client("logs").describe_log_groups()["logGroups"] == []


def test_a_copy_goes_its_own_way(cloud: Cloud) -> None:
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="before", ShardCount=1)
    port = cloud.control("POST", "/fork")["port"]
    copy = Cloud(f"http://127.0.0.1:{port}")
    assert copy.requests()["total"] == 0
    assert copy.client("kinesis").list_streams()["StreamNames"] == ["before"]
    copy.client("kinesis").create_stream(StreamName="copied", ShardCount=1)
    kinesis.create_stream(StreamName="original", ShardCount=1)
    assert copy.client("kinesis").list_streams()["StreamNames"] == ["before", "copied"]
    assert kinesis.list_streams()["StreamNames"] == ["before", "original"]
    # A copy of a copy
    port = copy.control("POST", "/fork")["port"]
    again = Cloud(f"http://127.0.0.1:{port}")
    assert again.client("kinesis").list_streams()["StreamNames"] == ["before", "copied"]
    assert copy.control("POST", "/stop") == {"status": "ok"}
    with pytest.raises(urllib.error.HTTPError):
        cloud.control("POST", "/stop")
