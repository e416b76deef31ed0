//! The loop that owns everything: graph, state, journal. No locks; calls run beside it and report.
//!
//! ```text
//!  Waiting ── all before it done ──▶ Ready ── intent on disk ──▶ Calling ──▶ Settling ──▶ Done
//!     │                                │                            │           │
//!     │ one before it failed,          │ cannot be resolved         │ refused   │ stuck
//!     ▼ or the run was cancelled       ▼                            ▼           ▼
//!  Skipped                           Failed ◀───────────────────────┴───────────┘
//! ```
//!
//! A turn of the loop takes every reply that has come, starts every step that has become ready,
//! longest remaining path first, and puts all records of the turn on disk with one fsync; only then
//! it sends. Ends of steps and intents of the next ones so share their fsync.
//!
//! No wake-up can be lost. All futures of the loop are polled by one task, and whoever wakes one of
//! `running` first puts it on that queue and then wakes the waker that was registered last. Taking
//! further replies without waiting registers one that does nothing, but the loop never waits before
//! it has polled `running` once more with its own: what is on the queue by then is seen, and what
//! comes later wakes it. Writing to disk blocks the loop; a run that seems to stand still after an
//! intent waits for the disk.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use petgraph::Direction;
use petgraph::stable_graph::NodeIndex;

use super::end::Next;
use super::ledger::Ledger;
use super::step::{Reply, Steps, Work, adopt_plan};
use super::{Applied, Resolve, Settings};
use crate::diag::{Diagnostic, Diagnostics};
use crate::driver::BoxFuture;
use crate::event::Event;
use crate::plan::graph::{self, ActionGraph, Step, Verb};
use crate::plan::{Counts, Plan};
use crate::state::State;

/// Performs the steps of a plan. `state` is the plan's prior state; nothing of an earlier run may be
/// unfinished (see [`resume`](super::resume)).
pub async fn run(
    settings: &Settings<'_>,
    plan: &Plan,
    mut state: State,
    resolve: &mut dyn Resolve,
) -> Applied {
    let graph = match graph::build(plan) {
        Ok(graph) => graph,
        Err(those) => return nothing_done(state, those),
    };
    let mut done = Counts::default();
    let ledger = match adopt_plan(settings, plan, &mut state, &mut done)
        .and_then(|()| Ledger::begin(settings, &mut state))
    {
        Ok(ledger) => ledger,
        Err(those) => return nothing_done(state, those),
    };
    let put_aside = HashMap::new();
    let creating = plan.changes.iter().filter(|it| it.action.creates()).map(|it| &it.address);
    let creating = creating.collect();
    let open = Vec::new();
    let steps = Steps { settings, plan, state, resolve, ledger, put_aside, creating, done, open };
    let mut run = Run::new(graph, steps);
    run.perform().await;
    run.close().await;
    run.end()
}

fn nothing_done(state: State, diagnostics: Diagnostics) -> Applied {
    let (interrupted, done, failed, skipped) = (false, Counts::default(), 0, 0);
    let calls = BTreeMap::new();
    Applied { state, diagnostics, interrupted, done, failed, skipped, calls }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For that many steps.
    Waiting(usize),
    Ready,
    Calling,
    Settling,
    Done,
    Failed,
    Skipped,
}

struct Run<'a> {
    steps: Steps<'a>,
    graph: ActionGraph,
    /// By index of the node.
    stages: Vec<Stage>,
    /// Length of the longest path from each node to an end.
    ranks: Vec<usize>,
    ready: BinaryHeap<(usize, Reverse<usize>)>,
    running: FuturesUnordered<BoxFuture<'a, (NodeIndex, Reply)>>,
    works: HashMap<NodeIndex, Work<'a>>,
    diagnostics: Diagnostics,
    failed: usize,
    skipped: usize,
    /// Starts nothing new any more; why.
    stopping: Option<&'static str>,
}

