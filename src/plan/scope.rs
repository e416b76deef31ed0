//! What names mean in a module: `var`, `local`, `module`, resources, `each`, `count`, `self`, `path`.

use std::sync::Arc;

use super::evaluation::{Evaluation, ModuleInstance, Purpose, Repeated};
use super::repetition::{Over, Repetition};
use crate::address::{Key, Mode};
use crate::diag::{Diagnostic, Result};
use crate::lang::ast::{Reference, Step, StepKind};
use crate::lang::config::ResourceKey;
use crate::lang::eval::{Environment, Scope};
use crate::lang::types::Type;
use crate::lang::value::{Marks, Str, Value};

/// Names in a module, or in one instance of one of its blocks.
pub struct ModuleScope<'e> {
    evaluation: &'e Evaluation<'e>,
    module: Arc<ModuleInstance>,
    repeated: Repeated,
    this: Option<Value>,
    own: Option<ResourceKey>,
}

impl<'e> ModuleScope<'e> {
    /// Names outside of any instance.
    pub fn of_module(evaluation: &'e Evaluation<'e>, module: Arc<ModuleInstance>) -> Self {
        ModuleScope { evaluation, module, repeated: Repeated::default(), this: None, own: None }
    }

    /// Names in one instance.
    pub fn repeated(mut self, repeated: Repeated) -> Self {
        self.repeated = repeated;
        self
    }

    /// Names where `self` stands for that.
    pub fn with_self(mut self, this: Value) -> Self {
        self.this = Some(this);
        self
    }

    /// Names in the arguments of that resource, which may not refer to itself.
    pub fn inside(mut self, own: ResourceKey) -> Self {
        self.own = Some(own);
        self
    }

    fn named(&self, reference: &Reference, at: usize, what: &str) -> Result<Str> {
        match reference.steps.get(at).map(|it| &it.kind) {
            Some(StepKind::Attribute(name)) => Ok(name.clone()),
            _ => {
                let detail = format!("after `{}` must follow {what}", reference.root.text);
                Err(Diagnostic::error("Invalid reference", detail).at(reference.span()).into())
            }
        }
    }

