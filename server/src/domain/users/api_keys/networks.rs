//! The networks that a key may be used from.

use std::net::IpAddr;

use entity::Networks;
use ipnet::{IpNet, Ipv4Net};

use crate::domain::{Error, Result};

/// Networks of one key.
const MAX_NETWORKS: usize = 64;
/// Longer than every network in text, in bytes.
const MAX_TEXT: usize = 64;
/// The bits before the IPv4 address in an IPv6 address that holds one.
const MAPPED: u8 = 96;

/// The networks of a key, to compare with addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NetworkSet(Box<[IpNet]>);

impl NetworkSet {
    /// Text that is no network, which only a damaged database has, permits no address.
    pub(super) fn new(networks: &Networks) -> Self {
        let networks = networks.0.iter();
        Self(networks.filter_map(|text| text.parse().ok()).collect())
    }

    /// Whether one of the networks has the address, which must be canonical: IPv4 is not written as IPv6.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The first network that has addresses which none of the others have.
    pub(super) fn outside(&self, others: &Self) -> Option<IpNet> {
        // Neighbours that together are one network are merged, so that one of them has all of a smaller one.
        let others = IpNet::aggregate(&others.0.to_vec());
        let covered = |network: &IpNet| others.iter().any(|other| other.contains(network));
        self.0.iter().copied().find(|network| !covered(network))
    }
}

/// Validates a list of networks in CIDR notation: it becomes sorted, in the canonical form, without duplicates. An empty
/// list would permit no address, so it is an error.
pub(super) fn check(networks: Option<Vec<String>>) -> Result<Option<Networks>> {
    let Some(networks) = networks else {
        return Ok(None);
    };
    if networks.is_empty() || networks.len() > MAX_NETWORKS {
        return Err(Error::BadInput(format!(
            "allowedNetworks lists 1 to {MAX_NETWORKS} networks; use null to allow all"
        )));
    }
    let parsed: Result<Vec<IpNet>> = networks.iter().map(|text| parse(text)).collect();
    let mut parsed = parsed?;
    parsed.sort_unstable();
    parsed.dedup();
    let texts = parsed.iter().map(ToString::to_string);
    Ok(Some(Networks(texts.collect())))
}

/// Parses `192.0.2.0/24`, `2001:db8::/32`, or one address.
fn parse(text: &str) -> Result<IpNet> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(Error::BadInput(format!(
            "allowedNetworks: a network has at most {MAX_TEXT} characters"
        )));
    }
    let invalid = || {
        Error::BadInput(format!(
            "allowedNetworks: {text:?} is no network; write it as 192.0.2.0/24, 2001:db8::/32 or one address"
        ))
    };
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| invalid())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => longest,
        Some(prefix) => length(prefix, longest).ok_or_else(invalid)?,
    };
    let network = IpNet::new(address, prefix).map_err(|_| invalid())?;
    if network.addr() != network.network() {
        return Err(Error::BadInput(format!(
            "allowedNetworks: {text:?} names an address inside of a network; write {} for the network, or {address} for the address alone",
            network.trunc()
        )));
    }
    Ok(canonical(network))
}

/// The length of a prefix in digits, without leading zeros.
fn length(text: &str, longest: u8) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exact = is_number && (text == "0" || !text.starts_with('0'));
    let length: u8 = is_exact.then(|| text.parse().ok()).flatten()?;
    (length <= longest).then_some(length)
}

