//! The functions that expressions may call: one file per family, one table of them all.

mod collection;
mod encoding;
mod filesystem;
mod format;
mod graphemes;
mod hash;
mod lazy;
mod machine;
mod mapping;
mod network;
mod numeric;
mod pattern;
mod sets;
mod string;
mod table;
mod time;
mod types;
mod yaml;
mod yaml_write;

use std::path::Path;

pub(crate) use self::encoding::json_text;
use super::convert::convert;
use super::types::Type;
use super::value::{Marks, Unknown, Value};
use crate::diag::Diagnostics;

/// Renders a template: name for messages, text, and the variables it may refer to.
pub type Template<'a> = dyn Fn(&str, &str, &Value) -> Result<Value, TemplateError> + 'a;

/// Why a template was not rendered.
#[derive(Debug)]
pub enum TemplateError {
    /// Its text is no template.
    Syntax(Diagnostics),
    /// It refers to a variable that it was not given.
    Variable(String),
    /// An expression in it failed.
    Failed(Diagnostics),
}

/// What functions may look at beside their arguments.
pub struct Context<'a> {
    /// Files that `file` and its kin read.
    pub files: &'a dyn crate::lang::files::Files,
    /// Directory that relative paths start from.
    pub dir: &'a Path,
    /// Time of the plan, for `plantimestamp`; none where nothing is planned yet.
    pub now: Option<jiff::Timestamp>,
    /// Whether functions whose results differ every time (`uuid`, `timestamp`) have one by now.
    pub apply: bool,
    /// For `templatefile` and `templatestring`.
    pub template: &'a Template<'a>,
}

/// Why a call failed.
#[derive(Debug)]
pub enum CallError {
    /// One argument is wrong.
    Argument {
        /// Which, from 0.
        index: usize,
        /// What is wrong with it.
        message: String,
    },
    /// The arguments together, or something else, stood in the way.
    Failed(String),
    /// Several arguments are wrong, each with its index.
    Arguments(Vec<(usize, String)>),
    /// A template failed, at places of its own.
    Diagnostics(Diagnostics),
}

/// What a call gives.
type Outcome = Result<Value, CallError>;

/// The code of a function: its arguments have been converted and checked against its parameters.
type Body = fn(&Context<'_>, &[Value]) -> Outcome;

/// A parameter: what an argument must be, and what the function deals with itself.
#[derive(Clone, Copy)]
pub struct Param {
    /// Its name, for documentation.
    pub name: &'static str,
    ty: fn() -> Type,
    exact: bool,
    null: bool,
    marked: bool,
    needs: Needs,
}

/// How much of an argument has to be known for the function to be called.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    /// Nothing, not even its type.
    Nothing,
    /// The value itself; its parts may be unknown.
    Value,
    /// Every part.
    Everything,
}

impl Param {
    const fn new(name: &'static str, ty: fn() -> Type) -> Param {
        Param { name, ty, exact: false, null: false, marked: false, needs: Needs::Value }
    }

    /// The type that arguments are converted to.
    pub fn ty(&self) -> Type {
        (self.ty)()
    }

    /// Whether an argument may be null.
    pub fn nullable(&self) -> bool {
        self.null
    }

    /// Nothing is converted: the argument has to be of the type already.
    const fn exact(mut self) -> Param {
        self.exact = true;
        self
    }

    /// Null is passed on to the function.
    const fn null(mut self) -> Param {
        self.null = true;
        self
    }

    /// Marks are left on the argument, and the function puts them on its result itself.
    const fn marked(mut self) -> Param {
        self.marked = true;
        self
    }

    /// Unknown values are passed on to the function.
    const fn unknown(mut self) -> Param {
        self.needs = Needs::Nothing;
        self
    }

    /// The function is only called where every part of the argument is known.
    const fn whole(mut self) -> Param {
        self.needs = Needs::Everything;
        self
    }
}

