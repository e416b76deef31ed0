//! Lines with a column of symbols: what plans and states are written on.

use crate::plan::{Path, PathStep};

/// The symbol before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As it was.
    None,
    /// Comes.
    Add,
    /// Goes.
    Remove,
    /// Changes.
    Change,
}

impl Mark {
    fn symbol(self) -> char {
        match self {
            Mark::None => ' ',
            Mark::Add => '+',
            Mark::Remove => '-',
            Mark::Change => '~',
        }
    }

    fn color(self) -> &'static str {
        match self {
            Mark::None => "",
            Mark::Add => GREEN,
            Mark::Remove => RED,
            Mark::Change => YELLOW,
        }
    }
}

pub(super) const GREEN: &str = "\u{1b}[32m";
pub(super) const RED: &str = "\u{1b}[31m";
pub(super) const YELLOW: &str = "\u{1b}[33m";
pub(super) const CYAN: &str = "\u{1b}[36m";
pub(super) const BOLD: &str = "\u{1b}[1m";
pub(super) const DIM: &str = "\u{1b}[90m";
const RESET: &str = "\u{1b}[0m";

/// Text under construction.
pub struct Page<'a> {
    pub(super) out: String,
    color: bool,
    /// Without, nothing is reserved for the symbols: a state has none.
    symbols: bool,
    forces: &'a [Path],
    path: Path,
    forced: bool,
}

impl<'a> Page<'a> {
    /// An empty page; `symbols` reserves their column.
    pub fn new(color: bool, symbols: bool) -> Self {
        let (out, path) = (String::new(), Path::new());
        Page { out, color, symbols, forces: &[], path, forced: false }
    }

    /// From here on, these paths are those that force a replacement.
    pub fn forces(&mut self, paths: &'a [Path]) {
        self.forces = paths;
    }

    /// Text as it is.
    pub fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Text in a colour.
    pub fn paint(&mut self, color: &str, text: &str) {
        match self.color && !color.is_empty() {
            true => self.out.extend([color, text, RESET]),
            false => self.out.push_str(text),
        }
    }

    /// Begins a line with a symbol.
    pub fn line(&mut self, depth: usize, mark: Mark) {
        self.out.push('\n');
        if !self.symbols {
            return self.pad(4 * depth);
        }
        self.pad(4 * depth + 2);
        let mut symbol = [0; 4];
        self.paint(mark.color(), mark.symbol().encode_utf8(&mut symbol));
        self.out.push(' ');
    }

    /// Begins a line without.
    pub fn plain(&mut self, depth: usize) {
        self.out.push('\n');
        self.pad(4 * depth + if self.symbols { 4 } else { 0 });
    }

    /// A remark on a line of its own.
    pub fn remark(&mut self, depth: usize, text: &str) {
        self.plain(depth);
        self.paint(DIM, &format!("# {text}"));
    }

    /// `(3 unchanged attributes hidden)`; nothing where there are none.
    pub fn hidden(&mut self, depth: usize, count: usize, what: &str) {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            self.remark(depth, &format!("({count} unchanged {what}{plural} hidden)"));
        }
    }

    /// What leads from the old value to the new one.
    pub fn arrow(&mut self) {
        self.paint(YELLOW, " -> ");
    }

    /// Writes a part at one step further down the path, and what a change of it means.
    pub fn part(&mut self, step: PathStep, write: impl FnOnce(&mut Self)) {
        self.path.push(step);
        let outer = std::mem::replace(&mut self.forced, self.forces.contains(&self.path));
        write(self);
        self.say_forced();
        self.forced = outer;
        self.path.pop();
    }

    /// Opens a bracket.
    pub fn open(&mut self, bracket: &str) {
        self.out.push_str(bracket);
        self.say_forced();
    }

    fn say_forced(&mut self) {
        if std::mem::take(&mut self.forced) {
            self.paint(RED, " # forces replacement");
        }
    }

    fn pad(&mut self, width: usize) {
        self.out.extend(std::iter::repeat_n(' ', width));
    }
}
