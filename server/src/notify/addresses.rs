//! Which addresses a webhook may lead to. Whoever may create a channel must not reach through it what only
//! this machine can reach: the engine, a cloud's metadata, the network behind.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use url::{Host, Url};

/// Networks that are nobody's on the internet.
const INNER: [&str; 20] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/127",
    "100::/64",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Tells addresses that may be called from those that may not.
#[derive(Clone, Debug)]
pub struct Addresses {
    inner: Vec<IpNet>,
    allowed: Vec<IpNet>,
}

impl Addresses {
    /// The internet, and the inner networks that the operator allows.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        let inner = INNER.iter().filter_map(|network| network.parse().ok());
        Self {
            inner: inner.collect(),
            allowed,
        }
    }

    /// Looks a name up, once: what is checked here is what is called.
    pub(super) async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, String> {
        let port = url.port_or_known_default().unwrap_or(443);
        let found: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => tokio::net::lookup_host((name, port))
                .await
                .map_err(|_| format!("there is no address for {name}"))?
                .collect(),
            None => Vec::new(),
        };
        let host = url.host_str().unwrap_or_default();
        // One inner address among others is a trick: nothing of it is called.
        if let Some(refused) = found.iter().find(|address| !self.allows(address.ip())) {
            return Err(format!(
                "{host} leads to {}, which is not on the internet; if that is meant, start the server \
                 with its network in NOTIFICATION_NETWORKS",
                refused.ip()
            ));
        }
        if found.is_empty() {
            return Err(format!("there is no address for {host}"));
        }
        Ok(found)
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = hidden(address.to_canonical());
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        within(&self.allowed) || !within(&self.inner)
    }
}

/// The IPv4 address that an IPv6 one stands for: NAT64 and 6to4 lead there too.
fn hidden(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
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
    fn inner_addresses_are_refused_in_every_spelling() {
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
        ] {
            assert!(!allows(&addresses, inner), "{inner}");
        }
        for outer in ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"] {
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
