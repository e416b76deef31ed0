use super::*;
use crate::lang::types::Type;
use crate::plan::{CheckResult, CheckStatus, Reason};
use crate::render::plan_text::tests::{change, of};

fn row<const N: usize>(items: [(&str, Value); N]) -> Value {
    Value::object(items)
}

#[test]
fn a_replacement_has_terraforms_shape() {
    let mut it = change("module.m.terraform_data.b[0]", Action::DeleteThenCreate);
    it.reason = Some(Reason::ReplaceBecauseCannotUpdate);
    it.replace_paths = vec![vec![PathStep::Name("t".into()), PathStep::Index(0)]];
    it.before = Some(row([("id", "x".into()), ("pw", Value::from("p").sensitive())]));
    it.after =
        Some(row([("id", Value::unknown(Type::String)), ("pw", Value::from("q").sensitive())]));
    let json = plan(&|_| None, &of(vec![it]), &Origin::default());
    let want = json!({
        "address": "module.m.terraform_data.b[0]",
        "module_address": "module.m",
        "mode": "managed",
        "type": "terraform_data",
        "name": "b",
        "index": 0,
        "provider_name": "terraform.io/builtin/terraform",
        "change": {
            "actions": ["delete", "create"],
            "before": {"id": "x", "pw": "p"},
            "after": {"pw": "q"},
            "after_unknown": {"id": true},
            "before_sensitive": {"pw": true},
            "after_sensitive": {"pw": true},
            "replace_paths": [["t", 0]],
        },
        "action_reason": "replace_because_cannot_update",
    });
    assert_eq!(json["resource_changes"][0].to_string(), want.to_string());
    let planned = &json["planned_values"]["root_module"]["child_modules"][0]["resources"][0];
    assert_eq!(planned["values"], json!({"pw": "q"}));
    assert_eq!(json["timestamp"], "1970-01-01T00:00:00Z");
    assert_eq!((&json["applyable"], &json["complete"]), (&true.into(), &true.into()));
}

#[test]
fn deletion_leaves_nothing_planned() {
    let mut it = change("terraform_data.a", Action::Delete);
    it.before = Some(row([("id", "x".into())]));
    let mut plan_value = of(vec![it]);
    let output = OutputChange { before: Some("x".into()), after: None, sensitive: false };
    plan_value.outputs.insert("o".into(), output);
    let json = plan(&|_| None, &plan_value, &Origin::default());
    assert_eq!(json["planned_values"], json!({"root_module": {}}));
    let change = &json["resource_changes"][0]["change"];
    assert_eq!(change["after"], Json::Null);
    assert_eq!((&change["after_unknown"], &change["after_sensitive"]), (&json!({}), &json!(false)));
    let want = json!({
        "actions": ["delete"],
        "before": "x",
        "after": null,
        "after_unknown": false,
        "before_sensitive": false,
        "after_sensitive": false,
    });
    assert_eq!(json["output_changes"]["o"], want);
}

#[test]
fn unknown_outputs_have_no_value() {
    let mut it = of(Vec::new());
    let after = Some(Value::unknown(Type::String));
    it.outputs.insert("o".into(), OutputChange { before: None, after, sensitive: false });
    let json = plan(&|_| None, &it, &Origin::default());
    assert_eq!(json["planned_values"]["outputs"]["o"], json!({"sensitive": false}));
    let change = &json["output_changes"]["o"];
    assert_eq!((change.get("after"), &change["after_unknown"]), (None, &true.into()));
}

#[test]
fn checks_name_what_is_checked() {
    let mut it = of(Vec::new());
    let instances = vec![
        ("terraform_data.c[\"x\"]".to_string(), CheckStatus::Pass, vec![]),
        ("terraform_data.c[\"y\"]".to_string(), CheckStatus::Fail, vec!["no".to_string()]),
    ];
    it.checks =
        vec![CheckResult { kind: "resource", address: "terraform_data.c".into(), instances }];
    let json = plan(&|_| None, &it, &Origin::default());
    let want = json!({
        "address": {
            "kind": "resource",
            "mode": "managed",
            "name": "c",
            "type": "terraform_data",
            "to_display": "terraform_data.c",
        },
        "status": "fail",
        "instances": [
            {"address": {"to_display": "terraform_data.c[\"x\"]", "instance_key": "x"}, "status": "pass"},
            {
                "address": {"to_display": "terraform_data.c[\"y\"]", "instance_key": "y"},
                "status": "fail",
                "problems": [{"message": "no"}],
            },
        ],
    });
    assert_eq!(json["checks"][0], want);
}
