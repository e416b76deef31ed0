//! Clusters, what tasks run, and services.

use fastcart_hcl::driver::{FailureKind, Id, Op, Status};
use serde_json::{Value, json};

use crate::play::{Made, Play};

const TOKEN: &str = "7d1f7f6e-52c4-4d3f-8e0a-6a4b8b1f2c21";

fn container(more: Value) -> String {
    let mut it = json!({ "name": "app", "image": "app:1" });
    for (key, value) in more.as_object().unwrap() {
        it[key] = value.clone();
    }
    json!([it]).to_string()
}

fn fargate(family: &str, containers: String) -> Value {
    json!({
        "family": family, "container_definitions": containers, "cpu": "256", "memory": "512",
        "network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"],
        "execution_role_arn": "arn:aws:iam::123456789012:role/execution",
    })
}

/// A log group that is not there: tasks do not start.
fn broken() -> String {
    container(json!({ "logConfiguration": { "logDriver": "awslogs", "options": {
        "awslogs-group": "nothing", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "x",
    } } }))
}

#[tokio::test]
async fn a_cluster_lives() {
    let play = Play::new().await;
    let name = |more: Value| {
        let mut it = json!({ "name": "lives" });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        it
    };
    let cluster = play.create("aws_ecs_cluster", name(json!({ "tags": { "a": "1" } }))).await;
    assert_eq!(cluster.at("arn"), json!(*cluster.id));
    assert_eq!(cluster.at("configuration"), json!([]));
    let again = play.make("aws_ecs_cluster", &name(json!({})), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), cluster.id, "the same name is the same cluster");
    let full = json!({
        "setting": [{ "name": "containerInsights", "value": "enhanced" }],
        "configuration": [{ "execute_command_configuration": [{
            "logging": "OVERRIDE", "log_configuration": [{ "cloud_watch_log_group_name": "exec" }],
        }] }],
        "service_connect_defaults": [{ "namespace": "arn:aws:servicediscovery:eu-central-1:1:namespace/n" }],
        "tags": { "b": "2" },
    });
    let cluster = play.update(&cluster, name(full)).await;
    assert_eq!(cluster.at("tags_all"), json!({ "b": "2" }));
    assert_eq!(
        cluster.at("setting"),
        json!([{ "name": "containerInsights", "value": "enhanced" }])
    );
    play.same_by_import(&cluster, "lives", &[]).await;
    let data = play.data("aws_ecs_cluster", json!({ "cluster_name": "lives" })).await;
    assert_eq!(data.at("arn"), cluster.at("arn"));
    assert_eq!(data.at("status"), json!("ACTIVE"));
    assert_eq!(data.at("tags"), json!({ "b": "2" }));
    let cluster = play.update(&cluster, name(json!({}))).await;
    assert_eq!(
        cluster.at("configuration"),
        json!([]),
        "what ECS does by itself is no configuration"
    );
    assert_eq!(cluster.at("service_connect_defaults"), json!([]));

    let providers = |names: Value, strategy: Value| {
        json!({
            "cluster_name": "lives", "capacity_providers": names,
            "default_capacity_provider_strategy": strategy,
        })
    };
    let kind = "aws_ecs_cluster_capacity_providers";
    let spot = json!([{ "capacity_provider": "FARGATE_SPOT", "weight": 1 }]);
    let it = play.create(kind, providers(json!(["FARGATE", "FARGATE_SPOT"]), spot)).await;
    assert_eq!(*it.id, *"lives");
    let base = json!([{ "capacity_provider": "FARGATE", "base": 1, "weight": 100 }]);
    let it = play.update(&it, providers(json!(["FARGATE"]), base)).await;
    play.same_by_import(&it, "lives", &[]).await;
    assert!(play.driver(kind).stays(&it.row));
    play.driver(kind).delete(&play.cloud, &it.id, it.row.clone()).await.unwrap();
    assert_eq!(play.import(kind, "lives").await.at("capacity_providers"), json!(null));
    play.delete(&cluster).await;
}

