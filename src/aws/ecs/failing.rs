//! Why tasks of a service do not run, and how far along its deployment is.

use super::prelude::*;
use types::{DeploymentRolloutState as Rollout, DesiredStatus, TaskStopCode};

/// The deployment that is to stay: none where something else than ECS deploys.
pub(super) fn primary(it: &types::Service) -> Option<&types::Deployment> {
    it.deployments().iter().find(|it| it.status() == Some("PRIMARY"))
}

/// Why tasks do not run, as far as AWS tells. Asks nothing where nothing points at trouble.
pub(super) async fn why(it: &types::Service, aws: &Aws) -> Option<String> {
    let primary = primary(it)?;
    let in_trouble =
        |it: &types::Deployment| it.failed_tasks > 0 || it.rollout_state == Some(Rollout::Failed);
    let was_in_trouble = it.events().iter().any(|it| is_return(it, primary));
    let stopped = match was_in_trouble || it.deployments().iter().any(in_trouble) {
        true => stopped(it, aws).await,
        false => None,
    };
    match primary.rollout_state {
        Some(Rollout::Completed) if stopped.is_none() => None,
        _ => stopped.or_else(|| event(it, primary)),
    }
}

/// What the task says that stopped last, those aside that ECS or a person stopped on purpose. Where
/// it may not be asked for, nothing is told.
async fn stopped(it: &types::Service, aws: &Aws) -> Option<String> {
    let (cluster, name) = (it.cluster_arn()?, it.service_name()?);
    let listed = aws.ecs().list_tasks().cluster(cluster).service_name(name);
    let arns = listed.desired_status(DesiredStatus::Stopped).send().await.ok()?.task_arns?;
    if arns.is_empty() {
        return None;
    }
    let tasks = aws.ecs().describe_tasks().cluster(cluster).set_tasks(Some(arns));
    let tasks = tasks.send().await.ok()?.tasks?;
    let on_purpose = [TaskStopCode::ServiceSchedulerInitiated, TaskStopCode::UserInitiated];
    let failed =
        tasks.iter().filter(|it| !it.stop_code().is_some_and(|it| on_purpose.contains(it)));
    failed.max_by_key(|it| it.stopped_at.map(|at| (at.secs(), at.subsec_nanos()))).map(said)
}

/// `task 1f2e stopped: Essential container in task exited; container app: exit code 1`
fn said(task: &types::Task) -> String {
    let container = |it: &types::Container| {
        let code = it.exit_code.filter(|it| *it != 0).map(|it| format!("exit code {it}"));
        let parts: Vec<String> = it.reason.clone().into_iter().chain(code).collect();
        let name = it.name().unwrap_or("?");
        (!parts.is_empty()).then(|| format!("; container `{name}`: {}", parts.join(", ")))
    };
    let containers: String = task.containers().iter().filter_map(container).collect();
    let id = last(task.task_arn().unwrap_or_default());
    let reason = task.stopped_reason().filter(|it| !it.is_empty()).unwrap_or("for no known reason");
    format!("task `{id}` stopped: {reason}{containers}")
}

/// The latest event since the deployment began that tells of trouble.
fn event(it: &types::Service, since: &types::Deployment) -> Option<String> {
    const TROUBLE: [&str; 4] = ["unable", "failed", "unhealthy", "error"];
    let told = it.events().iter().find(|it| {
        let is_new =
            since.created_at.is_none_or(|began| it.created_at.is_none_or(|at| at >= began));
        is_new && it.message().is_some_and(|text| TROUBLE.iter().any(|it| text.contains(it)))
    });
    told?.message.clone()
}

/// How far the service is from running what is wanted of it.
pub(super) fn steadiness(it: &types::Service, wanted: Option<&str>, why: Option<&str>) -> Status {
    let because = why.map(|it| format!(": {it}")).unwrap_or_default();
    let Some(primary) = primary(it) else {
        let busy = format!("{} of {} tasks run", it.running_count, it.desired_count);
        return match it.running_count == it.desired_count {
            true => Status::Ready,
            false => Status::busy(busy),
        };
    };
    let reason = primary.rollout_state_reason().unwrap_or("the deployment failed");
    if primary.rollout_state == Some(Rollout::Failed) {
        return Status::failed(format!("{}{because}", reason.trim_end_matches('.')));
    }
    let is_wanted = |it: &types::Deployment| {
        wanted.is_none_or(|wanted| it.task_definition().is_some_and(|it| names(wanted, it)))
    };
    let gave_up =
        |it: &types::Deployment| it.rollout_state == Some(Rollout::Failed) && is_wanted(it);
    let goes_back = reason.contains("rolling back")
        || reason.contains("rolled back")
        || it.events().iter().any(|it| is_return(it, primary));
    if !is_wanted(primary) && (goes_back || it.deployments().iter().any(gave_up)) {
        let to = last(primary.task_definition().unwrap_or_default());
        return Status::failed(format!("the deployment is rolled back to `{to}`{because}"));
    }
    let done = matches!(primary.rollout_state, None | Some(Rollout::Completed));
    let alone = it.deployments().len() == 1;
    if done && alone && it.running_count == it.desired_count {
        return Status::Ready;
    }
    let (running, desired) = (primary.running_count, primary.desired_count);
    let old = if alone || running < desired { "" } else { ", the old ones are about to stop" };
    Status::busy(format!("{running} of {desired} tasks run{old}{because}"))
}

