//! What holds of every expression and every value: no input breaks the evaluator, JSON and
//! conversions lead there and back, what is unknown never becomes a wrong answer, and what is
//! sensitive stays so.
//!
//! Every run tries the same inputs; `PROPERTIES=10000` tries that many, `PROPERTIES_SEED=7` others.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fastcart_hcl::diag::{Result, Sources};
use fastcart_hcl::lang::convert::{can_convert, convert, unify};
use fastcart_hcl::lang::eval::{self, Environment, Names};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::lang::number::Number;
use fastcart_hcl::lang::parse;
use fastcart_hcl::lang::types::Type;
use fastcart_hcl::lang::value::{Kind, Marks, Str, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Inputs of each property, where nothing else is asked for.
const USUAL: u32 = 1_000;

fn check<S: Strategy>(
    inputs: S,
    property: impl Fn(S::Value) -> std::result::Result<(), TestCaseError>,
) where
    S::Value: std::fmt::Debug,
{
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let config = Config {
        cases: number("PROPERTIES").map_or(USUAL, |it| it as u32),
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("PROPERTIES_SEED").unwrap_or(1).to_le_bytes());
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    if let Err(failed) = runner.run(&inputs, property) {
        panic!("{failed}");
    }
}

/// Any value that JSON can hold: as `jsondecode` gives it.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::NULL),
        any::<bool>().prop_map(Value::from),
        (-1000i64..1000).prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            prop::collection::btree_map(name(), inner, 0..4).prop_map(Value::object),
        ]
    })
}

fn number() -> impl Strategy<Value = Number> {
    "-?[0-9]{1,40}(\\.[0-9]{1,30})?(e-?[0-9]{1,2})?"
        .prop_filter_map("a number", |it| Number::parse(&it))
}

/// Names are normalised, as all text is.
fn name() -> impl Strategy<Value = String> {
    text().prop_map(|it| Value::from(it).as_str().unwrap_or("").to_string())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "", "a", "b", "key", "true", "1", "-2.50", "é", "e\u{301}", "<&>"
        ])
        .prop_map(String::from),
        ".{0,12}",
    ]
}

/// Evaluates with these values of `a`, `b` and `c`.
fn evaluate(text: &str, values: &[Value; 3]) -> Option<Result<Value>> {
    let sources = Sources::default();
    let environment = Environment {
        files: Arc::new(MemoryFiles::new()),
        dir: Path::new("").into(),
        now: Some(jiff::Timestamp::UNIX_EPOCH),
        apply: true,
        sources: sources.clone(),
    };
    let file = sources.add("<expression>", text);
    let expr = parse::parse_expression(&sources, file).0?;
    let names = ["a", "b", "c"].into_iter().map(Str::from);
    let values: BTreeMap<Str, Value> = names.zip(values.iter().cloned()).collect();
    Some(eval::evaluate(&Names { values: &values, environment: &environment }, &expr))
}

