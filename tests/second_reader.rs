//! Another parser reads the same in what Terraform accepts: blocks, labels, arguments, nesting, and
//! expressions down to their literals. Where it does not, the reason stands here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fastcart_hcl::diag::Sources;
use fastcart_hcl::lang::ast;
use fastcart_hcl::lang::number::Number;
use fastcart_hcl::lang::parse::parse;
use fastcart_hcl::lang::value::{Kind, Value};
use hcl_edit::Span;
use hcl_edit::expr::{self, Expression, TraversalOperator};
use hcl_edit::structure;
use hcl_edit::template::{Directive, Element, Template};
use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization;

/// What the other parser reads differently, or not at all, and why ours is right.
const EXCEPTIONS: &[(&str, &str)] =
    &[("syntax-bom-at-start", "a byte-order mark at the start is not part of the text")];

/// Where the other parser is known to differ: whether Terraform takes the text, and what it is about.
const DIFFERENCES: &[(&str, bool, &str)] = &[
    ("a = \"x\ny\"\n", false, "a newline in a quoted string"),
    ("a = [<<E\nx\nE,\nE\n]\n", true, "a marker with a comma after it ends no heredoc"),
    ("a = b.1.0\n", false, "an index of two numbers is a number"),
    ("a = { b = 1, b = 2 }\n", true, "of a key that is there twice, the last one counts"),
    ("a = 1e400\n", true, "numbers are exact, however large"),
];

/// Texts by where they stand.
fn texts() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let snippets = fs::read_to_string(root.join("tests/lang/syntax.jsonl")).unwrap();
    let snippets = snippets.lines().map(|it| serde_json::from_str::<Json>(it).unwrap());
    let accepted = snippets.filter(|it| it["syntax_ok"] == true);
    let snippet =
        |it: Json| Some((it["id"].as_str()?.to_string(), it["hcl"].as_str()?.to_string()));
    let mut texts: BTreeMap<String, String> = accepted.filter_map(snippet).collect();
    let mut paths = Vec::new();
    files(&root.join("tests/lang/configs"), "tf", &mut paths);
    files(&root.join("stacks"), "hcl", &mut paths);
    for path in paths {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        // Some are there to be refused as what they are.
        texts.extend(fs::read_to_string(&path).ok().map(|text| (name, text)));
    }
    texts
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().is_some_and(|it| it == extension) {
            _ if path.is_dir() => files(&path, extension, found),
            true => found.push(path),
            false => {}
        }
    }
}

#[test]
fn two_parsers_read_the_same() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, text) in texts() {
        let Some(ours) = ours(&text) else {
            // What Terraform refuses, others may read as they like.
            assert!(!name.starts_with("syntax-"), "{name} is refused");
            continue;
        };
        compared += 1;
        let theirs = theirs(&text).unwrap_or_else(|why| format!("refused: {why}"));
        let reason = EXCEPTIONS.iter().find(|it| it.0 == name).map(|it| it.1);
        match (ours == theirs, reason) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(reason)) => wrong.push(format!("{name}: no longer: {reason}")),
            (false, None) => wrong.push(difference(&name, &ours, &theirs)),
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 250, "{compared}");
    let known: Vec<String> = texts().into_keys().collect();
    let unknown = EXCEPTIONS.iter().find(|it| !known.iter().any(|name| name == it.0));
    assert_eq!(unknown, None);
}

#[test]
fn the_other_parser_differs_where_it_is_known_to() {
    for (text, accepted, what) in DIFFERENCES {
        let (ours, theirs) = (ours(text), theirs(text));
        assert_eq!(ours.is_some(), *accepted, "{what}: {ours:?}");
        assert_ne!(ours, theirs.ok(), "no longer: {what}");
    }
}

/// The first line that is read differently.
fn difference(name: &str, ours: &str, theirs: &str) -> String {
    let lines = ours.lines().zip(theirs.lines()).find(|(a, b)| a != b);
    let (a, b) = lines.unwrap_or((ours, theirs));
    format!("{name}:\n  ours   {a}\n  theirs {b}")
}

