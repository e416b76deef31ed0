//! Where AWS tells the same in other words.

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
}
