//! The actions of a plan as a petgraph DAG: one node per step, an edge from what must come first.
//!
//! A replacement is two nodes, a delete and a create, in one order or the other. Deletes run against
//! the direction of dependencies. With create-before-destroy, the old object goes only after
//! everything that used it has been moved to the new one.

use std::collections::{BTreeMap, HashSet};

use foldhash::{HashMap, HashMapExt};
use petgraph::algo::tarjan_scc;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};

use super::change::{Action, Change, Plan};
use crate::address::Address;
use crate::diag::{Diagnostic, Result};

/// Every step of a plan. An edge runs from the step that must come first.
pub type ActionGraph = StableDiGraph<Step, ()>;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Which of the plan's changes, by index.
    pub change: usize,
    /// What is done.
    pub verb: Verb,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// Nothing: stands in the graph for the order of its neighbours.
    Keep,
    /// Reads a data source.
    Read,
    /// Makes the object.
    Create,
    /// Changes it in place.
    Update,
    /// Deletes it; with create-before-destroy, the old one.
    Delete,
    /// Drops it from the state.
    Forget,
    /// Opens an ephemeral resource.
    Open,
    /// Closes it again, after all that used it, whatever became of them.
    Close,
}

/// The graph of a plan's changes; a cycle is an error that names its members.
pub fn build(plan: &Plan) -> Result<ActionGraph> {
    let mut graph = ActionGraph::with_capacity(plan.changes.len(), plan.changes.len());
    let objects = objects_by_address(&plan.changes);
    let nodes = Nodes::add(&mut graph, &plan.changes, &opened(&plan.changes, &objects));
    for (at, change) in plan.changes.iter().enumerate() {
        let own = nodes.of(at);
        if let (Some(open), Some(close)) = (own.create, own.close) {
            graph.update_edge(open, close, ());
        }
        // A replacement's two halves.
        if let (Some(create), Some(delete)) = (own.create, own.delete) {
            match change.action {
                Action::CreateThenDelete => graph.update_edge(create, delete, ()),
                _ => graph.update_edge(delete, create, ()),
            };
        }
        let on = |address| objects.get(address).into_iter().flatten().filter(move |it| **it != at);
        for used in change.dependencies.iter().flat_map(on) {
            make_before(&mut graph, &plan.changes, (at, own), (*used, nodes.of(*used)));
        }
        for used in change.dependencies.iter().chain(&change.prior_dependencies).flat_map(on) {
            outlive(&mut graph, &plan.changes, own, (*used, nodes.of(*used)));
        }
    }
    read_last(&mut graph, &plan.changes, &nodes);
    refuse_cycles(&graph, &plan.changes)?;
    Ok(graph)
}

/// Checks look at what is there when everything else is done.
fn read_last(graph: &mut ActionGraph, changes: &[Change], nodes: &Nodes) {
    let acting = |it: &(usize, &Change)| it.1.acts() && !it.1.for_check;
    let acting: Vec<usize> = changes.iter().enumerate().filter(acting).map(|(at, _)| at).collect();
    for (at, _) in changes.iter().enumerate().filter(|(_, it)| it.for_check) {
        let Some(read) = nodes.of(at).create else { continue };
        for own in acting.iter().map(|it| nodes.of(*it)) {
            for step in [own.create, own.delete].into_iter().flatten() {
                graph.update_edge(step, read, ());
            }
        }
    }
}

/// What is used exists before its user is made or changed.
fn make_before(
    graph: &mut ActionGraph,
    changes: &[Change],
    (at, user): (usize, Own),
    (other, used): (usize, Own),
) {
    if let (Some(first), Some(second)) = (used.create, user.create) {
        graph.update_edge(first, second, ());
    }
    // What an open one uses stays open as long as it.
    if let (Some(last), Some(close)) = (user.close.or(user.create), used.close) {
        graph.update_edge(last, close, ());
    }
    // With create-before-destroy, the old object outlives even the making of its users' new ones.
    let old_stays = changes[other].action == Action::CreateThenDelete;
    if let (true, Some(create), Some(goes)) = (old_stays, user.create, used.delete)
        && changes[at].action != Action::Delete
    {
        graph.update_edge(create, goes, ());
    }
}

/// What is used goes only after its user.
fn outlive(graph: &mut ActionGraph, changes: &[Change], user: Own, (other, used): (usize, Own)) {
    let Some(goes) = used.delete else { return };
    match user.delete {
        Some(delete) => drop(graph.update_edge(delete, goes, ())),
        // The user stays, and lets go of what it used before that goes; but where the used object
        // is deleted first and made again, the user is changed afterwards.
        None => {
            let deleted_first = changes[other].action == Action::DeleteThenCreate;
            if let Some(lets_go) = user.create.filter(|_| !deleted_first) {
                graph.update_edge(lets_go, goes, ());
            }
        }
    }
}

