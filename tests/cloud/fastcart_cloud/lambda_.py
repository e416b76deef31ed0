"""Lambda: a function's life, what of its configuration is kept, its policy; event source mappings."""

from __future__ import annotations

import base64
import binascii
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from moto.awslambda.exceptions import (
    GenericResourcNotFound,
    InvalidParameterValueException,
    LambdaClientError,
    UnknownPolicyException,
)
from moto.awslambda.models import (
    EventSourceMapping,
    LambdaBackend,
    LambdaFunction,
    LambdaStorage,
)
from moto.awslambda.policy import Policy
from moto.awslambda.responses import LambdaResponse
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kinesis.models import kinesis_backends
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition

from . import iam
from .corrections import adds, corrects
from .lifetimes import LIFE

# What moto does not keep of a configuration, each with what AWS tells where nothing was given.
KEPT: dict[str, Any] = {
    "CapacityProviderConfig": None,
    "DeadLetterConfig": None,
    "DurableConfig": None,
    "FileSystemConfigs": None,
    "LoggingConfig": {},
    "SnapStart": {"ApplyOn": "None"},
    "TenancyConfig": None,
}


class Conflict(LambdaClientError):
    code = 409

    def __init__(self, message: str, error: str = "ResourceConflictException"):
        super().__init__(error, message)


class InUse(LambdaClientError):
    code = 400

    def __init__(self, message: str):
        super().__init__("ResourceInUseException", message)


# -- functions


def check_role(function: LambdaFunction, arn: str) -> None:
    # AWS: the role exists, and lets Lambda in
    try:
        role = iam_backends[function.account_id][get_partition(function.region)].get_role_by_arn(arn)
    except NotFoundException:
        role = None
    if role is None or not iam.trusted(role, "lambda"):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def check_network(function: LambdaFunction, network: dict[str, Any] | None) -> None:
    # AWS: subnets and groups exist
    ec2 = ec2_backends[function.account_id][function.region]
    for subnet in (network or {}).get("SubnetIds") or []:
        if not any(subnet in of_zone for of_zone in ec2.subnets.values()):
            raise InvalidParameterValueException(
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
                f"EC2 Error Message: The subnet ID '{subnet}' does not exist")
    for group in (network or {}).get("SecurityGroupIds") or []:
        if ec2.get_security_group_from_id(group) is None:
            raise InvalidParameterValueException(
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
                f"EC2 Error Message: The security group '{group}' does not exist")


def check_code(code: dict[str, Any]) -> None:
    # AWS: the file is a zip file
    if "ZipFile" not in code:
        return
    try:
        packed = base64.b64decode(code["ZipFile"])
    except (binascii.Error, ValueError):
        packed = b""
    if not zipfile.is_zipfile(io.BytesIO(packed)):
        raise InvalidParameterValueException("Could not unzip uploaded file. Please check your file, then try to upload again.")


def check_settled(function: LambdaFunction) -> None:
    # AWS: one change at a time
    if function.state == "Pending":
        raise Conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
    if function.last_update == "InProgress":
        raise Conflict(f"The operation cannot be performed at this time. An update is in progress for resource: {function.function_arn}")


def changing(function: LambdaFunction) -> None:
    # AWS: InProgress, then Successful
    function.last_update = "InProgress"
    LIFE.then("lambda_function", "updating", lambda: setattr(function, "last_update", "Successful"))


def kept(function: LambdaFunction, spec: dict[str, Any]) -> None:
    for name in KEPT:
        if name in spec:
            function.more[name] = spec[name]
    letters = function.more.get("DeadLetterConfig")
    if letters is not None and not letters.get("TargetArn"):
        function.more["DeadLetterConfig"] = None


@corrects(LambdaFunction)
def __init__(moto: Any, self: Any, account_id: str, spec: dict[str, Any], region: str, version: Any = 1) -> None:
    self.last_update, self.more = "Successful", dict(KEPT)
    check_code(spec["Code"])
    moto(self, account_id, spec, region, version)
    check_role(self, self.role)
    check_network(self, spec.get("VpcConfig"))
    kept(self, spec)
    self.source_key = spec["Code"].get("SourceKMSKeyArn")
    # AWS: Pending, then Active
    self.state = "Pending"
    LIFE.then("lambda_function", "creating", lambda: setattr(self, "state", "Active"))


