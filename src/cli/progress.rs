//! Progress of a run: bars on a terminal, plain lines elsewhere, JSON lines where asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen::{self, Form};
use crate::address::Address;
use crate::diag::{Sources, Style, render};
use crate::event::{Event, Listener};
use crate::plan::graph::Verb;
use crate::render::events_json;
use crate::render::events_text::{self, words};

/// How often a step that takes long says that it is still under way.
const STILL: Duration = Duration::from_secs(10);

/// Shows the events of one run.
pub struct Progress {
    form: Form,
    style: Style,
    sources: Sources,
    bars: MultiProgress,
    is_terminal: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    total: Option<ProgressBar>,
    steps: HashMap<(Address, Verb), ProgressBar>,
    said: HashMap<Address, Duration>,
}

impl Progress {
    /// Shows events in that form; `sources` are the files that diagnostics point into.
    pub fn new(form: Form, style: Style, sources: Sources) -> Arc<Self> {
        let target = match form.json {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let is_terminal = !target.is_hidden();
        let bars = MultiProgress::with_draw_target(target);
        Arc::new(Progress { form, style, sources, bars, is_terminal, inner: Mutex::default() })
    }

    /// Takes all bars away.
    pub fn finish(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.steps.drain().for_each(|(_, bar)| bar.finish_and_clear());
        inner.total.take().iter().for_each(ProgressBar::finish_and_clear);
        let _ = self.bars.clear();
    }

    fn say(&self, text: &str) {
        match self.is_terminal {
            true => drop(self.bars.println(text)),
            false => screen::say(text),
        }
    }

    /// Whether a step that is under way is due to say so.
    fn is_due(&self, inner: &mut Inner, address: &Address, elapsed: Duration) -> bool {
        let said = inner.said.entry(address.clone()).or_default();
        let due = elapsed >= *said + STILL;
        if due {
            *said = elapsed;
        }
        due
    }

    fn bars(&self, inner: &mut Inner, event: &Event) {
        match event {
            Event::RefreshStarted { objects: 0 } => {}
            Event::RefreshStarted { objects } => self.begin(inner, *objects, "refreshing"),
            Event::ApplyStarted { steps } => self.begin(inner, *steps, "applying"),
            Event::Refreshed { .. } => inner.total.iter().for_each(|it| it.inc(1)),
            Event::StepStarted { address, verb, .. } => {
                let bar = self.bars.add(ProgressBar::new_spinner());
                bar.set_style(style("  {spinner} {msg} [{elapsed}]"));
                bar.set_message(format!("{address}: {}", words(*verb).1));
                bar.enable_steady_tick(Duration::from_millis(120));
                inner.steps.insert((address.clone(), *verb), bar);
            }
            Event::StepProgress { address, verb, status, .. } => {
                if let Some(bar) = inner.steps.get(&(address.clone(), *verb)) {
                    bar.set_message(format!("{address}: {}, {status}", words(*verb).1));
                }
            }
            Event::StepFinished { address, verb, .. } | Event::StepFailed { address, verb, .. } => {
                if let Some(bar) = inner.steps.remove(&(address.clone(), *verb)) {
                    bar.finish_and_clear();
                }
                inner.total.iter().for_each(|it| it.inc(1));
            }
            Event::StepSkipped { .. } => inner.total.iter().for_each(|it| it.inc(1)),
            _ => {}
        }
    }

    fn begin(&self, inner: &mut Inner, length: usize, what: &'static str) {
        inner.total.take().iter().for_each(ProgressBar::finish_and_clear);
        let bar = self.bars.add(ProgressBar::new(length as u64));
        bar.set_style(style("{msg} [{bar:30}] {pos}/{len} {elapsed}"));
        bar.set_message(what);
        inner.total = Some(bar);
    }
}

impl Listener for Progress {
    fn event(&self, event: Event) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_terminal {
            self.bars(&mut inner, &event);
        }
        if let Event::StepProgress { address, elapsed, .. } = &event
            && (!self.is_due(&mut inner, address, *elapsed) || self.is_terminal)
        {
            return;
        }
        if let Event::StepFinished { address, .. } | Event::StepFailed { address, .. } = &event {
            inner.said.remove(address);
        }
        if self.form.json {
            for line in events_json::event(&self.sources, &event) {
                screen::print(&format!("{}\n", line.at(jiff::Timestamp::now())));
            }
            return;
        }
        match &event {
            Event::Diagnostic(it) => self.say(&render(&self.sources, it, self.style)),
            // Bars tell of these.
            Event::Refreshed { .. } if self.is_terminal => {}
            event => events_text::line(event).iter().for_each(|text| self.say(text)),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
