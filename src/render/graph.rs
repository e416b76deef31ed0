//! What depends on what, as a picture: one node per resource, its instances counted, grouped by
//! service, coloured by what is done. Holds addresses only, so no secret can be in it.

use std::collections::BTreeMap;
use std::fmt::Write;

use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::IntoNeighbors;

use crate::address::{Address, Mode, ResourceAddress, Target};
use crate::plan::{Action, Plan};
use crate::state::State;

/// A picture: nodes by number, and which number depends on which.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Resources in address order.
    pub nodes: Vec<Node>,
    /// From what depends to what it depends on; what follows from others is left out.
    pub edges: Vec<(usize, usize)>,
}

/// One resource.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its address, instance keys of modules left out.
    pub resource: ResourceAddress,
    /// How many instances there are, by what is done to them.
    pub instances: BTreeMap<Action, usize>,
}

impl Node {
    /// The service that it belongs to.
    pub fn service(&self) -> &'static str {
        service(&self.resource.kind)
    }

    /// What stands for all of its instances: what changes most.
    pub fn action(&self) -> Action {
        let weight = |it: &Action| match it {
            Action::NoOp => 0,
            Action::Read | Action::Open => 1,
            Action::Forget => 2,
            Action::Create => 3,
            Action::Update => 4,
            Action::DeleteThenCreate | Action::CreateThenDelete => 5,
            Action::Delete => 6,
        };
        self.instances.keys().copied().max_by_key(weight).unwrap_or(Action::NoOp)
    }

    /// Instances altogether.
    pub fn count(&self) -> usize {
        self.instances.values().sum()
    }

    /// `3 to create, 1 to update`; nothing where nothing is done.
    pub fn doing(&self) -> String {
        let each = self.instances.iter().filter(|(action, _)| **action != Action::NoOp);
        let each = each.map(|(action, count)| format!("{count} to {}", verb(*action)));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// The word for an action.
pub fn verb(it: Action) -> &'static str {
    match it {
        Action::NoOp => "keep",
        Action::Read => "read",
        Action::Create => "create",
        Action::Update => "update",
        Action::DeleteThenCreate | Action::CreateThenDelete => "replace",
        Action::Delete => "destroy",
        Action::Forget => "forget",
        Action::Open => "open",
    }
}

/// Fill and border of a node.
pub fn colors(it: Action) -> (&'static str, &'static str) {
    match it {
        Action::NoOp => ("#f3f4f6", "#6b7280"),
        Action::Read => ("#e0f2fe", "#0369a1"),
        Action::Create => ("#dcfce7", "#15803d"),
        Action::Update => ("#fef3c7", "#b45309"),
        Action::DeleteThenCreate | Action::CreateThenDelete => ("#ffedd5", "#c2410c"),
        Action::Delete => ("#fee2e2", "#b91c1c"),
        Action::Forget => ("#ede9fe", "#6d28d9"),
        Action::Open => ("#fae8ff", "#a21caf"),
    }
}

/// First words of types, by service; the first that fits counts.
const SERVICES: [(&str, &str); 26] = [
    ("aws_acm", "ACM"),
    ("aws_caller_identity", "Account"),
    ("aws_partition", "Account"),
    ("aws_region", "Account"),
    ("aws_cloudwatch_event", "EventBridge"),
    ("aws_cloudwatch_log", "CloudWatch Logs"),
    ("aws_cloudwatch", "CloudWatch"),
    ("aws_db_", "RDS"),
    ("aws_rds", "RDS"),
    ("aws_ecr", "ECR"),
    ("aws_ecs", "ECS"),
    ("aws_elasticache", "ElastiCache"),
    ("aws_iam", "IAM"),
    ("aws_kinesis", "Kinesis"),
    ("aws_kms", "KMS"),
    ("aws_lambda", "Lambda"),
    ("aws_lb", "Load balancing"),
    ("aws_route53", "Route 53"),
    ("aws_s3", "S3"),
    ("aws_secretsmanager", "Secrets Manager"),
    ("aws_sns", "SNS"),
    ("aws_sqs", "SQS"),
    ("aws_ssm", "Systems Manager"),
    ("aws_appautoscaling", "Auto Scaling"),
    ("aws_", "VPC and EC2"),
    ("terraform_", "Built in"),
];

fn service(kind: &str) -> &'static str {
    let found = SERVICES.iter().find(|(start, _)| kind.starts_with(start));
    found.map_or("Other", |(_, service)| service)
}