@corrects(LambdaFunction)
def get_configuration(moto: Any, self: Any, on_create: bool = False) -> dict[str, Any]:
    answer = moto(self, on_create)
    if "LastUpdateStatus" in answer:
        answer["LastUpdateStatus"] = self.last_update
    for name, value in self.more.items():
        if value is not None:
            answer[name] = value
    # AWS: a format and a group of its own where none is given, and levels with JSON
    logging = {"LogFormat": "Text", "LogGroup": self.logs_group_name, **(self.more["LoggingConfig"] or {})}
    if logging["LogFormat"] == "JSON":
        logging = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **logging}
    answer["LoggingConfig"] = logging
    snap = (self.more["SnapStart"] or {}).get("ApplyOn", "None")
    is_on = snap != "None" and str(self.version) != "$LATEST"
    answer["SnapStart"] = {"ApplyOn": snap, "OptimizationStatus": "On" if is_on else "Off"}
    network = answer.get("VpcConfig")
    if network:
        # AWS: the network that the subnets are in
        subnets = ec2_backends[self.account_id][self.region].subnets.values()
        named = [of_zone[subnet] for of_zone in subnets for subnet in network.get("SubnetIds") or [] if subnet in of_zone]
        answer["VpcConfig"] = {**network, "VpcId": named[0].vpc_id if named else ""}
    # AWS: nothing is told of what there is not
    return {name: value for name, value in answer.items() if value is not None}