#[tokio::test]
async fn many_clusters_are_read_in_one_call() {
    let play = Play::new().await;
    let mut all = Vec::new();
    for name in ["batch-a", "batch-b"] {
        all.push(play.create("aws_ecs_cluster", json!({ "name": name })).await);
    }
    let calls = |play: &Play| play.aws().calls().snapshot().get("ecs:DescribeClusters").copied();
    let before = calls(&play).unwrap_or_default();
    let gone = Id(all[0].id.replace("batch-a", "batch-c"));
    let (driver, providers) =
        (play.driver("aws_ecs_cluster"), play.driver("aws_ecs_cluster_capacity_providers"));
    let named = Id::from("batch-a");
    let (a, b, c, d) = tokio::join!(
        driver.read(&play.cloud, &all[0].id, driver.blank()),
        driver.read(&play.cloud, &all[1].id, driver.blank()),
        driver.read(&play.cloud, &gone, driver.blank()),
        providers.read(&play.cloud, &named, providers.blank()),
    );
    assert!(a.unwrap().is_some() && b.unwrap().is_some() && d.unwrap().is_some());
    assert!(c.unwrap().is_none());
    assert_eq!(calls(&play), Some(before + 1));
    for it in &all {
        play.delete(it).await;
    }
}

#[tokio::test]
async fn a_task_definition_lives() {
    let play = Play::new().await;
    let kind = "aws_ecs_task_definition";
    let containers = container(json!({
        "portMappings": [{ "containerPort": 80, "hostPort": 80 }, { "containerPort": 81 }],
        "environment": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
        "healthCheck": { "command": ["CMD", "true"] }, "readonlyRootFilesystem": true,
        "mountPoints": [{ "sourceVolume": "tmp", "containerPath": "/tmp" }], "user": null,
    }));
    let mut full = fargate("lives", containers.clone());
    full["cpu"] = json!(".25 vCPU");
    full["runtime_platform"] =
        json!([{ "cpu_architecture": "ARM64", "operating_system_family": "LINUX" }]);
    full["ephemeral_storage"] = json!([{ "size_in_gib": 30 }]);
    full["volume"] = json!([
        { "name": "tmp" },
        { "name": "shared", "efs_volume_configuration": [{
            "file_system_id": "fs-1", "transit_encryption": "ENABLED",
            "authorization_config": [{ "access_point_id": "fsap-1", "iam": "ENABLED" }],
        }] },
    ]);
    full["tags"] = json!({ "a": "1" });
    let it = play.create(kind, full.clone()).await;
    assert_eq!(it.at("container_definitions"), json!(containers), "in the user's words");
    assert_eq!(it.at("cpu"), json!(".25 vCPU"));
    assert_eq!(it.at("revision"), json!(1));
    assert_eq!(it.at("arn"), json!(*it.id));
    let family = it.at("arn").as_str().unwrap().rsplit_once(':').unwrap().0.to_string();
    assert_eq!(it.at("arn_without_revision"), json!(family));
    assert_eq!(it.at("tags_all"), json!({ "a": "1" }), "the tag to resume by is removed");
    // Imported, the port on the host is not told: in `awsvpc` it is the container's own.
    let bare = containers.replace("\"hostPort\":80,", "").replace(",\"hostPort\":80", "");
    let imported = play.import(kind, &it.id).await;
    let told = imported.at("container_definitions");
    assert!(fastcart_hcl::schema::compare::same_json(told.as_str().unwrap(), &bare), "{told}");
    play.same_by_import(&it, &it.id, &["container_definitions", "cpu"]).await;
    // A state of Terraform knows it by its family.
    let driver = play.driver(kind);
    let seen = driver.read(&play.cloud, &Id::from("lives"), it.row.clone()).await.unwrap().unwrap();
    assert_eq!(seen.row.part("id").and_then(|id| id.as_str()), Some(&*it.id.0));
    assert!(driver.import(&play.cloud, "lives").await.is_err());
    full["tags"] = json!({ "b": "2" });
    let it = play.update(&it, full).await;
    assert_eq!(it.at("tags_all"), json!({ "b": "2" }));
    play.delete(&it).await;
}

