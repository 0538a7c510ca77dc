//! Keys that are used from two networks at the same time. The rule is crude: networks are prefixes of addresses, not places, and a VPN
//! that comes and goes looks like a second user of the key.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::IpAddr,
};

use chrono::TimeDelta;
use entity::{
    alert::{AlertDetail, AlertKind, AlertSeverity},
    api_key,
};
use uuid::Uuid;

use super::ConditionSources;
use crate::domain::{
    Result,
    alerts::{AlertCondition, AlertSubject},
    audit::AuditContext,
    requests::AddressUse,
};

/// More alerts of a kind are not raised.
const MAX_KEYS: usize = 100;
/// The prefixes that are one network.
const V4_BITS: u8 = 16;
const V6_BITS: u8 = 32;

/// A network in which a key was used, by the beginning of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Network {
    PrivateV4,
    PrivateV6,
    V4([u8; 2]),
    V6([u16; 2]),
}

/// When a key was used in a network, first and last, in Unix microseconds.
type Uses = BTreeMap<Network, (i64, i64)>;

/// Keys without a list of networks that were used from one network, from another one, and from the first one again within
/// the period of the settings. If the settings say so, they are revoked.
pub(super) async fn in_two_networks(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    let settings = sources.settings.current();
    let minutes = settings.gateway.key_network_minutes;
    if minutes == 0 {
        return Ok(Vec::new());
    }
    let since = sources.clock.now() - TimeDelta::minutes(minutes.into());
    let observed = sources.requests.uses_by_address(since).await?;
    let mut found = overlapping(&observed);
    found.truncate(MAX_KEYS);
    let ids: Vec<Uuid> = found.iter().map(|(id, _)| *id).collect();
    let keys = sources.api_keys.find_many(&ids).await?.into_iter();
    let mut keys: HashMap<Uuid, api_key::Model> = keys.map(|key| (key.id, key)).collect();
    let users: Vec<Uuid> = keys.values().map(|key| key.user_id).collect();
    let users = sources.users.find_many(&users).await?.into_iter();
    let users: HashMap<Uuid, String> = users.map(|user| (user.id, user.name)).collect();
    let mut conditions = Vec::with_capacity(found.len());
    for (id, networks) in found {
        let key = keys
            .remove(&id)
            .filter(|key| key.allowed_networks.is_none());
        let Some(mut key) = key else { continue };
        if settings.gateway.revoke_key_in_two_networks && key.revoked_at.is_none() {
            let context = AuditContext::system("revokeApiKey");
            key = sources.api_keys.revoke(&context, id, true).await?;
        }
        let user = users.get(&key.user_id).map_or("", String::as_str);
        conditions.push(condition(&key, user, networks, minutes));
    }
    Ok(conditions)
}

fn condition(
    key: &api_key::Model,
    user: &str,
    [one, other]: [Network; 2],
    minutes: u32,
) -> AlertCondition {
    let revoked = if key.revoked_at.is_some() {
        "; the key is revoked"
    } else {
        ""
    };
    let detail = AlertDetail {
        reason: Some(format!("{one} and {other}{revoked}")),
        minutes: i32::try_from(minutes).ok(),
        ..AlertDetail::default()
    };
    AlertCondition::new(
        AlertKind::KeyInTwoNetworks,
        AlertSeverity::Warning,
        AlertSubject::api_key(key.id, &format!("{user} · {}", key.name)),
        detail,
    )
}

/// The keys that were used in two networks in turn, with these networks.
fn overlapping(uses: &[AddressUse]) -> Vec<(Uuid, [Network; 2])> {
    let mut by_key: BTreeMap<Uuid, [Uses; 2]> = BTreeMap::new();
    for used in uses {
        let Ok(address) = used.address.parse::<IpAddr>() else {
            continue;
        };
        // A client with addresses of both families uses both from one place.
        let families = by_key.entry(used.api_key_id).or_default();
        let [v4, v6] = families;
        let networks = if address.is_ipv4() { v4 } else { v6 };
        let times = networks
            .entry(Network::of(address))
            .or_insert((used.first_at, used.last_at));
        *times = (times.0.min(used.first_at), times.1.max(used.last_at));
    }
    let found = by_key.into_iter().filter_map(|(id, families)| {
        let pair = families.iter().find_map(overlap)?;
        Some((id, pair))
    });
    found.collect()
}

