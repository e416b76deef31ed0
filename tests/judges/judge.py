"""Asks `terraform fmt`, checkov and parliament what they think of the stack, its plan and its policies.

Everything that checkov is told to pass over stands with its reason in the stack (`#checkov:skip=ID:reason`), what
parliament is told to pass over in ACCEPTED below.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cloud"))

import launch  # noqa: E402

launch.REQUIREMENTS = HERE / "requirements.txt"
launch.NAME, launch.CONTENT = "judges", "checkov and parliament"
launch.VENV, launch.CHOSEN = "judges-venv", "FASTCART_JUDGES_VENV"

# What parliament finds and is as it has to be: type of resource, issue, a text of its detail or place, and the reason.
ACCEPTED = (
    ("aws_iam_role", "MALFORMED", "neither Resource nor NotResource", "a trust policy names no resource: it is that of the role"),
    ("aws_iam_role_policy", "CREDENTIALS_EXPOSURE", "ecr:getauthorizationtoken", "the token pulls the image, and is all that ECR takes"),
    ("aws_vpc_endpoint", "CREDENTIALS_EXPOSURE", "ecr:getauthorizationtoken", "the token pulls the image, and is all that ECR takes"),
    ("aws_kms_key", "RESOURCE_STAR", "", "in the policy of a key, every resource is that key"),
    ("aws_kms_key", "PERMISSIONS_MANAGEMENT_ACTIONS", "kms:putkeypolicy", "the account administers the key, and its own policies say who"),
    ("aws_kms_key", "MISMATCHED_TYPE", "ArnLike requires", "what Logs puts into the context is an ARN"),
)

# Checks of data sources, which a plan does not show: policy documents and zones. They are looked for in the source;
# the rest is looked for in the plan, where variables have their values.
OF_DATA = ("CKV_AWS_1,CKV_AWS_49,CKV_AWS_107,CKV_AWS_108,CKV_AWS_109,CKV_AWS_110,CKV_AWS_111,CKV_AWS_275,CKV_AWS_283,CKV_AWS_356,"
           "CKV_AWS_358,CKV_AWS_386,CKV_AWS_394")


def main() -> None:
    stack, plan, state = (Path(argument).absolute() for argument in sys.argv[1:4])
    environment = launch.environment_path()
    launch.ensure(environment)
    if Path(sys.prefix) != environment:
        os.execv(environment / "bin" / "python", [str(environment / "bin" / "python"), __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copy(stack, folder / "main.tf")
        shutil.copy(plan, folder / "plan.json")
        found = [terraform(folder), checkov(environment, folder), parliament(json.loads(state.read_text()))]
    sys.exit(not all(found))


def terraform(folder: Path) -> bool:
    """Whether the stack is formatted as Terraform formats; skipped, and said so, where there is none."""
    if shutil.which("terraform") is None:
        print("terraform fmt: skipped, no terraform is on the PATH")
        return True
    done = subprocess.run(["terraform", "fmt", "-check", "-diff", "-no-color", "main.tf"], cwd=folder, capture_output=True, text=True)
    print("terraform fmt:", "as it should be" if done.returncode == 0 else f"differs\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def checkov(environment: Path, folder: Path) -> bool:
    """Whether the source and the plan pass every check that is not skipped with a reason."""
    passed = True
    for framework, file, more in (("terraform", "main.tf", ["--check", OF_DATA]), ("terraform_plan", "plan.json", ["--repo-root-for-plan-enrichment", "."])):
        done = subprocess.run(
            [environment / "bin" / "checkov", "--framework", framework, "--file", file, "--output", "json",
             "--skip-download", "--download-external-modules", "false", *more],
            cwd=folder, capture_output=True, text=True, env=os.environ | {"LOG_LEVEL": "ERROR"})
        try:
            report = json.loads(done.stdout)
            summary, results = report["summary"], report["results"]
        except (ValueError, KeyError, TypeError):
            print(f"checkov, {framework}: no verdict\n{done.stdout}{done.stderr}")
            return False
        failed, skipped = results["failed_checks"], results.get("skipped_checks") or []
        print(f"checkov {summary['checkov_version']}, {framework}: {summary['passed']} passed, {len(failed)} failed, {len(skipped)} skipped")
        for check in failed:
            print(f"  failed: {check['check_id']} {check['resource']}: {check['check_name']}")
        for line in sorted({f"  skipped: {check['check_id']} {check['resource'].split('[')[0]}: {check['check_result']['suppress_comment']}" for check in skipped}):
            print(line)
        passed = passed and not failed and summary["passed"] > 0 and summary["parsing_errors"] == 0
    return passed


def parliament(state: dict[str, Any]) -> bool:
    """Whether no policy in the state has a finding that is not accepted with a reason."""
    from parliament import analyze_policy_string

    count, told, passed = 0, set(), True
    for resource, policy in policies(state):
        count += 1
        for finding in analyze_policy_string(policy, include_community_auditors=True).findings:
            what = f"{finding.issue} {finding.detail or finding.location}"
            reason = next((why for kind, issue, text, why in ACCEPTED if (kind, issue) == (resource["type"], finding.issue) and text in f"{finding.detail} {finding.location}"), None)
            passed = passed and reason is not None
            told.add(f"  accepted: {finding.issue} of {resource['type']}: {reason}" if reason else f"  found: {resource['address']}: {what}")
    print(f"parliament: {count} policies")
    print(*sorted(told), sep="\n")
    return passed and count > 0


def policies(state: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every policy that the stack writes: what somebody may do, what may be done with something, who may be a role."""
    kinds = ("aws_iam_role", "aws_iam_role_policy", "aws_kms_key", "aws_sns_topic_policy", "aws_sqs_queue_policy", "aws_vpc_endpoint")
    for resource in state["values"]["root_module"]["resources"]:
        if resource["type"] in kinds and resource["mode"] == "managed":
            values = resource["values"]
            yield resource, values["assume_role_policy" if resource["type"] == "aws_iam_role" else "policy"]


if __name__ == "__main__":
    main()