#[tokio::test]
async fn a_revision_is_registered_once_however_often_it_is_resumed() {
    let play = Play::new().await;
    let kind = "aws_ecs_task_definition";
    let config = fargate("once", container(json!({})));
    let other = play.create(kind, config.clone()).await;
    let first = play.make(kind, &config, &Op::new(TOKEN, false)).await.unwrap();
    let it = play.create_by(kind, config, Op::new(TOKEN, true)).await;
    assert_eq!(it.id, first);
    assert_eq!(it.at("revision"), json!(2));
    play.delete(&it).await;
    play.delete(&other).await;
}

#[tokio::test]
async fn revisions_may_stay_or_be_followed() {
    let play = Play::new().await;
    let kind = "aws_ecs_task_definition";
    let mut config = fargate("kept", container(json!({})));
    config["skip_destroy"] = json!(true);
    let kept = play.create(kind, config).await;
    assert!(play.driver(kind).stays(&kept.row));
    play.driver(kind).delete(&play.cloud, &kept.id, kept.row.clone()).await.unwrap();
    assert_eq!(play.import(kind, &kept.id).await.at("revision"), json!(1));

    let mut config = fargate("followed", container(json!({})));
    config["track_latest"] = json!(true);
    let followed = play.create(kind, config).await;
    assert_eq!((&*followed.id.0, followed.at("revision")), ("followed:latest", json!(1)));
    let other = fargate("followed", container(json!({ "user": "1000" })));
    let other = play.create(kind, other).await;
    let driver = play.driver(kind);
    let seen = driver.read(&play.cloud, &followed.id, followed.row.clone()).await.unwrap().unwrap();
    assert_eq!(seen.row.part("revision").and_then(|it| it.to_json()), Some(json!(2)));
    driver.delete(&play.cloud, &followed.id, followed.row.clone()).await.unwrap();
    play.delete(&other).await;
    assert!(driver.read(&play.cloud, &followed.id, followed.row).await.unwrap().is_none());
}

/// A network, a cluster and what its tasks run.
struct Shop {
    play: Play,
    name: &'static str,
    made: Vec<Made>,
}

impl Shop {
    async fn new(name: &'static str) -> Shop {
        let play = Play::new().await;
        let vpc = play.create("aws_vpc", json!({ "cidr_block": "10.0.0.0/16" })).await;
        let place = json!({ "vpc_id": *vpc.id, "cidr_block": "10.0.0.0/24" });
        let subnet = play.create("aws_subnet", place).await;
        let group = json!({ "name": name, "vpc_id": *vpc.id });
        let group = play.create("aws_security_group", group).await;
        let cluster = play.create("aws_ecs_cluster", json!({ "name": name })).await;
        Shop { play, name, made: vec![vpc, subnet, group, cluster] }
    }

    async fn runs(&mut self, containers: String) -> String {
        let it = self.play.create("aws_ecs_task_definition", fargate(self.name, containers)).await;
        let arn = it.id.to_string();
        self.made.push(it);
        arn
    }

    fn service(&self, task_definition: &str, more: Value) -> Value {
        let mut it = json!({
            "name": "orders", "cluster": self.name, "task_definition": task_definition,
            "desired_count": 2, "launch_type": "FARGATE", "wait_for_steady_state": true,
            "network_configuration": [{
                "subnets": [*self.made[1].id], "security_groups": [*self.made[2].id],
            }],
            "deployment_circuit_breaker": [{ "enable": true, "rollback": true }],
        });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        it
    }

    /// Sends the change as the engine does, and looks once.
    async fn change(&self, made: &Made, to: Value) -> (Made, Status) {
        let driver = self.play.driver(made.kind);
        let want = self.play.wanted(made, &to);
        let have = made.row.clone();
        driver.update(&self.play.cloud, &made.id, want.clone(), have).await.unwrap();
        let seen = driver.read(&self.play.cloud, &made.id, want.clone()).await.unwrap().unwrap();
        (Made { want, row: seen.row, ..made.clone() }, seen.status)
    }

    async fn close(self) {
        for it in self.made.iter().rev() {
            self.play.delete(it).await;
        }
    }
}

