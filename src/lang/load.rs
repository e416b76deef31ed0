//! From a path to a [`Config`]: finds the files, reads and merges them, follows module calls.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ast::{Block, Body, Expr};
use super::config::{Config, Module, ModuleCall, decode, file_blocks, merge_override};
use super::files::{Files, normal};
use super::value::Str;
use super::{json, parse};
use crate::diag::{Diagnostic, Diagnostics, Sources, Span};

/// Modules may call modules this deep.
const MAX_DEPTH: usize = 64;

/// Most module calls of a stack, those of the modules it calls included.
const MAX_MODULES: usize = 10_000;

/// Reads a stack: one file, or every configuration file of a directory; and the modules it calls.
/// There is no configuration where something could not be read at all.
pub fn load(files: &dyn Files, path: &Path) -> (Option<Config>, Diagnostics) {
    load_into(files, path, Sources::default())
}

/// As [`load`], with sources that are kept elsewhere too.
pub fn load_into(
    files: &dyn Files,
    path: &Path,
    sources: Sources,
) -> (Option<Config>, Diagnostics) {
    let mut loader = Loader { files, sources, found: Diagnostics::new(), modules: 0 };
    let (dir, paths) = if files.is_dir(path) {
        match loader.directory(path) {
            Ok(paths) if paths.is_empty() => {
                let one = Diagnostic::error(
                    "no configuration files",
                    format!(
                        "`{}` holds no file that ends in .tf, .hcl or .tf.json",
                        path.display()
                    ),
                );
                loader.found.push(one);
                return (None, loader.found);
            }
            Ok(paths) => (path.to_path_buf(), paths),
            Err(one) => {
                loader.found.push(*one);
                return (None, loader.found);
            }
        }
    } else {
        let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
        (dir, vec![path.to_path_buf()])
    };
    let module = loader.module(&dir, &paths, &mut Vec::new());
    let config = Config { root: Arc::new(module), sources: loader.sources };
    (Some(config), loader.found)
}

struct Loader<'a> {
    files: &'a dyn Files,
    sources: Sources,
    found: Diagnostics,
    /// How many modules have been read.
    modules: usize,
}

type Step<T> = Result<T, Box<Diagnostic>>;

impl Loader<'_> {
    /// Configuration files of a directory, override files last.
    fn directory(&self, dir: &Path) -> Step<Vec<PathBuf>> {
        let names = self.files.list(dir).map_err(|why| {
            Box::new(Diagnostic::error(
                "Unreadable module directory",
                format!("`{}` cannot be listed: {why}", dir.display()),
            ))
        })?;
        let (over, plain): (Vec<String>, Vec<String>) =
            names.into_iter().filter(|name| is_configuration(name)).partition(|it| is_override(it));
        let paths = plain.into_iter().chain(over).map(|name| dir.join(name));
        Ok(paths.filter(|path| self.files.is_file(path)).collect())
    }

    fn module(&mut self, dir: &Path, paths: &[PathBuf], callers: &mut Vec<PathBuf>) -> Module {
        let mut blocks: Vec<Block> = Vec::new();
        for path in paths {
            let Some(body) = self.body(path) else { continue };
            let name = path.file_name().map(|it| it.to_string_lossy()).unwrap_or_default();
            if is_override(&name) && paths.len() > 1 {
                merge_override(&mut blocks, &body, &mut self.found);
            } else {
                blocks.extend(file_blocks(&body, &mut self.found));
            }
        }
        let mut module = decode(&blocks, &mut self.found);
        module.dir = dir.to_path_buf();
        module.display_dir = shown(dir);
        // The same directory again, under itself, never ends; resolved so that links are seen.
        let here = self.files.canonical(dir).unwrap_or_else(|_| normal(dir));
        callers.push(here);
        let calls = std::mem::take(&mut module.calls);
        for (name, mut call) in calls {
            if let Some(inner) = self.called(dir, &call, callers) {
                call.module = Arc::new(inner);
                module.calls.insert(name, call);
            }
        }
        callers.pop();
        module
    }

    fn body(&mut self, path: &Path) -> Option<Body> {
        let (name, text) = match read_text(self.files, path) {
            Ok(it) => it,
            Err(one) => {
                self.found.push(*one);
                return None;
            }
        };
        let json = json::is_json(&name);
        let file = self.sources.add(name, text);
        let (body, found) = match json {
            true => json::parse(&self.sources, file),
            false => parse::parse(&self.sources, file),
        };
        self.found.extend(found);
        Some(body)
    }

    fn called(
        &mut self,
        dir: &Path,
        call: &ModuleCall,
        callers: &mut Vec<PathBuf>,
    ) -> Option<Module> {
        let source = &*call.source;
        let local = source == "."
            || source == ".."
            || source.starts_with("./")
            || source.starts_with("../");
        if !local {
            // With neither a host nor the parts of a registry's address, it can only be a mistake.
            let summary = match source.contains(['/', ':']) {
                true => "unsupported module source",
                false => "Invalid module source address",
            };
            let detail =
                format!("`{source}` is not a local directory, and modules are not downloaded");
            let one = Diagnostic::error(summary, detail);
            let hint =
                "copy the module next to the stack and write its path, starting with `./` or `../`";
            self.found.push(one.at(call.source_span).hint(hint));
            return None;
        }
        let inner = join(dir, Path::new(source));
        if !self.files.is_dir(&inner) {
            let one = Diagnostic::error(
                "Unreadable module directory",
                format!("there is no directory `{}`", inner.display()),
            );
            self.found.push(one.at(call.span).label(call.source_span, "named here"));
            return None;
        }
        let real = self.files.canonical(&inner).unwrap_or_else(|_| normal(&inner));
        if callers.contains(&real) || callers.len() >= MAX_DEPTH {
            let one = Diagnostic::error(
                "module calls itself",
                format!(
                    "`{}` is loaded from within itself, so it would never end",
                    inner.display()
                ),
            );
            self.found.push(one.at(call.source_span));
            return None;
        }
        self.modules += 1;
        if self.modules > MAX_MODULES {
            // Once is enough for all that are left out.
            if self.modules == MAX_MODULES + 1 {
                let detail = format!("a stack may make up to {MAX_MODULES} module calls");
                self.found.push(Diagnostic::error("too many modules", detail).at(call.source_span));
            }
            return None;
        }
        let paths = match self.directory(&inner) {
            Ok(paths) => paths,
            Err(one) => {
                self.found.push(one.at(call.source_span));
                return None;
            }
        };
        Some(self.module(&inner, &paths, callers))
    }
}

