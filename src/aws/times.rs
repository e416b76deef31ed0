//! Points in time as attributes show them.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// As RFC 3339 in whole seconds: `2026-01-02T03:04:05Z`.
pub fn rfc3339(at: &DateTime) -> Option<String> {
    DateTime::from_secs(at.secs()).fmt(Format::DateTime).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_cut_off() {
        let at = DateTime::from_secs_and_nanos(1_767_323_045, 999_000_000);
        assert_eq!(rfc3339(&at).as_deref(), Some("2026-01-02T03:04:05Z"));
    }
}