#[tokio::test]
async fn a_service_lives() {
    let mut shop = Shop::new("service-lives").await;
    let first = shop.runs(container(json!({}))).await;
    let second = shop.runs(container(json!({ "user": "1000" }))).await;
    let kind = "aws_ecs_service";
    let config = shop.service(&first, json!({ "tags": { "a": "1" } }));
    let play = &shop.play;
    let service = play.create(kind, config).await;
    assert_eq!(service.at("arn"), json!(*service.id));
    assert!(service.id.ends_with(":service/service-lives/orders"), "{}", service.id);
    assert_eq!(service.at("cluster"), json!("service-lives"), "as the user wrote it");
    assert_eq!(service.at("platform_version"), json!("LATEST"));
    assert_eq!(service.at("deployment_maximum_percent"), json!(200));
    play.same_by_import(&service, "service-lives/orders", &["cluster"]).await;
    let full = json!({
        "desired_count": 3, "enable_execute_command": true, "enable_ecs_managed_tags": true,
        "deployment_maximum_percent": 150, "deployment_minimum_healthy_percent": 50,
        "propagate_tags": "SERVICE", "health_check_grace_period_seconds": 30,
        "platform_version": "1.4.0", "availability_zone_rebalancing": "DISABLED",
        "deployment_circuit_breaker": [{ "enable": true, "rollback": false }],
        "service_connect_configuration": [{ "enabled": true, "namespace": "shop", "service": [{
            "port_name": "http", "client_alias": [{ "port": 80 }],
        }] }],
        "alarms": [{ "alarm_names": ["errors"], "enable": true, "rollback": true }],
        "force_new_deployment": true, "triggers": { "a": "1" }, "tags": { "b": "2" },
    });
    let revision = second.rsplit('/').next().unwrap();
    let service = play.update(&service, shop.service(revision, full)).await;
    assert_eq!(service.at("task_definition"), json!(revision), "as the user wrote it");
    assert_eq!(service.at("tags_all"), json!({ "b": "2" }));
    let less = shop.service(&second, json!({ "propagate_tags": null, "desired_count": 1 }));
    let service = play.update(&service, less).await;
    assert_eq!(service.at("service_connect_configuration"), json!([]));
    assert_eq!(service.at("alarms")[0]["alarm_names"], json!(["errors"]), "left as it is");
    play.delete(&service).await;
    shop.close().await;
}

#[tokio::test]
async fn a_service_is_made_once_and_its_name_is_taken() {
    let mut shop = Shop::new("service-once").await;
    let task = shop.runs(container(json!({}))).await;
    let kind = "aws_ecs_service";
    let config = shop.service(&task, json!({}));
    let play = &shop.play;
    let first = play.make(kind, &config, &Op::new(TOKEN, false)).await.unwrap();
    let again = play.make(kind, &config, &Op::new(TOKEN, true)).await.unwrap();
    assert_eq!(again, first);
    let other = shop.service(&task, json!({ "desired_count": 1 }));
    let taken = play.make(kind, &other, &Op::new("t", false)).await.unwrap_err();
    assert_eq!(taken.kind, FailureKind::Exists);
    let adopted = play.make(kind, &other, &Op::new("t", true)).await.unwrap();
    assert_eq!(adopted, first, "an earlier run took the name");
    let service = play.create_by(kind, other, Op::new("t", true)).await;
    assert_eq!(service.at("desired_count"), json!(1));

    let cluster = &shop.made[3];
    let driver = play.driver(cluster.kind);
    let refused = driver.delete(&play.cloud, &cluster.id, cluster.row.clone()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Retryable);
    assert_eq!(refused.hints, ["delete what runs in it: `orders`"]);
    play.delete(&service).await;
    shop.close().await;
}

#[tokio::test]
async fn a_service_whose_tasks_do_not_start_says_why() {
    let mut shop = Shop::new("service-fails").await;
    let task = shop.runs(broken()).await;
    let kind = "aws_ecs_service";
    let reason = "ResourceInitializationError: failed to validate logger args";
    for (breaker, fails) in [(true, true), (false, false)] {
        let breaker = json!([{ "enable": breaker, "rollback": true }]);
        let config = shop.service(&task, json!({ "deployment_circuit_breaker": breaker }));
        let play = &shop.play;
        let op = Op::new(uuid::Uuid::new_v4().to_string(), false);
        let id = play.make(kind, &config, &op).await.unwrap();
        let made = Made { kind, id, want: play.want(kind, &config), row: play.want(kind, &config) };
        let driver = play.driver(kind);
        let seen = driver.read(&play.cloud, &made.id, made.want.clone()).await.unwrap().unwrap();
        let said = match (seen.status, fails) {
            (Status::Failed(said), true) => said,
            (Status::Busy(said), false) => said,
            other => panic!("{other:?}"),
        };
        let begins = match fails {
            true => "ECS deployment circuit breaker: tasks failed to start: task `",
            false => "0 of 2 tasks run: task `",
        };
        assert!(said.starts_with(begins) && said.contains(reason), "{said}");
        // Who does not wait is not told.
        let config = shop.service(&task, json!({ "wait_for_steady_state": false }));
        let careless = play.want(kind, &config);
        let seen = driver.read(&play.cloud, &made.id, careless).await.unwrap().unwrap();
        assert_eq!(seen.status, Status::Ready);
        play.delete(&Made { row: seen.row, ..made }).await;
    }
    shop.close().await;
}

