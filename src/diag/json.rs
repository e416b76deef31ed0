//! Diagnostics as JSON, in the shape of `terraform validate -json`.

use serde_json::{Value as Json, json};

use super::{Diagnostic, Position, Severity, Sources, Span};

/// One diagnostic as Terraform's JSON formats write it.
pub fn to_json(sources: &Sources, it: &Diagnostic) -> Json {
    let mut detail = it.detail.clone();
    for hint in &it.hints {
        if !detail.is_empty() {
            detail.push_str("\n\n");
        }
        detail.push_str("hint: ");
        detail.push_str(hint);
    }
    let severity = match it.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out = json!({ "severity": severity, "summary": it.summary, "detail": detail });
    if let Some(address) = &it.address {
        out["address"] = json!(address);
    }
    if let Some(span) = it.span {
        let source = sources.get(span.file);
        out["range"] = range(&source.name, &source.text, span);
        out["snippet"] = snippet(&source.text, span, it);
    }
    out
}

fn range(name: &str, text: &str, span: Span) -> Json {
    let place = |at: u32| {
        let it = Position::of(text, at as usize);
        json!({ "line": it.line, "column": it.column, "byte": it.byte })
    };
    json!({ "filename": name, "start": place(span.start), "end": place(span.end) })
}

/// The lines of the place, and where in them it is, in bytes.
fn snippet(text: &str, span: Span, it: &Diagnostic) -> Json {
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start as usize);
    let end = boundary(span.end as usize).max(start);
    let from = text[..start].rfind('\n').map_or(0, |it| it + 1);
    // A place that ends with a line break ends on its line.
    let last = end.max(start + 1).min(text.len()).saturating_sub(1);
    let last = boundary(last).max(start);
    let to = text[last..].find('\n').map_or(text.len(), |it| last + it);
    let code = text[from..to.max(start)].trim_end_matches('\r');
    let values: Vec<Json> = it
        .values
        .iter()
        .map(|(name, value)| json!({ "traversal": name, "statement": value }))
        .collect();
    json!({
        "context": context(text, start),
        "code": code,
        "start_line": Position::of(text, start).line,
        "highlight_start_offset": start - from,
        "highlight_end_offset": (end - from).min(code.len()).max(start - from),
        "values": values,
    })
}

/// The header of the top-level block that holds a place: the last line before it that is neither
/// indented nor a closing brace nor a comment.
fn context(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let mut lines: Vec<&str> = before.split('\n').collect();
    // The place may stand in the header itself.
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    let current = text.get(line_start..)?.lines().next().unwrap_or("");
    lines.pop();
    lines.push(current);
    for line in lines.into_iter().rev() {
        if line.starts_with('}') {
            return None;
        }
        if line.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)) {
            let (header, _) = line.split_once('{')?;
            return Some(header.trim_end().to_string());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_terraforms_shape() {
        let sources = Sources::default();
        let file = sources.add("main.tf", "output \"o\" {\n  value = var.é + 1\n}\n");
        let mut it = Diagnostic::error("bad", "why").at(Span::new(file, 23, 29)).hint("fix it");
        it.values.push(("var.é".into(), "is \"x\"".into()));
        assert_eq!(
            to_json(&sources, &it),
            json!({
                "severity": "error",
                "summary": "bad",
                "detail": "why\n\nhint: fix it",
                "range": {
                    "filename": "main.tf",
                    "start": { "line": 2, "column": 11, "byte": 23 },
                    "end": { "line": 2, "column": 16, "byte": 29 },
                },
                "snippet": {
                    "context": "output \"o\"",
                    "code": "  value = var.é + 1",
                    "start_line": 2,
                    "highlight_start_offset": 10,
                    "highlight_end_offset": 16,
                    "values": [{ "traversal": "var.é", "statement": "is \"x\"" }],
                },
            })
        );
    }

    #[test]
    fn any_place_will_do() {
        let sources = Sources::default();
        let file = sources.add("x", "é\r\n");
        for (start, end) in [(0, 0), (1, 2), (2, 4), (4, 4), (90, 3), (0, 900)] {
            let it = Diagnostic::warning("w", "").at(Span::new(file, start, end));
            assert!(to_json(&sources, &it)["snippet"]["code"].is_string());
        }
    }
}