    fn variable(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "the name of a variable")?;
        let declared = &self.module.module.variables;
        if !declared.contains_key(&name) {
            return Err(undeclared("input variable", &name, declared.keys(), reference)
                .hint(format!("declare it with `variable \"{name}\" {{}}`"))
                .into());
        }
        Ok((self.evaluation.variable(&self.module, &name)?, 1))
    }

    fn local(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "the name of a local value")?;
        let declared = &self.module.module.locals;
        if !declared.contains_key(&name) {
            return Err(undeclared("local value", &name, declared.keys(), reference).into());
        }
        Ok((self.evaluation.local(&self.module, &name)?, 1))
    }

    fn called_module(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "the name of a module call")?;
        let calls = &self.module.module.calls;
        let Some(call) = calls.get(&name) else {
            return Err(undeclared("module", &name, calls.keys(), reference).into());
        };
        let repetition = self.evaluation.call_repetition(&self.module, call)?;
        let outputs = |key: &Option<Key>, repeated: &Repeated, only: Option<&Str>| {
            let child = self.evaluation.child(&self.module, call, key.clone(), repeated.clone());
            let names = call.module.outputs.keys().filter(|it| only.is_none_or(|only| *it == only));
            let validating = self.evaluation.facts.purpose == Purpose::Validate;
            let all: Result<Vec<_>> = names
                .map(|it| {
                    let value = self.evaluation.output(&child, it)?;
                    let declared = call.module.outputs.get(it);
                    let value = match declared.filter(|_| validating) {
                        // What a module tells is looked at when there are values.
                        Some(output) => Value::unknown(Type::Any).with_marks(&Marks {
                            sensitive: output.sensitive,
                            ephemeral: output.ephemeral,
                            ..Marks::NONE
                        }),
                        None => value,
                    };
                    Ok((it.clone(), value))
                })
                .collect();
            Ok(Value::object(all?))
        };
        // Only the output that is asked for is evaluated, so that outputs may use one another's
        // resources without a cycle.
        let wanted = |at: usize| match reference.steps.get(at).map(|it| &it.kind) {
            Some(StepKind::Attribute(name)) if call.module.outputs.contains_key(name) => Some(name),
            _ => None,
        };
        self.choose(&repetition, reference, 1, |key, repeated, at| {
            outputs(key, repeated, wanted(at))
        })
    }

    fn resource(
        &self,
        reference: &Reference,
        mode: Mode,
        kind: &Str,
        at: usize,
    ) -> Result<(Value, usize)> {
        let name = self.named(reference, at, "a name")?;
        let key = ResourceKey { mode, kind: kind.clone(), name };
        if !self.module.module.resources.contains_key(&key) {
            let names = self.module.module.resources.keys().filter(|it| it.mode == mode);
            let names: Vec<String> = names.map(ToString::to_string).collect();
            let detail = format!("no `{key}` is declared in this module");
            return Err(Diagnostic::error("Reference to undeclared resource", detail)
                .did_you_mean(&key.to_string(), names.iter().map(String::as_str))
                .at(reference.span())
                .into());
        }
        if self.own.as_ref() == Some(&key) {
            if self.evaluation.facts.purpose == Purpose::Validate {
                return Ok((Value::unknown(Type::Any), reference.steps.len()));
            }
            let detail = format!("the arguments of `{key}` refer to itself");
            return Err(Diagnostic::error("Self-referential block", detail)
                .hint("inside of conditions, `self` stands for the object")
                .at(reference.span())
                .into());
        }
        let repetition = self.evaluation.repetition(&self.module, &key)?;
        self.choose(&repetition, reference, at + 1, |instance, _, _| {
            self.evaluation.instance(&self.module, &key, instance)
        })
    }

    /// The instance that the step after the name picks, or all of them together.
    fn choose(
        &self,
        repetition: &Repetition,
        reference: &Reference,
        used: usize,
        value: impl Fn(&Option<Key>, &Repeated, usize) -> Result<Value>,
    ) -> Result<(Value, usize)> {
        let marks = &repetition.marks;
        match &repetition.over {
            Over::Once => Ok((value(&None, &Repeated::default(), used)?, used)),
            Over::Unknown { .. } => {
                // Asked for all the same, so that cycles are found.
                let at = match reference.steps.get(used).map(|it| &it.kind) {
                    Some(StepKind::Index(_)) => used + 1,
                    _ => usize::MAX,
                };
                for (key, repeated) in repetition.instances() {
                    value(&key, &repeated, at)?;
                }
                Ok((Value::unknown(Type::Any), reference.steps.len()))
            }
            _ => {
                let key = reference.steps.get(used).and_then(literal_key);
                if let (Some(_), Some(repeated)) = (&key, repetition.at(&key)) {
                    let one = value(&key, &repeated, used + 1)?;
                    return Ok((one.with_marks(marks), used + 1));
                }
                let each = repetition.instances();
                let all: Result<Vec<_>> = each
                    .into_iter()
                    .map(|(key, repeated)| Ok((value(&key, &repeated, usize::MAX)?, key)))
                    .collect();
                Ok((gathered(repetition, all?).with_marks(marks), used))
            }
        }
    }

    fn each(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "`key` or `value`")?;
        let Some((key, value)) = &self.repeated.each else {
            return Err(Diagnostic::error(
                "Reference to \"each\" in context without for_each",
                "`each` has a meaning only in a block with `for_each`",
            )
            .at(reference.span())
            .into());
        };
        match &*name {
            "key" => Ok((key.clone(), 1)),
            "value" => Ok((value.clone(), 1)),
            _ => Err(invalid_attribute("each", &name, "`key` and `value`", reference)),
        }
    }

    fn count(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "`index`")?;
        match (&self.repeated.index, &*name) {
            (Some(index), "index") => Ok((index.clone(), 1)),
            (_, "index") => Err(Diagnostic::error(
                "Reference to \"count\" in non-counted context",
                "`count` has a meaning only in a block with `count`",
            )
            .at(reference.span())
            .into()),
            _ => Err(invalid_attribute("count", &name, "`index`", reference)),
        }
    }

    fn path(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "`module`, `root` or `cwd`")?;
        let root = self.evaluation.root();
        let text = match &*name {
            "module" => self.module.module.display_dir.clone(),
            "root" => root.module.display_dir.clone(),
            "cwd" => self.evaluation.facts.environment.dir.display().to_string(),
            _ => {
                return Err(invalid_attribute(
                    "path",
                    &name,
                    "`module`, `root` and `cwd`",
                    reference,
                ));
            }
        };
        Ok((Value::from(text), 1))
    }

    fn terraform(&self, reference: &Reference) -> Result<(Value, usize)> {
        let name = self.named(reference, 0, "`workspace`")?;
        match &*name {
            "workspace" => Ok((Value::from(self.evaluation.facts.workspace), 1)),
            "applying" => {
                let applying = self.evaluation.facts.purpose == Purpose::Apply;
                Ok((Value::from(applying).with_marks(&Marks::EPHEMERAL), 1))
            }
            _ => Err(invalid_attribute("terraform", &name, "`workspace`", reference)),
        }
    }
}