fn ours(text: &str) -> Option<String> {
    let sources = Sources::default();
    // The mark is taken off where files are read.
    let file = sources.add("a.tf", text.trim_start_matches('\u{feff}'));
    let (body, found) = parse(&sources, file);
    (!found.has_errors()).then(|| our_body(&body, 0))
}

fn theirs(text: &str) -> Result<String, hcl_edit::parser::Error> {
    let body: structure::Body = text.parse()?;
    Ok(Theirs(text).body(&body, 0))
}

fn line(depth: usize, text: String) -> String {
    format!("{}{text}\n", "  ".repeat(depth))
}

fn our_body(body: &ast::Body, depth: usize) -> String {
    let arguments = body
        .attributes
        .iter()
        .map(|it| line(depth, format!("{} = {}", it.name.text, our_expr(&it.value))));
    let blocks = body.blocks.iter().map(|it| {
        let labels: Vec<&str> = it.labels.iter().map(|it| &*it.text).collect();
        line(depth, format!("{} {labels:?}", it.kind.text)) + &our_body(&it.body, depth + 1)
    });
    arguments.chain(blocks).collect()
}

fn our_expr(it: &ast::Expr) -> String {
    use ast::ExprKind;
    let all = |them: &[ast::Expr]| them.iter().map(our_expr).collect::<Vec<_>>().join(", ");
    match &it.kind {
        ExprKind::Literal(value) => our_value(value),
        ExprKind::Template(parts) => format!("template({})", our_parts(parts).join(", ")),
        ExprKind::Wrap(it) => format!("template({})", our_expr(it)),
        ExprKind::Paren(it) => format!("({})", our_expr(it)),
        ExprKind::Reference(_)
        | ExprKind::Access(..)
        | ExprKind::Index(..)
        | ExprKind::Splat(_) => our_steps(it),
        ExprKind::Call(it) => {
            let dots = if it.expand { "..." } else { "" };
            format!("{}({}{dots})", it.name.text, all(&it.args))
        }
        ExprKind::Unary(operator, it) => format!("{operator:?} {}", our_expr(it)),
        ExprKind::Binary(operator, a, b) => {
            format!("{operator:?}[{}, {}]", our_expr(a), our_expr(b))
        }
        ExprKind::Conditional(a, b, c) => {
            format!("if[{}, {}, {}]", our_expr(a), our_expr(b), our_expr(c))
        }
        ExprKind::For(it) => {
            let names = it.key_name.iter().chain([&it.value_name]).map(|it| it.text.to_string());
            let parts = [it.key.as_ref(), Some(&it.value), it.condition.as_ref()];
            let parts = parts.map(|it| it.map_or("-".into(), our_expr));
            let names: Vec<String> = names.collect();
            let collection = our_expr(&it.collection);
            format!("for {names:?} in {collection}: {} group={}", parts.join(", "), it.group)
        }
        ExprKind::Tuple(items) => format!("[{}]", all(items)),
        ExprKind::Object(items) => {
            let items = items.iter().map(|(key, value)| {
                let key = match key {
                    ast::ObjectKey::Word(it) => it.text.to_string(),
                    ast::ObjectKey::Expr(it) => our_expr(it),
                };
                format!("{key} = {}", our_expr(value))
            });
            format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
        }
    }
}

fn our_value(value: &Value) -> String {
    match value.kind() {
        Kind::Null(_) => "null".into(),
        Kind::Bool(it) => it.to_string(),
        Kind::Number(it) => it.to_string(),
        Kind::String(it) => format!("{it:?}"),
        Kind::Tuple(items) => {
            format!("[{}]", items.iter().map(our_value).collect::<Vec<_>>().join(", "))
        }
        _ => panic!("no literal: {value:?}"),
    }
}