fn objects_by_address(changes: &[Change]) -> HashMap<&Address, Vec<usize>> {
    let mut objects: HashMap<&Address, Vec<usize>> = HashMap::with_capacity(changes.len());
    for (at, change) in changes.iter().enumerate() {
        objects.entry(&change.address).or_default().push(at);
    }
    objects
}

/// The steps of one change.
#[derive(Clone, Copy, Default)]
struct Own {
    /// Makes, changes, reads or keeps the object.
    create: Option<NodeIndex>,
    /// Deletes or forgets it.
    delete: Option<NodeIndex>,
    /// Closes it, where it was opened.
    close: Option<NodeIndex>,
}

/// Ephemeral resources that something which acts needs, directly or through others.
fn opened(changes: &[Change], objects: &HashMap<&Address, Vec<usize>>) -> HashSet<usize> {
    let acting = changes.iter().filter(|it| it.acts() && it.action != Action::Delete);
    let mut waiting: Vec<&Change> = acting.collect();
    let mut found = HashSet::new();
    while let Some(user) = waiting.pop() {
        let used = user.dependencies.iter().filter_map(|it| objects.get(it)).flatten();
        let open = used.filter(|it| changes[**it].action == Action::Open);
        waiting.extend(open.filter(|it| found.insert(**it)).map(|it| &changes[*it]));
    }
    found
}

struct Nodes(Vec<Own>);

impl Nodes {
    fn add(graph: &mut ActionGraph, changes: &[Change], opened: &HashSet<usize>) -> Self {
        let own = changes.iter().enumerate().map(|(change, it)| {
            let mut node = |verb| Some(graph.add_node(Step { change, verb }));
            let (create, delete, close) = match it.action {
                Action::Open if opened.contains(&change) => {
                    (node(Verb::Open), None, node(Verb::Close))
                }
                Action::NoOp | Action::Open => (node(Verb::Keep), None, None),
                Action::Read => (node(Verb::Read), None, None),
                Action::Create => (node(Verb::Create), None, None),
                Action::Update => (node(Verb::Update), None, None),
                Action::Delete => (None, node(Verb::Delete), None),
                Action::Forget => (None, node(Verb::Forget), None),
                Action::DeleteThenCreate | Action::CreateThenDelete => {
                    (node(Verb::Create), node(Verb::Delete), None)
                }
            };
            Own { create, delete, close }
        });
        Nodes(own.collect())
    }

    fn of(&self, change: usize) -> Own {
        self.0[change]
    }
}

fn refuse_cycles(graph: &ActionGraph, changes: &[Change]) -> Result<()> {
    let cycle = tarjan_scc(graph).into_iter().find(|members| members.len() > 1);
    let Some(members) = cycle else { return Ok(()) };
    let mut names: Vec<String> = members
        .iter()
        .map(|node| {
            let step = graph[*node];
            match step.verb {
                Verb::Delete => format!("{} (destroy)", changes[step.change].address),
                _ => changes[step.change].address.to_string(),
            }
        })
        .collect();
    names.sort();
    Err(Diagnostic::error(
        format!("Cycle: {}", names.join(", ")),
        "these objects each need another of them to come first",
    )
    .hint("remove one of the references, or a `depends_on`, between them")
    .into())
}

/// Steps of the longest chain through the graph that does something, first to last.
pub fn longest_path(graph: &ActionGraph) -> Vec<Step> {
    let Ok(order) = petgraph::algo::toposort(graph, None) else { return Vec::new() };
    let mut best: BTreeMap<NodeIndex, (usize, Option<NodeIndex>)> = BTreeMap::new();
    for node in &order {
        let cost = usize::from(graph[*node].verb != Verb::Keep);
        let from = graph
            .neighbors_directed(*node, petgraph::Direction::Incoming)
            .filter_map(|it| best.get(&it).map(|(length, _)| (*length, it)))
            .max();
        let length = from.map_or(0, |(length, _)| length) + cost;
        best.insert(*node, (length, from.map(|(_, it)| it)));
    }
    let mut path = Vec::new();
    let mut at = best.iter().max_by_key(|(_, (length, _))| *length).map(|(node, _)| *node);
    while let Some(node) = at {
        path.push(graph[node]);
        at = best.get(&node).and_then(|(_, from)| *from);
    }
    path.retain(|it| it.verb != Verb::Keep);
    path.reverse();
    path
}
