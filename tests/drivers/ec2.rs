//! Network types.

use fastcart_hcl::driver::{FailureKind, Op, Status};
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::play::{Made, Play};

/// A VPC with the other things that a test needs around its object.
async fn vpc(play: &Play, range: &str) -> Made {
    play.create("aws_vpc", json!({"cidr_block": range, "tags": {"Name": "test"}})).await
}

async fn subnet(play: &Play, vpc: &Made, range: &str) -> Made {
    play.create("aws_subnet", json!({"vpc_id": &*vpc.id, "cidr_block": range})).await
}

async fn clear(play: &Play, all: &[&Made]) {
    for it in all {
        play.delete(it).await;
    }
}

fn id(it: &Made) -> &str {
    &it.id
}

#[tokio::test]
async fn data_about_the_caller() {
    let play = Play::new().await;
    let caller = play.data("aws_caller_identity", json!({})).await;
    assert_eq!(caller.at("account_id"), json!("123456789012"));
    let partition = play.data("aws_partition", json!({})).await;
    assert_eq!(partition.at("reverse_dns_prefix"), json!("com.amazonaws"));
    let region = play.data("aws_region", json!({})).await;
    assert_eq!(region.at("description"), json!("Europe (Frankfurt)"));
    let other = play.data("aws_region", json!({"endpoint": "ec2.us-east-2.amazonaws.com"})).await;
    assert_eq!(other.at("name"), json!("us-east-2"));
    let calls = play.aws().calls().snapshot();
    assert_eq!(calls.get("sts:GetCallerIdentity"), Some(&1));
}

#[tokio::test]
async fn vpc_and_its_data_source() {
    let play = Play::new().await;
    let config = json!({"cidr_block": "10.1.0.0/16", "tags": {"Name": "a", "team": "x"}});
    let made = play.create("aws_vpc", config).await;
    assert!(made.at("default_security_group_id").as_str().unwrap().starts_with("sg-"));
    assert!(made.at("default_network_acl_id").as_str().unwrap().starts_with("acl-"));
    assert_eq!(made.at("main_route_table_id"), made.at("default_route_table_id"));
    assert_eq!(made.at("tags"), json!({"Name": "a", "team": "x"}), "the token is gone");
    let arn = format!("arn:aws:ec2:eu-central-1:123456789012:vpc/{}", made.id);
    assert_eq!(made.at("arn"), json!(arn));
    play.same_by_import(&made, &made.id, &[]).await;

    let found = play.data("aws_vpc", json!({"id": id(&made)})).await;
    assert_eq!(found.at("cidr_block"), json!("10.1.0.0/16"));
    assert_eq!(found.at("main_route_table_id"), made.at("main_route_table_id"));

    for change in [
        json!({"cidr_block": "10.1.0.0/16", "enable_dns_hostnames": true, "tags": {"Name": "b"}}),
        json!({"cidr_block": "10.1.0.0/16", "enable_dns_hostnames": false, "enable_dns_support": false}),
        json!({"cidr_block": "10.1.0.0/16", "enable_dns_hostnames": true, "enable_dns_support": true}),
        json!({"cidr_block": "10.1.0.0/16", "enable_network_address_usage_metrics": true}),
        json!({"cidr_block": "10.1.0.0/16", "assign_generated_ipv6_cidr_block": true}),
        json!({"cidr_block": "10.1.0.0/16", "assign_generated_ipv6_cidr_block": false}),
    ] {
        play.update(&made, change).await;
    }
    play.delete(&made).await;
}

/// An operation that is sent again finds what it made, by the tag of its token.
#[tokio::test]
async fn a_resumed_creation_adopts() {
    let play = Play::new().await;
    let group = vpc(&play, "10.2.0.0/16").await;
    let cases = [
        ("aws_vpc", json!({"cidr_block": "10.3.0.0/16"})),
        ("aws_subnet", json!({"vpc_id": id(&group), "cidr_block": "10.2.1.0/24"})),
        ("aws_internet_gateway", json!({})),
        ("aws_eip", json!({})),
        ("aws_route_table", json!({"vpc_id": id(&group)})),
        ("aws_security_group", json!({"vpc_id": id(&group), "name_prefix": "web-"})),
    ];
    for (kind, config) in cases {
        let token = uuid::Uuid::new_v4().to_string();
        let first = play.make(kind, &config, &Op::new(&token, false)).await.unwrap();
        let again = play.create_by(kind, config, Op::new(&token, true)).await;
        assert_eq!(again.id, first, "{kind}");
        assert_eq!(again.at("tags"), Json::Null, "{kind}: the token is gone");
        play.delete(&again).await;
    }
    clear(&play, &[&group]).await;
}

