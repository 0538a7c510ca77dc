//! The addresses that webhooks may reach. Protects against SSRF: a channel must not reach the engine, a cloud's metadata
//! service or the private network.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use url::{Host, Url};

/// IPv4 networks that IANA's special-purpose registry has as not globally reachable, multicast and reserved
/// ones, and the deprecated anycast relays of 6to4.
const SPECIAL_V4: [&str; 15] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// The global unicast space of IPv6. The rest is unspecified, loopback, mapped, local, multicast or unassigned.
const GLOBAL_V6: &str = "2000::/3";

/// Networks within it that are not global: protocol assignments (with Teredo, benchmarking and ORCHID) and documentation.
const SPECIAL_V6: [&str; 3] = ["2001::/23", "2001:db8::/32", "3fff::/20"];

/// Decides which addresses may be called.
#[derive(Clone, Debug)]
pub struct Addresses {
    inner: Vec<IpNet>,
    global_v6: Option<IpNet>,
    allowed: Vec<IpNet>,
}

impl Addresses {
    /// Allows global addresses, and the private networks of the operator.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        let inner = SPECIAL_V4.iter().chain(&SPECIAL_V6);
        Self {
            inner: inner.filter_map(|network| network.parse().ok()).collect(),
            global_v6: GLOBAL_V6.parse().ok(),
            allowed,
        }
    }

    /// Resolves a name once: the checked addresses are the ones that are called (DNS rebinding).
    pub async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, String> {
        let port = url.port_or_known_default().unwrap_or(443);
        let found: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => tokio::net::lookup_host((name, port))
                .await
                .map_err(|_| format!("cannot resolve {name}"))?
                .collect(),
            None => Vec::new(),
        };
        let host = url.host_str().unwrap_or_default();
        // Reject the name if any of its addresses is private.
        if let Some(refused) = found.iter().find(|address| !self.allows(address.ip())) {
            return Err(format!(
                "{host} resolves to {}, which is not a global address; if this is intended, start the server \
                 with its network in NOTIFICATION_NETWORKS",
                refused.ip()
            ));
        }
        if found.is_empty() {
            return Err(format!("cannot resolve {host}"));
        }
        Ok(found)
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = embedded_v4(address.to_canonical());
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        let is_global = address.is_ipv4() || within(self.global_v6.as_slice());
        within(&self.allowed) || (is_global && !within(&self.inner))
    }
}

/// The IPv4 address embedded in an IPv6 one: NAT64, 6to4, stateless translation or ISATAP.
fn embedded_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x2002, high, low, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => embedded(high, low),
        _ => IpAddr::V6(v6),
    }
}

fn embedded(high: u16, low: u16) -> IpAddr {
    Ipv6Addr::from([0, 0, 0, 0, 0, 0xffff, high, low]).to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(addresses: &Addresses, text: &str) -> bool {
        addresses.allows(text.parse().unwrap())
    }

    #[test]
    fn private_addresses_are_refused_in_every_form() {
        let addresses = Addresses::new(Vec::new());

        for inner in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            // Networks for local NAT64, and deprecated forms of IPv4 addresses.
            "64:ff9b:1::5db8:d70e",
            "::5db8:d70e",
            "::ffff:0:10.0.0.1",
            "2606:4700::5efe:10.0.0.1",
            "192.88.99.1",
            "::127.0.0.1",
            "192.0.0.170",
            "198.19.0.1",
            "240.0.0.1",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "4000::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!allows(&addresses, inner), "{inner}");
        }
        for outer in [
            "93.184.215.14",
            "192.0.1.1",
            "192.88.98.1",
            "2606:4700::1111",
            "2001:200::1",
            "2a00::1",
            "64:ff9b::5db8:d70e",
            "2002:5db8:d70e::1",
        ] {
            assert!(allows(&addresses, outer), "{outer}");
        }
    }

    #[test]
    fn the_operator_may_allow_a_network() {
        let addresses = Addresses::new(vec!["10.1.0.0/16".parse().unwrap()]);

        assert!(allows(&addresses, "10.1.2.3"));
        assert!(!allows(&addresses, "10.2.0.1"));
    }
}
