//! Endpoints, and what tells of them and of the addresses behind them.

use fastcart_hcl::driver::{FailureKind, Op, Status};
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::play::{Made, Play};

struct Network {
    vpc: Made,
    subnets: [Made; 2],
}

async fn network(play: &Play, second: u8) -> Network {
    let range = format!("10.{second}.0.0/16");
    let config = json!({"cidr_block": range, "enable_dns_hostnames": true});
    let vpc = play.create("aws_vpc", config).await;
    let subnet = async |third: u8, zone: &str| {
        let config = json!({"vpc_id": &*vpc.id, "availability_zone": zone,
            "cidr_block": format!("10.{second}.{third}.0/24")});
        play.create("aws_subnet", config).await
    };
    let subnets = [subnet(1, "eu-central-1a").await, subnet(2, "eu-central-1b").await];
    Network { vpc, subnets }
}

impl Network {
    async fn clear(&self, play: &Play, all: &[&Made]) {
        for it in all.iter().chain(&[&self.subnets[0], &self.subnets[1], &self.vpc]) {
            play.delete(it).await;
        }
    }
}

fn sorted(list: Json) -> Vec<String> {
    let mut all: Vec<String> = serde_json::from_value(list).unwrap();
    all.sort();
    all
}

fn with(config: &Json, change: Json) -> Json {
    let mut config = config.clone();
    config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    config
}

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
    "Action":["s3:GetObject"],"Resource":"*"}]}"#;

#[tokio::test]
async fn gateway_endpoint_adds_routes_to_its_tables() {
    let play = Play::new().await;
    let network = network(&play, 50).await;
    let table = async || play.create("aws_route_table", json!({"vpc_id": &*network.vpc.id})).await;
    let (first, second) = (table().await, table().await);
    let config = json!({"vpc_id": &*network.vpc.id, "service_name": "com.amazonaws.eu-central-1.s3",
        "route_table_ids": [&*first.id], "tags": {"Name": "s3"}});
    let made = play.create("aws_vpc_endpoint", config.clone()).await;
    assert_eq!(made.at("state"), json!("available"));
    let list = play.data("aws_prefix_list", json!({"name": "com.amazonaws.eu-central-1.s3"})).await;
    assert_eq!(made.at("prefix_list_id"), json!(&*list.id));
    assert_eq!(made.at("cidr_blocks"), list.at("cidr_blocks"));
    assert_ne!(made.at("cidr_blocks"), json!([]));
    let arn = format!("arn:aws:ec2:eu-central-1:123456789012:vpc-endpoint/{}", made.id);
    assert_eq!(made.at("arn"), json!(arn));
    play.same_by_import(&made, &made.id, &[]).await;
    let there = play.import("aws_route_table", &first.id).await;
    assert_eq!(there.at("route"), json!([]), "the endpoint's own route is not the table's");

    let made = play.update(&made, with(&config, json!({"policy": POLICY}))).await;
    assert!(made.at("policy").as_str().unwrap().contains("s3:GetObject"));
    let moved = json!({"route_table_ids": [&*second.id], "tags": {"Name": "moved"}});
    let made = play.update(&made, with(&config, moved)).await;
    assert_eq!(made.at("route_table_ids"), json!([&*second.id]));
    assert!(made.at("policy").as_str().unwrap().contains("s3:GetObject"), "left as it is");
    network.clear(&play, &[&made, &first, &second]).await;
}

#[tokio::test]
async fn interface_endpoint_has_addresses_in_its_subnets() {
    let play = Play::new().await;
    let network = network(&play, 51).await;
    let group = async |name: &str| {
        play.create("aws_security_group", json!({"vpc_id": &*network.vpc.id, "name": name})).await
    };
    let (first, second) = (group("first").await, group("second").await);
    let [a, b] = &network.subnets;
    let config = json!({"vpc_id": &*network.vpc.id, "vpc_endpoint_type": "Interface",
        "service_name": "com.amazonaws.eu-central-1.kms", "private_dns_enabled": true,
        "subnet_ids": [&*a.id], "security_group_ids": [&*first.id]});
    let made = play.create("aws_vpc_endpoint", config.clone()).await;
    assert_eq!(made.at("private_dns_enabled"), json!(true));
    assert_eq!(sorted(made.at("network_interface_ids")).len(), 1);
    assert_ne!(made.at("dns_entry"), json!([]));
    assert_eq!(made.at("cidr_blocks"), json!([]));
    let addresses = made.at("subnet_configuration");
    assert_eq!(addresses[0]["subnet_id"], json!(&*a.id));
    assert!(addresses[0]["ipv4"].as_str().unwrap().starts_with("10.51.1."));
    play.same_by_import(&made, &made.id, &[]).await;

    let both = json!([&*a.id, &*b.id]);
    let made = play.update(&made, with(&config, json!({"subnet_ids": both}))).await;
    assert_eq!(sorted(made.at("network_interface_ids")).len(), 2);
    for change in [
        json!({"subnet_ids": [&*b.id], "security_group_ids": [&*second.id]}),
        json!({"private_dns_enabled": false, "subnet_ids": [&*b.id]}),
        json!({"policy": POLICY}),
        json!({"dns_options": [{"dns_record_ip_type": "service-defined"}], "ip_address_type": "IPV4"}),
        json!({"tags": {"Name": "kms"}}),
    ] {
        play.update(&made, with(&config, change)).await;
    }
    network.clear(&play, &[&made, &first, &second]).await;
}