impl Scope for ModuleScope<'_> {
    fn resolve(&self, reference: &Reference) -> Result<(Value, usize)> {
        match &*reference.root.text {
            "var" => self.variable(reference),
            "local" => self.local(reference),
            "module" => self.called_module(reference),
            "each" => self.each(reference),
            "count" => self.count(reference),
            "path" => self.path(reference),
            "terraform" => self.terraform(reference),
            "self" => match &self.this {
                Some(this) => Ok((this.clone(), 0)),
                None => Err(Diagnostic::error(
                    "Invalid \"self\" reference",
                    "`self` has a meaning only in postconditions",
                )
                .at(reference.span())
                .into()),
            },
            "data" => {
                let kind = self.named(reference, 0, "a data source type and a name")?;
                self.resource(reference, Mode::Data, &kind, 1)
            }
            "ephemeral" => {
                let kind = self.named(reference, 0, "an ephemeral resource type and a name")?;
                self.resource(reference, Mode::Ephemeral, &kind, 1)
            }
            "resource" => {
                let kind = self.named(reference, 0, "a resource type and a name")?;
                self.resource(reference, Mode::Managed, &kind, 1)
            }
            _ if reference.steps.is_empty() => {
                let detail = "a reference to a resource needs its type and its name";
                Err(Diagnostic::error("Invalid reference", detail).at(reference.span()).into())
            }
            _ => self.resource(reference, Mode::Managed, &reference.root.text, 0),
        }
    }

    fn environment(&self) -> &Environment {
        &self.module.environment
    }
}

/// All instances together: a tuple for `count`, an object for `for_each`.
fn gathered(repetition: &Repetition, all: Vec<(Value, Option<Key>)>) -> Value {
    match &repetition.over {
        Over::Each(_) => {
            let named = all.into_iter().filter_map(|(value, key)| match key {
                Some(Key::Name(name)) => Some((name, value)),
                _ => None,
            });
            Value::object(named)
        }
        _ => Value::tuple(all.into_iter().map(|(value, _)| value)),
    }
}

fn literal_key(step: &Step) -> Option<Key> {
    let StepKind::Index(value) = &step.kind else { return None };
    match (value.as_str(), value.as_number().and_then(|it| it.to_i64())) {
        (Some(name), _) => Some(Key::Name(name.into())),
        (_, Some(index)) => u64::try_from(index).ok().map(Key::Index),
        _ => None,
    }
}

fn undeclared<'n>(
    what: &str,
    name: &str,
    declared: impl Iterator<Item = &'n Str>,
    reference: &Reference,
) -> Diagnostic {
    let it = Diagnostic::error(
        format!("Reference to undeclared {what}"),
        format!("no {what} named `{name}` is declared in this module"),
    );
    it.did_you_mean(name, declared.map(|it| &**it)).at(reference.span())
}

fn invalid_attribute(
    root: &str,
    name: &str,
    valid: &str,
    reference: &Reference,
) -> crate::diag::Diagnostics {
    let detail = format!("`{root}` has no attribute `{name}`, only {valid}");
    Diagnostic::error(format!("Invalid \"{root}\" attribute"), detail).at(reference.span()).into()
}
