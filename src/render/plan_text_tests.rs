use std::collections::BTreeMap;

use super::*;
use crate::address::ResourceAddress;
use crate::diag::Diagnostics;
use crate::lang::types::Type;
use crate::plan::PathStep;
use crate::schema::{Attribute, Kind, Nesting, Schema, Timeouts};
use crate::state::State;

pub(in crate::render) fn change(address: &str, action: Action) -> Change {
    Change {
        address: address.parse().unwrap(),
        deposed: None,
        previous_address: None,
        provider: "provider[\"terraform.io/builtin/terraform\"]".into(),
        action,
        reason: None,
        before: None,
        after: None,
        replace_paths: Vec::new(),
        dependencies: Vec::new(),
        prior_dependencies: Vec::new(),
        create_before_destroy: false,
        importing: None,
        id: None,
        timeouts: BTreeMap::new(),
        for_check: false,
    }
}

pub(in crate::render) fn of(changes: Vec<Change>) -> Plan {
    Plan {
        mode: PlanMode::Normal,
        changes,
        outputs: BTreeMap::new(),
        drift: Vec::new(),
        checks: Vec::new(),
        prior: State::new(),
        warnings: Diagnostics::new(),
        complete: true,
        errored: false,
        made: jiff::Timestamp::UNIX_EPOCH,
        data: BTreeMap::new(),
        refreshed: BTreeMap::new(),
        generated: Vec::new(),
    }
}

fn row<const N: usize>(items: [(&str, Value); N]) -> Value {
    Value::object(items)
}

fn unknown() -> Value {
    Value::unknown(Type::Any)
}

const RULE: &[Attribute] = &[
    Attribute { name: "cidr", kind: Kind::String, ..Attribute::BLANK },
    Attribute { name: "port", kind: Kind::Int, ..Attribute::BLANK },
];

const SCHEMA: Schema = Schema {
    kind: "aws_thing",
    doc: "",
    attributes: &[Attribute {
        name: "rule",
        kind: Kind::Block {
            attributes: RULE,
            nesting: Nesting::List,
            count: (0, usize::MAX),
            as_attribute: false,
        },
        ..Attribute::BLANK
    }],
    timeouts: Timeouts { create: None, update: None, delete: None, read: None },
    tags: None,
};

fn schemas(it: &ResourceAddress) -> Option<&'static Schema> {
    static TABLE: Schema = SCHEMA;
    (&*it.kind == "aws_thing").then_some(&TABLE)
}

/// The text of one object, from its headline to its closing brace.
fn check(change: Change, want: &str) {
    let text = plan(&schemas, &of(vec![change]), Style::default());
    let (_, object) = text.split_once("The following will be done:\n\n").expect(&text);
    let (object, _) = object.split_once("\n\nPlan:").expect(&text);
    assert_eq!(object.trim_end(), want.trim_end(), "\n{text}");
}