#[tokio::test]
async fn subnet_and_its_data_source() {
    let play = Play::new().await;
    let network = vpc(&play, "10.4.0.0/16").await;
    let base = json!({"vpc_id": id(&network), "cidr_block": "10.4.1.0/24",
        "availability_zone": "eu-central-1b"});
    let made = play.create("aws_subnet", base.clone()).await;
    assert!(made.at("arn").as_str().unwrap().ends_with(&*made.id));
    play.same_by_import(&made, &made.id, &[]).await;
    for change in [
        json!({"map_public_ip_on_launch": true, "tags": {"Name": "public"}}),
        json!({"enable_resource_name_dns_a_record_on_launch": true}),
        json!({"private_dns_hostname_type_on_launch": "resource-name"}),
        json!({"enable_dns64": true}),
        json!({}),
    ] {
        let mut config = base.clone();
        config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        play.update(&made, config).await;
    }
    let filter = json!([{"name": "vpc-id", "values": [id(&network)]}]);
    let found = play.data("aws_subnets", json!({"filter": filter})).await;
    assert_eq!(found.at("ids"), json!([id(&made)]));
    clear(&play, &[&made, &network]).await;
}

#[tokio::test]
async fn zones() {
    let play = Play::new().await;
    let all = play.data("aws_availability_zones", json!({"state": "available"})).await;
    assert_eq!(all.at("names"), json!(["eu-central-1a", "eu-central-1b", "eu-central-1c"]));
    let config = json!({"exclude_names": ["eu-central-1a"]});
    let some = play.data("aws_availability_zones", config).await;
    assert_eq!(some.at("names"), json!(["eu-central-1b", "eu-central-1c"]));
}

#[tokio::test]
async fn internet_gateway_moves() {
    let play = Play::new().await;
    let (first, second) = (vpc(&play, "10.5.0.0/16").await, vpc(&play, "10.6.0.0/16").await);
    let made = play.create("aws_internet_gateway", json!({"vpc_id": id(&first)})).await;
    play.same_by_import(&made, &made.id, &[]).await;
    let config = json!({"vpc_id": id(&second), "tags": {"Name": "moved"}});
    let moved = play.update(&made, config).await;
    assert_eq!(moved.at("vpc_id"), json!(id(&second)));
    clear(&play, &[&moved, &first, &second]).await;
}

#[tokio::test]
async fn gateway_address_and_ways_out() {
    let play = Play::new().await;
    let network = vpc(&play, "10.7.0.0/16").await;
    let public = subnet(&play, &network, "10.7.1.0/24").await;
    let private = subnet(&play, &network, "10.7.2.0/24").await;
    let internet = play.create("aws_internet_gateway", json!({"vpc_id": id(&network)})).await;
    let table = play.create("aws_route_table", json!({"vpc_id": id(&network)})).await;
    let way = json!({"route_table_id": id(&table), "destination_cidr_block": "0.0.0.0/0",
        "gateway_id": id(&internet)});
    let route = play.create("aws_route", way).await;
    let name = format!("{}_0.0.0.0/0", table.id);
    play.same_by_import(&route, &name, &["network_interface_id"]).await;
    let config = json!({"subnet_id": id(&public), "route_table_id": id(&table)});
    let association = play.create("aws_route_table_association", config).await;
    let name = format!("{}/{}", public.id, table.id);
    play.same_by_import(&association, &name, &[]).await;

    let address = play.create("aws_eip", json!({"domain": "vpc", "tags": {"Name": "nat"}})).await;
    assert!(address.at("public_dns").as_str().unwrap().starts_with("ec2-"));
    let config = json!({"subnet_id": id(&public), "allocation_id": id(&address)});
    let nat = play.create("aws_nat_gateway", config.clone()).await;
    assert_eq!(nat.at("public_ip"), address.at("public_ip"));
    play.same_by_import(&nat, &nat.id, &[]).await;
    let mut tagged = config;
    tagged["tags"] = json!({"Name": "out"});
    let nat = play.update(&nat, tagged).await;

    let away = json!({"route_table_id": id(&table), "destination_cidr_block": "0.0.0.0/0",
        "nat_gateway_id": id(&nat)});
    let route = play.update(&route, away).await;
    assert_eq!(route.at("nat_gateway_id"), json!(id(&nat)));
    assert_eq!(route.at("gateway_id"), Json::Null);

    let other = play.create("aws_route_table", json!({"vpc_id": id(&network)})).await;
    let config = json!({"subnet_id": id(&public), "route_table_id": id(&other)});
    let moved = play.update(&association, config).await;
    assert_ne!(moved.id, association.id, "another table, another association");

    let config = json!({"subnet_id": id(&private), "connectivity_type": "private"});
    let inner = play.create("aws_nat_gateway", config).await;
    assert_eq!(inner.at("public_ip"), Json::Null);
    clear(&play, &[&route, &moved, &inner, &nat, &address, &table, &other]).await;
    clear(&play, &[&internet, &public, &private, &network]).await;
}