/// The journal cannot be written, so nothing may be sent, or all is to be left as it is.
struct Halt;

impl<'a> Run<'a> {
    fn new(graph: ActionGraph, steps: Steps<'a>) -> Self {
        let mut ranks = vec![0; graph.node_count()];
        let order = petgraph::algo::toposort(&graph, None).unwrap_or_default();
        for node in order.iter().rev() {
            let after = graph.neighbors(*node).map(|it| ranks[it.index()]).max();
            let own = usize::from(graph[*node].verb != Verb::Keep);
            ranks[node.index()] = after.unwrap_or(0) + own;
        }
        let before = |it| graph.neighbors_directed(it, Direction::Incoming).count();
        let stages = graph.node_indices().map(|it| Stage::Waiting(before(it))).collect();
        Run {
            steps,
            graph,
            stages,
            ranks,
            ready: BinaryHeap::new(),
            running: FuturesUnordered::new(),
            works: HashMap::new(),
            diagnostics: Diagnostics::new(),
            failed: 0,
            skipped: 0,
            stopping: None,
        }
    }

    async fn perform(&mut self) {
        let steps = self.graph.node_weights().filter(|it| it.verb != Verb::Keep).count();
        self.event(Event::ApplyStarted { steps });
        let first = self.graph.node_indices();
        let first = first.filter(|it| self.stages[it.index()] == Stage::Waiting(0)).collect();
        self.release(first);
        let mut fresh = Vec::new();
        while self.turn(&mut fresh).await.is_ok() && !self.running.is_empty() {
            fresh = match self.replies().await {
                Ok(fresh) => fresh,
                Err(Halt) => break,
            };
        }
    }

    /// Closes what was not closed in its turn, because the run ended early.
    async fn close(&mut self) {
        while let Some(it) = self.steps.open.pop() {
            let aborted = self.steps.settings.cancel.aborted();
            let closed = tokio::select! {
                biased;
                () = aborted => return,
                closed = it.ephemeral.close(&it.cloud, it.row) => closed,
            };
            if let Err(failure) = closed {
                let what = format!("closing `{}` failed", it.address);
                self.diagnostics.push(failure.diagnostic(&what).about(&it.address));
            }
        }
    }

    /// Starts what can be started, puts everything on disk, then sends.
    async fn turn(&mut self, settling: &mut Vec<NodeIndex>) -> Result<(), Halt> {
        let mut sending = std::mem::take(settling);
        if self.steps.settings.cancel.is_asked() {
            self.stopping.get_or_insert("the run was cancelled");
        }
        while self.stopping.is_none()
            && self.running.len() + sending.len() < self.steps.settings.parallelism.max(1)
            && let Some((_, Reverse(index))) = self.ready.pop()
        {
            let node = NodeIndex::new(index);
            match self.steps.begin(self.graph[node]) {
                Ok(Some(work)) => {
                    self.stages[index] = Stage::Calling;
                    self.works.insert(node, work);
                    sending.push(node);
                }
                Ok(None) => self.done(node, None),
                Err(those) => self.failed(node, None, those),
            }
        }
        if let Err(those) = self.steps.ledger.flush() {
            self.diagnostics.extend(those);
            self.stopping = Some("the journal cannot be written");
            return Err(Halt);
        }
        for node in sending {
            let Some(work) = self.works.get(&node) else { continue };
            if self.stages[node.index()] == Stage::Calling {
                self.event(started(work));
            }
            let reply = work.send();
            self.running.push(Box::pin(async move { (node, reply.await) }));
        }
        Ok(())
    }