#[test]
fn creation_shows_everything_but_secrets() {
    let mut it = change("terraform_data.a", Action::Create);
    it.after = Some(row([
        ("id", unknown()),
        (
            "input",
            row([
                ("list", Value::tuple([1.into(), unknown()])),
                ("nested", row([("a", 1.into()), ("b", Value::NULL)])),
                ("odd key", "v".into()),
                ("pw", Value::from("hunter2").sensitive()),
            ]),
        ),
        ("json", r#"{"a":[1],"b":{}}"#.into()),
        ("lines", "x\ny\n".into()),
        ("none", Value::NULL),
        ("tags", Value::map(Type::String, [("Name".into(), "n".into())])),
    ]));
    check(
        it,
        r#"  # terraform_data.a will be created
  + resource "terraform_data" "a" {
      + id    = (known after apply)
      + input = {
          + list      = [
              + 1,
              + (known after apply),
            ]
          + nested    = {
              + a = 1
              + b = null
            }
          + "odd key" = "v"
          + pw        = (sensitive value)
        }
      + json  = jsonencode(
            {
              + a = [
                  + 1,
                ]
              + b = {}
            }
        )
      + lines = <<-EOT
            x
            y
        EOT
      + tags  = {
          + "Name" = "n"
        }
    }"#,
    );
}

#[test]
fn an_update_shows_what_differs() {
    let mut it = change("terraform_data.a", Action::Update);
    it.before = Some(row([
        ("id", "i-1".into()),
        ("input", row([("k", Value::from("s3cret").sensitive()), ("x", 1.into())])),
        ("json", r#"{"a":1,"b":2}"#.into()),
        ("lines", "x\ny\n".into()),
        ("list", Value::tuple([1.into(), 2.into(), 3.into(), 4.into(), 5.into(), 6.into()])),
        ("same", "x".into()),
        ("tags", Value::map(Type::String, [("a".into(), "1".into()), ("b".into(), "2".into())])),
        ("zone", "a".into()),
    ]));
    it.after = Some(row([
        ("id", "i-1".into()),
        ("input", row([("k", Value::from("s4cret").sensitive()), ("x", 1.into())])),
        ("json", r#"{"a":"2","b":2}"#.into()),
        ("lines", "x\nz\n".into()),
        (
            "list",
            Value::tuple([1.into(), 9.into(), 3.into(), 4.into(), 5.into(), 6.into(), 7.into()]),
        ),
        ("same", "x".into()),
        ("tags", Value::map(Type::String, [("b".into(), "2".into())])),
        ("zone", unknown()),
    ]));
    check(
        it,
        r#"  # terraform_data.a will be updated in-place
  ~ resource "terraform_data" "a" {
        id    = "i-1"
      ~ input = {
          ~ k = (sensitive value)
            # (1 unchanged attribute hidden)
        }
      ~ json  = jsonencode(
          ~ {
              ~ a = 1 -> "2"
                # (1 unchanged attribute hidden)
            }
        )
      ~ lines = <<-EOT
            x
          - y
          + z
        EOT
      ~ list  = [
            1,
          - 2,
          + 9,
            3,
            # (2 unchanged elements hidden)
            6,
          + 7,
        ]
      ~ tags  = {
          - "a" = "1" -> null
            # (1 unchanged element hidden)
        }
      ~ zone  = "a" -> (known after apply)
        # (1 unchanged attribute hidden)
    }"#,
    );
}

#[test]
fn a_replacement_names_its_causes() {
    let mut it = change("aws_thing.t[\"k\"]", Action::CreateThenDelete);
    it.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    it.replace_paths = vec![
        vec![PathStep::Name("cidr".into())],
        vec![PathStep::Name("ids".into())],
        vec![PathStep::Name("rule".into()), PathStep::Index(1), PathStep::Name("port".into())],
    ];
    let rule = |cidr: &str, port: i64| row([("cidr", cidr.into()), ("port", port.into())]);
    let rules = |all: Vec<Value>| Value::list(rule("", 0).ty(), all);
    let ids = |all: &[&str]| Value::set(Type::String, all.iter().map(|it| Value::from(*it)));
    it.before = Some(row([
        ("cidr", "10.0.0.0/16".into()),
        ("ids", ids(&["a", "b"])),
        ("rule", rules(vec![rule("x", 1), rule("y", 2), rule("z", 3)])),
    ]));
    it.after = Some(row([
        ("cidr", "10.1.0.0/16".into()),
        ("ids", ids(&["b", "c"])),
        ("rule", rules(vec![rule("x", 1), rule("y", 22)])),
    ]));
    check(
        it,
        r#"  # aws_thing.t["k"] must be replaced
+/- resource "aws_thing" "t" {
      ~ cidr = "10.0.0.0/16" -> "10.1.0.0/16" # forces replacement
      ~ ids  = [ # forces replacement
          - "a",
          + "c",
            # (1 unchanged element hidden)
        ]

      ~ rule {
          ~ port = 2 -> 22 # forces replacement
            # (1 unchanged attribute hidden)
        }
      - rule {
          - cidr = "z" -> null
          - port = 3 -> null
        }
        # (1 unchanged block hidden)
    }"#,
    );
}

#[test]
fn headlines_say_what_and_why() {
    let check = |action, edit: &dyn Fn(&mut Change), want: &str| {
        let mut it = change("aws_vpc.main[\"a\"]", action);
        it.before = Some(row([("id", "v".into())]));
        it.after = (action != Action::Delete).then(|| row([("id", "v".into())]));
        edit(&mut it);
        let text = plan(&schemas, &of(vec![it]), Style::default());
        assert!(text.contains(want), "{want}\n---\n{text}");
    };
    let id = "aws_vpc.main[\"a\"]";
    check(
        Action::Delete,
        &|it| it.reason = Some(Reason::DeleteBecauseEachKey),
        &format!(
            "  # {id} will be destroyed\n  # (because key [\"a\"] is not in for_each map)\n  - resource"
        ),
    );
    check(
        Action::NoOp,
        &|it| it.previous_address = Some("aws_vpc.old".parse().unwrap()),
        &format!("  # aws_vpc.old has moved to {id}\n    resource"),
    );
    check(
        Action::NoOp,
        &|it| it.importing = Some("vpc-1".into()),
        &format!("  # {id} will be imported\n  # (imported from \"vpc-1\")\n"),
    );
    check(
        Action::DeleteThenCreate,
        &|it| it.reason = Some(Reason::ReplaceBecauseTainted),
        &format!("  # {id} is tainted, so must be replaced\n-/+ resource"),
    );
    check(
        Action::Delete,
        &|it| it.deposed = Some("abcd1234".into()),
        &format!("  # {id} (deposed object abcd1234) will be destroyed\n"),
    );
    check(Action::Forget, &|_| {}, "will be forgotten, but not destroyed\n  . resource");
}

#[test]
fn outputs_and_summary_close_the_plan() {
    let mut it = of(vec![change("terraform_data.a", Action::Create)]);
    let output = |before: Option<Value>, after: Option<Value>, sensitive| OutputChange {
        before,
        after,
        sensitive,
    };
    it.outputs = [
        ("gone", output(Some("x".into()), None, false)),
        ("name", output(Some("a".into()), Some("b".into()), false)),
        ("pw", output(None, Some("hunter2".into()), true)),
        ("same", output(Some("x".into()), Some("x".into()), false)),
    ]
    .into_iter()
    .map(|(name, it)| (name.into(), it))
    .collect();
    let text = plan(&schemas, &it, Style::default());
    let want = "Plan: 1 to add, 0 to change, 0 to destroy.\n\nChanges to Outputs:\n  - gone = \"x\" -> null\n  ~ name = \"a\" -> \"b\"\n  + pw   = (sensitive value)\n";
    assert!(text.ends_with(want), "{text}");
    assert!(text.starts_with("Actions are marked with these symbols:\n  + create\n\n"), "{text}");
}

#[test]
fn nothing_to_do_is_said() {
    let it = of(Vec::new());
    assert!(plan(&schemas, &it, Style::default()).starts_with("No changes."));
    let colored = plan(&schemas, &it, Style { color: true });
    assert!(colored.contains("\u{1b}[32mNo changes."));
}

#[test]
fn drift_comes_first() {
    let mut it = of(Vec::new());
    let mut gone = change("aws_vpc.main", Action::Delete);
    gone.before = Some(row([("id", "v".into())]));
    it.drift = vec![gone];
    let text = plan(&schemas, &it, Style::default());
    assert!(text.starts_with("Note: objects have changed outside"), "{text}");
    assert!(text.contains("  # aws_vpc.main has been deleted\n  - resource \"aws_vpc\" \"main\" {\n      - id = \"v\" -> null\n    }"), "{text}");
}
