//! Diagnostics as text with snippets.
use super::{Diagnostic, Sources};
/// How to render.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
}
/// One diagnostic as text.
pub fn render(_sources: &Sources, _it: &Diagnostic, _style: Style) -> String { todo!() }
