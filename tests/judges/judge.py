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

# What parliament finds, by the statement's Sid, and why it is so.
ACCEPTED: dict[tuple[str, str], str] = {}


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
            [environment / "bin" / "checkov", "--framework", framework, "--file", file, "--output", "json", "--quiet",
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
    """Whether no policy of IAM in the state has a finding that is not accepted with a reason."""
    from parliament import analyze_policy_string

    passed, count = True, 0
    for address, policy in policies(state):
        count += 1
        for finding in analyze_policy_string(policy, include_community_auditors=True).findings:
            reason = accepted(finding)
            print(f"  {'accepted' if reason else 'found'}: {address}: {finding.issue} {finding.detail or ''} {reason or finding.location}")
            passed = passed and reason is not None
    print(f"parliament: {count} policies,", "nothing found" if passed else "see above")
    return passed and count > 0


def accepted(finding: Any) -> str | None:
    return ACCEPTED.get((finding.issue, str(finding.location)))


def policies(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every policy of a role: what it may do."""
    for resource in state["values"]["root_module"]["resources"]:
        if resource["type"] in ("aws_iam_policy", "aws_iam_role_policy") and resource["mode"] == "managed":
            yield resource["address"], resource["values"]["policy"]


if __name__ == "__main__":
    main()
