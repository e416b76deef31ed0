"""Page sizes. AWS answers with at most as many as were asked for and a token for the rest; moto mostly with all."""

from __future__ import annotations

import base64
import json
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, PaginatedResult
from moto.core.utils import get_pagination_model
from moto.ec2.exceptions import EC2ClientError

from .corrections import corrects

# Where moto's answer is text, and what AWS takes for granted without a limit.
DEFAULT_LIMITS = {"kms": {"ListAliases": 50, "ListKeys": 100, "ListKeyPolicies": 100, "ListResourceTags": 50, "ListGrants": 50}}


def token_for(start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"from": start}).encode()).decode()


def start_of(token: str | None) -> int | None:
    """Where a page begins; nothing for a token that this server did not give out."""
    if not token:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["from"])
    except (ValueError, KeyError, TypeError):
        return None


@corrects(BaseResponse)
def serialized(moto: Any, self: Any, action_result: ActionResult) -> Any:
    # AWS: EC2's Describe calls keep to MaxResults and give a NextToken
    if self.service_name == "ec2" and isinstance(action_result.result, dict) and not isinstance(action_result, PaginatedResult):
        try:
            cut_ec2(self, action_result.result)
        except EC2ClientError as wrong_token:
            action_result = ActionResult(wrong_token)
    return moto(self, action_result)


def cut_ec2(response: Any, result: dict[str, Any]) -> None:
    operation = response._get_action()
    paging = get_pagination_model("ec2").get(operation)
    if not operation.startswith("Describe") or paging is None or result.get("NextToken"):
        return
    key = paging["result_key"]
    limit, token = response._get_param("MaxResults"), response._get_param("NextToken")
    if not isinstance(key, str) or not isinstance(result.get(key), list) or (limit is None and token is None):
        return
    start = start_of(token)
    if start is None:
        raise EC2ClientError("InvalidNextToken", "The specified NextToken is invalid.")
    items = result[key]
    end = start + int(limit) if limit is not None else len(items)
    result[key] = items[start:end]
    result["NextToken"] = token_for(end) if end < len(items) else None


def cut_json(service: str, operation: str, parameters: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
    """One page of a JSON answer; None where the token is not one of this server's."""
    paging = get_pagination_model(service).get(operation)
    limit_of_operation = DEFAULT_LIMITS.get(service, {}).get(operation)
    if paging is None or limit_of_operation is None:
        return answer
    key, input_token = paging["result_key"], paging["input_token"]
    items = answer.get(key)
    start = start_of(parameters.get(input_token))
    if start is None:
        return None
    if not isinstance(items, list):
        return answer
    end = start + int(parameters.get(paging.get("limit_key", "Limit")) or limit_of_operation)
    answer = dict(answer, **{key: items[start:end]})
    more = end < len(items)
    if paging.get("more_results"):
        answer[paging["more_results"]] = more
    answer.pop(paging["output_token"], None)
    if more:
        answer[paging["output_token"]] = token_for(end)
    return answer
