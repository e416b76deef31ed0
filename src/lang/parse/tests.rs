//! What the corpus in `tests/lang` leaves open.

use super::*;
use crate::lang::ast::{ExprKind, ObjectKey, Part, StepKind};

fn expression(text: &str) -> ast::Expr {
    let sources = Sources::default();
    let file = sources.add("x", text);
    let (expr, found) = parse_expression(&sources, file);
    expr.unwrap_or_else(|| panic!("{text}: {found}"))
}

fn first_error(text: &str) -> (String, usize, usize) {
    let sources = Sources::default();
    let file = sources.add("main.tf", text);
    let (_, found) = parse(&sources, file);
    let one = found.iter().next().unwrap_or_else(|| panic!("no error: {text}"));
    let at = sources.position(one.span.unwrap());
    (one.summary.clone(), at.line, at.column)
}

fn text_of(text: &str) -> String {
    match expression(text).kind {
        ExprKind::Literal(value) => value.as_str().unwrap().to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn heredocs_are_read_from_the_source() {
    for (source, text) in [
        ("<<EOT\nEOT,\nEOTX\n  EOT y\nEOT\n", "EOT,\nEOTX\n  EOT y\n"),
        ("<<-E\n    a\n      b\\n $${x}\n  E\n", "a\n  b\\n ${x}\n"),
        ("<<E\nE\n", ""),
        ("<<E\r\na\r\nE\r\n", "a\r\n"),
        ("<<E\né🙂\nE\n", "é🙂\n"),
    ] {
        assert_eq!(text_of(source), text, "{source:?}");
    }
}

#[test]
fn strip_markers_come_before_indentation() {
    let ExprKind::Template(parts) =
        expression("<<-E\n    a\n    %{~ if x ~}\n    b\n    %{ endif }\n    E\n").kind
    else {
        panic!()
    };
    assert!(matches!(&parts[0], Part::Text(it) if &**it == "    a\n"));
    let Part::If(_, yes, _) = &parts[1] else { panic!("{parts:?}") };
    assert!(matches!(&yes[0], Part::Text(it) if &**it == "    b\n    "), "{yes:?}");
}

#[test]
fn numbers_keep_every_digit() {
    for text in ["1e400", "123456789012345678901234567890", "0.1000000000000000055"] {
        let ExprKind::Literal(value) = expression(text).kind else { panic!() };
        let want = crate::lang::number::Number::parse(text).unwrap();
        assert_eq!(value.as_number(), Some(&want));
    }
    let ExprKind::Unary(_, inner) = expression("- /* x */ 1.5e-3").kind else { panic!() };
    assert_eq!((inner.span.start, inner.span.end), (10, 16));
}

#[test]
fn splats_take_what_they_bind() {
    let ExprKind::Access(inner, steps) = expression("x.*.a[0]").kind else { panic!() };
    assert!(matches!(inner.kind, ExprKind::Splat(_)) && steps.len() == 1);
    let ExprKind::Splat(it) = expression("x[*].a[0]").kind else { panic!() };
    let ExprKind::Reference(each) = &it.each.kind else { panic!() };
    assert!(matches!(each.steps[1].kind, StepKind::Index(_)));
    let ExprKind::Splat(it) = expression("x.*.a.0").kind else { panic!() };
    let ExprKind::Reference(each) = &it.each.kind else { panic!() };
    assert_eq!(each.steps.len(), 2);
}

#[test]
fn an_interpolation_alone_keeps_its_type() {
    assert!(matches!(expression("\"${x}\"").kind, ExprKind::Wrap(_)));
    assert!(matches!(expression("\"${x ~} \"").kind, ExprKind::Template(_)));
}

#[test]
fn a_bare_word_is_a_key_and_anything_else_an_expression() {
    let ExprKind::Object(items) =
        expression("{ a = 1, null = 2, (a) = 3, \"a\" = 4, a.b = 5 }").kind
    else {
        panic!()
    };
    let word = |(key, _): &(ObjectKey, ast::Expr)| matches!(key, ObjectKey::Word(_));
    assert_eq!(items.iter().map(word).collect::<Vec<_>>(), [true, true, false, false, false]);
}

#[test]
fn operators_bind_as_tightly_as_they_should() {
    fn shown(expr: &ast::Expr) -> String {
        match &expr.kind {
            ExprKind::Binary(operator, a, b) => format!("({} {operator:?} {})", shown(a), shown(b)),
            ExprKind::Unary(operator, it) => format!("({operator:?} {})", shown(it)),
            ExprKind::Reference(it) => it.root.text.to_string(),
            other => panic!("{other:?}"),
        }
    }
    for (text, want) in [
        ("a - b - c", "((a Subtract b) Subtract c)"),
        ("a + b * c % d - e", "((a Add ((b Multiply c) Remainder d)) Subtract e)"),
        ("a || b && c == d < e + f", "(a Or (b And (c Equal (d Less (e Add f)))))"),
        (
            "a <= b != c || !d && -e > f",
            "(((a LessEqual b) NotEqual c) Or ((Not d) And ((Negate e) Greater f)))",
        ),
    ] {
        let expr = expression(text);
        assert_eq!(shown(&expr), want, "{text}");
        assert_eq!((expr.span.start, expr.span.end as usize), (0, text.len()));
    }
}

#[test]
fn directives_take_what_is_between_them() {
    let text = "\"a%{ if x }b%{ for k, v in y }c${v}%{ endfor }%{ else }d%{ endif }e\"";
    let ExprKind::Template(parts) = expression(text).kind else { panic!() };
    let [Part::Text(_), Part::If(_, yes, no), Part::Text(_)] = parts.as_slice() else {
        panic!("{parts:?}")
    };
    let [Part::Text(_), Part::For(it)] = yes.as_slice() else { panic!("{yes:?}") };
    assert!(it.key_name.is_some() && it.body.len() == 2 && no.len() == 1);
}

#[test]
fn comments_and_line_breaks_do_not_move_spans() {
    let text = "[ # one\n  1, /* two\n */ f( // three\n x\n .y), ]";
    let ExprKind::Tuple(items) = expression(text).kind else { panic!() };
    let span = items[1].span;
    assert!(text[span.start as usize..span.end as usize].starts_with("f("));
}

#[test]
fn every_bad_block_is_reported_and_the_others_are_kept() {
    let sources = Sources::default();
    let text = "a \"b\" {\n  x = \n}\nc \"d\" {\n  y = 1\n}\ne \"f\" {\n  z = [1, 2\n}\ng {}\n";
    let file = sources.add("main.tf", text);
    let (body, found) = parse(&sources, file);
    assert_eq!(found.len(), 2, "{found}");
    let kinds: Vec<_> = body.blocks.iter().map(|it| &*it.kind.text).collect();
    assert_eq!(kinds, ["c", "g"]);
}

#[test]
fn limits_are_clear_errors() {
    let deep = format!("x = {}{}\n", "[".repeat(90), "]".repeat(90));
    assert_eq!(first_error(&deep).0, "nested too deeply");
    let deep = format!("x = {}1\n", "-".repeat(100_000));
    assert_eq!(first_error(&deep).0, "nested too deeply");
    let deep = format!("x = {}", "\"${".repeat(50_000));
    assert_eq!(first_error(&deep).0, "nested too deeply");
    for (start, more) in [("1", " + 1"), ("a", "[b]"), ("a", ".*[0]"), ("a", " && (b + c)")] {
        let long = format!("x = {start}{}\n", more.repeat(500));
        assert_eq!(first_error(&long).0, "too many operators");
    }
    let long = format!(
        "x = {}a{}\n",
        "(".repeat(30),
        " + 1)".repeat(30).replace("1)", "1 + 1 + 1 + 1 + 1)")
    );
    assert_eq!(first_error(&long).0, "too many operators");
    let deep = format!("x = a{}\n", "[*]".repeat(500));
    assert_eq!(first_error(&deep).0, "nested too deeply");
    let deep = format!("x = \"{}\"\n", "%{ if a }".repeat(50_000));
    assert_eq!(first_error(&deep).0, "nested too deeply");
    assert_eq!(first_error(&"x".repeat(MAX_BYTES + 1)).0, "file too large");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let sources = Sources::default();
    let file = sources.add("main.tf", "\u{feff}a = 1\n");
    let (body, found) = parse(&sources, file);
    assert!(found.is_empty());
    assert_eq!(body.attributes[0].name.span.start, 3);
}

#[test]
fn templates_of_json_strings_have_the_place_of_the_string() {
    let span = Span::new(FileId(7), 10, 40);
    let (expr, _) = parse_template_in("a ${b.c}", span, None);
    let mut seen = Vec::new();
    expr.unwrap().references(&mut |it| seen.push(it.root.span));
    assert_eq!(seen, [span]);
    let (_, found) = parse_template_in("a ${", span, Some(11));
    assert_eq!(found.iter().next().unwrap().span.unwrap().file, FileId(7));
}