#[tokio::test]
async fn routes_inside_their_table() {
    let play = Play::new().await;
    let network = vpc(&play, "10.8.0.0/16").await;
    let internet = play.create("aws_internet_gateway", json!({"vpc_id": id(&network)})).await;
    let with = |routes: Json| json!({"vpc_id": id(&network), "route": routes});
    let out = json!({"cidr_block": "0.0.0.0/0", "gateway_id": id(&internet)});
    let far = json!({"cidr_block": "172.16.0.0/12", "gateway_id": id(&internet),
        "nat_gateway_id": "", "ipv6_cidr_block": ""});
    let made = play.create("aws_route_table", with(json!([out]))).await;
    play.same_by_import(&made, &made.id, &[]).await;
    let made = play.update(&made, with(json!([out, far]))).await;
    let made = play.update(&made, with(json!([far]))).await;
    let made = play.update(&made, with(json!([]))).await;
    assert_eq!(made.at("route"), json!([]));
    clear(&play, &[&made, &internet, &network]).await;
}

#[tokio::test]
async fn security_group_with_its_rules() {
    let play = Play::new().await;
    let network = vpc(&play, "10.9.0.0/16").await;
    let web = json!({"from_port": 443, "to_port": 443, "protocol": "tcp",
        "cidr_blocks": ["0.0.0.0/0"], "description": "web"});
    let inner = json!({"from_port": 0, "to_port": 0, "protocol": "-1", "self": true});
    let both = json!({"from_port": 443, "to_port": 443, "protocol": "6",
        "cidr_blocks": ["10.0.0.0/8", "172.16.0.0/12"], "ipv6_cidr_blocks": ["2001:db8::/32"]});
    let with = |ingress: Json, egress: Json| {
        json!({"name": "web", "description": "web servers", "vpc_id": id(&network),
            "ingress": ingress, "egress": egress, "tags": {"Name": "web"}})
    };
    let made = play.create("aws_security_group", with(json!([web, inner]), json!([inner]))).await;
    play.same_by_import(&made, &made.id, &["ingress", "egress"]).await;
    let made = play.update(&made, with(json!([web, inner, both]), json!([web]))).await;
    let mut reworded = web.clone();
    reworded["description"] = json!("for everybody");
    let made = play.update(&made, with(json!([both, reworded]), json!([]))).await;
    assert_eq!(made.at("egress"), json!([]));

    let bare = play.create("aws_security_group", json!({"vpc_id": id(&network)})).await;
    assert_eq!(bare.at("egress"), json!([]), "nobody asked for a way out");
    let mutual =
        json!({"from_port": 1, "to_port": 2, "protocol": "udp", "security_groups": [id(&bare)]});
    let made = play.update(&made, with(json!([mutual]), json!([]))).await;
    let config = json!({"security_group_id": id(&bare), "ip_protocol": "tcp", "from_port": 80,
        "to_port": 80, "referenced_security_group_id": id(&made), "description": "from the web"});
    let rule = play.create("aws_vpc_security_group_ingress_rule", config.clone()).await;
    play.same_by_import(&rule, &rule.id, &[]).await;
    let mut other = config;
    other["to_port"] = json!(90);
    other["tags"] = json!({"Name": "rule"});
    let rule = play.update(&rule, other).await;
    let config =
        json!({"security_group_id": id(&bare), "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"});
    let out = play.create("aws_vpc_security_group_egress_rule", config.clone()).await;
    let resumed = Op::new("again", true);
    let same = play.create_by("aws_vpc_security_group_egress_rule", config.clone(), resumed).await;
    assert_eq!(same.id, out.id, "the same rule is adopted");
    let fresh = Op::new("new", false);
    let refused = play.make("aws_vpc_security_group_egress_rule", &config, &fresh).await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::Exists);
    clear(&play, &[&rule, &out, &made, &bare, &network]).await;
}