/// A root and all steps from it, as they are written one after the other.
fn our_steps(it: &ast::Expr) -> String {
    use ast::ExprKind;
    let steps = |them: &[ast::Step]| -> String {
        let step = |it: &ast::Step| match &it.kind {
            ast::StepKind::Attribute(name) => format!(".{name}"),
            ast::StepKind::Index(key) => format!("[{}]", our_value(key)),
        };
        them.iter().map(step).collect()
    };
    match &it.kind {
        ExprKind::Reference(it) if &*it.root.text == ast::Splat::ELEMENT => steps(&it.steps),
        ExprKind::Reference(it) => format!("{}{}", it.root.text, steps(&it.steps)),
        ExprKind::Access(source, then) => our_steps(source) + &steps(then),
        ExprKind::Index(source, key) => format!("{}[{}]", our_steps(source), our_expr(key)),
        ExprKind::Splat(it) => format!("{}[*]{}", our_steps(&it.source), our_steps(&it.each)),
        _ => our_expr(it),
    }
}

/// Expressions of a template; how its text is trimmed is not compared.
fn our_parts(parts: &[ast::Part]) -> Vec<String> {
    let part = |it: &ast::Part| match it {
        ast::Part::Text(_) => None,
        ast::Part::Interpolation(it) => Some(our_expr(it)),
        ast::Part::If(condition, yes, no) => {
            let (yes, no) = (our_parts(yes).join(", "), our_parts(no).join(", "));
            Some(format!("if[{}, {yes}, {no}]", our_expr(condition)))
        }
        ast::Part::For(it) => {
            let body = our_parts(&it.body).join(", ");
            Some(format!("for {} in {}: {body}", it.value_name.text, our_expr(&it.collection)))
        }
    };
    parts.iter().filter_map(part).collect()
}

/// What the other parser reads of this text.
struct Theirs<'t>(&'t str);