    /// Waits for a reply, takes it and every other that has come too; what is to settle now.
    async fn replies(&mut self) -> Result<Vec<NodeIndex>, Halt> {
        let mut settling = Vec::new();
        let (settings, save_in) = (self.steps.settings, self.steps.ledger.save_in());
        tokio::select! {
            biased;
            () = settings.cancel.aborted() => return Err(Halt),
            () = settings.cancel.asked(), if self.stopping.is_none() => return Ok(settling),
            Some((node, reply)) = self.running.next() => self.take(node, reply, &mut settling),
            () = settings.clock.sleep(save_in.unwrap_or_default()), if save_in.is_some() => {
                self.save();
                return Ok(settling);
            }
        }
        while let Some(Some((node, reply))) =
            futures_util::FutureExt::now_or_never(self.running.next())
        {
            self.take(node, reply, &mut settling);
        }
        if save_in.is_some_and(|it| it.is_zero()) {
            self.save();
        }
        Ok(settling)
    }

    fn save(&mut self) {
        let steps = &mut self.steps;
        if let Err(those) = steps.ledger.save(&mut steps.state) {
            self.diagnostics.extend(those);
            // What runs is finished: the journal keeps it.
            self.stopping = Some("the state cannot be written");
            self.steps.ledger.give_up_saving();
        }
    }

    fn take(&mut self, node: NodeIndex, reply: Reply, settling: &mut Vec<NodeIndex>) {
        let Some(mut work) = self.works.remove(&node) else { return };
        match self.steps.take(&mut work, reply) {
            Next::Settle => {
                self.stages[node.index()] = Stage::Settling;
                self.works.insert(node, work);
                settling.push(node);
            }
            Next::Done(warnings) => {
                self.diagnostics.extend(warnings);
                self.done(node, Some(&work));
            }
            Next::Unread(warning) => {
                self.event(self.stopped(node, &work, &warning));
                self.diagnostics.push(warning);
                let free = self.release_after(node);
                self.release(free);
            }
            Next::Rejected(those) => {
                self.event(self.finished(node, Some(&work)));
                self.fruitless(node, those);
            }
            Next::Failed(those) => self.failed(node, Some(&work), those),
        }
    }

    /// All before these is done.
    fn release(&mut self, mut these: Vec<NodeIndex>) {
        while let Some(node) = these.pop() {
            self.stages[node.index()] = Stage::Ready;
            match self.graph[node].verb {
                Verb::Keep => these.extend(self.release_after(node)),
                _ => self.ready.push((self.ranks[node.index()], Reverse(node.index()))),
            }
        }
    }

    /// It is done; what has now nothing more to wait for.
    fn release_after(&mut self, node: NodeIndex) -> Vec<NodeIndex> {
        self.stages[node.index()] = Stage::Done;
        let mut free = Vec::new();
        for it in self.graph.neighbors(node) {
            if let Stage::Waiting(left) = self.stages[it.index()] {
                self.stages[it.index()] = Stage::Waiting(left.saturating_sub(1));
                if left <= 1 {
                    free.push(it);
                }
            }
        }
        free
    }

    fn done(&mut self, node: NodeIndex, work: Option<&Work<'a>>) {
        // What was never opened needs no closing.
        if work.is_some() || self.graph[node].verb != Verb::Close {
            self.event(self.finished(node, work));
        }
        let free = self.release_after(node);
        self.release(free);
    }

    fn failed(&mut self, node: NodeIndex, work: Option<&Work<'a>>, those: Diagnostics) {
        if let Some(first) = those.iter().next() {
            let (address, verb) = (self.address(node), self.graph[node].verb);
            let skipped = || Event::StepSkipped { address, verb, because: first.summary.clone() };
            self.event(work.map_or_else(skipped, |work| self.stopped(node, work, first)));
        }
        self.fruitless(node, those);
    }

    fn stopped(&self, node: NodeIndex, work: &Work<'a>, why: &Diagnostic) -> Event {
        let (address, verb) = (self.address(node), self.graph[node].verb);
        let (took, diagnostic) = (work.caller.elapsed(), Box::new(why.clone()));
        Event::StepFailed { address, verb, took, diagnostic }
    }