/// A function.
pub struct Function {
    /// Its name, without namespace.
    pub name: &'static str,
    /// Parameters that must be given.
    pub params: &'static [Param],
    /// What any further arguments are.
    pub variadic: Option<Param>,
    returns: fn() -> Type,
    while_unknown: fn() -> Type,
    may_be_null: bool,
    body: Body,
}

impl Function {
    const fn new(
        name: &'static str,
        params: &'static [Param],
        returns: fn() -> Type,
        body: Body,
    ) -> Function {
        let while_unknown = returns;
        Function { name, params, variadic: None, returns, while_unknown, may_be_null: false, body }
    }

    /// The type is not declared, but known all the same before the arguments are.
    const fn always(mut self, ty: fn() -> Type) -> Function {
        self.while_unknown = ty;
        self
    }

    const fn variadic(mut self, param: Param) -> Function {
        self.variadic = Some(param);
        self
    }

    const fn may_be_null(mut self) -> Function {
        self.may_be_null = true;
        self
    }

    /// Fewest and most arguments; none where there may be any number.
    pub fn arity(&self) -> (usize, Option<usize>) {
        (self.params.len(), self.variadic.is_none().then_some(self.params.len()))
    }

    /// The type of the result; [`Type::Any`] where it depends on the arguments.
    pub fn returns(&self) -> Type {
        (self.returns)()
    }

    fn param(&self, index: usize) -> Option<&Param> {
        self.params.get(index).or(self.variadic.as_ref())
    }

    /// The result where not all is known that has to be; `untyped` where that includes a type.
    fn unknown(&self, untyped: bool) -> Value {
        let ty = if untyped { (self.returns)() } else { (self.while_unknown)() };
        match self.may_be_null || ty == Type::Any {
            true => Value::unknown(ty),
            false => Value::unknown_not_null(ty),
        }
    }
}

/// The function of that name, with or without the namespace `core::`.
pub fn find(name: &str) -> Option<&'static Function> {
    let name = name.strip_prefix("core::").unwrap_or(name);
    let at = table::TABLE.binary_search_by_key(&name, |it| it.name).ok()?;
    table::TABLE.get(at)
}

/// Every function, by name.
pub fn all() -> impl Iterator<Item = &'static Function> {
    table::TABLE.iter()
}

/// Calls a function with as many arguments as its arity asks for. Converts them, answers for unknown
/// ones, and puts the marks of all that it does not leave to the function on the result.
pub fn call(function: &Function, ctx: &Context<'_>, args: Vec<Value>) -> Outcome {
    let mut ready = Vec::with_capacity(args.len());
    let mut marks = Marks::NONE;
    let mut sensitive = false;
    let (least, most) = function.arity();
    if args.len() < least || most.is_some_and(|most| args.len() > most) {
        return failed("wrong number of arguments");
    }
    let mut wrong = Vec::new();
    for (index, arg) in args.iter().enumerate() {
        let Some(param) = function.param(index) else { break };
        if param.exact && ![param.ty(), Type::Any].contains(&arg.ty()) {
            wrong.push((index, format!("{} required", param.ty().friendly())));
            continue;
        }
        match convert(arg, &param.ty()) {
            Ok(it) => ready.push(it),
            Err(it) => wrong.push((index, it.to_string())),
        }
    }
    if !wrong.is_empty() {
        return Err(CallError::Arguments(wrong));
    }
    let mut known = true;
    for (index, arg) in ready.iter_mut().enumerate() {
        let Some(param) = function.param(index) else { break };
        if arg.is_null() && !param.null {
            return argument(index, "argument must not be null");
        }
        sensitive = sensitive || arg.has_sensitive() || arg.has_ephemeral();
        if !param.marked {
            let (bare, those) = std::mem::replace(arg, Value::NULL).without_marks();
            *arg = bare;
            marks = marks.union(&those);
        }
        known = known
            && match param.needs {
                Needs::Nothing => true,
                // A null whose type is not known is no more use than an unknown.
                Needs::Value => arg.is_known() && !arg.is_untyped(),
                Needs::Everything => arg.is_wholly_known(),
            };
    }
    if !known {
        // What the function would deal with itself counts here as well.
        let rest = ready.iter().fold(marks, |sum, arg| sum.union(&arg.deep_marks()));
        let untyped = ready.iter().any(|it| !it.is_known() && it.ty() == Type::Any);
        return Ok(function.unknown(untyped).with_marks(&rest));
    }
    match (function.body)(ctx, &ready) {
        Ok(it) => Ok(it.with_marks(&marks)),
        Err(it) if sensitive => Err(withheld(it)),
        Err(it) => Err(it),
    }
}

