//! `count` and `for_each`: which instances there are.

use std::sync::{Arc, LazyLock};

use super::evaluation::{Purpose, Repeated};
use super::scope::ModuleScope;
use crate::address::Key;
use crate::diag::{Diagnostic, Result};
use crate::lang::ast::Expr;
use crate::lang::convert::convert;
use crate::lang::eval::evaluate;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Marks, Named, Str, Value};

/// Most instances that one block may have; more is a mistake, and would not fit into memory.
const MOST: i64 = 1_000_000;

/// The instances of a block.
#[derive(Clone, Debug)]
pub struct Repetition {
    /// How it is repeated.
    pub over: Over,
    /// Marks of the argument that says so.
    pub marks: Marks,
}

/// How a block is repeated.
#[derive(Clone, Debug)]
pub enum Over {
    /// Not: there is one instance without a key.
    Once,
    /// So many times.
    Count(u64),
    /// Once for each.
    Each(Named),
    /// Not known: only while validating.
    Unknown {
        /// By `count`, not `for_each`.
        count: bool,
    },
}

impl Repetition {
    /// Whether the instances are known, and what `each.value` stands for in each too.
    pub fn is_known(&self) -> bool {
        match &self.over {
            Over::Once | Over::Count(_) => true,
            Over::Each(items) => items.values().all(Value::is_wholly_known),
            Over::Unknown { .. } => false,
        }
    }

    /// Every instance's key, with what `each` and `count` stand for in it.
    pub fn instances(&self) -> Vec<(Option<Key>, Repeated)> {
        match &self.over {
            Over::Once => vec![(None, Repeated::default())],
            Over::Count(count) => (0..*count)
                .map(|at| {
                    let index = Value::number(at as i64).with_marks(&self.marks);
                    (Some(Key::Index(at)), Repeated { index: Some(index), each: None })
                })
                .collect(),
            Over::Each(items) => items
                .iter()
                .map(|(key, value)| (Some(Key::Name(key.clone())), self.each(key, value)))
                .collect(),
            Over::Unknown { count: true } => {
                let index = Value::unknown_not_null(Type::Number);
                vec![(None, Repeated { index: Some(index), each: None })]
            }
            Over::Unknown { count: false } => {
                let each = (Value::unknown_not_null(Type::String), Value::unknown(Type::Any));
                vec![(None, Repeated { index: None, each: Some(each) })]
            }
        }
    }

    fn each(&self, key: &Str, value: &Value) -> Repeated {
        let key = Value::from(&**key).with_marks(&self.marks);
        Repeated { index: None, each: Some((key, value.clone().with_marks(&self.marks))) }
    }

    /// What `each` and `count` stand for in the instance of that key; none where there is none.
    pub fn at(&self, key: &Option<Key>) -> Option<Repeated> {
        match (&self.over, key) {
            (Over::Once, None) => Some(Repeated::default()),
            (Over::Count(count), Some(Key::Index(at))) if at < count => {
                let index = Value::number(*at as i64).with_marks(&self.marks);
                Some(Repeated { index: Some(index), each: None })
            }
            (Over::Each(items), Some(Key::Name(name))) => {
                items.get(name).map(|value| self.each(name, value))
            }
            (Over::Unknown { .. }, None) => self.instances().into_iter().next().map(|(_, it)| it),
            _ => None,
        }
    }
}

impl Repetition {
    /// Whether there is, or may be, an instance of that key.
    pub fn has(&self, key: &Option<Key>) -> bool {
        matches!(self.over, Over::Unknown { .. }) || self.at(key).is_some()
    }
}

/// The instances that `count` or `for_each` ask for.
pub fn of(
    scope: &ModuleScope<'_>,
    count: Option<&Expr>,
    for_each: Option<&Expr>,
    purpose: Purpose,
) -> Result<Repetition> {
    match (count, for_each) {
        (Some(expr), _) => by_count(scope, expr, purpose),
        (None, Some(expr)) => by_each(scope, expr, purpose),
        (None, None) => Ok(ONCE),
    }
}

const ONCE: Repetition = Repetition { over: Over::Once, marks: Marks::NONE };

/// That of most resources: there is one instance.
pub fn once() -> Arc<Repetition> {
    static SHARED: LazyLock<Arc<Repetition>> = LazyLock::new(|| Arc::new(ONCE));
    SHARED.clone()
}