/// An expression over `a`, `b` and `c`. `telling` ones may fail and say so, by `try` and `can`.
fn expression(telling: bool) -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a", "a", "a", "b", "b", "c", "1", "\"x\"", "true", "null", "[]", "{}", "\"a\"", "0",
    ])
    .prop_map(String::from);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let one = inner.clone();
        let pair = (inner.clone(), inner.clone());
        let operators = ["+", "-", "*", "%", "==", "!=", "<", ">=", "&&", "||"];
        let functions = [
            "length",
            "keys",
            "values",
            "tolist",
            "toset",
            "tomap",
            "tostring",
            "tonumber",
            "upper",
            "jsonencode",
            "flatten",
            "distinct",
            "reverse",
            "sort",
            "sum",
            "one",
            "compact",
            "yamlencode",
            "tobool",
            "alltrue",
            "anytrue",
            "trimspace",
            "base64encode",
            "sha1",
            "abs",
            "strrev",
            "title",
            "jsondecode",
            "urlencode",
            "transpose",
        ];
        let two = [
            "concat",
            "merge",
            "contains",
            "coalesce",
            "lookup",
            "element",
            "setunion",
            "setsubtract",
            "setintersection",
            "join",
            "split",
            "zipmap",
            "setproduct",
            "format",
            "formatlist",
            "coalescelist",
            "index",
            "chunklist",
            "startswith",
            "trim",
            "max",
            "min",
            "regexall",
        ];
        let mut kinds = vec![
            (pair.clone(), prop::sample::select(operators.to_vec()))
                .prop_map(|((x, y), it)| format!("(({x}) {it} ({y}))"))
                .boxed(),
            (inner.clone(), pair.clone())
                .prop_map(|(c, (x, y))| format!("(({c}) ? ({x}) : ({y}))"))
                .boxed(),
            (one.clone(), prop::sample::select(functions.to_vec()))
                .prop_map(|(x, it)| format!("{it}({x})"))
                .boxed(),
            (pair.clone(), prop::sample::select(two.to_vec()))
                .prop_map(|((x, y), it)| format!("{it}({x}, {y})"))
                .boxed(),
            pair.clone().prop_map(|(x, y)| format!("[{x}, {y}]")).boxed(),
            pair.clone().prop_map(|(x, y)| format!("{{k = {x}, m = {y}}}")).boxed(),
            pair.clone().prop_map(|(x, y)| format!("({x})[{y}]")).boxed(),
            one.clone().prop_map(|x| format!("({x})[*]")).boxed(),
            one.clone().prop_map(|x| format!("({x})[*].k")).boxed(),
            one.clone().prop_map(|x| format!("({x}).k")).boxed(),
            one.clone().prop_map(|x| format!("\"<${{{x}}}>\"")).boxed(),
            pair.clone()
                .prop_map(|(x, y)| format!("\"%{{ if {x} }}p${{{y}}}%{{ else }}q%{{ endif }}\""))
                .boxed(),
            one.clone()
                .prop_map(|x| format!("\"%{{ for v in {x} }}[${{v}}]%{{ endfor }}\""))
                .boxed(),
            pair.clone().prop_map(|(x, y)| format!("[for k, v in {x} : [k, v] if {y}]")).boxed(),
            one.clone().prop_map(|x| format!("[for v in {x} : v if v != b]")).boxed(),
            one.clone().prop_map(|x| format!("{{for k, v in {x} : k => v}}")).boxed(),
            one.clone().prop_map(|x| format!("{{for k, v in {x} : \"${{v}}\" => k...}}")).boxed(),
            one.clone().prop_map(|x| format!("!({x})")).boxed(),
            one.clone().prop_map(|x| format!("-({x})")).boxed(),
        ];
        if telling {
            kinds.push(pair.prop_map(|(x, y)| format!("try({x}, {y})")).boxed());
            kinds.push(one.prop_map(|x| format!("can({x})")).boxed());
        }
        prop::strategy::Union::new(kinds)
    })
}

fn values() -> impl Strategy<Value = [Value; 3]> {
    let given = || {
        prop_oneof![
            value(),
            value().prop_map(|it| convert(&it, &Type::list(Type::Any)).unwrap_or(it)),
            value().prop_map(|it| convert(&it, &Type::set(Type::Any)).unwrap_or(it)),
            value().prop_map(|it| convert(&it, &Type::map(Type::Any)).unwrap_or(it)),
        ]
    };
    [given(), given(), given()]
}

#[test]
fn json_leads_there_and_back() {
    check(value(), |value| {
        let empty = [Value::NULL, Value::NULL, Value::NULL];
        let given = [value.clone(), Value::NULL, Value::NULL];
        let text = evaluate("jsonencode(a)", &given).unwrap();
        prop_assert!(text.is_ok(), "{:?}", text);
        let back = evaluate("jsondecode(a)", &[text.unwrap(), empty[1].clone(), empty[2].clone()]);
        let back = back.unwrap();
        prop_assert!(back.as_ref().is_ok_and(|it| it.same(&value)), "{:?}", back);
        let yaml = evaluate("yamlencode(a)", &given).unwrap();
        prop_assert!(yaml.is_ok(), "{:?}", yaml);
        Ok(())
    });
}

#[test]
fn a_value_is_of_the_type_that_it_was_converted_to() {
    let types = prop::sample::select(vec![
        Type::Bool,
        Type::Number,
        Type::String,
        Type::list(Type::String),
        Type::list(Type::Any),
        Type::set(Type::Number),
        Type::set(Type::Any),
        Type::map(Type::String),
        Type::map(Type::Any),
        Type::tuple([Type::String, Type::Any]),
        Type::object([("a", Type::String), ("key", Type::Any)]),
        Type::list(Type::map(Type::Bool)),
    ]);
    check((value(), types), |(value, ty)| {
        let Ok(converted) = convert(&value, &ty) else { return Ok(()) };
        if !ty.has_any() {
            prop_assert_eq!(converted.ty(), ty.clone());
        }
        // Once more changes nothing, and what can be converted may be.
        let again = convert(&converted, &ty);
        prop_assert!(again.as_ref().is_ok_and(|it| it.same(&converted)), "{:?}", again);
        prop_assert!(can_convert(&value.ty(), &ty).is_ok(), "{} to {ty}", value.ty());
        if value.is_null() {
            return Ok(());
        }
        // An unknown of its type becomes one of the type that it has become.
        let unknown = convert(&Value::unknown_not_null(value.ty()), &ty);
        prop_assert!(
            unknown.as_ref().is_ok_and(|it| admits(it, &converted)),
            "{:?} for {:?}",
            unknown,
            converted
        );
        Ok(())
    });
}

