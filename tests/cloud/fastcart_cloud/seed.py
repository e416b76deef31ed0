"""Makes what a stack expects to find: secrets with their values, keys, roles, rotation functions, or any call at all."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config

HEADER = "HTTP_X_FASTCART_SEED"
REGION = "eu-central-1"


def key(item: dict[str, Any]) -> tuple[str, str, str]:
    return item["type"], item["region"], item["id"]


def plant(document: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Makes everything in the document, in the order of the methods below; answers with the ids by name."""
    strange = set(document) - {"region", *ORDER}
    if strange:
        raise ValueError(f"a seed has no {', '.join(sorted(strange))}")
    seed = Seed(endpoint, document.get("region", REGION))
    return {name: getattr(seed, name)(document[name]) for name in ORDER if name in document}


class Seed:
    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._saved: dict[str, Any] = {}

    def _client(self, service: str, region: str | None = None) -> Any:
        client = boto3.client(
            service, endpoint_url=self._endpoint, region_name=region or self._region,
            aws_access_key_id="seed", aws_secret_access_key="seed", config=Config(retries={"total_max_attempts": 1}))
        client.meta.events.register("before-sign.*.*", lambda request, **_: request.headers.add_header("x-fastcart-seed", "1"))
        return client

    def kms_keys(self, wanted: list[dict[str, Any]]) -> dict[str, str]:
        """{"alias": "alias/shared", "description": …, "policy": {…}, "tags": {…}}"""
        kms, made = self._client("kms"), {}
        for item in wanted:
            more = {"Policy": text(item["policy"])} if "policy" in item else {}
            tags = [{"TagKey": name, "TagValue": value} for name, value in item.get("tags", {}).items()]
            metadata = kms.create_key(Description=item.get("description", ""), Tags=tags, **more)["KeyMetadata"]
            kms.create_alias(AliasName=item["alias"], TargetKeyId=metadata["KeyId"])
            made[item["alias"]] = metadata["Arn"]
        return made

    def roles(self, wanted: list[dict[str, Any]]) -> dict[str, str]:
        """{"name": "rotate", "service": "lambda.amazonaws.com"}"""
        iam, made = self._client("iam"), {}
        for item in wanted:
            trust = {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": item["service"]}, "Action": "sts:AssumeRole"}]}
            answer = iam.create_role(RoleName=item["name"], AssumeRolePolicyDocument=json.dumps(trust))
            made[item["name"]] = answer["Role"]["Arn"]
        return made

    def functions(self, wanted: list[dict[str, Any]]) -> dict[str, str]:
        """{"name": "rotate", "role": ARN, made unless given}"""
        client, made = self._client("lambda"), {}
        for item in wanted:
            role = item.get("role") or self.roles([{"name": f"{item['name']}-role", "service": "lambda.amazonaws.com"}])[f"{item['name']}-role"]
            answer = client.create_function(
                FunctionName=item["name"], Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": nothing()})
            made[item["name"]] = answer["FunctionArn"]
        return made

    def secrets(self, wanted: list[dict[str, Any]]) -> dict[str, str]:
        """{"name": "shop/db", "value": text or an object, "kms_key": …, "tags": {…}}"""
        client, made = self._client("secretsmanager"), {}
        for item in wanted:
            more = {"KmsKeyId": item["kms_key"]} if "kms_key" in item else {}
            tags = [{"Key": name, "Value": value} for name, value in item.get("tags", {}).items()]
            made[item["name"]] = client.create_secret(Name=item["name"], SecretString=text(item["value"]), Tags=tags, **more)["ARN"]
        return made

    def calls(self, wanted: list[dict[str, Any]]) -> list[Any]:
        """{"service": "ecr", "operation": "CreateRepository", "parameters": {…}, "as": "repo"}; later parameters may say ${repo.repository.repositoryArn}."""
        answers = []
        for item in wanted:
            client = self._client(item["service"], item.get("region"))
            answer = getattr(client, xform_name(item["operation"]))(**self._filled(item.get("parameters", {})))
            answer.pop("ResponseMetadata", None)
            if "as" in item:
                self._saved[item["as"]] = answer
            answers.append(answer)
        return answers

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"base64"}:
                return base64.b64decode(value["base64"])
            return {name: self._filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(self._lookup(found[1])), value)
        return value

    def _lookup(self, path: str) -> Any:
        at: Any = self._saved
        for step in path.split("."):
            at = at[int(step)] if isinstance(at, list) else at[step]
        return at


ORDER = ("kms_keys", "roles", "functions", "secrets", "calls")


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def nothing() -> bytes:
    """A function package that does nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {}\n")
    return packed.getvalue()