/// What a plan does.
pub fn of_plan(plan: &Plan) -> Picture {
    let current = plan.changes.iter().filter(|it| it.deposed.is_none());
    let changes = current.map(|it| {
        let on = it.dependencies.iter().chain(&it.prior_dependencies);
        (&it.address, it.action, on.map(|it| whole(&it.resource)).collect())
    });
    let data = plan.data.keys().map(|it| (it, Action::NoOp, Vec::new()));
    picture(changes.chain(data))
}

/// What a state holds.
pub fn of_state(state: &State) -> Picture {
    picture(state.currents().map(|(address, object)| {
        let on = object.dependencies.iter().filter_map(|it| match it {
            Target::Instance(it) => Some(whole(&it.resource)),
            Target::Resource(it) => Some(whole(it)),
            Target::Module(_) => None,
        });
        (address, Action::NoOp, on.collect())
    }))
}

fn picture<'a>(
    instances: impl Iterator<Item = (&'a Address, Action, Vec<ResourceAddress>)>,
) -> Picture {
    let mut nodes: BTreeMap<ResourceAddress, (BTreeMap<Action, usize>, Vec<_>)> = BTreeMap::new();
    for (address, action, on) in instances {
        let node = nodes.entry(whole(&address.resource)).or_default();
        *node.0.entry(action).or_default() += 1;
        node.1.extend(on);
    }
    let numbers: BTreeMap<&ResourceAddress, usize> =
        nodes.keys().enumerate().map(|(number, it)| (it, number)).collect();
    let mut edges = Vec::new();
    for (from, (_, on)) in nodes.values().enumerate() {
        edges.extend(on.iter().filter_map(|it| Some((from, *numbers.get(it)?))));
    }
    edges.retain(|(from, to)| from != to);
    edges.sort_unstable();
    edges.dedup();
    let edges = reduced(nodes.len(), edges);
    let nodes = nodes.into_iter();
    let nodes = nodes.map(|(resource, (instances, _))| Node { resource, instances }).collect();
    Picture { nodes, edges }
}

fn whole(it: &ResourceAddress) -> ResourceAddress {
    let mut it = it.clone();
    it.module.0.iter_mut().for_each(|step| step.key = None);
    it
}

/// Without the edges that follow from others. Instances may make a circle between resources; then
/// all edges stay.
fn reduced(count: usize, edges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut graph = DiGraph::<(), ()>::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    graph.extend_with_edges(edges.iter().map(|(a, b)| (*a as u32, *b as u32)));
    let Ok(order) = toposort(&graph, None) else { return edges };
    let (sorted, _) = dag_to_toposorted_adjacency_list::<_, NodeIndex>(&graph, &order);
    let (reduction, _) = dag_transitive_reduction_closure(&sorted);
    let mut kept = Vec::with_capacity(edges.len());
    for (place, from) in order.iter().enumerate() {
        for to in reduction.neighbors(NodeIndex::new(place)) {
            kept.extend(order.get(to.index()).map(|to| (from.index(), to.index())));
        }
    }
    kept.sort_unstable();
    kept
}

/// Nodes by service, services in alphabetical order.
pub fn groups(it: &Picture) -> BTreeMap<&'static str, Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, node) in it.nodes.iter().enumerate() {
        groups.entry(node.service()).or_default().push(number);
    }
    groups
}

/// For Graphviz. Arrows run as Terraform draws them: from what depends to what it depends on.
pub fn dot(it: &Picture) -> String {
    let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = String::from("digraph G {\n  rankdir = \"RL\";\n");
    out.push_str("  node [shape = rect, style = filled, fontname = \"sans-serif\"];\n");
    for (number, (service, members)) in groups(it).into_iter().enumerate() {
        let _ =
            writeln!(out, "  subgraph \"cluster_{number}\" {{\n    label = {};", quote(service));
        for node in members.iter().filter_map(|number| it.nodes.get(*number)) {
            let (fill, line) = colors(node.action());
            let _ = writeln!(
                out,
                "    {} [label={}, fillcolor=\"{fill}\", color=\"{line}\"];",
                quote(&node.resource.to_string()),
                quote(&label(node)),
            );
        }
        out.push_str("  }\n");
    }
    for (from, to) in &it.edges {
        let (Some(from), Some(to)) = (it.nodes.get(*from), it.nodes.get(*to)) else { continue };
        let (from, to) = (from.resource.to_string(), to.resource.to_string());
        let _ = writeln!(out, "  {} -> {};", quote(&from), quote(&to));
    }
    out.push_str("}\n");
    out
}

