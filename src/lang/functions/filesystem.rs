//! Files and paths. What is read lies behind [`Files`](crate::lang::files::Files).

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use base64::Engine;
use globset::{GlobBuilder, GlobMatcher};

use super::encoding::BASE64;
use super::{CallError, Context, MAX_TEXT, Outcome, TemplateError, argument, failed, hash, text};
use crate::diag::Diagnostics;
use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};

/// Most directory entries that `fileset` looks at.
const MAX_ENTRIES: usize = 1_000_000;
/// Most patterns that the braces of one pattern may stand for.
const MAX_PATTERNS: usize = 1_000;

/// The path without `.`, `..` and doubled slashes, as far as its text alone tells.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

/// `abspath(path)`
pub(super) fn abspath(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let path = text(args, 0);
    if path.starts_with('/') {
        return Ok(clean(path).into());
    }
    let here = if ctx.dir.as_os_str().is_empty() { Path::new(".") } else { ctx.dir };
    match ctx.files.canonical(here) {
        Ok(it) => Ok(clean(&format!("/{}/{path}", it.display())).into()),
        Err(it) => failed(format!("the working directory cannot be found: {it}")),
    }
}

/// `basename(path)`
pub(super) fn basename(_: &Context<'_>, args: &[Value]) -> Outcome {
    let path = text(args, 0);
    Ok(match path.trim_end_matches('/') {
        "" if path.is_empty() => ".".into(),
        "" => "/".into(),
        it => it.rsplit('/').next().unwrap_or(it).into(),
    })
}

/// `dirname(path)`
pub(super) fn dirname(_: &Context<'_>, args: &[Value]) -> Outcome {
    let path = text(args, 0);
    let end = path.rfind('/').map_or(0, |it| it + 1);
    Ok(clean(path.get(..end).unwrap_or("")).into())
}

/// `pathexpand(path)`: a leading `~` is the home directory.
pub(super) fn pathexpand(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(expand_home(ctx, text(args, 0))?.into())
}

fn expand_home(ctx: &Context<'_>, path: &str) -> Result<String, CallError> {
    match path.strip_prefix('~') {
        None => Ok(path.into()),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match ctx.files.home() {
            Some(home) => Ok(clean(&format!("{}/{rest}", home.display()))),
            None => failed("the home directory is not known"),
        },
        Some(_) => failed("the home directories of other users are not known"),
    }
}

fn located(ctx: &Context<'_>, path: &str) -> Result<PathBuf, CallError> {
    Ok(ctx.dir.join(expand_home(ctx, path)?))
}

/// Content of a file, for functions that return it: a file that is not there is the argument's fault.
fn content(ctx: &Context<'_>, args: &[Value]) -> Result<Vec<u8>, CallError> {
    let path = text(args, 0);
    let located = located(ctx, path)?;
    if ctx.files.is_dir(&located) {
        return argument(0, format!("`{path}` is a directory, not a file"));
    }
    ctx.files.read_up_to(&located, MAX_TEXT).or_else(|it| match it.kind() {
        io::ErrorKind::NotFound => argument(
            0,
            format!("there is no file `{path}`; it has to be there before the run begins"),
        ),
        io::ErrorKind::FileTooLarge => argument(0, format!("`{path}` is larger than 64 MiB")),
        _ => argument(0, format!("`{path}` cannot be read: {it}")),
    })
}

fn content_text(ctx: &Context<'_>, args: &[Value]) -> Result<String, CallError> {
    match String::from_utf8(content(ctx, args)?) {
        Ok(it) => Ok(it),
        Err(_) => failed(format!(
            "`{}` is not UTF-8 text; filebase64() and the hash functions read any file",
            text(args, 0)
        )),
    }
}

/// `file(path)`
pub(super) fn file(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(content_text(ctx, args)?.into())
}

/// `filebase64(path)`
pub(super) fn filebase64(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(BASE64.encode(content(ctx, args)?).into())
}

/// `fileexists(path)`: a directory is neither yes nor no.
pub(super) fn fileexists(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let path = text(args, 0);
    if path.contains('\0') {
        return failed(format!("there can be no file {path:?}"));
    }
    let located = located(ctx, path)?;
    match path.is_empty() || ctx.files.is_dir(&located) {
        true => failed(format!("`{path}` is not a regular file, but a directory")),
        false => Ok(ctx.files.is_file(&located).into()),
    }
}

