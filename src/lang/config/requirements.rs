//! `required_providers`: sources and versions of providers, and mistakes in them.

use super::{Module, ModuleCall, ProviderRef, TerraformBlock, refer, version};
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::lang::ast::{Attribute, Block, Expr, ExprKind, ObjectKey};

/// Reads one block into what is known of the module so far.
pub(super) fn required_providers(
    block: &Block,
    into: &mut TerraformBlock,
    found: &mut Diagnostics,
) {
    if !into.required_providers.is_empty() {
        let one = Diagnostic::error(
            "Duplicate required providers configuration",
            "a module has one `required_providers` block",
        );
        found.push(one.at(block.header));
        return;
    }
    for inner in &block.body.blocks {
        let kind = &inner.kind.text;
        let one = Diagnostic::error(
            format!("Unexpected \"{kind}\" block"),
            "here, arguments are expected and no blocks",
        );
        found.push(one.at(inner.kind.span).hint(format!("write `{kind} = {{ … }}`")));
    }
    for attribute in &block.body.attributes {
        requirement(attribute, found);
        into.required_providers.insert(attribute.name.text.clone(), attribute.clone());
    }
}

/// The provider configurations that a module wants under names of its own.
pub(super) fn aliases(module: &Module) -> Vec<ProviderRef> {
    let mut all = Vec::new();
    for attribute in module.terraform.required_providers.values() {
        let ExprKind::Object(parts) = &attribute.value.kind else { continue };
        for (key, value) in parts {
            let named = matches!(key, ObjectKey::Word(it) if &*it.text == "configuration_aliases");
            let ExprKind::Tuple(items) = &value.kind else { continue };
            for item in items.iter().filter(|_| named) {
                all.extend(refer::provider(item, false, &mut Diagnostics::new()));
            }
        }
    }
    all
}

/// What says that a module is called more than once or late, where something does: this call, or one of
/// those that lead to it.
pub(super) fn repeats(call: &ModuleCall) -> Option<Span> {
    let over = call.count.as_ref().or(call.for_each.as_ref()).map(|it| it.span);
    over.or_else(|| call.depends_on.first().map(|it| it.span()))
}

/// Whether the provider configurations that a call hands in are those that its module asks for;
/// `repeated` is where it is said that the module is called more than once or late.
pub(super) fn handed_in(call: &ModuleCall, repeated: Option<Span>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let module = &call.module;
    let configured = |it: &ProviderRef| {
        module.provider(&it.name, &it.alias).is_some_and(|block| !block.is_empty())
    };
    for (inner, _) in &call.providers {
        if configured(inner) {
            let detail = format!("the module configures `{}` itself", inner.name);
            let one = Diagnostic::error("Cannot override provider configuration", detail);
            let hint = "remove the `provider` block from the module, or this from the call";
            found.push(one.hint(hint).at(inner.span));
        }
        let required = module.terraform.required_providers.contains_key(&inner.name);
        if !required && !module.providers.iter().any(|it| it.name == inner.name) {
            let detail = format!("the module does not say which provider `{}` is", inner.name);
            let one = Diagnostic::warning("Reference to undefined provider", detail);
            let hint = format!("name `{}` in its `required_providers`", inner.name);
            found.push(one.hint(hint).at(inner.span));
        }
    }
    for alias in aliases(module) {
        let is_it = |it: &ProviderRef| (&it.name, &it.alias) == (&alias.name, &alias.alias);
        if !configured(&alias) && !call.providers.iter().any(|(it, _)| is_it(it)) {
            let name = format!("{}.{}", alias.name, alias.alias.as_deref().unwrap_or_default());
            let detail = format!("the module needs a configuration of the provider `{name}`");
            let one = Diagnostic::error("Missing required provider configuration", detail);
            let hint = format!("hand it in with `providers = {{ {name} = … }}`");
            found.push(one.hint(hint).at(call.span));
        }
    }
    for block in &module.providers {
        if block.is_empty() {
            let detail = "the configuration is taken from the caller, so this block does nothing";
            let one = Diagnostic::warning("Redundant empty provider block", detail);
            found.push(one.at(block.span));
        }
    }
    if let Some(repeated) = repeated.filter(|_| module.providers.iter().any(|it| !it.is_empty())) {
        let detail = "the module has provider blocks of its own, which cannot be repeated";
        let summary = "Module is incompatible with count, for_each, and depends_on";
        let hint = "move them to the root module, and hand them in with `providers = { … }`";
        found.push(Diagnostic::error(summary, detail).hint(hint).at(repeated));
    }
    found
}