/// The directory as people write it: without needless steps, `.` for the working directory.
fn shown(dir: &Path) -> String {
    match normal(dir) {
        it if it.as_os_str().is_empty() => ".".into(),
        it => it.display().to_string(),
    }
}

fn join(dir: &Path, source: &Path) -> PathBuf {
    match normal(&dir.join(source)) {
        it if it.as_os_str().is_empty() => PathBuf::from("."),
        it => it,
    }
}

fn is_configuration(name: &str) -> bool {
    let hidden = name.starts_with('.') || name.ends_with('~') || name.starts_with('#');
    let locked = name == ".terraform.lock.hcl";
    let known = [".tf", ".hcl", ".tf.json"].iter().any(|end| name.ends_with(end));
    known && !hidden && !locked
}

fn is_override(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    stem.strip_suffix(".tf").is_some_and(|it| it == "override" || it.ends_with("_override"))
}

/// Name and text of a file; refuses what is too large or not UTF-8.
fn read_text(files: &dyn Files, path: &Path) -> Step<(String, String)> {
    let name = match normal(path) {
        it if it.as_os_str().is_empty() => path.display().to_string(),
        it => it.display().to_string(),
    };
    let bytes = files.read_up_to(path, parse::MAX_BYTES).map_err(|why| {
        let detail = match why.kind() {
            std::io::ErrorKind::FileTooLarge => {
                format!("`{name}` has more than {} bytes", parse::MAX_BYTES)
            }
            _ => format!("`{name}` cannot be read: {why}"),
        };
        Box::new(Diagnostic::error("Failed to read file", detail))
    })?;
    let mut text = String::from_utf8(bytes).map_err(|why| {
        let at = why.utf8_error().valid_up_to();
        let line = 1 + why.as_bytes().iter().take(at).filter(|it| **it == b'\n').count();
        Box::new(
            Diagnostic::error(
                "Invalid character encoding",
                format!("`{name}:{line}` is not UTF-8: a byte there is no part of a character"),
            )
            .hint("save the file as UTF-8"),
        )
    })?;
    if text.starts_with('\u{feff}') {
        // Without it, columns are what people see.
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok((name, text))
}

/// The values of a `.tfvars` or `.tfvars.json` file: expressions by name, each with the place of
/// its name. They may use no references and no functions; see
/// [`constant`](super::config::constant).
pub fn load_tfvars(
    files: &dyn Files,
    sources: &Sources,
    path: &Path,
) -> (BTreeMap<Str, (Arc<Expr>, Span)>, Diagnostics) {
    let (name, text) = match read_text(files, path) {
        Ok(it) => it,
        Err(one) => return (BTreeMap::new(), (*one).into()),
    };
    let json = json::is_json(&name);
    let file = sources.add(name, text);
    let (body, mut found) = match json {
        true => json::parse_values(sources, file),
        false => parse::parse(sources, file),
    };
    for block in &body.blocks {
        let one = Diagnostic::error(
            format!("Unexpected \"{}\" block", block.kind.text),
            format!(
                "a file of variable values holds arguments only, not `{}` blocks",
                block.kind.text
            ),
        );
        found.push(one.at(block.header).hint(format!("write `{} = …`", block.kind.text)));
    }
    let values = body.attributes.into_iter();
    (values.map(|it| (it.name.text.clone(), (it.value, it.name.span))).collect(), found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::ast::ExprKind;
    use crate::lang::files::MemoryFiles;

    fn summaries(files: &MemoryFiles, path: &str) -> Vec<String> {
        let (_, found) = load(files, Path::new(path));
        found.iter().map(|it| it.summary.clone()).collect()
    }

    #[test]
    fn a_directory_is_all_of_its_files_and_a_file_only_itself() {
        let files = MemoryFiles::new()
            .with("s/a.tf", "locals {\n  a = 1\n}\n")
            .with("s/b.hcl", "locals {\n  b = 2\n}\n")
            .with("s/c.tf.json", r#"{"locals": {"c": 3}, "variable": {"v": {"type": "string"}}}"#)
            .with("s/d.tfvars", "v = 1\n")
            .with("s/.hidden.tf", "nonsense")
            .with("s/.terraform.lock.hcl", "provider \"x\" {}\n");
        let (config, found) = load(&files, Path::new("s"));
        assert!(found.is_empty(), "{found}");
        let module = &config.unwrap().root;
        assert_eq!(module.locals.keys().map(|it| &**it).collect::<String>(), "abc");
        assert_eq!(module.variables["v"].ty, crate::lang::types::Type::String);
        let (config, _) = load(&files, Path::new("s/b.hcl"));
        assert_eq!(config.unwrap().root.locals.len(), 1);
    }

    #[test]
    fn override_files_replace_arguments() {
        let files = MemoryFiles::new()
            .with("main.tf", "resource \"a\" \"b\" {\n  x = 1\n  y = 2\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n")
            .with(
                "b_override.tf",
                "resource \"a\" \"b\" {\n  x = 3\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n",
            );
        let (config, found) = load(&files, Path::new("."));
        assert!(found.is_empty(), "{found}");
        let root = config.unwrap().root;
        let resource = root.resources.values().next().unwrap();
        assert!(resource.lifecycle.prevent_destroy);
        assert_eq!(resource.lifecycle.create_before_destroy, Some(true));
        let x = &resource.body.attribute("x").unwrap().value.kind;
        assert!(matches!(x, ExprKind::Literal(it) if it.same(&3.into())));
        let files =
            MemoryFiles::new().with("main.tf", "").with("override.tf", "locals {\n  a = 1\n}\n");
        assert_eq!(summaries(&files, "."), ["Missing base local value definition to override"]);
    }

    #[test]
    fn modules_are_followed_and_never_in_circles() {
        let files = MemoryFiles::new()
            .with("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n")
            .with("m/main.tf", "module \"n\" {\n  source = \"../n\"\n}\n")
            .with("n/main.tf", "output \"o\" {\n  value = 1\n}\n");
        let (config, found) = load(&files, Path::new("."));
        assert!(found.is_empty(), "{found}");
        let root = config.unwrap().root;
        let inner = &root.calls["m"].module.calls["n"].module;
        assert_eq!((inner.display_dir.as_str(), inner.outputs.len()), ("n", 1));
        assert_eq!(root.display_dir, ".");
        let circle = files.with("n/main.tf", "module \"x\" {\n  source = \"../m\"\n}\n");
        assert_eq!(summaries(&circle, "."), ["module calls itself"]);
    }

    #[test]
    fn sources_that_are_not_local_are_refused() {
        for source in ["hashicorp/vpc/aws", "git::https://x/y", "/abs", "m"] {
            let text = format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
            let files = MemoryFiles::new().with("main.tf", text);
            let want = match source {
                "m" => "Invalid module source address",
                _ => "unsupported module source",
            };
            assert_eq!(summaries(&files, "."), [want], "{source}");
        }
    }

    #[test]
    fn unreadable_input_is_a_clear_error() {
        let files = MemoryFiles::new().with("a/main.tf", vec![b'a', 0xff]);
        assert_eq!(summaries(&files, "a"), ["Invalid character encoding"]);
        assert_eq!(summaries(&files, "nowhere.tf"), ["Failed to read file"]);
        let files = MemoryFiles::new().with("a/readme.md", "");
        assert_eq!(summaries(&files, "a"), ["no configuration files"]);
        let files = MemoryFiles::new().with("a/main.tf", vec![b'#'; parse::MAX_BYTES + 1]);
        assert_eq!(summaries(&files, "a"), ["Failed to read file"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_loop_end() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("main.tf"), "module \"m\" {\n  source = \"./self\"\n}\n").unwrap();
        std::os::unix::fs::symlink(".", at("self")).unwrap();
        std::os::unix::fs::symlink("loop.tf", at("loop.tf")).unwrap();
        let (_, found) = load(&crate::lang::files::DiskFiles, dir.path());
        let summaries: Vec<_> = found.iter().map(|it| it.summary.as_str()).collect();
        assert_eq!(summaries, ["module calls itself"]);
    }

    #[test]
    fn variable_files_hold_values() {
        let files = MemoryFiles::new()
            .with("a.tfvars", "x = [1]\ny {\n}\n")
            .with("b.tfvars.json", r#"{"x": {"k": "v"}}"#);
        let sources = Sources::default();
        let (values, found) = load_tfvars(&files, &sources, Path::new("a.tfvars"));
        assert!(values.contains_key("x") && found.len() == 1);
        let (values, found) = load_tfvars(&files, &sources, Path::new("b.tfvars.json"));
        assert!(found.is_empty() && values.len() == 1);
    }
}