#[test]
fn numbers_and_texts_lead_there_and_back() {
    check(number(), |number| {
        let value = Value::from(number.clone());
        let text = convert(&value, &Type::String).unwrap();
        let back = convert(&text, &Type::Number).unwrap();
        prop_assert!(back.same(&value) || text.same(&convert(&back, &Type::String).unwrap()));
        Ok(())
    });
}

#[test]
fn what_is_unified_can_be_converted_to() {
    check(prop::collection::vec(value(), 1..4), |values| {
        let types: Vec<Type> = values.iter().map(Value::ty).collect();
        let Some(common) = unify(&types) else { return Ok(()) };
        if !common.has_any() {
            for (value, ty) in values.iter().zip(&types) {
                let it = convert(value, &common);
                prop_assert!(it.is_ok(), "{ty} to {common}: {:?}", it);
            }
        }
        Ok(())
    });
}

/// Whether a value may turn out to be this, once all of it is known.
fn admits(open: &Value, known: &Value) -> bool {
    match (open.kind(), known.kind()) {
        (Kind::Unknown(it), _) => {
            let typed = it.ty == Type::Any
                || it.ty == known.ty()
                || known.is_null()
                || can_convert(&known.ty(), &it.ty).is_ok();
            let begins = known
                .as_str()
                .is_none_or(|text| text.starts_with(it.prefix.as_deref().unwrap_or("")));
            typed && begins && !(it.not_null && known.is_null())
        }
        // What all elements have in common is only known once all of them are.
        (Kind::List(_, a) | Kind::Tuple(a), Kind::List(_, b) | Kind::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| admits(a, b))
        }
        (Kind::Map(_, a) | Kind::Object(a), Kind::Map(_, b) | Kind::Object(b)) => {
            a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| admits(a, b))
        }
        // Elements that are not known may be equal to one another, and stand anywhere.
        (Kind::Set(_, a), Kind::Set(_, b)) => {
            let (known, open): (Vec<_>, Vec<_>) = a.iter().partition(|it| it.is_wholly_known());
            known.iter().all(|it| b.iter().any(|other| other.same(it)))
                && b.len() <= a.len()
                && (!open.is_empty() || a.len() == b.len())
        }
        (Kind::Null(ty), Kind::Null(known)) => *ty == Type::Any || ty == known,
        _ => open.same(known),
    }
}

#[test]
fn what_is_unknown_never_becomes_a_wrong_answer() {
    check((expression(true), values()), |(text, values)| {
        let Some(Ok(known)) = evaluate(&text, &values) else { return Ok(()) };
        if values[0].is_null() {
            return Ok(());
        }
        for unknown in [Value::unknown(values[0].ty()), Value::unknown(Type::Any)] {
            let open = [unknown, values[1].clone(), values[2].clone()];
            let result = evaluate(&text, &open).unwrap();
            match result {
                Ok(it) => prop_assert!(admits(&it, &known), "{text}: {it:?}, then {known:?}"),
                Err(it) => prop_assert!(false, "{text}: {it}, then {known:?}"),
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_sensitive_stays_so() {
    // Two secrets that lead to two results: whoever sees the result learns of the secret.
    check((expression(false), values(), value()), |(text, values, other)| {
        let with = |secret: &Value| {
            evaluate(&text, &[secret.clone().sensitive(), values[1].clone(), values[2].clone()])
        };
        let (Some(Ok(one)), Some(Ok(two))) = (with(&values[0]), with(&other)) else {
            return Ok(());
        };
        let bare = |it: &Value| it.clone().without_marks().0;
        if !bare(&one).same(&bare(&two)) {
            prop_assert!(one.has_sensitive() && two.has_sensitive(), "{text}: {one:?} and {two:?}");
        }
        Ok(())
    });
}

#[test]
fn marks_do_not_change_what_comes_out() {
    check((expression(true), values()), |(text, values)| {
        let marked = values.clone().map(|it| it.with_marks(&Marks::SENSITIVE));
        match (evaluate(&text, &values), evaluate(&text, &marked)) {
            (Some(Ok(plain)), Some(Ok(marked))) => {
                let bare = marked.without_marks().0;
                prop_assert!(bare.same(&plain.without_marks().0), "{text}");
            }
            (Some(Ok(_)), Some(Err(it))) => prop_assert!(false, "{text}: {it}"),
            _ => {}
        }
        Ok(())
    });
}
