//! What a text must look like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;

/// The form of a text, as far as it can be told without asking AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Number of an account.
    AccountId,
    /// ARN.
    Arn,
    /// Base64.
    Base64,
    /// Network, such as `10.0.0.0/16` or `fd00::/8`.
    Cidr,
    /// IPv4 network.
    Cidr4,
    /// IPv6 network.
    Cidr6,
    /// Time span of every day, such as `03:00-04:00`.
    DailyWindow,
    /// IPv4 or IPv6 address.
    Ip,
    /// IPv4 address.
    Ip4,
    /// IPv6 address.
    Ip6,
    /// JSON.
    Json,
    /// Anything but nothing.
    NotEmpty,
    /// Time such as `2030-01-02T03:04:05Z`.
    Time,
    /// Time span of every week, such as `sun:05:00-sun:06:00`.
    WeeklyWindow,
}

impl Format {
    /// What is expected, where the text is something else.
    pub fn misfit(self, text: &str) -> Option<&'static str> {
        let (fits, what) = match self {
            Format::AccountId => {
                let digits = text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit());
                (digits, "the 12 digits of an account")
            }
            Format::Arn => {
                (is_arn(text), "an ARN, such as `arn:aws:kms:eu-central-1:111122223333:key/…`")
            }
            Format::Base64 => {
                let engine = base64::engine::general_purpose::STANDARD;
                (engine.decode(text).is_ok(), "base64; `base64encode` makes it")
            }
            Format::Cidr => (
                network(text).is_some(),
                "a network, such as `10.0.0.0/16`, with no bits beyond its length",
            ),
            Format::Cidr4 => (
                matches!(network(text), Some(IpAddr::V4(_))),
                "an IPv4 network, such as `10.0.0.0/16`, with no bits beyond its length",
            ),
            Format::Cidr6 => (
                matches!(network(text), Some(IpAddr::V6(_))),
                "an IPv6 network, such as `2001:db8::/56`, with no bits beyond its length",
            ),
            Format::DailyWindow => (is_daily(text), "a time span such as `03:00-04:00`"),
            Format::Ip => (text.parse::<IpAddr>().is_ok(), "an IP address"),
            Format::Ip4 => (text.parse::<Ipv4Addr>().is_ok(), "an IPv4 address"),
            Format::Ip6 => (text.parse::<Ipv6Addr>().is_ok(), "an IPv6 address"),
            Format::Json => {
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
                (is_json, "JSON; `jsonencode` makes it")
            }
            Format::NotEmpty => (!text.is_empty(), "a text that is not empty"),
            Format::Time => {
                (text.parse::<jiff::Timestamp>().is_ok(), "a time such as `2030-01-02T03:04:05Z`")
            }
            Format::WeeklyWindow => (is_weekly(text), "a time span such as `sun:05:00-sun:06:00`"),
        };
        (!fits).then_some(what)
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

/// The address of a network whose bits beyond its length are all zero.
fn network(text: &str) -> Option<IpAddr> {
    let (address, length) = text.split_once('/')?;
    let (address, length): (IpAddr, u32) = (address.parse().ok()?, length.parse().ok()?);
    let rest = match address {
        IpAddr::V4(it) => u128::from(u32::from(it)) & mask(32u32.checked_sub(length)?),
        IpAddr::V6(it) => u128::from(it) & mask(128u32.checked_sub(length)?),
    };
    (rest == 0).then_some(address)
}

/// That many low bits.
fn mask(bits: u32) -> u128 {
    1u128.checked_shl(bits).map_or(u128::MAX, |it| it - 1)
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
        ];
        for (format, right, wrong) in cases {
            assert_eq!(format.misfit(right), None, "{format:?} {right}");
            assert!(format.misfit(wrong).is_some(), "{format:?} {wrong}");
        }
    }
}
