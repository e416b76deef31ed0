//! Ranges of addresses, as AWS keeps them: `10.0.0.0/8`, and not `10.1.2.3/8`, which it takes and tells
//! otherwise.

use ipnet::IpNet;

use crate::diag::Diagnostics;
use crate::lang::value::Value;
use crate::schema::View;

/// Refuses ranges that AWS would refuse or tell otherwise, in the arguments of these names; in nested
/// blocks, in those whose names say that they are ranges.
pub(super) fn check(view: &View<'_>, names: &[&str], diagnostics: &mut Diagnostics) {
    for name in names {
        let mut wrong = Vec::new();
        find(name, view.value(name), &mut wrong);
        for why in wrong {
            view.refuse(diagnostics, name, why);
        }
    }
}

fn find(name: &str, value: &Value, wrong: &mut Vec<String>) {
    if let Some(text) = value.as_str() {
        wrong.extend(misfit(text, name.contains("v6")));
    } else if let Some(items) = value.as_slice() {
        items.iter().for_each(|it| find(name, it, wrong));
    } else if let Some(entries) = value.as_entries() {
        let ranges = entries.iter().filter(|(key, _)| key.contains("cidr"));
        ranges.for_each(|(key, it)| find(key, it, wrong));
    }
}

/// What is wrong with a range; an empty text is none.
fn misfit(text: &str, six: bool) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let example = if six { "2001:db8::/32" } else { "10.0.0.0/8" };
    match text.parse::<IpNet>() {
        Ok(range) if matches!(range, IpNet::V6(_)) != six => {
            let family = if six { 6 } else { 4 };
            Some(format!("{text:?} is no range of IPv{family} addresses, such as {example:?}"))
        }
        Ok(range) if range.trunc() != range => {
            Some(format!("{text:?} begins inside of a range; did you mean \"{}\"?", range.trunc()))
        }
        Ok(_) => None,
        Err(_) => Some(format!("{text:?} is no range of addresses, such as {example:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_whole() {
        let cases = [
            ("10.0.0.0/8", false, None),
            ("0.0.0.0/0", false, None),
            ("::/0", true, None),
            ("", false, None),
            ("10.1.2.3/8", false, Some("did you mean \"10.0.0.0/8\"?")),
            ("10.0.0.0", false, Some("such as \"10.0.0.0/8\"")),
            ("::/0", false, Some("no range of IPv4 addresses")),
            ("10.0.0.0/8", true, Some("no range of IPv6 addresses")),
            ("2001:db8::1/32", true, Some("did you mean \"2001:db8::/32\"?")),
        ];
        for (text, six, expected) in cases {
            let found = misfit(text, six);
            assert_eq!(found.is_some(), expected.is_some(), "{text}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{text}");
        }
    }

    #[test]
    fn ranges_are_found_in_blocks() {
        let rule = Value::object([
            ("cidr_blocks", Value::tuple(["10.0.0.1/8".into(), "10.0.0.0/8".into()])),
            ("description", "10.0.0.1/8".into()),
        ]);
        let row = Value::object([("ingress", Value::tuple([rule])), ("cidr", Value::NULL)]);
        let mut found = Diagnostics::new();
        check(&View::new(&row, &|_| None), &["ingress", "cidr"], &mut found);
        assert_eq!(found.iter().count(), 1);
    }
}