fn requirement(it: &Attribute, found: &mut Diagnostics) {
    let ExprKind::Object(parts) = &it.value.kind else {
        // An old way to write the version alone.
        if let Some(text) = literal(&it.value) {
            found.extend(version::invalid(text, it.value.span));
        }
        return;
    };
    for (key, value) in parts {
        let (name, place) = match key {
            ObjectKey::Word(word) => (&*word.text, word.span),
            ObjectKey::Expr(key) => (literal(key).unwrap_or_default(), key.span),
        };
        match (name, literal(value)) {
            ("source", Some(text)) => found.extend(source(text, value.span)),
            ("source", None) => {
                let one = Diagnostic::error("Invalid source", "the source is a fixed text");
                found.push(one.at(value.span));
            }
            ("version", Some(text)) => found.extend(version::invalid(text, value.span)),
            ("version", None) => {
                let detail = "the version constraint is a fixed text";
                found.push(Diagnostic::error("Invalid version constraint", detail).at(value.span));
            }
            ("configuration_aliases", _) => {}
            _ => {
                let one = Diagnostic::error(
                    "Invalid required_providers object",
                    format!("`{name}` is none of `source`, `version`, `configuration_aliases`"),
                );
                found.push(one.at(place));
            }
        }
    }
}

fn literal(it: &Expr) -> Option<&str> {
    match &it.kind {
        ExprKind::Literal(value) => value.as_str(),
        _ => None,
    }
}

/// What is wrong with `[[HOST/]NAMESPACE/]TYPE`.
fn source(text: &str, at: Span) -> Option<Diagnostic> {
    let parts: Vec<&str> = text.split('/').collect();
    if parts.len() > 3 || text.is_empty() {
        let detail = format!("`{text}` is not of the form `host/namespace/type`");
        return Some(Diagnostic::error("Invalid provider source string", detail).at(at));
    }
    let named = |part: &str, what: &str| {
        let plain = |it: char| it.is_alphanumeric() || it == '-' || it == '_';
        let fine = !part.is_empty()
            && part.chars().all(plain)
            && !part.starts_with(['-', '_'])
            && !part.ends_with(['-', '_'])
            && !part.contains("--")
            && !part.contains("__");
        let one = Diagnostic::error(
            format!("Invalid provider {what}"),
            format!("`{part}` in `{text}` cannot be the {what} of a provider"),
        );
        (!fine).then(|| one.at(at))
    };
    let kind = parts.last().and_then(|it| named(it, "type"));
    let namespace = parts.len().checked_sub(2).and_then(|it| named(parts[it], "namespace"));
    let host = (parts.len() == 3 && !parts[0].contains('.')).then(|| {
        let detail = format!("`{}` in `{text}` is no host name", parts[0]);
        Diagnostic::error("Invalid provider source hostname", detail).at(at)
    });
    kind.or(namespace).or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn sources_have_up_to_three_parts() {
        let summary = |text: &str| {
            source(text, Span::new(FileId(0), 0, 0)).map_or(String::new(), |it| it.summary)
        };
        assert_eq!(summary("a/b/c/d"), "Invalid provider source string");
        assert_eq!(summary("-bad/foo"), "Invalid provider namespace");
        assert_eq!(summary("hashicorp/a b"), "Invalid provider type");
        assert_eq!(summary("local/hashicorp/aws"), "Invalid provider source hostname");
        for fine in ["aws", "hashicorp/aws", "terraform.io/builtin/terraform"] {
            assert_eq!(summary(fine), "");
        }
    }
}
