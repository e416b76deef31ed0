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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_or_made_up_once_per_operation() {
        let op = Op::new("0b9c2a4e-7d31-4f0e-9a55-3c1f7e2d8b60", false);
        let (none, given) = (Auto::default(), Auto::from("mine".to_string()));
        assert_eq!(chosen(&op, &given, &none, "x-"), "mine");
        assert_eq!(chosen(&op, &none, &given, "x-"), "mine0b9c2a4e7d314f0e9a553c1f7e");
        assert_eq!(chosen(&op, &none, &none, "x-"), chosen(&op, &none, &none, "x-"));
    }
}
