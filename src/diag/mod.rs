//! What went wrong, where, and what to type instead.
//!
//! A [`Diagnostic`] is a value: the library never prints one. Many travel together in
//! [`Diagnostics`]; code that knows no place returns a span-less diagnostic and its caller adds the
//! place with [`At::at`].

mod json;
mod render;

use std::fmt;
use std::sync::{Arc, RwLock};

pub use json::to_json;
pub use render::{Style, render};

/// One source file of a run, by number. See [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in one source file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Span { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both; `other` must lie in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}..{}", self.file.0, self.start, self.end)
    }
}

/// A source file kept for its snippets.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name as the user would write it, relative to the working directory where possible.
    pub name: Arc<str>,
    /// Whole text.
    pub text: Arc<str>,
}

/// Every source file of a run: cheap to clone, shared by all who render diagnostics.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<RwLock<Vec<Source>>>);

impl Sources {
    /// Adds a file and returns its number.
    pub fn add(&self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        let mut files = self.0.write().unwrap_or_else(|it| it.into_inner());
        files.push(Source { name: name.into(), text: text.into() });
        FileId(files.len() as u32 - 1)
    }

    /// The file of that number; an empty one where there is none.
    pub fn get(&self, file: FileId) -> Source {
        let files = self.0.read().unwrap_or_else(|it| it.into_inner());
        let missing = || Source { name: "".into(), text: "".into() };
        files.get(file.0 as usize).cloned().unwrap_or_else(missing)
    }

    /// All files, in the order they were read.
    pub fn all(&self) -> Vec<Source> {
        self.0.read().unwrap_or_else(|it| it.into_inner()).clone()
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> String {
        let source = self.get(span.file);
        source.text.get(span.start as usize..span.end as usize).unwrap_or("").to_string()
    }

    /// Where a span starts, as people count.
    pub fn position(&self, span: Span) -> Position {
        Position::of(&self.get(span.file).text, span.start as usize)
    }
}

/// A place in a text: line and column from 1 (columns in grapheme clusters), byte from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in grapheme clusters, from 1.
    pub column: usize,
    /// Byte offset, from 0.
    pub byte: usize,
}

impl Position {
    /// The position of byte `at` in `text`.
    pub fn of(text: &str, at: usize) -> Position {
        use unicode_segmentation::UnicodeSegmentation;
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        let line = before.matches('\n').count() + 1;
        Position { line, column: before[start..].graphemes(true).count() + 1, byte: at }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run cannot go on.
    Error,
    /// The run goes on.
    Warning,
}

/// One thing to tell the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line, without a full stop.
    pub summary: String,
    /// Whole sentences; may be empty.
    pub detail: String,
    /// The place.
    pub span: Option<Span>,
    /// Further places, each with a word about it.
    pub labels: Vec<(Span, String)>,
    /// Resource instance or other object it is about.
    pub address: Option<String>,
    /// References in the expression and what they hold; never a sensitive value.
    pub values: Vec<(String, String)>,
    /// What to type.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            span: None,
            labels: Vec::new(),
            address: None,
            values: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// The same, as a warning.
    pub fn as_warning(self) -> Self {
        Diagnostic { severity: Severity::Warning, ..self }
    }

    /// Sets the place, unless one is set already.
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// Adds a second place.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Adds what to type.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds `did you mean …?` when one of `names` is close to `typed`.
    pub fn did_you_mean<'a>(self, typed: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(typed, names) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Says which object it is about, unless that is said already.
    pub fn about(mut self, address: impl fmt::Display) -> Self {
        self.address.get_or_insert_with(|| address.to_string());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The name closest to what was typed, when it is close enough to be a slip.
pub fn closest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(typed, name), name))
        .filter(|(distance, name)| *distance <= limit && *name != typed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Several diagnostics that travel together, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

/// A result whose error is one or more diagnostics.
pub type Result<T, E = Diagnostics> = std::result::Result<T, E>;

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(others);
    }

    /// Keeps the value of a result, or its diagnostics.
    pub fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|those| self.extend(those)).ok()
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|it| it.severity == Severity::Error)
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Borrows them in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Changes each in place.
    pub fn map(mut self, change: impl FnMut(Diagnostic) -> Diagnostic) -> Self {
        self.0 = self.0.into_iter().map(change).collect();
        self
    }

    /// `Ok` unless there is an error among them; warnings alone are returned with the value's side
    /// lost, so take them first where they matter.
    pub fn into_result<T>(self, value: T) -> Result<T> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(those: I) -> Self {
        Diagnostics(those.into_iter().collect())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Diagnostics(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{one}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// Gives an error its place: the innermost place that was given wins.
pub trait At<T> {
    /// Adds the place to every diagnostic that has none.
    fn at(self, span: Span) -> Result<T>;
}

impl<T> At<T> for Result<T, Diagnostic> {
    fn at(self, span: Span) -> Result<T> {
        self.map_err(|it| it.at(span).into())
    }
}

impl<T> At<T> for Result<T> {
    fn at(self, span: Span) -> Result<T> {
        self.map_err(|those| those.map(|it| it.at(span)))
    }
}

/// Returns early with an error: `bail!("summary", "detail {x}"; hint: "…")`.
#[macro_export]
macro_rules! bail {
    ($summary:expr, $($detail:literal $(, $arg:expr)*)? $(; hint: $hint:literal $(, $harg:expr)*)?) => {
        return Err($crate::diag::Diagnostic::error($summary, format!($($detail $(, $arg)*)?))
            $(.hint(format!($hint $(, $harg)*)))?.into())
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_place_wins() {
        let (inner, outer) = (Span::new(FileId(0), 1, 2), Span::new(FileId(0), 0, 9));
        let failed: Result<()> = Err(Diagnostic::error("x", "").at(inner).into());
        let placed = failed.at(outer).unwrap_err();
        assert_eq!(placed.iter().next().unwrap().span, Some(inner));
    }

    #[test]
    fn slips_are_named() {
        assert_eq!(closest("lenght", ["length", "lower"]), Some("length"));
        assert_eq!(closest("zzz", ["length", "lower"]), None);
    }

    #[test]
    fn columns_count_what_people_see() {
        let at = Position::of("a\né\u{301}b", 7);
        assert_eq!((at.line, at.column), (2, 3));
    }
}