fn by_count(scope: &ModuleScope<'_>, expr: &Expr, purpose: Purpose) -> Result<Repetition> {
    let refuse = |detail: String| Diagnostic::error("Invalid count argument", detail).at(expr.span);
    let value = evaluate(scope, expr)?;
    let (value, mut marks) = value.without_marks();
    // How many there are is plain to see, so the number is no secret any more.
    marks.sensitive = false;
    if marks.ephemeral {
        return Err(refuse(
            "an ephemeral value may not decide how many instances there are".into(),
        )
        .into());
    }
    let value = convert(&value, &Type::Number).map_err(|it| {
        Diagnostic::error("Incorrect value type", format!("`count` is not a number: {it}"))
            .at(expr.span)
    })?;
    let over = match value.as_number() {
        None if value.is_null() => return Err(refuse("`count` must not be null".into()).into()),
        None if purpose == Purpose::Validate => Over::Unknown { count: true },
        None => {
            return Err(refuse("the value depends on what is known only after apply".into())
                .hint(
                    "apply first what it depends on with `--target`, or use a value that is known",
                )
                .into());
        }
        Some(number) if !number.is_whole() => {
            return Err(refuse(format!("{number} is not a whole number")).into());
        }
        Some(number) if number.is_negative() => {
            return Err(refuse(format!("{number} is less than zero")).into());
        }
        Some(number) => match number.to_i64().filter(|it| *it <= MOST) {
            // Validation looks at a block once, whichever instances there will be.
            Some(_) if purpose == Purpose::Validate => Over::Unknown { count: true },
            Some(count) => Over::Count(count as u64),
            None => return Err(refuse(format!("{number} is more than {MOST}")).into()),
        },
    };
    Ok(Repetition { over, marks })
}

fn by_each(scope: &ModuleScope<'_>, expr: &Expr, purpose: Purpose) -> Result<Repetition> {
    let titled = |title: &str, detail: &str| Diagnostic::error(title, detail).at(expr.span);
    let refuse = |detail: &str| titled("Invalid for_each argument", detail);
    let value = evaluate(scope, expr)?;
    let marks = value.marks().clone();
    if marks.sensitive {
        return Err(refuse("a sensitive value would be disclosed by the keys of the instances")
            .hint("use `nonsensitive` where the keys are no secret")
            .into());
    }
    if marks.ephemeral {
        return Err(refuse("an ephemeral value may not decide which instances there are").into());
    }
    let unknown = || -> Result<Over> {
        match purpose {
            Purpose::Validate => Ok(Over::Unknown { count: false }),
            _ => Err(refuse("the keys depend on what is known only after apply")
                .hint("use keys that are known, such as names from variables or locals")
                .into()),
        }
    };
    let over = match value.kind() {
        Kind::Null(_) => return Err(refuse("`for_each` must not be null").into()),
        Kind::Unknown(it) => match &it.ty {
            Type::Any | Type::Map(_) | Type::Object(_) => unknown()?,
            Type::Set(of) if matches!(**of, Type::Any | Type::String) => unknown()?,
            Type::Set(_) => return Err(wrong_elements(titled)),
            other => return Err(wrong_type(refuse, other)),
        },
        Kind::Map(_, items) | Kind::Object(items) => Over::Each((**items).clone()),
        Kind::Set(of, items) => {
            if items.iter().any(|it| !it.is_known()) {
                unknown()?
            } else if items.iter().any(Value::is_null) {
                let detail = "a set with a null element cannot be used";
                return Err(titled("Invalid for_each set argument", detail).into());
            } else if *of != Type::String && !items.is_empty() {
                return Err(wrong_elements(titled));
            } else {
                let each =
                    items.iter().filter_map(|it| Some((Str::from(it.as_str()?), it.clone())));
                Over::Each(each.collect())
            }
        }
        _ => return Err(wrong_type(refuse, &value.ty())),
    };
    let over = match purpose {
        Purpose::Validate => Over::Unknown { count: false },
        _ => over,
    };
    Ok(Repetition { over, marks })
}

fn wrong_elements(titled: impl Fn(&str, &str) -> Diagnostic) -> crate::diag::Diagnostics {
    titled("Invalid for_each set argument", "only a set of strings can be used").into()
}

fn wrong_type(refuse: impl Fn(&str) -> Diagnostic, ty: &Type) -> crate::diag::Diagnostics {
    let detail =
        format!("a map, or a set of strings, is required, but this is a {}", ty.friendly());
    let it = refuse(&detail);
    match ty {
        Type::Tuple(_) | Type::List(_) => it.hint("convert a list with `toset(…)`").into(),
        _ => it.into(),
    }
}