/// A message may quote its arguments, so one about a sensitive argument is not shown.
fn withheld(error: CallError) -> CallError {
    const MESSAGE: &str = "the message is withheld, because an argument is sensitive";
    match error {
        CallError::Argument { index, .. } => CallError::Argument { index, message: MESSAGE.into() },
        CallError::Arguments(those) => {
            CallError::Arguments(those.into_iter().map(|it| (it.0, MESSAGE.into())).collect())
        }
        CallError::Failed(_) => CallError::Failed(MESSAGE.into()),
        CallError::Diagnostics(those) => CallError::Diagnostics(those.map(|mut it| {
            it.detail = MESSAGE.into();
            it.values.clear();
            it
        })),
    }
}

fn argument<T>(index: usize, message: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::Argument { index, message: message.into() })
}

fn failed<T>(message: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::Failed(message.into()))
}

/// Text of an argument that has been converted to string and is known.
fn text(args: &[Value], index: usize) -> &str {
    args.get(index).and_then(Value::as_str).unwrap_or("")
}

/// Elements of an argument that is a known sequence; none otherwise.
fn items(args: &[Value], index: usize) -> &[Value] {
    args.get(index).and_then(Value::as_slice).unwrap_or(&[])
}

/// A whole number of moderate size, for arguments that count something.
fn whole(args: &[Value], index: usize) -> Option<i64> {
    args.get(index).and_then(Value::as_number).and_then(|it| it.to_i64())
}

/// A whole number, or the error that there is none.
fn whole_or_fail(args: &[Value], index: usize) -> Result<i64, CallError> {
    whole(args, index).ok_or_else(|| CallError::Failed("a whole number is required".into()))
}

/// The argument taken out of its own marks; marks of its parts stay.
fn shallow(value: &Value) -> (Value, Marks) {
    (value.clone().replace_marks(Marks::NONE), value.marks().clone())
}

/// Largest text that a function makes, in bytes: far above any use, far below the memory there is.
const MAX_TEXT: usize = 64 << 20;

/// Text of bounded size as a value.
fn bounded(text: String) -> Outcome {
    match text.len() > MAX_TEXT {
        true => failed("the result is larger than 64 MiB"),
        false => Ok(text.into()),
    }
}

/// An unknown string that begins like this, cut where a further character could change the text.
fn prefixed(prefix: &str) -> Value {
    Unknown { ty: Type::String, not_null: true, prefix: Some(prefix.into()) }.into()
}

#[cfg(test)]
mod testing {
    use super::*;
    use crate::lang::files::MemoryFiles;

    /// Calls a function as an apply does, with no files and no templates.
    pub fn run(name: &str, args: impl IntoIterator<Item = Value>) -> Outcome {
        run_with(&MemoryFiles::new(), name, args)
    }

    /// Calls a function that reads files.
    pub fn run_with(
        files: &MemoryFiles,
        name: &str,
        args: impl IntoIterator<Item = Value>,
    ) -> Outcome {
        let ctx = Context {
            files,
            dir: Path::new(""),
            now: Some(jiff::Timestamp::UNIX_EPOCH),
            apply: true,
            template: &|_, text, _| Ok(text.into()),
        };
        call(find(name).unwrap(), &ctx, args.into_iter().collect())
    }

