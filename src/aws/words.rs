//! Where AWS tells the same in other words, and what it takes as words at all: names, windows, keys.

/// The key in the words in which it is known: AWS tells its ARN, whatever it was named by.
pub(crate) fn key(known: Option<&String>, seen: Option<String>) -> Option<String> {
    let name = |it: &str| it.rsplit('/').next().map(String::from);
    match (known, seen) {
        // Which key an alias stands for is not told.
        (Some(known), Some(_)) if known.contains("alias/") => Some(known.clone()),
        (Some(known), Some(seen)) if name(known) == name(&seen) => Some(known.clone()),
        (_, seen) => seen,
    }
}

/// Why it cannot be the name of a database or cache: letters, digits and single hyphens, a letter
/// first and no hyphen last (but in a prefix).
pub(crate) fn name_refused(it: &str, longest: usize, is_prefix: bool) -> Option<String> {
    let allowed = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let ends_well = is_prefix || !it.ends_with('-');
    if it.is_empty() || it.len() > longest {
        Some(format!("it has 1 to {longest} characters"))
    } else if !it.starts_with(|it: char| it.is_ascii_alphabetic()) {
        Some("it begins with a letter".into())
    } else if !it.chars().all(allowed) || it.contains("--") || !ends_well {
        Some("it is made of letters, digits and single hyphens, and does not end in one".into())
    } else {
        None
    }
}

/// Why it cannot be the lower-case name of a database or one of its groups.
#[cfg(feature = "rds")]
pub(crate) fn lower_name_refused(it: &str, longest: usize, is_prefix: bool) -> Option<String> {
    match it.chars().any(|it| it.is_ascii_uppercase()) {
        true => Some("its letters are lower-case".into()),
        false => name_refused(it, longest, is_prefix),
    }
}

fn is_time(it: &str) -> bool {
    let number = |it: &str, below: u8| it.len() == 2 && it.parse::<u8>().is_ok_and(|n| n < below);
    it.split_once(':').is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60))
}

/// Why it cannot be a part of each day.
pub(crate) fn daily_refused(it: &str) -> Option<&'static str> {
    let fits = it.split_once('-').is_some_and(|(from, to)| is_time(from) && is_time(to));
    (!fits).then_some("write it as `03:00-04:00`, in UTC")
}

/// Why it cannot be a part of each week.
pub(crate) fn weekly_refused(it: &str) -> Option<&'static str> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let moment = |it: &str| {
        let parts = it.split_once(':');
        parts.is_some_and(|(day, time)| DAYS.contains(&&*day.to_lowercase()) && is_time(time))
    };
    let fits = it.split_once('-').is_some_and(|(from, to)| moment(from) && moment(to));
    (!fits).then_some("write it as `sun:04:00-sun:05:00`, in UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_words_they_are_known_by() {
        let arn = "arn:aws:kms:eu-central-1:1:key/k-1".to_string();
        let cases = [
            (Some("k-1"), Some(arn.clone()), Some("k-1")),
            (Some("alias/data"), Some(arn.clone()), Some("alias/data")),
            (Some("k-2"), Some(arn.clone()), Some(arn.as_str())),
            (None, Some(arn.clone()), Some(arn.as_str())),
            (Some("k-1"), None, None),
        ];
        for (known, seen, expected) in cases {
            let known = known.map(String::from);
            assert_eq!(key(known.as_ref(), seen).as_deref(), expected);
        }
    }

    #[test]
    fn names_and_windows_are_checked() {
        for good in ["a", "orders-db1", "A-b"] {
            assert_eq!(name_refused(good, 63, false), None, "{good}");
        }
        for bad in ["", "1a", "a--b", "a-", "a_b", "-a", &"a".repeat(64)] {
            assert!(name_refused(bad, 63, false).is_some(), "{bad}");
        }
        assert_eq!(name_refused("a-", 63, true), None);
        #[cfg(feature = "rds")]
        assert!(lower_name_refused("A", 63, false).is_some());
        assert!(daily_refused("03:00-04:00").is_none() && daily_refused("3:00-4:00").is_some());
        assert!(weekly_refused("Sun:04:00-mon:23:59").is_none());
        for bad in ["04:00-05:00", "sun:24:00-sun:01:00", "día:04:00-sun:05:00", "sun:04:00"] {
            assert!(weekly_refused(bad).is_some(), "{bad}");
        }
    }
}
