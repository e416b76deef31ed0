//! Events as single lines of text: `aws_vpc.main: Creating...`.

use std::time::Duration;

use super::text::printable;
use crate::event::Event;
use crate::plan::graph::Verb;

/// What the event says to a person; none where there is nothing to say.
pub fn line(it: &Event) -> Option<String> {
    let text = match it {
        Event::Refreshed { address, id } => {
            format!("{address}: Refreshing state...{}", identified(Some(id)))
        }
        Event::ReadStarted { address } => format!("{address}: Reading..."),
        Event::ReadFinished { address, id, took } => {
            format!("{address}: Read complete after {}{}", time(*took), identified(Some(id)))
        }
        Event::StepStarted { verb: Verb::Keep | Verb::Forget, .. }
        | Event::StepFinished { verb: Verb::Keep, .. }
        // The plan tells of drift, where it matters.
        | Event::Drifted { .. } => return None,
        Event::StepStarted { address, verb, id } => {
            format!("{address}: {}...{}", words(*verb).0, identified(id.as_ref()))
        }
        Event::StepProgress { address, verb, status, elapsed } => {
            let status = if status.is_empty() { String::new() } else { format!("{status}, ") };
            format!("{address}: Still {}... [{status}{} elapsed]", words(*verb).1, time(*elapsed))
        }
        Event::Retrying { address, verb, why, after } => {
            format!("{address}: {} again in {}: {why}", words(*verb).0, time(*after))
        }
        Event::StepFinished { address, verb: Verb::Forget, .. } => {
            format!("{address}: Forgotten, not destroyed")
        }
        Event::StepFinished { address, verb, id, took } => {
            let id = id.as_ref().filter(|_| *verb != Verb::Delete);
            format!(
                "{address}: {} complete after {}{}",
                words(*verb).2,
                time(*took),
                identified(id)
            )
        }
        Event::StepFailed { address, verb, took, .. } => {
            format!("{address}: {} errored after {}", words(*verb).2, time(*took))
        }
        Event::StepSkipped { address, because, .. } => format!("{address}: Skipped: {because}"),
        Event::Waiting { who, operation, since } => {
            format!("Waiting for the state: in use by {who} for `{operation}` since {since}")
        }
        Event::Resuming { operations: 1 } => "Resuming 1 operation of an interrupted run".into(),
        Event::Resuming { operations } => {
            format!("Resuming {operations} operations of an interrupted run")
        }
        Event::RefreshStarted { .. }
        | Event::ApplyStarted { .. }
        | Event::StateSaved { .. }
        | Event::Diagnostic(_) => return None,
    };
    Some(printable(&text))
}

/// `Creating`, `creating`, `Creation`.
pub fn words(verb: Verb) -> (&'static str, &'static str, &'static str) {
    match verb {
        Verb::Keep => ("Keeping", "keeping", "Keeping"),
        Verb::Read => ("Reading", "reading", "Read"),
        Verb::Create => ("Creating", "creating", "Creation"),
        Verb::Update => ("Modifying", "modifying", "Modifications"),
        Verb::Delete => ("Destroying", "destroying", "Destruction"),
        Verb::Forget => ("Forgetting", "forgetting", "Forgetting"),
        Verb::Open => ("Opening", "opening", "Opening"),
        Verb::Close => ("Closing", "closing", "Closing"),
    }
}

fn identified(id: Option<&String>) -> String {
    id.filter(|it| !it.is_empty()).map_or_else(String::new, |id| format!(" [id={id}]"))
}

/// `8s`, `2m5s`
pub fn time(it: Duration) -> String {
    match it.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format!("{}m{}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_as_terraform_words_them() {
        let address = || "aws_vpc.main".parse().unwrap();
        let (took, id) = (Duration::from_secs(125), || Some("vpc-1".to_string()));
        for (event, want) in [
            (
                Event::StepStarted { address: address(), verb: Verb::Create, id: None },
                "aws_vpc.main: Creating...",
            ),
            (
                Event::StepFinished { address: address(), verb: Verb::Create, id: id(), took },
                "aws_vpc.main: Creation complete after 2m5s [id=vpc-1]",
            ),
            (
                Event::StepStarted { address: address(), verb: Verb::Delete, id: id() },
                "aws_vpc.main: Destroying... [id=vpc-1]",
            ),
            (
                Event::StepFinished { address: address(), verb: Verb::Delete, id: id(), took },
                "aws_vpc.main: Destruction complete after 2m5s",
            ),
        ] {
            assert_eq!(line(&event).as_deref(), Some(want));
        }
    }
}
