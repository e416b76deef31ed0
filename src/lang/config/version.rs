//! `required_version`: whether the language read here is the one that a configuration asks for.

use std::cmp::Ordering;

use crate::diag::{Diagnostic, Span};

/// The version of Terraform whose language is read here.
pub const LANGUAGE: &str = "1.11.4";

/// What is wrong with a constraint such as `>= 1.5, < 2.0`: that it is none, or that it does not hold.
/// `at` is where it is asked for, `text` where the constraint itself stands.
pub(super) fn check(constraint: &str, at: Span, text: Span) -> Option<Diagnostic> {
    let have = Version::parse(LANGUAGE)?;
    let mut holds = true;
    for part in constraint.split(',') {
        match Rule::parse(part.trim()) {
            Some(rule) if !rule.version.pre.is_empty() => {
                let detail = "what comes before a release cannot be asked for";
                let summary = "Invalid required_version constraint";
                return Some(Diagnostic::error(summary, detail).at(at));
            }
            Some(rule) => holds = holds && rule.holds(&have),
            None => {
                let detail = format!("{constraint:?} is not a version constraint");
                let it = Diagnostic::error("Invalid version constraint", detail);
                return Some(it.hint("write it like `>= 1.5, < 2.0` or `~> 1.5`").at(text));
            }
        }
    }
    let detail = format!(
        "this configuration asks for {constraint:?}; the language read here is that of {LANGUAGE}"
    );
    (!holds).then(|| Diagnostic::error("Unsupported Terraform Core version", detail).at(at))
}

/// Of a constraint on a provider's version: that it is none.
pub(super) fn invalid(constraint: &str, at: Span) -> Option<Diagnostic> {
    let fine = |part: &str| part.trim().is_empty() || Rule::parse(part.trim()).is_some();
    let detail = format!("{constraint:?} is not a version constraint");
    let it = || Diagnostic::error("Invalid version constraint", detail).at(at);
    (!constraint.split(',').all(fine)).then(it)
}

struct Version {
    /// As many as were written.
    parts: Vec<u64>,
    pre: String,
}

impl Version {
    fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        let parts = numbers.split('.').map(|it| digits(it).then(|| it.parse().ok()).flatten());
        Some(Version { parts: parts.collect::<Option<_>>()?, pre: pre.into() })
    }

    fn part(&self, at: usize) -> u64 {
        self.parts.get(at).copied().unwrap_or(0)
    }

    fn compare(&self, other: &Version) -> Ordering {
        let count = self.parts.len().max(other.parts.len());
        let numbers = (0..count).map(|at| self.part(at).cmp(&other.part(at)));
        let order = numbers.fold(Ordering::Equal, Ordering::then);
        // What comes before a release is less than it.
        order.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => self.pre.cmp(&other.pre),
        })
    }
}

struct Rule<'a> {
    operator: &'a str,
    version: Version,
}

impl Rule<'_> {
    fn parse(text: &str) -> Option<Rule<'_>> {
        let end = text.find(|it| !"=!<>~".contains(it)).unwrap_or(text.len());
        let (operator, version) = text.split_at(end);
        let known = ["", "=", "!=", ">", "<", ">=", "<=", "~>"].contains(&operator);
        let version = Version::parse(version.trim_start()).filter(|_| known)?;
        Some(Rule { operator, version })
    }

    fn holds(&self, have: &Version) -> bool {
        let order = have.compare(&self.version);
        match self.operator {
            "!=" => order.is_ne(),
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            ">=" => order.is_ge(),
            "<=" => order.is_le(),
            // The last part that is written may grow.
            "~>" => {
                let fixed = self.version.parts.len().saturating_sub(1).max(1);
                order.is_ge() && (0..fixed).all(|at| have.part(at) == self.version.part(at))
            }
            _ => order.is_eq(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn constraints_hold_or_not() {
        for (constraint, want) in [
            (">= 1.5", ""),
            ("~> 1.5, != 1.9.0", ""),
            ("~> 1.11.0", ""),
            ("1.11.4", ""),
            ("~> 1.10.0", "Unsupported Terraform Core version"),
            (">= 2.0", "Unsupported Terraform Core version"),
            ("< 1.11.4", "Unsupported Terraform Core version"),
            ("foo", "Invalid version constraint"),
            (">= 1.5,", "Invalid version constraint"),
            ("=> 1", "Invalid version constraint"),
        ] {
            let found = check(constraint, Span::new(FileId(0), 0, 0), Span::new(FileId(0), 0, 0));
            assert_eq!(found.map_or(String::new(), |it| it.summary), want, "{constraint}");
        }
    }
}
