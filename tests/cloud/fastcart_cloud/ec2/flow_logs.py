"""Flow logs."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ec2.responses.flow_logs import FlowLogs

from ..corrections import corrects
from .tags import forget_tags


@corrects(FlowLogs)
def create_flow_logs(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    # AWS: the token comes back
    answer.result["ClientToken"] = self._get_param("ClientToken")
    return answer


@corrects(FlowLogsBackend)
def create_flow_logs(moto: Any, self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: F811
    destination = kwargs.get("log_destination")
    to_logs = kwargs.get("log_destination_type") in (None, "cloud-watch-logs")
    made, unsuccessful = moto(self, *args, **kwargs)
    if to_logs and destination and not kwargs.get("log_group_name"):
        # AWS: a log group may be named by its ARN; moto then looks for a group without a name
        from moto.logs.models import logs_backends

        name = destination.split(":log-group:")[-1].removesuffix(":*")
        exists = name in logs_backends[self.account_id][self.region_name].groups
        for flow_log in made:
            flow_log.log_group_name = name
            flow_log.deliver_logs_status = "SUCCESS" if exists else "FAILED"
            flow_log.deliver_logs_error_message = None if exists else "Access error"
    return made, unsuccessful


@corrects(FlowLogsBackend)
def delete_flow_logs(moto: Any, self: Any, flow_log_ids: list[str]) -> None:
    moto(self, flow_log_ids)
    for flow_log_id in flow_log_ids:
        forget_tags(self, flow_log_id)
