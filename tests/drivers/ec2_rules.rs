//! Network ACLs, and rules of security groups by other means.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::{Value as Json, json};

use crate::play::{Made, Play};

async fn vpc(play: &Play, range: &str) -> Made {
    play.create("aws_vpc", json!({"cidr_block": range})).await
}

async fn clear(play: &Play, all: &[&Made]) {
    for it in all {
        play.delete(it).await;
    }
}

fn line(number: i32, protocol: &str, port: i32) -> Json {
    json!({"rule_no": number, "action": "allow", "protocol": protocol, "from_port": port,
        "to_port": port, "cidr_block": "10.0.0.0/8"})
}

#[tokio::test]
async fn network_acl_with_its_rules_and_subnets() {
    let play = Play::new().await;
    let network = vpc(&play, "10.60.0.0/16").await;
    let config = json!({"vpc_id": &*network.id, "cidr_block": "10.60.1.0/24"});
    let subnet = play.create("aws_subnet", config).await;
    let default = network.at("default_network_acl_id");
    let with = |ingress: Json, egress: Json, subnets: Json| {
        json!({"vpc_id": &*network.id, "ingress": ingress, "egress": egress,
            "subnet_ids": subnets, "tags": {"Name": "data"}})
    };
    let web = line(100, "tcp", 443);
    let ping = json!({"rule_no": 110, "action": "ALLOW", "protocol": "icmp", "from_port": 0,
        "to_port": 0, "ipv6_cidr_block": "::/0", "icmp_type": -1, "icmp_code": -1});
    let all = json!({"rule_no": 100, "action": "deny", "protocol": "-1", "from_port": 0,
        "to_port": 0, "cidr_block": "0.0.0.0/0"});
    let token = uuid::Uuid::new_v4().to_string();
    let config = with(json!([web, ping]), json!([all]), json!([]));
    let first = play.make("aws_network_acl", &config, &Op::new(&token, false)).await.unwrap();
    let made = play.create_by("aws_network_acl", config, Op::new(&token, true)).await;
    assert_eq!(made.id, first, "sent again, it is the same");
    play.same_by_import(&made, &made.id, &["ingress", "egress"]).await;
    let changed = with(json!([line(100, "6", 8443), line(120, "udp", 53)]), json!([]), json!([]));
    let made = play.update(&made, changed).await;
    assert_eq!(made.at("egress"), json!([]));
    let followed = with(json!([web]), json!([]), json!([&*subnet.id]));
    let made = play.update(&made, followed).await;
    assert_eq!(made.at("subnet_ids"), json!([&*subnet.id]));
    let left = play.update(&made, with(json!([web]), json!([]), json!([]))).await;
    assert_eq!(left.at("subnet_ids"), json!([]));
    let back = play.import("aws_default_network_acl", default.as_str().unwrap()).await;
    assert_eq!(back.at("subnet_ids"), json!([&*subnet.id]));
    let made = play.update(&made, with(json!([web]), json!([]), json!([&*subnet.id]))).await;
    play.delete(&made).await;
    clear(&play, &[&subnet, &network]).await;
}

#[tokio::test]
async fn default_network_acl_is_taken_over_and_stays() {
    let play = Play::new().await;
    let network = vpc(&play, "10.61.0.0/16").await;
    let config = json!({"vpc_id": &*network.id, "cidr_block": "10.61.1.0/24"});
    let subnet = play.create("aws_subnet", config).await;
    let id = network.at("default_network_acl_id");
    let config = json!({"default_network_acl_id": id});
    let made = play.create("aws_default_network_acl", config).await;
    assert_eq!((made.at("ingress"), made.at("egress")), (json!([]), json!([])));
    assert_eq!(made.at("subnet_ids"), json!([&*subnet.id]));
    assert_eq!(made.at("vpc_id"), json!(&*network.id));
    play.same_by_import(&made, &made.id, &[]).await;
    let config = json!({"default_network_acl_id": id, "ingress": [line(100, "tcp", 443)],
        "egress": [line(100, "-1", 0)], "tags": {"Name": "default"}});
    let made = play.update(&made, config).await;
    play.delete(&made).await;
    let other = play.create("aws_network_acl", json!({"vpc_id": &*network.id})).await;
    let wrong = json!({"default_network_acl_id": &*other.id});
    let refused = play.make("aws_default_network_acl", &wrong, &Op::new("x", false)).await;
    assert!(refused.unwrap_err().message.contains("is no default network ACL"));
    clear(&play, &[&other, &subnet, &network]).await;
}