#[tokio::test]
async fn addresses_of_an_endpoint_can_be_chosen() {
    let play = Play::new().await;
    let network = network(&play, 52).await;
    let [a, b] = &network.subnets;
    let at = |subnet: &Made, ip: &str| json!({"subnet_id": &*subnet.id, "ipv4": ip});
    let config = json!({"vpc_id": &*network.vpc.id, "vpc_endpoint_type": "Interface",
        "service_name": "com.amazonaws.eu-central-1.logs",
        "subnet_configuration": [at(a, "10.52.1.77")]});
    let made = play.create("aws_vpc_endpoint", config.clone()).await;
    assert_eq!(made.at("subnet_ids"), json!([&*a.id]));
    assert_eq!(made.at("private_dns_enabled"), json!(false), "nobody asked for it");
    let more = json!({"subnet_configuration": [at(a, "10.52.1.77"), at(b, "10.52.2.78")]});
    let made = play.update(&made, with(&config, more)).await;
    assert_eq!(sorted(made.at("subnet_ids")).len(), 2);
    let other = json!({"subnet_configuration": [at(a, "10.52.1.80")], "subnet_ids": [&*a.id]});
    let made = play.update(&made, with(&config, other)).await;
    assert_eq!(made.at("subnet_configuration")[0]["ipv4"], json!("10.52.1.80"));
    network.clear(&play, &[&made]).await;
}

/// A creation that is sent again is the same endpoint, by its client token.
#[tokio::test]
async fn a_resumed_endpoint_is_the_same() {
    let play = Play::new().await;
    let network = network(&play, 53).await;
    let config = json!({"vpc_id": &*network.vpc.id, "vpc_endpoint_type": "Gateway",
        "service_name": "com.amazonaws.eu-central-1.dynamodb"});
    let token = uuid::Uuid::new_v4().to_string();
    let first = play.make("aws_vpc_endpoint", &config, &Op::new(&token, false)).await.unwrap();
    let again = play.create_by("aws_vpc_endpoint", config, Op::new(&token, true)).await;
    assert_eq!(again.id, first);
    let wrong = json!({"vpc_id": &*network.vpc.id, "service_name": "com.amazonaws.eu-central-1.x"});
    let refused = play.make("aws_vpc_endpoint", &wrong, &Op::new("other", false)).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.kind, refused.code.as_deref()),
        (FailureKind::Fatal, Some("InvalidServiceName"))
    );
    network.clear(&play, &[&again]).await;
}

#[tokio::test]
async fn an_endpoint_takes_its_time() {
    let cloud = Cloud::take();
    let play = Play::at(&cloud.url(), json!({})).await;
    let network = network(&play, 54).await;
    cloud.lifetimes(&json!({"vpc_endpoint": {"creating": 0.2, "deleting": 0.2, "gone": 3600}}));
    let config = json!({"vpc_id": &*network.vpc.id, "vpc_endpoint_type": "Interface",
        "service_name": "com.amazonaws.eu-central-1.kms", "subnet_ids": [&*network.subnets[0].id]});
    let driver = play.driver("aws_vpc_endpoint");
    let made = play.make("aws_vpc_endpoint", &config, &Op::new("one", false)).await.unwrap();
    let seen = driver.read(&play.cloud, &made, driver.blank()).await.unwrap().unwrap();
    assert_eq!(seen.status, Status::busy("pending"));
    let made = play.create_by("aws_vpc_endpoint", config, Op::new("one", true)).await;
    network.clear(&play, &[&made]).await;
}