    /// What comes after it is not tried.
    fn fruitless(&mut self, node: NodeIndex, those: Diagnostics) {
        self.stages[node.index()] = Stage::Failed;
        self.failed += 1;
        self.give_up(node);
        self.diagnostics.extend(those);
        let because = format!("`{}` failed", self.address(node));
        let mut after: Vec<NodeIndex> = self.graph.neighbors(node).collect();
        let mut free = Vec::new();
        while let Some(it) = after.pop() {
            let Stage::Waiting(left) = self.stages[it.index()] else { continue };
            // What is open is closed, whatever became of those that used it.
            if self.graph[it].verb == Verb::Close {
                self.stages[it.index()] = Stage::Waiting(left.saturating_sub(1));
                free.extend((left <= 1).then_some(it));
                continue;
            }
            self.skip(it, &because);
            after.extend(self.graph.neighbors(it));
        }
        self.release(free);
    }

    fn skip(&mut self, node: NodeIndex, because: &str) {
        self.stages[node.index()] = Stage::Skipped;
        self.give_up(node);
        let Step { verb, .. } = self.graph[node];
        if !matches!(verb, Verb::Keep | Verb::Close) {
            self.skipped += 1;
            let (address, because) = (self.address(node), because.to_string());
            self.event(Event::StepSkipped { address, verb, because });
        }
    }

    fn give_up(&mut self, node: NodeIndex) {
        // What failed to go is no part of what there is to be.
        if !matches!(self.graph[node].verb, Verb::Delete | Verb::Forget | Verb::Close) {
            let address = self.address(node);
            self.steps.resolve.failed(&address);
        }
    }

    fn address(&self, node: NodeIndex) -> crate::address::Address {
        self.steps.plan.changes[self.graph[node].change].address.clone()
    }

    fn finished(&self, node: NodeIndex, work: Option<&Work<'a>>) -> Event {
        let (address, verb) = (self.address(node), self.graph[node].verb);
        let took = work.map_or(Duration::ZERO, |it| it.caller.elapsed());
        let id = work.and_then(Work::id);
        match verb {
            Verb::Read => {
                let object = self.steps.state.current(&address);
                let id = object.and_then(|it| it.id()).unwrap_or_default().to_string();
                Event::ReadFinished { address, id, took }
            }
            _ => Event::StepFinished { address, verb, id, took },
        }
    }

    fn event(&self, event: Event) {
        self.steps.settings.listener.event(event);
    }

    /// What was not done is skipped; state and journal are written for the last time.
    fn end(mut self) -> Applied {
        let cancelled = self.steps.settings.cancel.is_asked();
        let because = self.stopping.unwrap_or(match cancelled {
            true => "the run was cancelled",
            false => "the run was stopped",
        });
        let left: Vec<NodeIndex> = self.graph.node_indices().collect();
        let mut unfinished = !self.running.is_empty();
        for node in left {
            if matches!(self.stages[node.index()], Stage::Waiting(_) | Stage::Ready) {
                unfinished = true;
                self.skip(node, because);
            }
        }
        self.running.clear();
        let Steps { mut state, ledger, done, .. } = self.steps;
        if let Err(those) = ledger.close(&mut state) {
            let new = those.into_iter().filter(|it| self.diagnostics.iter().all(|had| had != it));
            let new: Vec<Diagnostic> = new.collect();
            self.diagnostics.extend(new);
        }
        Applied {
            state,
            diagnostics: self.diagnostics,
            interrupted: cancelled && unfinished,
            done,
            failed: self.failed,
            skipped: self.skipped,
            calls: BTreeMap::new(),
        }
    }
}

fn started(work: &Work<'_>) -> Event {
    let (address, verb) = (work.change.address.clone(), work.caller.verb);
    match verb {
        Verb::Read => Event::ReadStarted { address },
        _ => Event::StepStarted { address, verb, id: work.id() },
    }
}