@corrects(LambdaFunction)
def get_code(moto: Any, self: Any) -> dict[str, Any]:
    answer = moto(self)
    if self.source_key:
        answer.setdefault("Code", {})["SourceKMSKeyArn"] = self.source_key
    if self.reserved_concurrency is not None:
        # AWS: none at all is told, too
        answer["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved_concurrency}
    return answer


@corrects(LambdaFunction)
def update_configuration(moto: Any, self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
    check_settled(self)
    if config_updates.get("Role"):
        check_role(self, config_updates["Role"])
    check_network(self, config_updates.get("VpcConfig"))
    if "DurableConfig" in config_updates and not self.more["DurableConfig"]:
        raise InvalidParameterValueException("DurableConfig cannot be added to an existing function.")
    if "Environment" in config_updates:
        config_updates = {**config_updates, "Environment": {"Variables": (config_updates["Environment"] or {}).get("Variables") or {}}}
    moto(self, config_updates)
    # AWS: all of these can be changed
    kept(self, config_updates)
    if "TracingConfig" in config_updates:
        self.tracing_config = config_updates["TracingConfig"]
    if "EphemeralStorage" in config_updates:
        self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
    if "KMSKeyArn" in config_updates:
        self.kms_key_arn = config_updates["KMSKeyArn"] or None
    if "ImageConfig" in config_updates:
        self.image_config = type(self.image_config)(config_updates["ImageConfig"])
    self.last_modified = utcnow().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    changing(self)
    return self.get_configuration()


@corrects(LambdaBackend)
def update_function_code(moto: Any, self: Any, function_name: str, qualifier: str, body: dict[str, Any]) -> dict[str, Any]:
    function = self.get_function(function_name, qualifier)
    check_settled(function)
    check_code(body)
    if body.get("Architectures"):
        function.architectures = body["Architectures"]
    try:
        function.update_function_code(body)
    except ValueError as wrong:
        # moto: what is wrong with an S3 object comes as code and message
        raise InvalidParameterValueException(str(wrong.args[-1])) from wrong
    function.source_key = body.get("SourceKMSKeyArn")
    function.last_modified = utcnow().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    answer = function
    if body.get("Publish"):
        answer = self._lambdas.publish_version(function_name)
    changing(function)
    return answer.get_configuration()


@corrects(LambdaStorage)
def publish_version(moto: Any, self: Any, name_or_arn: str, description: str = "") -> LambdaFunction | None:
    version = moto(self, name_or_arn, description)
    if version is not None:
        # AWS: another version only after another change; a version does not change any more
        self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn).code_or_config_updated = False
        version.state, version.last_update, version.more = "Active", "Successful", dict(version.more)
    return version


@corrects(LambdaBackend)
def publish_version(moto: Any, self: Any, function_name: str, description: str = "") -> LambdaFunction | None:  # noqa: F811
    function = self.get_function(function_name)
    # AWS: not while an update is under way; a new function is published with it
    if function.last_update == "InProgress":
        check_settled(function)
    return moto(self, function_name, description)


@corrects(LambdaBackend)
def list_versions_by_function(moto: Any, self: Any, function_name: str) -> Iterable[LambdaFunction]:
    # AWS: ResourceNotFoundException for a function that is not there
    return moto(self, self.get_function(function_name).function_name)


@adds(LambdaResponse)
def put_function_code_signing_config(self: Any) -> str:
    name, arn = named(self), self.json_body["CodeSigningConfigArn"]
    self.backend.get_function(name).code_signing_config_arn = arn
    return json.dumps({"CodeSigningConfigArn": arn, "FunctionName": name})


@adds(LambdaResponse)
def delete_function_code_signing_config(self: Any) -> tuple[int, dict[str, Any], str]:
    self.backend.get_function(named(self)).code_signing_config_arn = None
    return 204, {"status": 204}, ""


@corrects(LambdaResponse)
def get_function_code_signing_config(moto: Any, self: Any) -> str:
    function = self.backend.get_function(named(self))
    # AWS: images are not signed
    if function.package_type == "Image":
        raise InvalidParameterValueException("Code signing is not supported for functions created with container images.")
    return json.dumps({name: value for name, value in function.get_function_code_signing_config().items() if value})


def named(response: Any) -> str:
    return response._get_param("FunctionName") or response.path.rstrip("/").split("/")[-2]


# -- permissions


CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


def principal(given: str, account_id: str, partition: str) -> Any:
    # AWS: an account is its root
    if given.isdigit():
        return {"AWS": f"arn:{partition}:iam::{given}:root"}
    if given.startswith("arn:"):
        return {"AWS": given}
    return given if given == "*" else {"Service": given}


@corrects(Policy)
def add_statement(moto: Any, self: Any, raw: str, qualifier: str | None = None) -> tuple[Any, str]:
    if not isinstance(self.parent, LambdaFunction):
        return moto(self, raw, qualifier)
    given = json.loads(raw)
    function = self.parent
    resource = f"{function.function_arn}:{qualifier}" if qualifier else function.function_arn
    # AWS: a statement once for each function or qualifier
    if any(known["Sid"] == given["StatementId"] and known["Resource"] == resource for known in self.statements):
        raise Conflict(f"The statement id ({given['StatementId']}) provided already exists. Please provide a new statement id, or remove the existing statement.")
    statement: dict[str, Any] = {
        "Sid": given["StatementId"], "Effect": "Allow", "Action": given["Action"], "Resource": resource,
        "Principal": principal(given["Principal"], function.account_id, get_partition(function.region)),
    }
    for name, (test, key) in CONDITIONS.items():
        if given.get(name) is not None:
            value = str(given[name]).lower() if test == "Bool" else given[name]
            statement.setdefault("Condition", {}).setdefault(test, {})[key] = value
    self.statements.append(statement)
    self.revision = str(mock_random.uuid4())
    return statement, self.revision


def of(statement: dict[str, Any], qualifier: str | None) -> bool:
    tail = statement["Resource"].split(":function:")[-1]
    return tail.partition(":")[2] == (qualifier or "")


@corrects(LambdaBackend)
def get_policy(moto: Any, self: Any, function_name: str, qualifier: str | None = None) -> str:
    policy = self._lambdas.get_function_by_name_or_arn_with_qualifier(function_name, qualifier).policy
    # AWS: a function and each of its versions and aliases have policies of their own
    statements = [statement for statement in policy.statements if of(statement, qualifier)]
    if not statements:
        raise GenericResourcNotFound()
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps({"Policy": json.dumps(document), "RevisionId": policy.revision})


@corrects(LambdaResponse)
def remove_permission(moto: Any, self: Any) -> Any:
    qualifier = self.querystring.get("Qualifier", [None])[0]
    policy = self.backend.get_function(self._get_param("FunctionName"), qualifier).policy
    name = self._get_param("StatementId")
    found = [statement for statement in policy.statements if statement["Sid"] == name and of(statement, qualifier)]
    if not found:
        raise UnknownPolicyException()
    policy.statements.remove(found[0])
    return 204, {"status": 204}, "{}"


# -- event source mappings


class Mapping(EventSourceMapping):
    """moto's mapping, for every kind of source; with a life, and what AWS tells where nothing was given."""

    life = "Creating"

    @property
    def event_source_arn(self) -> str | None:  # type: ignore[override]
        return self._event_source_arn

    @event_source_arn.setter
    def event_source_arn(self, arn: str | None) -> None:
        self._event_source_arn = arn

    @property
    def service(self) -> str:
        return (self.event_source_arn or ":::").split(":")[2] or "self-managed"

    def _get_service_source_from_arn(self, event_source_arn: str | None = None) -> str:
        return self.service

    @property
    def batch_size(self) -> int:  # type: ignore[override]
        return self._batch_size

    @batch_size.setter
    def batch_size(self, size: int | None) -> None:
        most = 10 if (self.event_source_arn or "").endswith(".fifo") else 10000
        if size is not None and size > most:
            raise InvalidParameterValueException(f"BatchSize {size} exceeds the max of {most}")
        self._batch_size = size or (10 if self.service == "sqs" else 100)

    def get_configuration(self) -> dict[str, Any]:
        answer = super().get_configuration()
        usual: dict[str, Any] = {"MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
        if self.service in ("kinesis", "dynamodb"):
            usual |= {"MaximumRecordAgeInSeconds": -1, "MaximumRetryAttempts": -1, "ParallelizationFactor": 1,
                      "BisectBatchOnFunctionError": False, "TumblingWindowInSeconds": 0, "DestinationConfig": {"OnFailure": {}}}
        if self.service in ("kafka", "self-managed"):
            part = "AmazonManagedKafkaEventSourceConfig" if self.service == "kafka" else "SelfManagedKafkaEventSourceConfig"
            answer[part] = {"ConsumerGroupId": self.uuid, **(answer.get(part) or {})}
        answer = usual | answer
        answer["State"] = self.life
        answer["FunctionArn"] = self.function_arn
        if self.starting_position_timestamp is not None:
            answer["StartingPositionTimestamp"] = self.starting_position_timestamp
        if not answer.get("KMSKeyArn"):
            answer.pop("KMSKeyArn", None)
        answer.pop("Tags", None)  # AWS: told by ListTags only
        return answer

    def settles(self, phase: str, word: str) -> None:
        self.life = word
        LIFE.then("lambda_event_source_mapping", phase, self._settled)

    def _settled(self) -> None:
        if self.life != "Deleting":
            self.life = "Enabled" if self.enabled else "Disabled"


def function_arn(backend: Any, name: str) -> str:
    """The function's ARN with the qualifier by which it was named."""
    arn = backend.get_function(name).function_arn
    tail = name.split("function:")[-1]
    return arn if ":" not in tail else f"{':'.join(arn.split(':')[:7])}:{tail.split(':')[1]}"


def bare(name: str) -> str:
    return name.split("function:")[-1].split(":")[0]


def source_of(backend: Any, arn: str) -> Any:
    """The queue or stream, of which moto delivers what is in it; None for a kind that it has not."""
    service = arn.split(":")[2]
    if service == "sqs":
        queues = sqs_backends[backend.account_id][backend.region_name].queues.values()
        found = next((queue for queue in queues if queue.queue_arn == arn), None)
    elif service == "kinesis":
        streams = kinesis_backends[backend.account_id][backend.region_name].streams.values()
        found = next((stream for stream in streams if arn == stream.arn or arn.startswith(stream.arn + "/consumer/")), None)
    else:
        return None
    # AWS: the source exists
    if found is None:
        raise InvalidParameterValueException(f"Cannot access stream {arn}. Please ensure the role can perform the needed actions.")
    return found


@corrects(LambdaBackend)
def create_event_source_mapping(moto: Any, self: Any, spec: dict[str, Any]) -> EventSourceMapping:
    arn = spec.get("EventSourceArn")
    if bool(arn) == bool(spec.get("SelfManagedEventSource")):
        raise InvalidParameterValueException("Exactly one of EventSourceArn and SelfManagedEventSource is required.")
    if arn and arn.split(":")[2] == "dynamodb":
        return moto(self, spec)
    target = function_arn(self, spec["FunctionName"])
    source = source_of(self, arn) if arn else None
    if arn and arn.split(":")[2] != "sqs" and not spec.get("StartingPosition"):
        raise InvalidParameterValueException("1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.")
    # AWS: a queue or stream is mapped to a function once
    for known in self._event_source_mappings.values():
        if source is not None and (known.event_source_arn, known.function_arn) == (arn, target):
            raise Conflict(
                f'An event source mapping with {arn.split(":")[2]} arn (" {arn} ") and function (" {bare(target)} ") already exists. '
                f"Please update or delete the existing mapping with UUID {known.uuid}")
    made = Mapping({"EventSourceArn": None, **spec, "RegionName": self.region_name, "AccountId": self.account_id, "FunctionArn": target})
    if arn and arn.split(":")[2] == "sqs":
        made.starting_position = None
    self._event_source_mappings[made.uuid] = made
    if source is not None:
        key = made.function_arn if arn.split(":")[2] == "sqs" else arn
        source.lambda_event_source_mappings[key] = made
    # AWS: Creating, then Enabled or Disabled
    made.settles("creating", "Creating")
    return made


def check_steady(mapping: Any) -> None:
    # AWS: one change at a time
    if getattr(mapping, "life", "Enabled") not in ("Enabled", "Disabled"):
        raise InUse("Cannot update the event source mapping because it is in use.")


@corrects(LambdaResponse)
def get_event_source_mapping(moto: Any, self: Any) -> Any:
    # AWS: ResourceNotFoundException with its own message
    if self.backend.get_event_source_mapping(self.path.split("/")[-1]) is None:
        raise GenericResourcNotFound()
    return moto(self)


@corrects(LambdaBackend)
def update_event_source_mapping(moto: Any, self: Any, uuid: str, spec: dict[str, Any]) -> EventSourceMapping | None:
    mapping = self.get_event_source_mapping(uuid)
    if mapping is None:
        raise GenericResourcNotFound()
    check_steady(mapping)
    was = mapping.enabled
    moto(self, uuid, spec)
    if "FunctionName" in spec:
        mapping.function_name, mapping.function_arn = spec["FunctionName"], function_arn(self, spec["FunctionName"])
    if isinstance(mapping, Mapping):
        word = "Updating" if was == mapping.enabled else "Enabling" if mapping.enabled else "Disabling"
        mapping.settles("updating", word)
    return mapping


@corrects(LambdaBackend)
def delete_event_source_mapping(moto: Any, self: Any, uuid: str) -> EventSourceMapping | None:
    mapping = self.get_event_source_mapping(uuid)
    if mapping is None:
        raise GenericResourcNotFound()
    check_steady(mapping)
    if not isinstance(mapping, Mapping):
        return moto(self, uuid)
    # AWS: Deleting, then gone
    mapping.life = "Deleting"
    LIFE.then("lambda_event_source_mapping", "deleting", lambda: self._event_source_mappings.pop(uuid, None))
    arn = mapping.event_source_arn
    source = source_of(self, arn) if arn and is_there(self, arn) else None
    for key, known in list(getattr(source, "lambda_event_source_mappings", {}).items()):
        if known is mapping:
            del source.lambda_event_source_mappings[key]
    return mapping


def is_there(backend: Any, arn: str) -> bool:
    try:
        return source_of(backend, arn) is not None
    except LambdaClientError:
        return False


@corrects(LambdaBackend)
def list_event_source_mappings(moto: Any, self: Any, event_source_arn: str, function_name: str) -> Iterable[EventSourceMapping]:
    # AWS: the function by name or ARN, however the mapping names it
    found = moto(self, event_source_arn, "")
    return [mapping for mapping in found if not function_name or bare(mapping.function_arn) == bare(function_name)]
