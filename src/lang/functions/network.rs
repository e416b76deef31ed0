//! Networks in CIDR notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use dashu_int::IBig;

use super::{CallError, Context, Outcome, argument, failed, text, whole, whole_or_fail};
use crate::lang::types::Type;
use crate::lang::value::Value;

/// A network: its first address as a number, and how many leading bits it fixes.
#[derive(Clone, Copy)]
struct Network {
    first: u128,
    length: u32,
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`; bits of the address beyond the prefix are dropped.
    fn parse(text: &str) -> Result<Network, CallError> {
        let wrong = || CallError::Failed(format!("{text:?} is not a network in CIDR notation"));
        let (address, length) = text.split_once('/').ok_or_else(wrong)?;
        let (number, bits) = match parse_address(address).ok_or_else(wrong)? {
            IpAddr::V4(it) => (u128::from(u32::from(it)), 32),
            IpAddr::V6(it) => (u128::from(it), 128),
        };
        let digits = !length.is_empty() && length.bytes().all(|it| it.is_ascii_digit());
        let length = length.parse::<u32>().ok().filter(|it| digits && *it <= bits);
        Ok(Network::containing(number, length.ok_or_else(wrong)?, bits))
    }

    fn containing(address: u128, length: u32, bits: u32) -> Network {
        let host = mask(bits - length);
        Network { first: address & !host, length, bits }
    }

    fn last(&self) -> u128 {
        self.first | mask(self.bits - self.length)
    }

    fn address(&self, number: u128) -> String {
        match self.bits {
            32 => Ipv4Addr::from(number as u32).to_string(),
            _ => Ipv6Addr::from(number).to_string(),
        }
    }

    fn text(&self) -> String {
        format!("{}/{}", self.address(self.first), self.length)
    }
}

/// The lowest `bits` bits.
fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shr(128 - bits.min(128)).unwrap_or(0)
}

/// Leading zeros of a decimal part have no meaning, as ever in Terraform.
fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [a, b, c, d] = parts.as_slice() else { return None };
    let part = |it: &&str| {
        let digits = !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        it.parse::<u8>().ok().filter(|_| digits)
    };
    Some(IpAddr::V4(Ipv4Addr::new(part(a)?, part(b)?, part(c)?, part(d)?)))
}

/// A whole number of any size.
fn big(args: &[Value], index: usize) -> Result<IBig, CallError> {
    let number = args.get(index).and_then(Value::as_number).and_then(|it| it.to_big());
    number.ok_or_else(|| CallError::Failed("a whole number is required".into()))
}

/// `cidrhost(prefix, hostnum)`: a negative number counts from the end.
pub(super) fn cidrhost(_: &Context<'_>, args: &[Value]) -> Outcome {
    let network = Network::parse(text(args, 0))?;
    let number = big(args, 1)?;
    let count = IBig::ONE << (network.bits - network.length) as usize;
    let number = if number < IBig::ZERO { &count + number } else { number };
    match u128::try_from(&number) {
        Ok(it) if number < count => Ok(network.address(network.first | it).into()),
        _ => failed(format!("{} has no host of that number", network.text())),
    }
}

/// `cidrnetmask(prefix)`: of IPv4 only.
pub(super) fn cidrnetmask(_: &Context<'_>, args: &[Value]) -> Outcome {
    let network = Network::parse(text(args, 0))?;
    if network.bits != 32 {
        return failed("only IPv4 networks have a netmask");
    }
    let mask = !(mask(network.bits - network.length) as u32);
    Ok(Ipv4Addr::from(mask).to_string().into())
}

/// `cidrsubnet(prefix, newbits, netnum)`
pub(super) fn cidrsubnet(_: &Context<'_>, args: &[Value]) -> Outcome {
    let network = Network::parse(text(args, 0))?;
    let newbits = whole_or_fail(args, 1)?;
    let room = network.bits - network.length;
    let Some(newbits) = u32::try_from(newbits).ok().filter(|it| *it <= room) else {
        return failed(format!("{} cannot be extended by {newbits} bits", network.text()));
    };
    let number = big(args, 2)?;
    if number < IBig::ZERO || number >= IBig::ONE << newbits as usize {
        return failed(format!(
            "{newbits} more bits have no network number {number}; the numbers start at 0"
        ));
    }
    let number = u128::try_from(&number).unwrap_or(0);
    let shift = room - newbits;
    let first = network.first | number.checked_shl(shift).unwrap_or(0);
    Ok(Network { first, length: network.length + newbits, bits: network.bits }.text().into())
}

/// `cidrsubnets(prefix, newbits...)`: one after the other.
pub(super) fn cidrsubnets(_: &Context<'_>, args: &[Value]) -> Outcome {
    let network = match Network::parse(text(args, 0)) {
        Err(CallError::Failed(message)) => return argument(0, message),
        other => other?,
    };
    let mut subnets = Vec::new();
    // Terraform counts from the network before this one, and before the first address there is none.
    let mut next = (network.first > 0).then_some(network.first);
    for index in 1..args.len() {
        let Some(newbits) = whole(args, index).filter(|it| (1..=32).contains(it)) else {
            return argument(index, "a whole number between 1 and 32 is required");
        };
        let length = network.length + newbits as u32;
        if length > network.bits {
            return argument(index, format!("{} has too few bits for that", network.text()));
        }
        // The next address may lie amid a larger network; that one is then skipped.
        let size = mask(network.bits - length);
        let start = next.and_then(|it| it.checked_add(size)).map(|it| it & !size);
        let Some(first) = start.filter(|it| *it <= network.last()) else {
            return argument(index, format!("{} has no room left for a /{length}", network.text()));
        };
        let subnet = Network { first, length, bits: network.bits };
        next = subnet.last().checked_add(1);
        subnets.push(Value::from(subnet.text()));
    }
    Ok(Value::list(Type::String, subnets))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn networks_are_read_leniently_but_not_wrongly() {
        for (text, want) in [
            ("010.001.0.0/8", "\"10.0.0.1\""),
            ("::ffff:10.0.0.0/104", "\"::ffff:10.0.0.1\""),
            ("1.2.3/8", "failed: \"1.2.3/8\" is not a network in CIDR notation"),
            ("1.2.3.4/33", "failed: \"1.2.3.4/33\" is not a network in CIDR notation"),
            ("1.2.3.4/+8", "failed: \"1.2.3.4/+8\" is not a network in CIDR notation"),
        ] {
            assert_eq!(show(run("cidrhost", [text.into(), 1.into()])), want);
        }
    }

    #[test]
    fn a_negative_network_number_is_refused() {
        let args = ["10.0.0.0/8".into(), 8.into(), Value::from(-1)];
        assert!(show(run("cidrsubnet", args)).contains("start at 0"));
    }

    #[test]
    fn the_whole_of_ipv6_is_a_network() {
        assert_eq!(show(run("cidrsubnet", ["::/0".into(), 0.into(), 0.into()])), "\"::/0\"");
        assert_eq!(
            show(run("cidrhost", ["::/0".into(), Value::from(-1)])),
            "\"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\""
        );
        let args = ["ffff::/16".into(), 1.into(), 1.into(), 1.into()];
        assert!(show(run("cidrsubnets", args)).starts_with("arg 3"));
    }
}
