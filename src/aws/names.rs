//! Names that nobody chose: made of a prefix and the operation that makes the object.

use crate::driver::Op;
use crate::schema::Auto;

/// What is put after a prefix: 26 characters, as long as Terraform's, so that limits on prefixes hold.
const SUFFIX: usize = 26;

/// The name given, else one that begins with the prefix. It is the same whenever the operation is
/// resumed, so that what an earlier run made is found by it.
pub fn chosen(op: &Op, name: &Auto<String>, prefix: &Auto<String>, fallback: &str) -> String {
    if let Some(name) = name.given() {
        return name;
    }
    let prefix = prefix.given().unwrap_or_else(|| fallback.to_string());
    let suffix: String = op.token().chars().filter(|it| *it != '-').take(SUFFIX).collect();
    prefix + &suffix
}

/// What the names of queues and topics end with that keep their order, and no others.
pub const FIFO: &str = ".fifo";

/// A name of a queue or topic that keeps its order, where it does.
pub fn fifo(name: String, is_fifo: bool) -> String {
    match is_fifo && !name.ends_with(FIFO) {
        true => name + FIFO,
        false => name,
    }
}

/// What is wrong with a name (or with the beginning of one) of a queue or topic.
pub fn fifo_mistake(
    name: &str,
    is_whole: bool,
    is_fifo: Option<bool>,
    longest: usize,
) -> Option<String> {
    let (stem, ends) = name.strip_suffix(FIFO).map_or((name, false), |stem| (stem, true));
    let most = match (is_whole, is_fifo) {
        (true, _) => longest,
        (false, Some(true)) => longest - SUFFIX - FIFO.len(),
        (false, _) => longest - SUFFIX,
    };
    let allowed = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
    match (is_whole, is_fifo, ends) {
        (true, Some(true), false) => {
            Some(format!("a name that keeps order ends in `{FIFO}`: write `{name}{FIFO}`"))
        }
        (true, Some(false), true) => {
            Some(format!("only names that keep order end in `{FIFO}`: leave that out"))
        }
        _ if stem.is_empty() || name.len() > most || !stem.chars().all(allowed) => {
            Some(format!("it is made of letters, digits, `_` and `-`, {most} at most"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whether_order_is_kept() {
        let cases = [
            ("orders", true, Some(false), true),
            ("orders.fifo", true, Some(true), true),
            ("orders", true, Some(true), false),
            ("orders.fifo", true, Some(false), false),
            ("orders.fifo", true, None, true),
            ("or ders", true, None, false),
            ("", true, None, false),
            (".fifo", true, Some(true), false),
            ("orders-", false, Some(true), true),
        ];
        for (name, is_whole, is_fifo, fits) in cases {
            assert_eq!(fifo_mistake(name, is_whole, is_fifo, 80).is_none(), fits, "{name}");
        }
        let lengths =
            [(81, true, None), (55, false, None), (50, false, Some(true)), (81, true, Some(true))];
        for (length, is_whole, is_fifo) in lengths {
            let name = "a".repeat(length);
            assert!(fifo_mistake(&name, is_whole, is_fifo, 80).is_some(), "{length}");
        }
        assert_eq!(fifo_mistake(&"a".repeat(80), true, Some(false), 80), None);
        assert_eq!(fifo("a".into(), true), "a.fifo");
        assert_eq!(fifo("a.fifo".into(), true), "a.fifo");
        assert_eq!(fifo("a".into(), false), "a");
    }

    #[test]
    fn a_name_is_given_or_made_up_once_per_operation() {
        let op = Op::new("0b9c2a4e-7d31-4f0e-9a55-3c1f7e2d8b60", false);
        let (none, given) = (Auto::default(), Auto::from("mine".to_string()));
        assert_eq!(chosen(&op, &given, &none, "x-"), "mine");
        assert_eq!(chosen(&op, &none, &given, "x-"), "mine0b9c2a4e7d314f0e9a553c1f7e");
        assert_eq!(chosen(&op, &none, &none, "x-"), chosen(&op, &none, &none, "x-"));
    }
}
