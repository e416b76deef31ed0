//! Diagnostics as text with snippets.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity, Source, Sources, Span};

/// How to render.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
}

/// Lines that are shown at most of one place; a longer one is cut to its first line.
const MAX_LINES: usize = 8;

/// One diagnostic as text: severity and summary, snippets with their labels, detail, address, the
/// values of references, hints. Ends without a line break.
pub fn render(sources: &Sources, it: &Diagnostic, style: Style) -> String {
    let level = match it.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let places = places(sources, it);
    let snippets: Vec<Snippet<'_, annotate_snippets::Annotation<'_>>> =
        places.iter().map(Place::snippet).collect();
    let mut group = Group::with_title(level.primary_title(clean(&it.summary)));
    for snippet in snippets {
        group = group.element(snippet);
    }
    let mut notes: Vec<(Level<'static>, String)> = Vec::new();
    if !it.detail.is_empty() {
        notes.push((Level::NOTE.no_name(), clean(&it.detail)));
    }
    if let Some(address) = &it.address {
        notes.push((Level::NOTE.with_name("with"), clean(address)));
    }
    for (name, value) in &it.values {
        notes.push((Level::NOTE.no_name(), clean(&format!("{name} {value}"))));
    }
    for hint in &it.hints {
        notes.push((Level::HELP.with_name("hint"), clean(hint)));
    }
    for (level, text) in notes {
        group = group.element(level.message(text));
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let text = renderer.render(&[group]);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Control characters made visible: what is shown must not steer the terminal.
fn clean(text: &str) -> String {
    let harmless = |c: char| c == '\n' || c == '\t' || !c.is_control();
    if text.chars().all(harmless) {
        return text.to_string();
    }
    text.chars()
        .flat_map(|c| if harmless(c) { vec![c] } else { c.escape_default().collect() })
        .collect()
}

/// The places of a diagnostic in one file.
struct Place {
    source: Source,
    /// Bytes, whether it is the place itself, and what to say there.
    marks: Vec<(std::ops::Range<usize>, bool, String)>,
}

impl Place {
    fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let mut snippet =
            Snippet::source(&*self.source.text).path(&*self.source.name).line_start(1);
        for (range, primary, label) in &self.marks {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let mark = kind.span(range.clone());
            let mark = if label.is_empty() { mark } else { mark.label(label.as_str()) };
            snippet = snippet.annotation(mark);
        }
        snippet
    }
}

/// By file, that of the diagnostic itself first.
fn places(sources: &Sources, it: &Diagnostic) -> Vec<Place> {
    let own = it.span.iter().map(|span| (*span, true, String::new()));
    let others = it.labels.iter().map(|(span, text)| (*span, false, clean(text)));
    let mut places: Vec<(Span, Place)> = Vec::new();
    for (span, primary, label) in own.chain(others) {
        let known = places.iter().position(|(first, _)| first.file == span.file);
        let at = known.unwrap_or_else(|| {
            places.push((span, Place { source: sources.get(span.file), marks: Vec::new() }));
            places.len() - 1
        });
        if let Some((_, place)) = places.get_mut(at) {
            let range = shown(&place.source.text, span);
            place.marks.push((range, primary, label));
        }
    }
    let named = places.into_iter().map(|(_, place)| place);
    named.filter(|place| !place.source.name.is_empty()).collect()
}

/// The bytes to underline: within the text, at character boundaries, not longer than is legible.
fn shown(text: &str, span: Span) -> std::ops::Range<usize> {
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start as usize);
    let end = boundary(span.end as usize).max(start);
    let lines = text[start..end].split_inclusive('\n');
    let first = lines.clone().next().map_or(0, |line| line.trim_end_matches(['\r', '\n']).len());
    match lines.count() > MAX_LINES {
        true => start..start + first,
        false => start..end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> (Sources, super::super::FileId) {
        let sources = Sources::default();
        let file = sources.add("main.tf", "output \"é\" {\n  value = var.nmae\n}\n");
        (sources, file)
    }

    #[test]
    fn everything_is_shown() {
        let (sources, file) = sources();
        let it = Diagnostic::error("Reference to undeclared input variable", "no variable `nmae`")
            .at(Span::new(file, 24, 32))
            .label(Span::new(file, 0, 11), "in this output")
            .about("output.é")
            .hint("did you mean `name`?");
        let text = render(&sources, &it, Style::default());
        for part in [
            "error: Reference to undeclared input variable",
            "--> main.tf:2:11",
            "value = var.nmae",
            "^^^^^^^^",
            "in this output",
            "no variable `nmae`",
            "with: output.é",
            "hint: did you mean `name`?",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
        assert!(render(&sources, &it, Style { color: true }).contains('\u{1b}'));
    }

    #[test]
    fn odd_places_are_no_trouble() {
        let (sources, file) = sources();
        for span in [
            Span::new(file, 9, 9),
            Span::new(file, 8, 9),
            Span::new(file, 900, 950),
            Span::new(file, 30, 10),
            Span::new(super::super::FileId(9), 0, 4),
        ] {
            let it = Diagnostic::warning("odd", "\u{1b}[31mred").at(span);
            let text = render(&sources, &it, Style::default());
            assert!(text.starts_with("warning: odd") && !text.contains('\u{1b}'), "{text}");
        }
    }
}