fn digest(ctx: &Context<'_>, args: &[Value], digest: fn(&[u8]) -> String) -> Outcome {
    let path = text(args, 0);
    match ctx.files.read(&located(ctx, path)?) {
        Ok(bytes) => Ok(digest(&bytes).into()),
        Err(it) => failed(format!("`{path}` cannot be read: {it}")),
    }
}

/// `filemd5(path)`
pub(super) fn filemd5(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    digest(ctx, args, hash::hex::<md5::Md5>)
}

/// `filesha1(path)`
pub(super) fn filesha1(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    digest(ctx, args, hash::hex::<sha1::Sha1>)
}

/// `filesha256(path)`
pub(super) fn filesha256(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    digest(ctx, args, hash::hex::<sha2::Sha256>)
}

/// `filesha512(path)`
pub(super) fn filesha512(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    digest(ctx, args, hash::hex::<sha2::Sha512>)
}

/// `filebase64sha256(path)`
pub(super) fn filebase64sha256(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    digest(ctx, args, hash::base64::<sha2::Sha256>)
}

/// `filebase64sha512(path)`
pub(super) fn filebase64sha512(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    digest(ctx, args, hash::base64::<sha2::Sha512>)
}

/// `fileset(path, pattern)`: regular files, named from the path.
pub(super) fn fileset(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let root = located(ctx, text(args, 0))?;
    let mut patterns = Vec::new();
    expand_braces(text(args, 1), &mut patterns).map_err(CallError::Failed)?;
    let mut search = Search { ctx, root, found: BTreeSet::new(), looked: 0 };
    for pattern in patterns {
        let parts: Vec<&str> = pattern.split('/').filter(|it| !matches!(*it, "" | ".")).collect();
        let parts: Result<Vec<Part>, String> = parts.into_iter().map(Part::new).collect();
        let parts = parts.map_err(CallError::Failed)?;
        if !parts.is_empty() {
            search.descend("", &parts, 0).map_err(CallError::Failed)?;
        }
    }
    Ok(Value::set(Type::String, search.found.into_iter().map(Value::from)))
}

/// One part of a path pattern.
enum Part {
    Name(String),
    Glob(GlobMatcher),
    /// `**`: any number of directories.
    Any,
}

impl Part {
    fn new(text: &str) -> Result<Part, String> {
        if text == "**" {
            return Ok(Part::Any);
        }
        if !text.contains(['*', '?', '[', '\\']) {
            return Ok(Part::Name(text.into()));
        }
        let plain = plain_classes(text)?;
        let glob = GlobBuilder::new(&plain).literal_separator(true).backslash_escape(true).build();
        glob.map(|it| Part::Glob(it.compile_matcher()))
            .map_err(|it| format!("{text:?} is not a valid pattern: {}", it.kind()))
    }
}

/// The pattern with `!` at the start of a class made an ordinary character, as it is in Terraform:
/// there, only `^` excludes.
fn plain_classes(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let (mut escaped, mut start, mut bang) = (false, None, false);
    for it in text.chars() {
        let first = start == Some(out.len()) && !bang;
        match it {
            ']' if first => return Err(format!("{text:?} is not a valid pattern: an empty class")),
            '!' if first => bang = true,
            ']' if bang => {
                // Alone in its class, it stands for itself.
                match start == Some(out.len()) {
                    true => drop(out.pop()),
                    false => out.push_str("!]"),
                }
                if start.is_some_and(|it| it > out.len()) {
                    out.push('!');
                }
                (start, bang) = (None, false);
            }
            _ => out.push(it),
        }
        match it {
            '[' if !escaped && start.is_none() => start = Some(out.len()),
            ']' => start = None,
            _ => {}
        }
        escaped = it == '\\' && !escaped;
    }
    Ok(out)
}

struct Search<'a, 'b> {
    ctx: &'a Context<'b>,
    root: PathBuf,
    found: BTreeSet<String>,
    looked: usize,
}