/// Two networks of which one was used before and after the other one.
fn overlap(uses: &Uses) -> Option<[Network; 2]> {
    let mut in_order: Vec<_> = uses.iter().collect();
    in_order.sort_by_key(|(_, (first, _))| *first);
    let mut longest: Option<(&Network, i64)> = None;
    for (network, (first, last)) in in_order {
        if let Some((earlier, until)) = longest
            && *first < until
        {
            return Some([*earlier, *network]);
        }
        if longest.is_none_or(|(_, until)| *last > until) {
            longest = Some((network, *last));
        }
    }
    None
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) if v4.is_private() || v4.is_loopback() || v4.is_link_local() => {
                Self::PrivateV4
            }
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                Self::V4([a, b])
            }
            IpAddr::V6(v6)
                if v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local() =>
            {
                Self::PrivateV6
            }
            IpAddr::V6(v6) => {
                let [a, b, ..] = v6.segments();
                Self::V6([a, b])
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrivateV4 => formatter.write_str("private IPv4 addresses"),
            Self::PrivateV6 => formatter.write_str("private IPv6 addresses"),
            Self::V4([a, b]) => write!(formatter, "{a}.{b}.0.0/{V4_BITS}"),
            Self::V6([a, b]) => write!(formatter, "{a:x}:{b:x}::/{V6_BITS}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(uses: &[(&str, i64, i64)]) -> Option<[String; 2]> {
        let uses: Vec<AddressUse> = uses
            .iter()
            .map(|&(address, first_at, last_at)| AddressUse {
                api_key_id: Uuid::nil(),
                address: address.to_owned(),
                first_at,
                last_at,
            })
            .collect();
        let (_, networks) = overlapping(&uses).pop()?;
        Some(networks.map(|network| network.to_string()))
    }

    #[test]
    fn only_networks_that_are_used_in_turn_overlap() {
        let moved = [("203.0.113.9", 0, 10), ("198.51.100.7", 11, 20)];
        assert_eq!(found(&moved), None);

        let both = [("203.0.113.9", 0, 12), ("198.51.100.7", 11, 20)];
        let networks = ["203.0.0.0/16", "198.51.0.0/16"].map(str::to_owned);
        assert_eq!(found(&both), Some(networks.clone()));

        // The first network has two addresses, each of them used before or after the other network.
        let three = [
            ("203.0.113.9", 0, 1),
            ("198.51.100.7", 5, 5),
            ("203.0.7.1", 9, 9),
        ];
        assert_eq!(found(&three), Some(networks));

        // A longer use overlaps although a shorter one lies between.
        let nested = [
            ("203.0.113.9", 0, 30),
            ("203.0.113.10", 1, 2),
            ("2001:db8::1", 3, 40),
            ("198.51.100.7", 20, 20),
        ];
        assert!(found(&nested).is_some());
    }

    #[test]
    fn one_place_is_one_network() {
        for uses in [
            // Both families of one client.
            [("203.0.113.9", 0, 9), ("2001:db8::1", 1, 8)],
            [("203.0.113.9", 0, 9), ("203.0.200.1", 1, 8)],
            [("10.1.0.1", 0, 9), ("192.168.0.1", 1, 8)],
            [("2001:db8:1::1", 0, 9), ("2001:db8:ffff::1", 1, 8)],
            [("fd00::1", 0, 9), ("::1", 1, 8)],
            [("nonsense", 0, 9), ("203.0.113.9", 1, 8)],
        ] {
            assert_eq!(found(&uses), None, "{uses:?}");
        }
        let v6 = [("2001:db8::1", 0, 9), ("2001:db9::1", 1, 8)];
        let networks = ["2001:db8::/32", "2001:db9::/32"].map(str::to_owned);
        assert_eq!(found(&v6), Some(networks));
    }
}
