//! A state as `show` and `state show` print it.

use super::diff::{self, one};
use super::page::{BOLD, Mark, Page};
use super::text::printable;
use super::{Schemas, object};
use crate::address::{Address, Mode};
use crate::diag::Style;
use crate::state::{Object, ObjectStatus, State};

/// Every object, then the outputs.
pub fn state(schemas: Schemas<'_>, it: &State, style: Style) -> String {
    if it.is_empty() {
        return "The state is empty: no objects, no outputs.\n".into();
    }
    let mut page = Page::new(style.color, false);
    for address in it.resources() {
        let Some(instance) = it.instance(address) else { continue };
        if let Some(current) = &instance.current {
            one_object(schemas, &mut page, address, None, current);
            page.text("\n\n");
        }
        for (key, deposed) in &instance.deposed {
            one_object(schemas, &mut page, address, Some(key), deposed);
            page.text("\n\n");
        }
    }
    if !it.outputs.is_empty() {
        page.text("\nOutputs:\n");
        for (name, output) in &it.outputs {
            page.text(&format!("\n{name} = "));
            one(&mut page, 0, &object::output(output), Mark::None);
        }
        page.text("\n");
    }
    page.out
}

/// One object of a state.
pub fn instance(schemas: Schemas<'_>, address: &Address, it: &Object, style: Style) -> String {
    let mut page = Page::new(style.color, false);
    one_object(schemas, &mut page, address, None, it);
    page.text("\n");
    page.out
}

fn one_object(
    schemas: Schemas<'_>,
    page: &mut Page<'_>,
    address: &Address,
    deposed: Option<&str>,
    it: &Object,
) {
    let mut title = format!("# {}:", printable(&address.to_string()));
    if it.status == ObjectStatus::Tainted {
        title.push_str(" (tainted)");
    }
    if let Some(key) = deposed {
        title.push_str(&format!(" (deposed object {key})"));
    }
    page.paint(BOLD, &title);
    let resource = &address.resource;
    let block = if resource.mode == Mode::Data { "data" } else { "resource" };
    page.text(&format!("\n{block} \"{}\" \"{}\" {{", resource.kind, resource.name));
    let schema = schemas(resource);
    let row = object::shown(object::value(it, schema), schema);
    diff::body(page, 1, schema.map_or(&[][..], |it| it.attributes), None, Some(&row));
    page.plain(0);
    page.text("}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::OutputState;
    use serde_json::json;

    #[test]
    fn a_state_is_printed_without_its_secrets() {
        let mut it = State::new();
        let mut object = Object::new(json!({"id": "v-1", "pw": "hunter2", "none": null}));
        object.sensitive_attributes = vec![json!([{"type": "get_attr", "value": "pw"}])];
        it.insert("aws_vpc.main".parse().unwrap(), object);
        let ty = json!("string");
        it.outputs.insert(
            "o".into(),
            OutputState { value: json!("x"), ty: ty.clone(), sensitive: false },
        );
        it.outputs.insert("s".into(), OutputState { value: json!("hunter2"), ty, sensitive: true });
        let want = "# aws_vpc.main:\nresource \"aws_vpc\" \"main\" {\n    id = \"v-1\"\n    pw = (sensitive value)\n}\n\n\nOutputs:\n\no = \"x\"\ns = (sensitive value)\n";
        assert_eq!(state(&|_| None, &it, Style::default()), want);
        assert!(state(&|_| None, &State::new(), Style::default()).contains("empty"));
    }
}