/// What can be known of an endpoint's state without a cloud that comes into it.
#[tokio::test]
async fn reads_of_many_endpoints_are_few_calls() {
    let cloud = Cloud::take();
    let play = Play::at(&cloud.url(), json!({})).await;
    let network = network(&play, 55).await;
    let mut all = Vec::new();
    for service in ["kms", "logs", "ecr.api", "ecr.dkr", "kinesis-streams", "secretsmanager"] {
        let config = json!({"vpc_id": &*network.vpc.id, "vpc_endpoint_type": "Interface",
            "service_name": format!("com.amazonaws.eu-central-1.{service}"),
            "subnet_ids": [&*network.subnets[0].id, &*network.subnets[1].id]});
        all.push(play.create("aws_vpc_endpoint", config).await);
    }
    let config =
        json!({"vpc_id": &*network.vpc.id, "service_name": "com.amazonaws.eu-central-1.s3"});
    all.push(play.create("aws_vpc_endpoint", config).await);
    cloud.forget_requests();
    let driver = play.driver("aws_vpc_endpoint");
    let reads = all.iter().map(|it| driver.read(&play.cloud, &it.id, it.row.clone()));
    let seen = futures_util::future::join_all(reads).await;
    assert!(seen.iter().all(|it| it.as_ref().is_ok_and(Option::is_some)));
    let asked = cloud.requests();
    let expected = ["DescribeNetworkInterfaces", "DescribePrefixLists", "DescribeVpcEndpoints"];
    let expected = expected.map(|it| (format!("ec2.{it}"), 1)).into_iter().collect();
    assert_eq!(asked, expected);
    network.clear(&play, &all.iter().collect::<Vec<_>>()).await;
}

/// An endpoint to a service that accepts each by hand.
#[tokio::test]
async fn a_service_of_the_same_account_accepts() {
    let cloud = Cloud::take();
    let play = Play::at(&cloud.url(), json!({})).await;
    let network = network(&play, 56).await;
    let balancer = json!({"Name": "appliances", "Type": "gateway",
        "Subnets": [&*network.subnets[0].id]});
    let service = json!({"AcceptanceRequired": true,
        "GatewayLoadBalancerArns": ["${lb.LoadBalancers.0.LoadBalancerArn}"]});
    let made = cloud.seed(&json!({"calls": [
        {"service": "elbv2", "operation": "CreateLoadBalancer", "parameters": balancer, "as": "lb"},
        {"service": "ec2", "operation": "CreateVpcEndpointServiceConfiguration",
            "parameters": service},
    ]}));
    let service = &made["calls"][1]["ServiceConfiguration"]["ServiceName"];
    let config = json!({"vpc_id": &*network.vpc.id, "service_name": service,
        "vpc_endpoint_type": "GatewayLoadBalancer", "subnet_ids": [&*network.subnets[0].id]});
    let waiting = play.create("aws_vpc_endpoint", config.clone()).await;
    assert_eq!(waiting.at("state"), json!("pendingAcceptance"));
    let mut accepted = config;
    accepted["auto_accept"] = json!(true);
    let made = play.create("aws_vpc_endpoint", accepted).await;
    assert_eq!(made.at("state"), json!("available"));
    play.delete(&waiting).await;
    play.delete(&made).await;
}

#[tokio::test]
async fn data_about_services_and_lists() {
    let play = Play::new().await;
    let config = json!({"service": "s3", "service_type": "Gateway"});
    let service = play.data("aws_vpc_endpoint_service", config).await;
    assert_eq!(service.at("service_name"), json!("com.amazonaws.eu-central-1.s3"));
    assert_eq!(service.at("service_type"), json!("Gateway"));
    assert_eq!(service.at("owner"), json!("amazon"));
    let config = json!({"service_name": "com.amazonaws.eu-central-1.kms"});
    let service = play.data("aws_vpc_endpoint_service", config).await;
    assert_eq!(service.at("service_type"), json!("Interface"));
    let zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
    assert_eq!(sorted(service.at("availability_zones")), zones);
    let name = "com.amazonaws.eu-central-1.s3";
    let list = play.data("aws_ec2_managed_prefix_list", json!({"name": name})).await;
    assert_eq!(list.at("address_family"), json!("IPv4"));
    assert_eq!(list.at("owner_id"), json!("AWS"));
    assert_eq!(list.at("entries").as_array().unwrap().len(), 3);
    let by_id = play.data("aws_prefix_list", json!({"prefix_list_id": &*list.id})).await;
    assert_eq!(by_id.at("name"), json!(name));
    assert_eq!(by_id.at("cidr_blocks").as_array().unwrap().len(), 3);
}