/// Clients are known by IPv4 addresses, even if the server's socket has them as IPv6.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let v4 = v6
        .network()
        .to_ipv4_mapped()
        .zip(v6.prefix_len().checked_sub(MAPPED));
    let v4 = v4.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok());
    v4.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn checked(networks: &[&str]) -> std::result::Result<Vec<String>, String> {
        let networks = networks.iter().map(|text| (*text).to_owned()).collect();
        match check(Some(networks)) {
            Ok(networks) => Ok(networks.unwrap_or_default().0),
            Err(error) => Err(error.to_string()),
        }
    }

    fn set(networks: &[&str]) -> NetworkSet {
        NetworkSet::new(&Networks(checked(networks).unwrap()))
    }

    #[test]
    fn networks_become_canonical_sorted_and_unique() {
        let networks = checked(&[
            "2001:DB8:0::/32",
            " 192.0.2.7 ",
            "10.0.0.0/8",
            "::1",
            "10.0.0.0/8",
            "0.0.0.0/0",
            "::ffff:10.1.0.0/112",
        ]);

        assert_eq!(
            networks.unwrap(),
            [
                "0.0.0.0/0",
                "10.0.0.0/8",
                "10.1.0.0/16",
                "192.0.2.7/32",
                "::1/128",
                "2001:db8::/32"
            ]
        );
        assert_eq!(check(None).unwrap(), None);
    }

    #[test]
    fn text_that_is_no_network_is_refused_with_the_reason() {
        for text in [
            "",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "10.0.0/8",
            "010.0.0.0/8",
            "10.0.0.0-10.0.0.9",
            "::/129",
            "fe80::1%eth0",
            "example.org",
            "*",
        ] {
            let error = checked(&[text]).unwrap_err();
            assert!(error.contains("is no network"), "{text}: {error}");
        }
        let inside = checked(&["10.1.2.3/8"]).unwrap_err();
        assert!(
            inside.contains("write 10.0.0.0/8 for the network"),
            "{inside}"
        );
        let long = checked(&["1".repeat(1 << 20).as_str()]).unwrap_err();
        assert!(long.len() < 200, "{}", long.len());
        assert!(checked(&[]).unwrap_err().contains("lists 1 to 64"));
        assert!(checked(&["::1"; 65]).unwrap_err().contains("lists 1 to 64"));
    }

    #[test]
    fn networks_within_the_union_of_others_are_within_them() {
        let outside = |mine: &[&str], theirs: &[&str]| {
            let found = set(mine).outside(&set(theirs));
            found.map(|network| network.to_string())
        };

        assert_eq!(outside(&["10.1.0.0/16"], &["10.0.0.0/8"]), None);
        assert_eq!(
            outside(&["10.0.0.0/8"], &["10.0.0.0/9", "10.128.0.0/9"]),
            None
        );
        assert_eq!(
            outside(&["10.0.0.0/8"], &["10.0.0.0/9"]).unwrap(),
            "10.0.0.0/8"
        );
        assert_eq!(
            outside(&["::/0"], &["0.0.0.0/0", "2000::/3"]).unwrap(),
            "::/0"
        );
    }

    /// The rule bit by bit.
    fn naive(network: u128, prefix: u32, address: u128, bits: u32) -> bool {
        (0..prefix.min(bits)).all(|index| {
            let bit = |value: u128| (value >> (bits - 1 - index)) & 1;
            bit(network) == bit(address)
        })
    }

    proptest! {
        #[test]
        fn an_address_matches_as_bit_by_bit(
            network: u128,
            prefix in 0..=128_u32,
            other: u128,
            // Half of the addresses differ from the network in one bit at most.
            flipped in proptest::option::of(0..128_u32),
            is_v4: bool,
        ) {
            let bits = if is_v4 { 32 } else { 128 };
            let prefix = prefix % (bits + 1);
            let clip = |value: u128| if is_v4 { value & u128::from(u32::MAX) } else { value };
            let masked = if prefix == 0 { 0 } else { clip(network) >> (bits - prefix) << (bits - prefix) };
            let address = clip(flipped.map_or(other, |bit| masked ^ (1 << (bit % bits))));
            let ip = |value: u128| if is_v4 {
                IpAddr::V4(Ipv4Addr::from(u32::try_from(value).unwrap()))
            } else {
                IpAddr::V6(Ipv6Addr::from(value))
            };
            // Such networks become IPv4 ones, which have no IPv6 address.
            prop_assume!(is_v4 || Ipv6Addr::from(masked).to_ipv4_mapped().is_none());

            let text = format!("{}/{prefix}", ip(masked));
            let found = set(&[&text]).contains(ip(address));

            prop_assert_eq!(found, naive(masked, prefix, address, bits));
        }
    }
}