/// For Mermaid, as in Markdown files.
pub fn mermaid(it: &Picture) -> String {
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "#quot;").replace('<', "#lt;"));
    let mut out = String::from("flowchart RL\n");
    for (number, (service, members)) in groups(it).into_iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{number}[{}]", quote(service));
        for number in members {
            let Some(node) = it.nodes.get(number) else { continue };
            let class = verb(node.action());
            let _ = writeln!(out, "    n{number}[{}]:::{class}", quote(&label(node)));
        }
        out.push_str("  end\n");
    }
    for (from, to) in &it.edges {
        let _ = writeln!(out, "  n{from} --> n{to}");
    }
    for action in ACTIONS {
        let (fill, line) = colors(action);
        let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{line},color:#111", verb(action));
    }
    out
}

/// Those that look different from each other.
pub const ACTIONS: [Action; 8] = [
    Action::NoOp,
    Action::Read,
    Action::Create,
    Action::Update,
    Action::DeleteThenCreate,
    Action::Delete,
    Action::Forget,
    Action::Open,
];

fn label(node: &Node) -> String {
    match node.count() {
        0 | 1 => node.resource.to_string(),
        count => format!("{} \u{d7}{count}", node.resource),
    }
}

/// `data aws_vpc` or `aws_vpc`.
pub(super) fn kind(node: &Node) -> String {
    match node.resource.mode {
        Mode::Data => format!("data {}", node.resource.kind),
        Mode::Ephemeral => format!("ephemeral {}", node.resource.kind),
        _ => node.resource.kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Object;
    use serde_json::json;

    fn state() -> State {
        let mut it = State::new();
        let mut add = |address: &str, on: &[&str]| {
            let mut object = Object::new(json!({"id": "x", "password": "hunter2"}));
            object.dependencies = on.iter().map(|it| it.parse().unwrap()).collect();
            it.insert(address.parse().unwrap(), object);
        };
        add("aws_vpc.main", &[]);
        add("aws_subnet.app[\"a\"]", &["aws_vpc.main"]);
        add("aws_subnet.app[\"b\"]", &["aws_vpc.main"]);
        add("aws_nat_gateway.app", &["aws_subnet.app[\"a\"]", "aws_vpc.main"]);
        add("module.m[0].aws_kms_key.k", &[]);
        it
    }

    #[test]
    fn instances_are_counted_and_edges_reduced() {
        let it = of_state(&state());
        let names: Vec<_> = it.nodes.iter().map(|it| it.resource.to_string()).collect();
        let want =
            ["aws_nat_gateway.app", "aws_subnet.app", "aws_vpc.main", "module.m.aws_kms_key.k"];
        assert_eq!(names, want);
        assert_eq!(it.edges, [(0, 1), (1, 2)]);
        assert_eq!(it.nodes[1].count(), 2);
        assert_eq!(groups(&it).keys().copied().collect::<Vec<_>>(), ["KMS", "VPC and EC2"]);
    }

    #[test]
    fn only_what_belongs_to_no_other_service_is_of_the_network() {
        for (kind, service) in [
            ("aws_sns_topic", "SNS"),
            ("aws_sqs_queue", "SQS"),
            ("aws_lambda_function", "Lambda"),
            ("aws_cloudwatch_event_rule", "EventBridge"),
            ("aws_cloudwatch_log_group", "CloudWatch Logs"),
            ("aws_cloudwatch_metric_alarm", "CloudWatch"),
            ("aws_subnet", "VPC and EC2"),
            ("terraform_data", "Built in"),
            ("fake_thing", "Other"),
        ] {
            assert_eq!(super::service(kind), service, "{kind}");
        }
    }

    #[test]
    fn every_form_names_the_nodes_and_no_secret() {
        let it = of_state(&state());
        for text in
            [dot(&it), mermaid(&it), super::super::svg::svg(&it), super::super::svg::html(&it)]
        {
            assert!(text.contains("app") && text.contains('\u{d7}'), "{text}");
            assert!(!text.contains("hunter2"));
        }
        assert!(dot(&it).contains("\"aws_subnet.app\" -> \"aws_vpc.main\";"));
        assert!(mermaid(&it).contains("n1 --> n2"));
    }
}