#[tokio::test]
async fn a_deployment_that_is_rolled_back_has_failed() {
    let mut shop = Shop::new("service-back").await;
    let good = shop.runs(container(json!({}))).await;
    let bad = shop.runs(broken()).await;
    let service = shop.play.create("aws_ecs_service", shop.service(&good, json!({}))).await;
    let (service, status) = shop.change(&service, shop.service(&bad, json!({}))).await;
    let Status::Failed(why) = status else { panic!("{status:?}") };
    assert!(why.starts_with("the deployment is rolled back to `service-back:1`: task `"), "{why}");
    assert!(why.contains("The specified log group does not exist"), "{why}");
    assert_eq!(service.at("task_definition"), json!(good), "what AWS has");
    // The next one is not judged by it.
    let (service, status) = shop.change(&service, shop.service(&good, json!({}))).await;
    assert_eq!(status, Status::Ready);
    shop.play.delete(&service).await;
    shop.close().await;
}

#[tokio::test]
async fn plan_refuses_what_aws_would_refuse() {
    let play = Play::new().await;
    let task = |more: Value| {
        let mut it = fargate("app", container(json!({})));
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        it
    };
    let service = |more: Value| {
        let mut it = json!({ "name": "app", "task_definition": "app" });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        it
    };
    let typo = container(json!({ "portMapings": [] }));
    let secret = container(json!({ "secrets": [{ "name": "P", "valueFrom": "p" }] }));
    let cases = [
        ("aws_ecs_task_definition", task(json!({})), None),
        (
            "aws_ecs_task_definition",
            task(json!({ "container_definitions": typo })),
            Some("container `app`: there is no `portMapings`; did you mean `portMappings`?"),
        ),
        (
            "aws_ecs_task_definition",
            task(json!({ "memory": "4 GB" })),
            Some("with `cpu = \"256\"` it is 512, or 1024 to 2048 in steps of 1024"),
        ),
        (
            "aws_ecs_task_definition",
            task(json!({ "network_mode": "bridge" })),
            Some("Fargate takes `awsvpc` only"),
        ),
        (
            "aws_ecs_task_definition",
            task(json!({ "container_definitions": secret, "execution_role_arn": null })),
            Some("secrets and the log driver `awslogs` need it on Fargate"),
        ),
        ("aws_ecs_service", service(json!({})), None),
        (
            "aws_ecs_service",
            service(json!({ "scheduling_strategy": "DAEMON", "desired_count": 1 })),
            Some("a `DAEMON` runs a task on each instance: leave it out"),
        ),
        (
            "aws_ecs_service",
            service(json!({ "load_balancer": [{ "container_name": "a", "container_port": 80 }] })),
            Some(
                "in `load_balancer[0]`: exactly one of `target_group_arn`, `elb_name` must be set, \
                 but none is",
            ),
        ),
        (
            "aws_ecs_service",
            service(json!({ "deployment_configuration": [{ "bake_time_in_minutes": "soon" }] })),
            Some("\"soon\" is not a whole number between 0 and 1440"),
        ),
        (
            "aws_ecs_cluster",
            json!({ "name": "a b" }),
            Some("\"a b\" is not made of letters, digits, `_` and `-`"),
        ),
    ];
    for (kind, config, expected) in cases {
        assert_eq!(play.why_refused(kind, &config).as_deref(), expected, "{kind} {config}");
    }
}
