//! What the corpus in `tests/lang/configs` leaves open.

use std::path::Path;

use super::validate::{FixedTypes, validate};
use super::*;
use crate::diag::Diagnostics;
use crate::lang::files::MemoryFiles;
use crate::lang::load::load;

fn loaded(text: &str) -> (Arc<Module>, Diagnostics) {
    let files = MemoryFiles::new()
        .with("main.tf", text)
        .with("m/main.tf", "variable \"need\" {}\noutput \"id\" {\n  value = 1\n}\n");
    let (config, mut found) = load(&files, Path::new("main.tf"));
    let root = config.map(|it| it.root).unwrap_or_default();
    if !found.has_errors() {
        let mut types = FixedTypes::default();
        for mode in [Mode::Managed, Mode::Data] {
            types.0.insert((mode, "a_b".into()), vec!["id".into(), "list".into(), "set".into()]);
        }
        found.extend(validate(&root, &types));
    }
    (root, found)
}

fn summaries(text: &str) -> Vec<String> {
    loaded(text).1.iter().map(|it| it.summary.clone()).collect()
}

#[test]
fn mistakes_are_told() {
    for (text, summary) in [
        ("locals {\n  a = var\n}\n", "Invalid reference"),
        ("locals {\n  a = var[\"x\"]\n}\n", "Invalid reference"),
        ("locals {\n  a = data.a_b\n}\n", "Invalid reference"),
        ("locals {\n  a = a_b.c.id\n}\n", "Reference to undeclared resource"),
        ("locals {\n  a = path.home\n}\n", "Invalid \"path\" attribute"),
        ("locals {\n  a = [for x in local.b : x]\n}\n", "Reference to undeclared local value"),
        ("resource \"a_b\" \"c\" {\n  id = self.id\n}\n", "Invalid \"self\" reference"),
        ("resource \"a_b\" \"c\" {\n  count = a_b.c.list\n}\n", "Missing resource instance key"),
        ("import {\n  to = data.a_b.c\n  id = \"x\"\n}\n", "Invalid import address"),
        (
            "resource \"a_b\" \"c\" {\n  count = 1\n}\nimport {\n  to = a_b.c\n  id = \"x\"\n}\n",
            "Invalid import 'to' expression",
        ),
        ("removed {\n  from = data.a_b.c\n}\n", "Data source address not allowed"),
        ("moved {\n  from = \"a_b.c\"\n  to = a_b.d\n}\n", "Invalid expression"),
        (
            "variable \"v\" {}\nresource \"a_b\" \"c\" {\n  lifecycle {\n    replace_triggered_by = [var.v]\n  }\n}\n",
            "Invalid reference in replace_triggered_by expression",
        ),
        (
            "resource \"a_b\" \"c\" {}\noutput \"o\" {\n  value = 1\n  depends_on = [a_b.c.id]\n}\n",
            "Invalid depends_on reference",
        ),
        ("provider \"a\" {\n  count = 1\n}\n", "Reserved argument name in provider block"),
        ("terraform {\n  experiments = [x]\n}\n", "Module uses experimental features"),
        (
            "terraform {\n  required_providers {\n    a = { source = \"a/b/c/d\" }\n  }\n}\n",
            "Invalid provider source string",
        ),
        (
            "terraform {\n  required_providers {\n    a = { version = \"x\" }\n  }\n}\n",
            "Invalid version constraint",
        ),
        (
            "resource \"a_b\" \"c\" {\n  count = count.index\n}\n",
            "Reference to \"count\" in non-counted context",
        ),
        ("resource \"a_c\" \"c\" {\n}\n", "Invalid resource type"),
        ("resource \"a_b\" \"c\" {\n}\nlocals {\n  a = a_b.c.ld\n}\n", "Unsupported attribute"),
        (
            "resource \"a_b\" \"c\" {\n}\nlocals {\n  a = a_b.c[0].id\n}\n",
            "Unexpected resource instance key",
        ),
        (
            "resource \"a_b\" \"c\" {\n  count = 1\n  for_each = {}\n}\n",
            "Invalid combination of \"count\" and \"for_each\"",
        ),
        ("resource \"a_b\" \"c\" {\n  provisioner \"x\" {}\n}\n", "provisioners are not supported"),
        (
            "resource \"a_b\" \"c\" {\n  lifecycle {}\n  lifecycle {}\n}\n",
            "Duplicate lifecycle block",
        ),
        (
            "resource \"a_b\" \"c\" {\n  lifecycle {\n    ignore_changes = [\"*\"]\n  }\n}\n",
            "Invalid ignore_changes wildcard",
        ),
        (
            "resource \"a_b\" \"c\" {\n  provider = a.b.c\n}\n",
            "Invalid provider configuration reference",
        ),
        ("variable \"v\" {\n  type = \"string\"\n}\n", "Invalid quoted type constraints"),
        ("variable \"v\" {\n  type = set\n}\n", "Invalid type specification"),
        ("variable \"v\" {\n  type = map(string, string)\n}\n", "Invalid type specification"),
        ("variable \"v\" {\n  default = upper(\"x\")\n}\n", "Function calls not allowed"),
        (
            "variable \"v\" {\n  default = null\n  nullable = false\n}\n",
            "Invalid default value for variable",
        ),
        (
            "variable \"v\" {\n  type = object({ a = optional(number, \"x\") })\n}\n",
            "Invalid default value for optional attribute",
        ),
        ("check \"c\" {}\n", "Zero assert blocks"),
        ("module \"m\" {\n  source = \"./m\"\n}\n", "Missing required argument"),
        ("module \"m\" {\n  source = \"./m\"\n  need = 1\n  ned = 1\n}\n", "Unsupported argument"),
        ("moved {\n  from = a_b.c\n  to = module.m\n}\n", "Invalid \"moved\" addresses"),
        ("moved {\n  from = a_b\n  to = a_b.c\n}\n", "Invalid address"),
        ("removed {\n  from = a_b.c[0]\n}\n", "Resource instance keys not allowed"),
        ("bogus \"x\" {}\n", "Unsupported block type"),
        ("resource \"a_b\" {}\n", "Missing name for resource"),
    ] {
        assert_eq!(summaries(text), [summary], "{text}");
    }
}