#[tokio::test]
async fn network_acl_rule_by_itself() {
    let play = Play::new().await;
    let network = vpc(&play, "10.62.0.0/16").await;
    let acl = play.create("aws_network_acl", json!({"vpc_id": &*network.id})).await;
    let config = json!({"network_acl_id": &*acl.id, "rule_number": 200, "protocol": "tcp",
        "rule_action": "allow", "from_port": 22, "to_port": 22, "cidr_block": "10.0.0.0/8"});
    let made = play.create("aws_network_acl_rule", config.clone()).await;
    let name = format!("{}:200:tcp:false", acl.id);
    play.same_by_import(&made, &name, &["protocol"]).await;
    let again = play.create_by("aws_network_acl_rule", config.clone(), Op::new("x", true)).await;
    assert_eq!(again.id, made.id);
    let fresh = play.make("aws_network_acl_rule", &config, &Op::new("y", false)).await;
    assert_eq!(fresh.unwrap_err().kind, FailureKind::Exists);
    let config = json!({"network_acl_id": &*acl.id, "rule_number": 200, "protocol": "icmpv6",
        "rule_action": "deny", "icmp_type": 128, "icmp_code": 0, "ipv6_cidr_block": "::/0",
        "egress": true});
    let ping = play.create("aws_network_acl_rule", config).await;
    assert_eq!(ping.at("protocol"), json!("icmpv6"), "in the words in which it was written");
    // A state of Terraform's has a checksum for an identifier.
    let driver = play.driver("aws_network_acl_rule");
    let old = "nacl-3121457".into();
    let seen = driver.read(&play.cloud, &old, made.row.clone()).await.unwrap().unwrap();
    assert_eq!(seen.row.part("id").and_then(|it| it.as_str()), Some(&*made.id));
    clear(&play, &[&made, &ping, &acl, &network]).await;
}

#[tokio::test]
async fn security_group_rules_for_several_at_once() {
    let play = Play::new().await;
    let network = vpc(&play, "10.63.0.0/16").await;
    let group = async |name: &str| {
        play.create("aws_security_group", json!({"vpc_id": &*network.id, "name": name})).await
    };
    let (group, other) = (group("one").await, group("other").await);
    let many = json!({"security_group_id": &*group.id, "type": "ingress", "protocol": "tcp",
        "from_port": 80, "to_port": 80, "cidr_blocks": ["10.2.0.0/16", "10.1.0.0/16"],
        "ipv6_cidr_blocks": ["2001:db8::/32"], "description": "web"});
    let made = play.create("aws_security_group_rule", many.clone()).await;
    let name = format!("{}_ingress_tcp_80_80_10.2.0.0/16_10.1.0.0/16_2001:db8::/32", group.id);
    assert_eq!(&*made.id, name);
    assert_eq!(made.at("security_group_rule_id"), Json::Null, "three rules");
    play.same_by_import(&made, &name, &[]).await;
    let mut reworded = many.clone();
    reworded["description"] = json!("the web");
    let made = play.update(&made, reworded).await;
    let again = play.create_by("aws_security_group_rule", many, Op::new("x", true)).await;
    assert_eq!(again.id, made.id);
    let cases = [
        json!({"type": "egress", "protocol": "-1", "from_port": 0, "to_port": 0, "self": true}),
        json!({"type": "ingress", "protocol": "udp", "from_port": 53, "to_port": 53,
            "source_security_group_id": &*other.id}),
        json!({"type": "ingress", "protocol": "icmp", "from_port": -1, "to_port": -1,
            "source_security_group_id": &*group.id}),
    ];
    for mut config in cases {
        config["security_group_id"] = json!(&*group.id);
        let one = play.create("aws_security_group_rule", config).await;
        assert!(one.at("security_group_rule_id").as_str().unwrap().starts_with("sgr-"));
        play.same_by_import(&one, &one.id, &[]).await;
        play.delete(&one).await;
    }
    // Of the three rules, one is taken away by somebody.
    let single = play
        .import("aws_security_group_rule", &format!("{}_ingress_tcp_80_80_10.1.0.0/16", group.id))
        .await;
    play.delete(&single).await;
    let left = play.import("aws_security_group_rule", &name).await;
    assert_eq!(left.at("cidr_blocks"), json!(["10.2.0.0/16"]));
    play.delete(&left).await;
    let gone = play.driver("aws_security_group_rule");
    assert!(gone.read(&play.cloud, &made.id, made.row.clone()).await.unwrap().is_none());
    clear(&play, &[&group, &other, &network]).await;
}