#[tokio::test]
async fn default_security_group_is_taken_over_and_stays() {
    let play = Play::new().await;
    let network = vpc(&play, "10.10.0.0/16").await;
    let config = json!({"vpc_id": id(&network)});
    let made = play.create("aws_default_security_group", config).await;
    assert_eq!(json!(id(&made)), network.at("default_security_group_id"));
    assert_eq!((made.at("ingress"), made.at("egress")), (json!([]), json!([])));
    let rule = json!({"from_port": 0, "to_port": 0, "protocol": "-1", "self": true});
    let config = json!({"vpc_id": id(&network), "ingress": [rule], "tags": {"Name": "closed"}});
    let made = play.update(&made, config).await;
    play.delete(&made).await;
    clear(&play, &[&network]).await;
}

#[tokio::test]
async fn flow_log_into_a_stream() {
    let play = Play::new().await;
    let network = vpc(&play, "10.11.0.0/16").await;
    let config = json!({"vpc_id": id(&network), "traffic_type": "REJECT",
        "log_destination_type": "kinesis-data-firehose", "max_aggregation_interval": 60,
        "log_destination": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/logs"});
    let made = play.create("aws_flow_log", config.clone()).await;
    play.same_by_import(&made, &made.id, &[]).await;
    let mut tagged = config;
    tagged["tags"] = json!({"Name": "rejected"});
    let made = play.update(&made, tagged).await;
    clear(&play, &[&made, &network]).await;
}

/// Reads that leave together are one call.
#[tokio::test]
async fn many_reads_are_few_calls() {
    let play = Play::new().await;
    let network = vpc(&play, "10.12.0.0/16").await;
    let ranges = (0..12).map(|it| format!("10.12.{it}.0/24"));
    let ranges: Vec<String> = ranges.collect();
    let subnets = ranges.iter().map(|it| subnet(&play, &network, it));
    let subnets: Vec<Made> = futures_util::future::join_all(subnets).await;
    let before = play.aws().calls().snapshot()["ec2:DescribeSubnets"];
    let driver = play.driver("aws_subnet");
    let reads = subnets.iter().map(|it| driver.read(&play.cloud, &it.id, it.row.clone()));
    let seen = futures_util::future::join_all(reads).await;
    assert!(seen.iter().all(|it| it.as_ref().is_ok_and(Option::is_some)));
    let after = play.aws().calls().snapshot()["ec2:DescribeSubnets"];
    assert_eq!(after - before, 1, "twelve subnets in one call");
    let gone = "subnet-00000000000000000".into();
    let gone = driver.read(&play.cloud, &gone, driver.blank()).await.unwrap();
    assert!(gone.is_none());
    clear(&play, &subnets.iter().collect::<Vec<_>>()).await;
    clear(&play, &[&network]).await;
}

/// What `ignore_tags` names is neither told nor removed.
#[tokio::test]
async fn tags_of_others_stay() {
    let play = Play::with(json!({"ignore_tags": [{"key_prefixes": ["cost:"]}]})).await;
    let other = Play::new().await;
    let made = vpc(&other, "10.13.0.0/16").await;
    let tags = json!({"Name": "test", "cost:centre": "7"});
    other.update(&made, json!({"cidr_block": "10.13.0.0/16", "tags": tags})).await;
    let made = play.import("aws_vpc", &made.id).await;
    assert_eq!(made.at("tags"), json!({"Name": "test"}));
    let config = json!({"cidr_block": "10.13.0.0/16", "tags": {"Name": "mine"}});
    let made = play.update(&made, config).await;
    let told = other.import("aws_vpc", &made.id).await;
    assert_eq!(told.at("tags"), json!({"Name": "mine", "cost:centre": "7"}));
    clear(&play, &[&made]).await;
}

/// A call whose reply is lost is not repeated blindly: the operation is resumed, and there is one
/// object.
#[tokio::test]
async fn a_lost_reply_makes_no_second_object() {
    let cloud = Cloud::take();
    let play = Play::at(&cloud.url(), json!({})).await;
    let network = vpc(&play, "10.14.0.0/16").await;
    let public = subnet(&play, &network, "10.14.1.0/24").await;
    let internet = play.create("aws_internet_gateway", json!({"vpc_id": id(&network)})).await;
    let table = play.create("aws_route_table", json!({"vpc_id": id(&network)})).await;
    let group = play.create("aws_security_group", json!({"vpc_id": id(&network)})).await;
    let acl = play.create("aws_network_acl", json!({"vpc_id": id(&network)})).await;
    let (vpc, table_id) = (id(&network), id(&table));
    let cases = [
        ("CreateVpc", "aws_vpc", json!({"cidr_block": "10.15.0.0/16"})),
        ("CreateSubnet", "aws_subnet", json!({"vpc_id": vpc, "cidr_block": "10.14.2.0/24"})),
        ("CreateInternetGateway", "aws_internet_gateway", json!({})),
        ("AllocateAddress", "aws_eip", json!({})),
        (
            "CreateNatGateway",
            "aws_nat_gateway",
            json!({"subnet_id": id(&public), "connectivity_type": "private"}),
        ),
        ("CreateRouteTable", "aws_route_table", json!({"vpc_id": vpc})),
        (
            "CreateRoute",
            "aws_route",
            json!({"route_table_id": table_id,
            "destination_cidr_block": "0.0.0.0/0", "gateway_id": id(&internet)}),
        ),
        (
            "AssociateRouteTable",
            "aws_route_table_association",
            json!({"route_table_id": table_id, "subnet_id": id(&public)}),
        ),
        ("CreateSecurityGroup", "aws_security_group", json!({"vpc_id": vpc, "name": "one"})),
        (
            "AuthorizeSecurityGroupIngress",
            "aws_vpc_security_group_ingress_rule",
            json!({"security_group_id": id(&group), "ip_protocol": "-1", "cidr_ipv4": "10.0.0.0/8"}),
        ),
        (
            "AuthorizeSecurityGroupEgress",
            "aws_vpc_security_group_egress_rule",
            json!({"security_group_id": id(&group), "ip_protocol": "-1", "cidr_ipv4": "10.0.0.0/8"}),
        ),
        ("CreateNetworkAcl", "aws_network_acl", json!({"vpc_id": vpc})),
        (
            "CreateNetworkAclEntry",
            "aws_network_acl_rule",
            json!({"network_acl_id": id(&acl), "rule_number": 1, "protocol": "-1",
            "rule_action": "deny", "cidr_block": "0.0.0.0/0"}),
        ),
        ("CreateDhcpOptions", "aws_vpc_dhcp_options", json!({"domain_name": "shop.internal"})),
        (
            "CreateVpcEndpoint",
            "aws_vpc_endpoint",
            json!({"vpc_id": vpc, "service_name": "com.amazonaws.eu-central-1.s3"}),
        ),
        (
            "AuthorizeSecurityGroupIngress",
            "aws_security_group_rule",
            json!({"security_group_id": id(&group), "type": "ingress", "protocol": "tcp",
            "from_port": 1, "to_port": 2, "cidr_blocks": ["10.0.0.0/8", "172.16.0.0/12"]}),
        ),
        (
            "CreateFlowLogs",
            "aws_flow_log",
            json!({"vpc_id": vpc, "traffic_type": "ALL",
            "log_destination_type": "kinesis-data-firehose",
            "log_destination": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/logs"}),
        ),
    ];
    for (operation, kind, config) in cases {
        let before = cloud.counts();
        cloud.faults(&json!([{"operation": format!("ec2.{operation}"), "kind": "drop_reply"}]));
        let token = uuid::Uuid::new_v4().to_string();
        let made = match play.make(kind, &config, &Op::new(&token, false)).await {
            // With a client token, the SDK itself sends the call again.
            Ok(first) => {
                let made = play.create_by(kind, config, Op::new(&token, true)).await;
                assert_eq!(made.id, first, "{kind}");
                made
            }
            Err(it) => {
                assert_eq!(it.kind, FailureKind::Lost, "{kind}: {it:?}");
                play.create_by(kind, config, Op::new(&token, true)).await
            }
        };
        play.delete(&made).await;
        assert_eq!(cloud.counts(), before, "{kind}: a second one is left");
    }
}

/// What is not ready yet is busy, and what is gone but still told is gone.
#[tokio::test]
async fn a_gateway_takes_its_time() {
    let cloud = Cloud::take();
    let play = Play::at(&cloud.url(), json!({})).await;
    let network = vpc(&play, "10.16.0.0/16").await;
    let private = subnet(&play, &network, "10.16.1.0/24").await;
    cloud.lifetimes(&json!({"nat_gateway": {"creating": 0.2, "deleting": 0.2, "gone": 3600}}));
    let config = json!({"subnet_id": id(&private), "connectivity_type": "private"});
    let driver = play.driver("aws_nat_gateway");
    let made = play.make("aws_nat_gateway", &config, &Op::new("one", false)).await.unwrap();
    let seen = driver.read(&play.cloud, &made, driver.blank()).await.unwrap().unwrap();
    assert_eq!(seen.status, Status::busy("pending"));
    let made = play.create_by("aws_nat_gateway", config, Op::new("one", true)).await;
    clear(&play, &[&made, &private, &network]).await;
}
