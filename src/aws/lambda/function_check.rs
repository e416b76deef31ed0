//! What of an `aws_lambda_function` is refused at plan.

use std::path::Path;

use super::function::{FunctionDraft, LoggingConfig};
use super::prelude::*;
use crate::schema::Given;
use types::{LogFormat, PackageType};

/// Refuses what AWS would refuse later, and a zip file that is not there.
pub(super) fn check(draft: &FunctionDraft<'_>, diagnostics: &mut Diagnostics) {
    check_code(draft, diagnostics);
    let mut refuse = |name: &str, why: &str| draft.refuse(diagnostics, name, why);
    let name = draft.function_name().known();
    if name.is_some_and(|it| !it.contains(':') && it.len() > 64) {
        refuse("function_name", "it has 64 characters at most");
    }
    let replaces = draft.replace_security_groups_on_destroy().known() == Some(true);
    if replaces && !draft.replacement_security_group_ids().is_set() {
        let why = "`replace_security_groups_on_destroy` needs to know which are put in their place";
        refuse("replacement_security_group_ids", why);
    }
    let files = draft.file_system_config().known().and_then(|it| it.0);
    if let Some(files) = files {
        let allowed = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        let path = files.local_mount_path.strip_prefix("/mnt/");
        if !path.is_some_and(|it| !it.is_empty() && it.chars().all(allowed)) {
            refuse("file_system_config", "`local_mount_path` is `/mnt/` and then a name");
        }
    }
    let environment = draft.environment().known().and_then(|it| it.0);
    for name in environment.into_iter().flat_map(|it| it.variables).flatten().map(|it| it.0) {
        let allowed = |it: char| it.is_ascii_alphanumeric() || it == '_';
        let begins = name.starts_with(|it: char| it.is_ascii_alphabetic());
        if !begins || name.len() < 2 || !name.chars().all(allowed) {
            let why = "is not a letter and then letters, digits and `_`, two at least";
            refuse("environment", &format!("the name {name:?} {why}"));
        }
    }
    let logging = draft.logging_config().known().and_then(|it| it.0);
    let has_levels = |it: &LoggingConfig| {
        !it.application_log_level.is_empty() || !it.system_log_level.is_empty()
    };
    if logging.is_some_and(|it| it.log_format == LogFormat::Text && has_levels(&it)) {
        refuse("logging_config", "levels are for `log_format = \"JSON\"` only");
    }
}

/// Where the code comes from, and what each kind of package needs.
fn check_code(draft: &FunctionDraft<'_>, diagnostics: &mut Diagnostics) {
    if let Some(file) = draft.filename().known() {
        let path = Path::new(&file);
        let why = match std::fs::metadata(path) {
            Ok(it) if it.is_file() => None,
            Ok(_) => Some("it is not a file".to_string()),
            Err(why) => Some(format!("cannot read it: {why}")),
        };
        if let Some(why) = why {
            let place = match path.is_relative() {
                true => "; it is looked for in the current directory",
                false => "",
            };
            draft.refuse(diagnostics, "filename", format!("{file:?}: {why}{place}"));
        }
    }
    let mut refuse = |name: &str, why: &str| draft.refuse(diagnostics, name, why);
    let set = [("handler", draft.handler().is_set()), ("runtime", draft.runtime().is_set())];
    match draft.package_type() {
        Given::Absent | Given::Known(PackageType::Zip) => {
            for (name, _) in set.into_iter().filter(|(_, is_set)| !is_set) {
                refuse(name, "a zip file needs it");
            }
            if draft.image_uri().is_set() {
                refuse("image_uri", "an image needs `package_type = \"Image\"` beside it");
            }
        }
        Given::Known(PackageType::Image) => {
            let layers = ("layers", draft.layers().is_set());
            for (name, _) in set.into_iter().chain([layers]).filter(|(_, is_set)| *is_set) {
                refuse(name, "an image brings it with it");
            }
            if !draft.image_uri().is_set() {
                refuse("image_uri", "`package_type = \"Image\"` needs it");
            }
        }
        _ => {}
    }
}