#[tokio::test]
async fn default_route_table_is_taken_over_and_stays() {
    let play = Play::new().await;
    let network = vpc(&play, "10.64.0.0/16").await;
    let internet = play.create("aws_internet_gateway", json!({"vpc_id": &*network.id})).await;
    let id = network.at("default_route_table_id");
    let out = json!({"cidr_block": "0.0.0.0/0", "gateway_id": &*internet.id});
    let with = |routes: Json| json!({"default_route_table_id": id, "route": routes});
    let made = play.create("aws_default_route_table", with(json!([out]))).await;
    assert_eq!(json!(&*made.id), id);
    play.same_by_import(&made, &network.id, &[]).await;
    // Taken over again without a word about routes: those that are there go.
    let made = play.create("aws_default_route_table", json!({"default_route_table_id": id})).await;
    assert_eq!(made.at("route"), json!([]));
    let mut config = with(json!([out]));
    config["tags"] = json!({"Name": "main"});
    let made = play.update(&made, config).await;
    let made = play.update(&made, with(json!([]))).await;
    assert_eq!(made.at("vpc_id"), json!(&*network.id));
    play.delete(&made).await;
    clear(&play, &[&internet, &network]).await;
}

#[tokio::test]
async fn dhcp_options() {
    let play = Play::new().await;
    let config = json!({"domain_name": "shop.internal", "netbios_node_type": "2",
        "domain_name_servers": ["10.0.0.2", "AmazonProvidedDNS"], "ntp_servers": ["169.254.169.123"],
        "ipv6_address_preferred_lease_time": "1440", "tags": {"Name": "shop"}});
    let token = uuid::Uuid::new_v4().to_string();
    let first = play.make("aws_vpc_dhcp_options", &config, &Op::new(&token, false)).await.unwrap();
    let made = play.create_by("aws_vpc_dhcp_options", config.clone(), Op::new(&token, true)).await;
    assert_eq!(made.id, first, "found by the tag of its token");
    assert_eq!(made.at("tags"), json!({"Name": "shop"}), "the token is gone");
    assert_eq!(made.at("owner_id"), json!("123456789012"));
    play.same_by_import(&made, &made.id, &[]).await;
    let mut tagged = config;
    tagged["tags"] = json!({"Name": "other"});
    let made = play.update(&made, tagged).await;
    // In use, they leave their VPC first.
    let network = vpc(&play, "10.65.0.0/16").await;
    let ec2 = play.aws().ec2();
    let call = ec2.associate_dhcp_options().vpc_id(&*network.id).dhcp_options_id(&*made.id);
    call.send().await.unwrap();
    play.delete(&made).await;
    let now = play.import("aws_vpc", &network.id).await;
    assert_eq!(now.at("dhcp_options_id"), json!("default"));
    clear(&play, &[&network]).await;
}

