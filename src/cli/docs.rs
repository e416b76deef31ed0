//! `docs`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::screen::Screen;
use super::{Outcome, session};
use crate::diag::Diagnostic;
use crate::render::docs::{self, Written};
use crate::schema::Schema;

/// Print the reference of a type, or list all types.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Type, such as aws_vpc, data.aws_vpc or ephemeral.aws_x; all are listed when unset.
    #[arg(value_name = "TYPE")]
    kind: Option<String>,
    /// Write a page for every type into this directory.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "kind")]
    out: Option<PathBuf>,
}

pub(super) fn run(screen: &Screen, args: Args) -> Outcome {
    let all = types();
    if let Some(dir) = &args.out {
        write(dir, &all).map_err(|(path, why)| {
            let detail = format!("`{}`: {why}", path.display());
            Diagnostic::error("the reference cannot be written", detail)
        })?;
        screen.say(&format!("Wrote {} pages to {}", all.len(), dir.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let Some(kind) = &args.kind else {
        let mut out = String::new();
        for written in [Written::Resource, Written::Data, Written::Ephemeral] {
            let own: Vec<_> = all.iter().filter(|(it, _)| *it == written).collect();
            if !own.is_empty() {
                out.push_str(&format!("{}:\n", written.title()));
            }
            for (_, it) in own {
                out.push_str(&format!("  {:40} {}\n", it.kind, docs::summary(it)));
            }
        }
        screen.print(&out);
        return Ok(ExitCode::SUCCESS);
    };
    let (only, bare) = match kind.split_once('.') {
        Some(("data", bare)) => (Some(Written::Data), bare),
        Some(("ephemeral", bare)) => (Some(Written::Ephemeral), bare),
        _ => (None, kind.as_str()),
    };
    let asked = all
        .iter()
        .filter(|(it, schema)| schema.kind == bare && only.is_none_or(|only| only == *it));
    let pages: Vec<String> = asked.map(|(written, it)| docs::page(it, *written)).collect();
    if pages.is_empty() {
        let it = Diagnostic::error("unknown type", format!("this build has no `{kind}`"));
        return Err(it.did_you_mean(bare, all.iter().map(|(_, it)| it.kind)).into());
    }
    screen.print(&pages.join("\n"));
    Ok(ExitCode::SUCCESS)
}

/// Every type of this build.
fn types() -> Vec<(Written, &'static Schema)> {
    let registry = session::registry();
    let resources = registry.drivers().map(|it| (Written::Resource, it.schema()));
    let data = registry.data_sources().map(|it| (Written::Data, it.schema()));
    let ephemerals = registry.ephemerals().map(|it| (Written::Ephemeral, it.schema()));
    resources.chain(data).chain(ephemerals).collect()
}

/// A page for each type, and one that lists them.
fn write(dir: &Path, all: &[(Written, &'static Schema)]) -> Result<(), (PathBuf, std::io::Error)> {
    let put = |path: PathBuf, text: String| {
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(&path, text)).map_err(|why| (path, why))
    };
    put(dir.join("README.md"), docs::index(all))?;
    for (written, it) in all {
        let page = dir.join(written.folder()).join(format!("{}.md", it.kind));
        put(page, docs::page(it, *written))?;
    }
    Ok(())
}
