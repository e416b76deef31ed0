//! What a text must look like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use ipnet::IpNet;

/// The form of a text, as far as it can be told without asking AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Number of an account.
    AccountId,
    /// ARN.
    Arn,
    /// Base64.
    Base64,
    /// `true` or `false` as a text, which may also be empty.
    Bool,
    /// Network, such as `10.0.0.0/16` or `fd00::/8`.
    Cidr,
    /// IPv4 network.
    Cidr4,
    /// IPv6 network.
    Cidr6,
    /// Time span of every day, such as `03:00-04:00`.
    DailyWindow,
    /// Number as a text.
    Float,
    /// Name of a database, a cache, or one of their groups.
    Identifier,
    /// The beginning of one.
    IdentifierPrefix,
    /// Whole number as a text.
    Int,
    /// IPv4 or IPv6 address.
    Ip,
    /// IPv4 address.
    Ip4,
    /// IPv6 address.
    Ip6,
    /// JSON.
    Json,
    /// JSON or YAML.
    JsonOrYaml,
    /// Name of an alias of a key of KMS, or the beginning of one.
    KmsAlias,
    /// Key of KMS, by its id, its ARN, or one of its aliases.
    KmsKey,
    /// Anything but nothing.
    NotEmpty,
    /// Path in IAM, such as `/` or `/team/`.
    Path,
    /// Policy document: a JSON object.
    Policy,
    /// Time such as `2030-01-02T03:04:05Z`.
    Time,
    /// Time span of every week, such as `sun:05:00-sun:06:00`.
    WeeklyWindow,
}

impl Format {
    /// Whether the text has this form.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Format::AccountId => text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit()),
            Format::Arn => is_arn(text),
            Format::Base64 => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
            Format::Bool => matches!(text, "true" | "false"),
            Format::Cidr => network(text).is_some(),
            Format::Cidr4 => matches!(network(text), Some(IpNet::V4(_))),
            Format::Cidr6 => matches!(network(text), Some(IpNet::V6(_))),
            Format::DailyWindow => is_daily(text),
            Format::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
            Format::Identifier => is_identifier(text) && !text.ends_with('-'),
            Format::IdentifierPrefix => is_identifier(text),
            Format::Int => text.parse::<i64>().is_ok(),
            Format::Ip => text.parse::<IpAddr>().is_ok(),
            Format::Ip4 => text.parse::<Ipv4Addr>().is_ok(),
            Format::Ip6 => text.parse::<Ipv6Addr>().is_ok(),
            Format::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
            Format::JsonOrYaml => saphyr_parser::Parser::new_from_str(text).all(|it| it.is_ok()),
            Format::KmsAlias => text.strip_prefix("alias/").is_some_and(is_key_name),
            Format::KmsKey => is_key(text),
            Format::NotEmpty => !text.is_empty(),
            Format::Path => {
                text.starts_with('/')
                    && text.ends_with('/')
                    && text.chars().all(|it| it.is_ascii_graphic())
            }
            Format::Policy => is_object(text),
            Format::Time => text.parse::<jiff::Timestamp>().is_ok(),
            Format::WeeklyWindow => is_weekly(text),
        }
    }

    /// What such a text is, in words.
    pub fn expected(self) -> &'static str {
        match self {
            Format::AccountId => "the 12 digits of an account",
            Format::Arn => "an ARN, such as `arn:aws:kms:eu-central-1:111122223333:key/…`",
            Format::Base64 => "base64",
            Format::Bool => "`true` or `false`",
            Format::Cidr => "a network, such as `10.0.0.0/16`",
            Format::Cidr4 => "an IPv4 network, such as `10.0.0.0/16`",
            Format::Cidr6 => "an IPv6 network, such as `2001:db8::/56`",
            Format::DailyWindow => "a time span of each day in UTC, such as `03:00-04:00`",
            Format::Float => "a number",
            Format::Identifier => {
                "a letter and then letters, digits and single hyphens, the last not a hyphen"
            }
            Format::IdentifierPrefix => "a letter and then letters, digits and single hyphens",
            Format::Int => "a whole number",
            Format::Ip => "an IP address",
            Format::Ip4 => "an IPv4 address",
            Format::Ip6 => "an IPv6 address",
            Format::Json => "JSON",
            Format::JsonOrYaml => "JSON or YAML",
            Format::KmsAlias => "`alias/` and then letters, digits, `/`, `_` and `-`",
            Format::KmsKey => "the id or ARN of a key of KMS, or of an alias of one",
            Format::NotEmpty => "a text that is not empty",
            Format::Path => "a path that begins and ends with `/`, such as `/team/`",
            Format::Policy => "a policy: a JSON object",
            Format::Time => "a time, such as `2030-01-02T03:04:05Z`",
            Format::WeeklyWindow => {
                "a time span of each week in UTC, such as `sun:05:00-sun:06:00`"
            }
        }
    }

    /// What to type instead of a text that has another form.
    pub fn hint(self, text: &str) -> Option<String> {
        match self {
            Format::Base64 => Some("`base64encode` makes it".into()),
            Format::Json | Format::Policy => Some("`jsonencode` makes it".into()),
            Format::Cidr | Format::Cidr4 | Format::Cidr6 => {
                let range = text.parse::<IpNet>().ok()?.trunc().to_string();
                self.fits(&range).then(|| format!("did you mean \"{range}\"?"))
            }
            _ => None,
        }
    }
}