impl Search<'_, '_> {
    fn descend(&mut self, at: &str, parts: &[Part], depth: usize) -> Result<(), String> {
        const MAX_DEPTH: usize = 100;
        let Some((part, rest)) = parts.split_first() else {
            if self.ctx.files.is_file(&self.root.join(at)) {
                self.found.insert(from_root(&self.root, at));
            }
            return Ok(());
        };
        // Links that lead back into themselves end here.
        if depth > MAX_DEPTH {
            return Ok(());
        }
        let under = |name: &str| if at.is_empty() { name.into() } else { format!("{at}/{name}") };
        match part {
            Part::Name(name) => self.descend(&under(name), rest, depth + 1),
            Part::Glob(glob) => {
                for name in self.names(at)?.iter().filter(|it| glob.is_match(it)) {
                    let path: String = under(name);
                    if rest.is_empty() || self.ctx.files.is_dir(&self.root.join(&path)) {
                        self.descend(&path, rest, depth + 1)?;
                    }
                }
                Ok(())
            }
            Part::Any => {
                if !rest.is_empty() {
                    self.descend(at, rest, depth + 1)?;
                }
                for name in self.names(at)? {
                    let path: String = under(&name);
                    if self.ctx.files.is_dir(&self.root.join(&path)) {
                        self.descend(&path, parts, depth + 1)?;
                    } else if rest.is_empty() {
                        self.descend(&path, rest, depth + 1)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Names in a directory; none where there is no such directory.
    fn names(&mut self, at: &str) -> Result<Vec<String>, String> {
        let names = self.ctx.files.list(&self.root.join(at)).unwrap_or_default();
        self.looked += names.len();
        match self.looked > MAX_ENTRIES {
            true => Err(format!("there are more than {MAX_ENTRIES} files to look at")),
            false => Ok(names),
        }
    }
}

/// The path as it is named from the directory searched: `../here/a` is `a`.
fn from_root(root: &Path, at: &str) -> String {
    if !at.split('/').any(|it| it == "..") {
        return at.into();
    }
    let mut whole = PathBuf::new();
    for part in root.join(at).components() {
        match part {
            Component::ParentDir if whole.file_name().is_some() => drop(whole.pop()),
            part => whole.push(part),
        }
    }
    whole.strip_prefix(root).map_or(at.into(), |it| it.to_string_lossy().into_owned())
}

/// Writes `a{b,c}` out as `ab` and `ac`.
fn expand_braces(pattern: &str, out: &mut Vec<String>) -> Result<(), String> {
    let mut open = None;
    let (mut depth, mut cuts, mut escaped, mut in_class) = (0usize, Vec::new(), false, false);
    for (at, it) in pattern.char_indices() {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '{' => {
                depth += 1;
                if depth == 1 {
                    open = Some(at);
                    cuts.push(at);
                }
            }
            ',' if depth == 1 => cuts.push(at),
            // One that closes nothing stands for itself.
            '}' if depth == 0 => {}
            '}' => {
                depth -= 1;
                if depth == 0 {
                    cuts.push(at);
                    let before = open.and_then(|it| pattern.get(..it)).unwrap_or("");
                    let after = pattern.get(at + 1..).unwrap_or("");
                    for pair in cuts.windows(2) {
                        let [from, to] = pair else { continue };
                        let choice = pattern.get(from + 1..*to).unwrap_or("");
                        expand_braces(&format!("{before}{choice}{after}"), out)?;
                    }
                    return Ok(());
                }
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err("a `}` is missing".into());
    }
    out.push(pattern.into());
    match out.len() > MAX_PATTERNS {
        true => Err(format!("the braces stand for more than {MAX_PATTERNS} patterns")),
        false => Ok(()),
    }
}

/// `templatefile(path, vars)`
pub(super) fn templatefile(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let template = content_text(ctx, args)?;
    let vars = template_vars(args)?;
    render(ctx, text(args, 0), &template, vars, CallError::Diagnostics)
}

/// `templatestring(template, vars)`
pub(super) fn templatestring(ctx: &Context<'_>, args: &[Value]) -> Outcome {
    let vars = template_vars(args)?;
    let wrong = |those: Diagnostics| CallError::Argument {
        index: 0,
        message: format!("the text is not a valid template: {those}"),
    };
    let rendered = render(ctx, "<templatestring argument>", text(args, 0), vars, wrong)?;
    match convert(&rendered, &Type::String) {
        Ok(it) => Ok(it),
        Err(it) => failed(format!("the template does not render to text: {it}")),
    }
}

fn template_vars(args: &[Value]) -> Result<&Value, CallError> {
    let Some(vars) = args.get(1) else { return argument(1, "an object of variables is required") };
    let entries = match vars.kind() {
        Kind::Map(_, items) | Kind::Object(items) => items,
        Kind::Unknown(_) => return Ok(vars),
        _ => return argument(1, "an object of variables is required"),
    };
    let word = |it: &str| {
        let mut chars = it.chars();
        let start = |it: char| unicode_ident::is_xid_start(it) || it == '_';
        let part = |it: char| unicode_ident::is_xid_continue(it) || it == '-';
        chars.next().is_some_and(start) && chars.all(part)
    };
    match entries.keys().find(|it| !word(it)) {
        Some(it) => argument(1, format!("{it:?} cannot be the name of a template variable")),
        None => Ok(vars),
    }
}

fn render(
    ctx: &Context<'_>,
    name: &str,
    template: &str,
    vars: &Value,
    wrong: impl Fn(Diagnostics) -> CallError,
) -> Outcome {
    if !vars.is_known() {
        return Ok(Value::unknown(Type::Any));
    }
    (ctx.template)(name, template, vars).map_err(|it| match it {
        TemplateError::Syntax(those) => wrong(those),
        TemplateError::Variable(message) => CallError::Argument { index: 1, message },
        TemplateError::Failed(those) => CallError::Diagnostics(those),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::plain_classes;
    use crate::lang::files::MemoryFiles;

    fn files() -> MemoryFiles {
        ["a.txt", "sub/b.txt", "sub/c.md", "sub/deep/d.txt", "odd[1].txt"]
            .into_iter()
            .fold(MemoryFiles::new(), |files, name| files.with(name, name))
    }

    #[test]
    fn an_exclamation_mark_excludes_nothing() {
        for (pattern, want) in
            [("[!a]b", "[a!]b"), ("[!]", "!"), ("[^a]", "[^a]"), ("a!", "a!"), ("\\[!a", "\\[!a")]
        {
            assert_eq!(plain_classes(pattern).unwrap(), want);
        }
        assert!(plain_classes("[]a]").is_err());
    }

    #[test]
    fn paths_are_taken_apart() {
        for (name, path, want) in [
            ("basename", "", "."),
            ("basename", "a/b/", "b"),
            ("basename", "//", "/"),
            ("dirname", "a/../b/c", "b"),
            ("dirname", "x", "."),
            ("dirname", "/a/", "/a"),
            ("abspath", "/a/../../b/.", "/b"),
        ] {
            assert_eq!(run(name, [path.into()]).unwrap().as_str(), Some(want), "{name} {path}");
        }
    }

    #[test]
    fn patterns_find_files() {
        for (pattern, want) in [
            ("*.txt", r#"["a.txt","odd[1].txt"]"#),
            ("**", r#"["a.txt","odd[1].txt","sub/b.txt","sub/c.md","sub/deep/d.txt"]"#),
            ("**/*.txt", r#"["a.txt","odd[1].txt","sub/b.txt","sub/deep/d.txt"]"#),
            ("sub/{b,c}.*", r#"["sub/b.txt","sub/c.md"]"#),
            ("{a.txt,sub/{deep/d,b}.txt}", r#"["a.txt","sub/b.txt","sub/deep/d.txt"]"#),
            ("odd\\[1\\].txt", r#"["odd[1].txt"]"#),
            ("[!a]?txt", r#"["a.txt"]"#),
            ("a.txt}", "[]"),
            ("sub", "[]"),
            ("s*/**/*.txt", r#"["sub/b.txt","sub/deep/d.txt"]"#),
        ] {
            let args = [".".into(), pattern.into()];
            assert_eq!(show(run_with(&files(), "fileset", args)), want, "{pattern}");
        }
        for wrong in ["[", "{a", "[z-a]", "[]a]"] {
            let shown = show(run_with(&files(), "fileset", [".".into(), wrong.into()]));
            assert!(shown.starts_with("failed"), "{wrong} {shown}");
        }
    }

    #[test]
    fn files_are_read() {
        let read = |path: &str| show(run_with(&files(), "file", [path.into()]));
        assert_eq!(read("./sub/b.txt"), "\"sub/b.txt\"");
        assert!(read("nothing").starts_with("arg 0") && read("sub").starts_with("arg 0"));
        let exists = |path: &str| show(run_with(&files(), "fileexists", [path.into()]));
        assert_eq!((exists("a.txt"), exists("b.txt")), ("true".into(), "false".into()));
        assert!(exists("sub").starts_with("failed"));
    }
}