    /// The result as JSON text, or the start of the error: `arg 0: …`, `failed: …`.
    pub fn show(outcome: Outcome) -> String {
        match outcome {
            Ok(it) => it.to_json().map_or_else(|| format!("{it:?}"), |it| it.to_string()),
            Err(CallError::Argument { index, message }) => format!("arg {index}: {message}"),
            Err(CallError::Arguments(those)) => {
                let each = those.iter().map(|(index, message)| format!("arg {index}: {message}"));
                each.collect::<Vec<_>>().join("; ")
            }
            Err(CallError::Failed(message)) => format!("failed: {message}"),
            Err(CallError::Diagnostics(those)) => format!("diagnostics: {those}"),
        }
    }

    /// A value from JSON text.
    pub fn json(text: &str) -> Value {
        Value::from_json(&serde_json::from_str(text).unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;

    const SIGNATURES: &str = include_str!("../../../tests/lang/functions-signatures.json");

    #[test]
    fn the_table_is_sorted() {
        let names: Vec<_> = all().map(|it| it.name).collect();
        assert!(names.windows(2).all(|it| it[0] < it[1]), "{names:?}");
    }

    #[test]
    fn the_table_equals_terraforms() {
        let want: Vec<serde_json::Value> = serde_json::from_str(SIGNATURES).unwrap();
        assert_eq!(want.len(), all().count());
        for (want, function) in want.iter().zip(all()) {
            assert_eq!(want["name"], function.name);
            let show = |it: &Param| {
                let mut shown = serde_json::json!({"name": it.name, "type": it.ty().to_json()});
                if it.nullable() {
                    shown["nullable"] = true.into();
                }
                shown
            };
            let params: Vec<_> = function.params.iter().map(show).collect();
            assert_eq!(want["params"].as_array().unwrap(), &params, "{}", function.name);
            let variadic = function.variadic.as_ref().map(show);
            assert_eq!(want.get("variadic"), variadic.as_ref(), "{}", function.name);
            let returns = function.returns().to_json();
            assert_eq!(want["return_type"], returns, "{}", function.name);
        }
    }

    #[test]
    fn names_may_carry_their_namespace() {
        assert_eq!(find("core::upper").unwrap().name, "upper");
        assert!(find("core::core::upper").is_none() && find("nothing").is_none());
    }

    #[test]
    fn unknown_arguments_give_unknown_results_of_the_right_type() {
        let result = run("upper", [Value::unknown(Type::Any).sensitive()]).unwrap();
        assert_eq!(result.ty(), Type::String);
        assert!(result.is_not_null() && result.marks().sensitive);
    }

    #[test]
    fn messages_about_sensitive_arguments_say_nothing() {
        let shown = show(run("jsondecode", [Value::from("hunter2").sensitive()]));
        assert!(shown.starts_with("failed") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn null_is_refused_where_it_makes_no_sense() {
        assert_eq!(show(run("upper", [Value::NULL])), "arg 0: argument must not be null");
    }

    #[test]
    fn no_argument_breaks_a_function() {
        let odd = [
            Value::NULL,
            Value::null(Type::String),
            Value::unknown(Type::Any),
            Value::unknown(Type::list(Type::Any)).sensitive(),
            Value::from(-1),
            crate::lang::number::Number::from_text("1e9999").unwrap().into(),
            crate::lang::number::Number::from_text("-inf").unwrap().into(),
            "%[é\u{300}/-{~'Ǆ\u{0}".into(),
            "10.0.0.0/8".into(),
            json("[null, [], {\"a\": [1]}]"),
            json("{\"\": null, \"é\": [\"x\"]}"),
            Value::set(Type::Any, []),
        ];
        for function in all() {
            let (least, most) = function.arity();
            for count in least..=most.unwrap_or(least + 2).min(3) {
                let combinations = odd.len().pow(count as u32);
                for combination in 0..combinations {
                    let pick = |at: u32| odd[combination / odd.len().pow(at) % odd.len()].clone();
                    let _ = run(function.name, (0..count as u32).map(pick));
                }
            }
        }
    }
}