/// `arn:partition:service:region:account:resource`, of which region and account may be empty.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, _, _, resource] => {
            partition.starts_with("aws") && !service.is_empty() && !resource.is_empty()
        }
        _ => false,
    }
}

/// The network, where the bits beyond its length are all zero: AWS takes others and tells otherwise.
fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().filter(|it| it.trunc() == *it)
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
        && !text.contains("--")
}

/// A key is known by the last part of its ARN too.
fn is_key(text: &str) -> bool {
    is_arn(text) || (!text.is_empty() && is_key_name(text))
}

fn is_key_name(text: &str) -> bool {
    text.chars().all(|it| it.is_ascii_alphanumeric() || "/_-".contains(it))
}

fn is_object(text: &str) -> bool {
    text.starts_with('{') && Format::Json.fits(text)
}

fn is_daily(text: &str) -> bool {
    text.split_once('-').is_some_and(|(from, to)| is_clock(from) && is_clock(to))
}

fn is_weekly(text: &str) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let fits = |it: &str| {
        it.split_once(':').is_some_and(|(day, time)| {
            DAYS.iter().any(|known| known.eq_ignore_ascii_case(day)) && is_clock(time)
        })
    };
    text.split_once('-').is_some_and(|(from, to)| fits(from) && fits(to))
}

/// `03:00`
fn is_clock(text: &str) -> bool {
    let number = |it: &str, below: u8| it.len() == 2 && it.parse::<u8>().is_ok_and(|it| it < below);
    text.split_once(':').is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_or_not() {
        let cases = [
            (Format::AccountId, "123456789012", "12345678901x"),
            (Format::Arn, "arn:aws:s3:::bucket", "arn:aws:s3"),
            (Format::Arn, "arn:aws-cn:kms:cn-north-1:111122223333:key/x:y", "aws:s3:::bucket"),
            (Format::Base64, "aGVsbG8=", "hello!"),
            (Format::Cidr, "10.0.0.0/16", "10.0.0.1/16"),
            (Format::Cidr, "::/0", "10.0.0.0"),
            (Format::Cidr4, "0.0.0.0/0", "fd00::/8"),
            (Format::Cidr6, "2001:db8::/56", "2001:db8::1/56"),
            (Format::Cidr4, "10.1.2.3/32", "10.0.0.0/33"),
            (Format::DailyWindow, "03:00-04:30", "3:00-4:00"),
            (Format::Ip, "::1", "localhost"),
            (Format::Ip4, "10.0.0.1", "::1"),
            (Format::Ip6, "::1", "10.0.0.1"),
            (Format::Json, "{\"a\": [1]}", "{a: 1}"),
            (Format::NotEmpty, " ", ""),
            (Format::Time, "2030-01-02T03:04:05Z", "tomorrow"),
            (Format::WeeklyWindow, "Sun:05:00-mon:06:00", "05:00-06:00"),
            (Format::WeeklyWindow, "sun:04:00-mon:23:59", "sun:24:00-sun:01:00"),
            (Format::WeeklyWindow, "sun:04:00-mon:23:59", "día:04:00-sun:05:00"),
            (Format::Bool, "true", "yes"),
            (Format::Float, "-0.5", "half"),
            (Format::Int, "-5", "0.5"),
            (Format::Identifier, "orders-db1", "1a"),
            (Format::Identifier, "A-b", "a-"),
            (Format::Identifier, "a", "a--b"),
            (Format::IdentifierPrefix, "a-", "a_b"),
            (Format::JsonOrYaml, "a: [1]", "a: [1"),
            (Format::KmsAlias, "alias/orders", "orders"),
            (Format::KmsAlias, "alias/", "alias/a b"),
            (Format::KmsKey, "alias/aws/rds", "a key"),
            (Format::KmsKey, "arn:aws:kms:eu-central-1:111122223333:key/k", ""),
            (Format::Path, "/", "team/"),
            (Format::Path, "/team/", "/team"),
            (Format::Policy, "{}", "[]"),
            (Format::Policy, "{}", " {}"),
        ];
        for (format, right, wrong) in cases {
            assert!(format.fits(right), "{format:?} {right}");
            assert!(!format.fits(wrong), "{format:?} {wrong}");
        }
    }

    #[test]
    fn the_network_that_was_meant_is_named() {
        let cases = [
            (Format::Cidr4, "10.1.2.3/8", Some("10.0.0.0/8")),
            (Format::Cidr6, "2001:db8::1/32", Some("2001:db8::/32")),
            (Format::Cidr6, "10.1.2.3/8", None),
            (Format::Cidr, "10.0.0.0", None),
        ];
        for (format, text, expected) in cases {
            let expected = expected.map(|it| format!("did you mean \"{it}\"?"));
            assert_eq!(format.hint(text), expected, "{text}");
        }
    }
}
