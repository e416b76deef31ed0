//! What is printed, and where.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use crate::diag::{Diagnostics, Severity, Sources, Style, render};
use crate::render::events_json::{self, Line};

/// The two streams of a terminal, or what stands for them.
pub struct Screen {
    /// How data is styled.
    pub out: Style,
    /// How progress and diagnostics are styled.
    pub err: Style,
}

impl Screen {
    /// Colours where the stream is a terminal and nobody objects.
    pub fn new(no_color: bool) -> Self {
        let style = |choice| Style { color: !no_color && choice != ColorChoice::Never };
        let out = style(AutoStream::choice(&io::stdout()));
        Screen { out, err: style(AutoStream::choice(&io::stderr())) }
    }

    /// Whether somebody can be asked.
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints data.
    pub fn print(&self, text: &str) {
        print(text);
    }

    /// Prints a JSON document.
    pub fn document(&self, json: &serde_json::Value) {
        self.print(&format!("{json}\n"));
    }

    /// Prints an event as a line of JSON.
    pub fn line(&self, line: &Line) {
        self.document(&line.at(jiff::Timestamp::now()));
    }

    /// Says something that is not data.
    pub fn say(&self, text: &str) {
        say(text);
    }

    /// Shows diagnostics to a person.
    pub fn diagnostics(&self, sources: &Sources, those: &Diagnostics) {
        for it in those {
            self.say(&format!("{}\n", render(sources, it, self.err)));
        }
    }

    /// Tells how many calls were made, by operation.
    pub fn calls(&self, calls: &BTreeMap<String, u64>, form: Form) {
        let total: u64 = calls.values().sum();
        if form.json {
            return self.line(&events_json::calls(calls));
        }
        let width = calls.keys().map(|it| it.chars().count()).max().unwrap_or_default();
        let last = total.to_string().len();
        let mut text = format!("\nCalls to AWS: {total}\n");
        for (operation, count) in calls {
            text.push_str(&format!("  {operation:<width$}  {count:>last$}\n"));
        }
        self.say(text.trim_end());
    }

    /// Shows diagnostics in the form of the run: as events, or to a person.
    pub fn report(&self, sources: &Sources, those: &Diagnostics, form: Form) {
        if form.json {
            return those.iter().for_each(|it| self.line(&events_json::diagnostic(sources, it)));
        }
        if !form.compact_warnings || those.has_errors() {
            return self.diagnostics(sources, those);
        }
        let warnings: Vec<_> = those.iter().filter(|it| it.severity == Severity::Warning).collect();
        if !warnings.is_empty() {
            self.say("Warnings:\n");
            for it in warnings {
                let place = it.span.map(|span| {
                    let at = sources.position(span);
                    format!(" ({}:{})", sources.get(span.file).name, at.line)
                });
                self.say(&format!("- {}{}", it.summary, place.unwrap_or_default()));
            }
            self.say("");
        }
    }
}

/// Prints data. Who closes the pipe has read enough.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Says something that is not data, on a line of its own.
pub fn say(text: &str) {
    // Not buffered: a line is one write.
    let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// How a run speaks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form {
    /// One JSON object a line.
    pub json: bool,
    /// Warnings by their summaries.
    pub compact_warnings: bool,
}