/// Whether the event is that this deployment has been brought back: what is left of a rollback when it
/// is over. The next deployment is another one.
fn is_return(event: &types::ServiceEvent, to: &types::Deployment) -> bool {
    let text = event.message().and_then(|it| it.split_once("rolling back to deployment "));
    text.is_some_and(|(_, id)| to.id().is_some_and(|it| id.trim_end_matches('.') == it))
}

/// Whether the text names that revision: by its ARN, by family and number, or as the family's latest.
pub(super) fn names(text: &str, arn: &str) -> bool {
    let revision = last(arn);
    text == arn || text == revision || revision.rsplit_once(':').is_some_and(|it| it.0 == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;
    use types::builders::DeploymentBuilder;

    const NEW: &str = "arn:aws:ecs:eu-central-1:1:task-definition/app:2";
    const OLD: &str = "arn:aws:ecs:eu-central-1:1:task-definition/app:1";

    fn deployment(of: &str, state: Rollout, running: i32) -> DeploymentBuilder {
        let it = types::Deployment::builder().status("PRIMARY").task_definition(of);
        it.rollout_state(state).running_count(running).desired_count(2)
    }

    fn service(running: i32, deployments: Vec<DeploymentBuilder>) -> types::Service {
        let all = deployments.into_iter().map(DeploymentBuilder::build).collect();
        let it = types::Service::builder().running_count(running).desired_count(2);
        it.set_deployments(Some(all)).build()
    }

    trait WithEvent {
        fn with_event(self, text: &str) -> Self;
    }

    impl WithEvent for types::Service {
        fn with_event(mut self, text: &str) -> Self {
            self.events = Some(vec![types::ServiceEvent::builder().message(text).build()]);
            self
        }
    }

    #[test]
    fn a_service_is_steady_when_what_is_wanted_runs() {
        use Rollout::{Completed, Failed, InProgress};
        let old = |state| deployment(OLD, state, 2).status("ACTIVE");
        let failed = "ECS deployment circuit breaker: tasks failed to start.";
        let back = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.";
        let cases = [
            (service(2, vec![deployment(NEW, Completed, 2)]), Status::Ready),
            (
                service(1, vec![deployment(NEW, InProgress, 1)]),
                Status::busy("1 of 2 tasks run: because"),
            ),
            (
                service(4, vec![deployment(NEW, InProgress, 2), old(Completed)]),
                Status::busy("2 of 2 tasks run, the old ones are about to stop: because"),
            ),
            (
                service(0, vec![deployment(NEW, Failed, 0).rollout_state_reason(failed)]),
                Status::failed("ECS deployment circuit breaker: tasks failed to start: because"),
            ),
            (
                service(2, vec![deployment(OLD, InProgress, 2).rollout_state_reason(back)]),
                Status::failed("the deployment is rolled back to `app:1`: because"),
            ),
            (
                service(
                    2,
                    vec![
                        deployment(OLD, Completed, 2),
                        deployment(NEW, Failed, 0).status("ACTIVE"),
                    ],
                ),
                Status::failed("the deployment is rolled back to `app:1`: because"),
            ),
            (
                service(2, vec![deployment(OLD, Completed, 2).id("ecs-svc/1")])
                    .with_event("(service app) rolling back to deployment ecs-svc/1."),
                Status::failed("the deployment is rolled back to `app:1`: because"),
            ),
            (
                service(2, vec![deployment(NEW, Completed, 2).id("ecs-svc/3")])
                    .with_event("(service app) rolling back to deployment ecs-svc/1."),
                Status::Ready,
            ),
            // What is wanted is not there yet, and nobody tried.
            (service(2, vec![deployment(OLD, Completed, 2)]), Status::Ready),
            (service(2, vec![]), Status::Ready),
            (service(1, vec![]), Status::busy("1 of 2 tasks run")),
        ];
        for (it, expected) in cases {
            assert_eq!(steadiness(&it, Some("app:2"), Some("because")), expected, "{it:?}");
        }
    }

    #[test]
    fn a_stopped_task_says_why() {
        let container = types::Container::builder().name("app").exit_code(1);
        let container = container.reason("OutOfMemoryError").build();
        let task = types::Task::builder().task_arn("arn:aws:ecs:r:1:task/shop/1f2e");
        let task = task.stopped_reason("Essential container in task exited").containers(container);
        let expected = "task `1f2e` stopped: Essential container in task exited; \
                        container `app`: OutOfMemoryError, exit code 1";
        assert_eq!(said(&task.build()), expected);
    }

    #[test]
    fn the_latest_trouble_of_this_deployment_is_told() {
        let event = |at: i64, text: &str| {
            let it = types::ServiceEvent::builder().message(text);
            it.created_at(DateTime::from_secs(at)).build()
        };
        let began = deployment(NEW, Rollout::InProgress, 0).created_at(DateTime::from_secs(10));
        let began = began.build();
        let it = |events| types::Service::builder().set_events(Some(events)).build();
        let trouble = "(service app) was unable to place a task.";
        let new = it(vec![event(13, "(service app) has started 1 task."), event(12, trouble)]);
        assert_eq!(super::event(&new, &began).as_deref(), Some(trouble));
        assert_eq!(super::event(&it(vec![event(9, trouble)]), &began), None);
    }

    #[test]
    fn a_revision_is_named_in_three_ways() {
        for text in [NEW, "app:2", "app"] {
            assert!(names(text, NEW), "{text}");
        }
        for text in [OLD, "app:1", "ap", "app:"] {
            assert!(!names(text, NEW), "{text}");
        }
    }
}