impl Theirs<'_> {
    fn body(&self, body: &structure::Body, depth: usize) -> String {
        let arguments = body
            .attributes()
            .map(|it| line(depth, format!("{} = {}", it.key.as_str(), self.expr(&it.value))));
        let blocks = body.blocks().map(|it| {
            let labels: Vec<&str> = it.labels.iter().map(|it| it.as_str()).collect();
            line(depth, format!("{} {labels:?}", it.ident.as_str()))
                + &self.body(&it.body, depth + 1)
        });
        arguments.chain(blocks).collect()
    }

    fn expr(&self, it: &Expression) -> String {
        let text = |it: &str| format!("{:?}", it.nfc().collect::<String>());
        match it {
            Expression::Null(_) => "null".into(),
            Expression::Bool(it) => it.to_string(),
            Expression::Number(_) => {
                // Of what it counts as one number, the sign is an operator.
                let digits = &self.0[it.span().unwrap()];
                let (sign, digits) = match digits.strip_prefix('-') {
                    Some(digits) => ("Negate ", digits.trim_start()),
                    None => ("", digits),
                };
                format!("{sign}{}", Number::parse(digits).unwrap())
            }
            Expression::String(it) => text(it),
            Expression::Array(it) => format!("[{}]", self.all(it.iter())),
            Expression::Object(it) => {
                let items = it.iter().map(|(key, value)| {
                    let key = match key {
                        expr::ObjectKey::Ident(it) => it.to_string(),
                        expr::ObjectKey::Expression(it) => self.expr(it),
                    };
                    format!("{key} = {}", self.expr(value.expr()))
                });
                format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
            }
            Expression::StringTemplate(it) => self.template(it),
            Expression::HeredocTemplate(it) => {
                match it.template.iter().map(Element::as_literal).collect::<Option<Vec<_>>>() {
                    Some(texts) => text(&texts.iter().map(|it| it.as_str()).collect::<String>()),
                    None => self.template(&it.template),
                }
            }
            Expression::Parenthesis(it) => format!("({})", self.expr(it.inner())),
            Expression::Variable(it) => it.to_string(),
            Expression::Conditional(it) => format!(
                "if[{}, {}, {}]",
                self.expr(&it.cond_expr),
                self.expr(&it.true_expr),
                self.expr(&it.false_expr)
            ),
            Expression::FuncCall(it) => {
                let namespace = it.name.namespace.iter().map(|it| format!("{}::", it.as_str()));
                let dots = if it.args.expand_final() { "..." } else { "" };
                let (namespace, name) = (namespace.collect::<String>(), it.name.name.as_str());
                format!("{namespace}{name}({}{dots})", self.all(it.args.iter()))
            }
            Expression::Traversal(it) => {
                let steps = it.operators.iter().map(|it| match it.value() {
                    TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                        "[*]".to_string()
                    }
                    TraversalOperator::GetAttr(name) => format!(".{}", name.as_str()),
                    TraversalOperator::Index(key) => format!("[{}]", self.expr(key)),
                    TraversalOperator::LegacyIndex(key) => format!("[{}]", key.value()),
                });
                self.expr(&it.expr) + &steps.collect::<String>()
            }
            Expression::UnaryOp(it) => {
                let name = match it.operator.value() {
                    expr::UnaryOperator::Neg => "Negate",
                    expr::UnaryOperator::Not => "Not",
                };
                format!("{name} {}", self.expr(&it.expr))
            }
            Expression::BinaryOp(it) => {
                let (a, b) = (self.expr(&it.lhs_expr), self.expr(&it.rhs_expr));
                format!("{}[{a}, {b}]", binary(*it.operator.value()))
            }
            Expression::ForExpr(it) => {
                let names = it.intro.key_var.iter().chain([&it.intro.value_var]);
                let names: Vec<String> = names.map(|it| it.to_string()).collect();
                let condition = it.cond.as_ref().map(|it| &it.expr);
                let parts = [it.key_expr.as_ref(), Some(&it.value_expr), condition];
                let parts = parts.map(|it| it.map_or("-".into(), |it| self.expr(it)));
                let collection = self.expr(&it.intro.collection_expr);
                format!("for {names:?} in {collection}: {} group={}", parts.join(", "), it.grouping)
            }
        }
    }

    fn all<'e>(&self, them: impl Iterator<Item = &'e Expression>) -> String {
        them.map(|it| self.expr(it)).collect::<Vec<_>>().join(", ")
    }

    fn template(&self, it: &Template) -> String {
        format!("template({})", self.parts(it).join(", "))
    }

    fn parts(&self, it: &Template) -> Vec<String> {
        let part = |it: &Element| match it {
            Element::Literal(_) => None,
            Element::Interpolation(it) => Some(self.expr(&it.expr)),
            Element::Directive(it) => Some(match &**it {
                Directive::If(it) => {
                    let yes = self.parts(&it.if_expr.template).join(", ");
                    let no = it.else_expr.as_ref().map(|it| self.parts(&it.template).join(", "));
                    let condition = self.expr(&it.if_expr.cond_expr);
                    format!("if[{condition}, {yes}, {}]", no.unwrap_or_default())
                }
                Directive::For(it) => {
                    let body = self.parts(&it.for_expr.template).join(", ");
                    let collection = self.expr(&it.for_expr.collection_expr);
                    format!("for {} in {collection}: {body}", it.for_expr.value_var.as_str())
                }
            }),
        };
        it.iter().filter_map(part).collect()
    }
}

fn binary(it: expr::BinaryOperator) -> String {
    use expr::BinaryOperator as Theirs;
    let name = match it {
        Theirs::Eq => ast::Binary::Equal,
        Theirs::NotEq => ast::Binary::NotEqual,
        Theirs::LessEq => ast::Binary::LessEqual,
        Theirs::GreaterEq => ast::Binary::GreaterEqual,
        Theirs::Less => ast::Binary::Less,
        Theirs::Greater => ast::Binary::Greater,
        Theirs::Plus => ast::Binary::Add,
        Theirs::Minus => ast::Binary::Subtract,
        Theirs::Mul => ast::Binary::Multiply,
        Theirs::Div => ast::Binary::Divide,
        Theirs::Mod => ast::Binary::Remainder,
        Theirs::And => ast::Binary::And,
        Theirs::Or => ast::Binary::Or,
    };
    format!("{name:?}")
}