#[tokio::test]
async fn data_about_networks() {
    let play = Play::new().await;
    let tags = json!({"Name": "data-about-networks"});
    let config = json!({"cidr_block": "10.66.0.0/16", "tags": tags});
    let network = play.create("aws_vpc", config).await;
    let found = play.data("aws_vpcs", json!({"tags": tags})).await;
    assert_eq!(found.at("ids"), json!([&*network.id]));
    let config = json!({"vpc_id": &*network.id, "cidr_block": "10.66.1.0/24",
        "availability_zone": "eu-central-1b", "tags": tags});
    let subnet = play.create("aws_subnet", config).await;
    for by in [
        json!({"id": &*subnet.id}),
        json!({"vpc_id": &*network.id, "cidr_block": "10.66.1.0/24"}),
        json!({"vpc_id": &*network.id, "availability_zone": "eu-central-1b"}),
        json!({"tags": tags, "state": "available"}),
        json!({"vpc_id": &*network.id, "default_for_az": false}),
        json!({"filter": [{"name": "vpc-id", "values": [&*network.id]}]}),
    ] {
        let found = play.data("aws_subnet", by.clone()).await;
        assert_eq!(found.id, subnet.id, "{by}");
        assert_eq!(found.at("arn"), subnet.at("arn"));
        assert_eq!(found.at("available_ip_address_count"), json!(251));
    }
    let by = json!({"vpc_id": &*network.id, "name": "default"});
    let group = play.data("aws_security_group", by).await;
    assert_eq!(json!(&*group.id), network.at("default_security_group_id"));
    assert_eq!(group.at("description"), json!("default VPC security group"));
    clear(&play, &[&subnet, &network]).await;
}

/// What AWS would refuse, or take and tell otherwise, is refused at plan.
#[tokio::test]
async fn refused_at_plan() {
    let play = Play::new().await;
    let acl = |rules: Json| json!({"vpc_id": "vpc-1", "ingress": rules});
    let rule = |change: Json| {
        let mut config = json!({"security_group_id": "sg-1", "type": "ingress", "protocol": "tcp",
            "from_port": 1, "to_port": 1});
        config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        config
    };
    let endpoint = |change: Json| {
        let mut config =
            json!({"vpc_id": "vpc-1", "service_name": "com.amazonaws.eu-central-1.s3"});
        config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        config
    };
    let mut half = line(100, "tcp", 1);
    half["cidr_block"] = json!("10.1.2.3/8");
    let none: &[&str] = &[];
    let cases = [
        ("aws_network_acl", acl(json!([line(1, "tcp", 1)])), none),
        ("aws_network_acl", acl(json!([line(1, "tpc", 1)])), &["ingress"]),
        ("aws_network_acl", acl(json!([half])), &["ingress"]),
        ("aws_network_acl", acl(json!([line(1, "tcp", 1), line(1, "udp", 1)])), &["ingress"; 2]),
        ("aws_security_group_rule", rule(json!({"self": true})), none),
        ("aws_security_group_rule", rule(json!({"cidr_blocks": ["10.0.0.1/8"]})), &["cidr_blocks"]),
        ("aws_vpc_dhcp_options", json!({}), &["domain_name"]),
        ("aws_vpc_dhcp_options", json!({"netbios_node_type": "3"}), &["netbios_node_type"]),
        ("aws_vpc_endpoint", endpoint(json!({"route_table_ids": ["rtb-1"]})), none),
        ("aws_vpc_endpoint", endpoint(json!({"private_dns_enabled": false})), none),
        ("aws_vpc_endpoint", endpoint(json!({"subnet_ids": ["subnet-1"]})), &["subnet_ids"]),
        (
            "aws_vpc_endpoint",
            endpoint(json!({"vpc_endpoint_type": "Interface", "route_table_ids": ["rtb-1"]})),
            &["route_table_ids"],
        ),
        ("aws_vpc_endpoint", json!({"vpc_id": "vpc-1"}), &["service_name"]),
        ("aws_subnet", json!({"vpc_id": "vpc-1", "cidr_block": "10.0.1.1/24"}), &["cidr_block"]),
    ];
    for (kind, config, expected) in cases {
        assert_eq!(play.refused(kind, &config), expected, "{kind} {config}");
    }
}
