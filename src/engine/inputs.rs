//! Values for root variables, from wherever they were given.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Diagnostics, Result, Sources};
use crate::lang::ast::Expr;
use crate::lang::config::{Config, Variable, constant};
use crate::lang::value::{Str, Value};

/// Values for root variables, by name. What is added later wins.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    variables: BTreeMap<Str, Input>,
}

/// A value for a root variable.
#[derive(Clone, Debug)]
pub struct Input {
    /// What was given.
    pub given: InputValue,
    /// Where, for messages: `--var region=…`, `TF_VAR_region`, a file.
    pub origin: String,
    /// Whether a variable of that name must be declared.
    pub strict: bool,
}

/// What was given for a variable.
#[derive(Clone, Debug)]
pub enum InputValue {
    /// Text from a command line or the environment: as it is for a string, else an expression.
    Text(String),
    /// A value.
    Value(Value),
    /// An expression from a `.tfvars` file; it may not refer to anything.
    Expr(Box<Expr>),
}

impl Inputs {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, in place of an earlier one of that name.
    pub fn add(&mut self, name: impl Into<Str>, input: Input) {
        self.variables.insert(name.into(), input);
    }

    /// The same with a value added: for embedders.
    pub fn with(mut self, name: impl Into<Str>, value: impl Into<Value>) -> Self {
        let given = InputValue::Value(value.into());
        self.add(name, Input { given, origin: "the embedding program".into(), strict: true });
        self
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Str, &Input)> {
        self.variables.iter()
    }

    /// What is wrong with a value that a file gives is told where it stands there, not where the
    /// variable is declared.
    pub(super) fn placed(&self, config: &Config, those: Diagnostics) -> Diagnostics {
        const OF_VALUES: [&str; 3] = [
            "Invalid value for input variable",
            "Invalid value for variable",
            "Required variable not set",
        ];
        let given = |it: &Diagnostic| {
            let mut all = config.root.variables.values();
            let variable = all.find(|variable| it.span == Some(variable.span))?;
            match &self.variables.get(&variable.name)?.given {
                InputValue::Expr(expr) => Some(expr.span),
                _ => None,
            }
        };
        those.map(|mut it| {
            if OF_VALUES.contains(&it.summary.as_str()) {
                it.span = given(&it).or(it.span);
            }
            it
        })
    }

    /// The values, read by the types that the configuration declares.
    pub fn read(&self, config: &Config) -> Result<BTreeMap<Str, Value>> {
        let (values, diagnostics) = self.values(config);
        diagnostics.into_result(values)
    }

    /// Those values that can be read, and what is wrong with the others.
    pub(super) fn values(&self, config: &Config) -> (BTreeMap<Str, Value>, Diagnostics) {
        let mut values = BTreeMap::new();
        let mut diagnostics = Diagnostics::new();
        for (name, input) in &self.variables {
            let Some(variable) = config.root.variables.get(name) else {
                if input.strict {
                    let known = config.root.variables.keys().map(|it| &**it);
                    let detail = format!("{} names `{name}`, which is not declared", input.origin);
                    let it = Diagnostic::error("Value for undeclared variable", detail);
                    diagnostics.push(it.did_you_mean(name, known));
                }
                continue;
            };
            values.extend(
                diagnostics
                    .keep(input.read(variable, &config.sources))
                    .map(|value| (name.clone(), value)),
            );
        }
        (values, diagnostics)
    }
}

impl Input {
    fn read(&self, variable: &Variable, sources: &Sources) -> Result<Value> {
        let fixed = |expr: &Expr| {
            let mut found = Diagnostics::new();
            let value = constant(expr, &mut found);
            found.into_result(value.unwrap_or(Value::NULL))
        };
        match &self.given {
            InputValue::Value(value) => Ok(value.clone()),
            InputValue::Expr(expr) => fixed(expr),
            InputValue::Text(text) => match variable.literal {
                true => Ok(text.as_str().into()),
                false => {
                    let file = sources.add(format!("<value of {}>", self.origin), text.as_str());
                    let (expr, found) = crate::lang::parse::parse_expression(sources, file);
                    let expr = found.into_result(expr)?;
                    expr.map_or(Ok(Value::NULL), |expr| fixed(&expr))
                }
            },
        }
    }
}