#[test]
fn what_is_right_passes() {
    for text in [
        "resource \"a_b\" \"c\" {\n  count = 2\n}\nlocals {\n  a = a_b.c[*].id\n  b = a_b.c[0].id\n  c = length(a_b.c)\n  d = { for k, v in a_b.c : k => v.id }\n  e = a_b.c.*.id\n}\n",
        "resource \"a_b\" \"c\" {\n  for_each = toset([])\n  id = each.key\n}\nlocals {\n  i = \"x\"\n  a = a_b.c[local.i].id\n}\n",
        "resource \"a_b\" \"c\" {\n  dynamic \"set\" {\n    for_each = [1]\n    content {\n      id = set.value\n    }\n  }\n}\n",
        "resource \"a_b\" \"c\" {\n  dynamic \"set\" {\n    for_each = [1]\n    iterator = it\n    content {\n      id = it.value\n    }\n  }\n}\n",
        "resource \"a_b\" \"c\" {\n  lifecycle {\n    ignore_changes = all\n    postcondition {\n      condition = self.id != null\n      error_message = \"x\"\n    }\n  }\n}\n",
        "module \"m\" {\n  source = \"./m\"\n  need = path.module\n}\nlocals {\n  a = module.m.id\n  b = resource.a_b.c\n}\nresource \"a_b\" \"c\" {}\n",
        "check \"c\" {\n  data \"a_b\" \"x\" {}\n  assert {\n    condition = data.a_b.x.id != \"\"\n    error_message = \"x\"\n  }\n}\n",
        "terraform {\n  required_version = \">= 1.5\"\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n  backend \"local\" {}\n}\nprovider \"aws\" {\n  region = \"x\"\n}\nprovider \"aws\" {\n  alias = \"y\"\n}\n",
    ] {
        let (_, found) = loaded(text);
        assert!(found.is_empty(), "{text}: {found}");
    }
}

#[test]
fn defaults_of_optional_attributes_are_filled_in() {
    let (root, found) = loaded(
        "variable \"v\" {\n  type = map(object({\n    a = optional(number, \"7\")\n    o = optional(object({ p = optional(string, \"/\") }), {})\n    n = optional(string)\n  }))\n  default = { x = { a = null }, y = { o = null } }\n}\n",
    );
    assert!(found.is_empty(), "{found}");
    let json = root.variables["v"].default.as_ref().unwrap().to_json().unwrap();
    let one = serde_json::json!({ "a": 7, "n": null, "o": { "p": "/" } });
    assert_eq!(json, serde_json::json!({ "x": one, "y": one }));
}

#[test]
fn meta_arguments_are_taken_out_of_the_body() {
    let (root, found) = loaded(
        "resource \"a_b\" \"c\" {\n  id = 1\n  depends_on = [\"a_b.d\"]\n  provider = aws.west\n  timeouts {\n    create = \"1m\"\n  }\n}\nresource \"a_b\" \"d\" {}\n",
    );
    assert_eq!(
        found.iter().next().map(|it| it.summary.as_str()),
        Some("Quoted references are deprecated")
    );
    let resource = root.resources.values().next().unwrap();
    assert_eq!(resource.body.attributes.len(), 1);
    assert_eq!(resource.body.blocks.len(), 1);
    assert_eq!(reference_text(&resource.depends_on[0]), "a_b.d");
    assert_eq!(resource.provider.as_ref().unwrap().alias.as_deref(), Some("west"));
}

#[test]
fn json_means_the_same() {
    let files = MemoryFiles::new().with(
        "main.tf.json",
        r#"{"resource": {"a_b": {"c": {"for_each": "${toset([])}", "id": "${each.key}",
            "depends_on": ["a_b.d"], "lifecycle": {"ignore_changes": ["id"], "prevent_destroy": true}},
            "d": {}}},
            "variable": {"v": {"type": "list(string)", "default": ["x"]}},
            "output": {"o": {"value": "${var.v[0]}"}},
            "moved": [{"from": "a_b.x", "to": "a_b.c"}]}"#,
    );
    let (config, found) = load(&files, Path::new("main.tf.json"));
    assert!(found.is_empty(), "{found}");
    let root = config.unwrap().root;
    let resource = root.resources.values().next().unwrap();
    assert!(resource.lifecycle.prevent_destroy && resource.depends_on.len() == 1);
    assert!(
        matches!(&resource.lifecycle.ignore_changes, IgnoreChanges::Paths(it) if it.len() == 1)
    );
    assert_eq!(root.moved.len(), 1);
    assert_eq!(root.variables["v"].ty, Type::list(Type::String));
}
