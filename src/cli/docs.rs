//! `docs`

use std::path::PathBuf;
use std::process::ExitCode;

use super::screen::Screen;
use super::{Outcome, session};
use crate::diag::Diagnostic;
use crate::render::docs;
use crate::schema::Schema;

/// Print the reference of a resource type or data source, or list them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Type, such as aws_vpc; all are listed when unset.
    #[arg(value_name = "TYPE")]
    kind: Option<String>,
    /// Write a page for every type into this directory.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "kind")]
    out: Option<PathBuf>,
}

pub(super) fn run(screen: &Screen, args: Args) -> Outcome {
    let registry = session::registry();
    let resources: Vec<&'static Schema> = registry.drivers().map(|it| it.schema()).collect();
    let data: Vec<&'static Schema> = registry.data_sources().map(|it| it.schema()).collect();
    if let Some(dir) = &args.out {
        for (folder, schemas, is_data) in
            [("resources", &resources, false), ("data-sources", &data, true)]
        {
            let folder = dir.join(folder);
            let written = std::fs::create_dir_all(&folder).and_then(|()| {
                schemas.iter().try_for_each(|it| {
                    let page = docs::page(it, is_data);
                    std::fs::write(folder.join(format!("{}.md", it.kind)), page)
                })
            });
            written.map_err(|why| {
                let detail = format!("`{}`: {why}", folder.display());
                Diagnostic::error("the reference cannot be written", detail)
            })?;
        }
        let count = resources.len() + data.len();
        screen.say(&format!("Wrote {count} pages to {}", dir.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let Some(kind) = &args.kind else {
        let mut out = String::new();
        for (title, schemas) in [("Resources", &resources), ("Data sources", &data)] {
            out.push_str(&format!("{title}:\n"));
            for it in schemas.iter() {
                out.push_str(&format!("  {:40} {}\n", it.kind, docs::summary(it)));
            }
        }
        screen.print(&out);
        return Ok(ExitCode::SUCCESS);
    };
    let bare = kind.strip_prefix("data.").unwrap_or(kind);
    let find = |schemas: &[&'static Schema]| schemas.iter().find(|it| it.kind == bare).copied();
    let resource = find(&resources).filter(|_| bare == kind).map(|it| docs::page(it, false));
    let pages: Vec<String> =
        resource.into_iter().chain(find(&data).map(|it| docs::page(it, true))).collect();
    if pages.is_empty() {
        let names = resources.iter().chain(&data).map(|it| it.kind);
        let it = Diagnostic::error("unknown type", format!("this build has no `{kind}`"));
        return Err(it.did_you_mean(bare, names).into());
    }
    screen.print(&pages.join("\n"));
    Ok(ExitCode::SUCCESS)
}
