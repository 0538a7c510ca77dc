//! The client address of a request. `X-Forwarded-For` is trusted only from configured proxies, because any client can
//! set it.

use std::net::{IpAddr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The peer of the connection, a request extension set by the accept loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Determines the client address behind trusted proxies.
#[derive(Clone, Debug, Default)]
pub struct ClientAddresses {
    trusted_proxies: Vec<IpNet>,
}

impl ClientAddresses {
    /// Trusts only these proxies.
    pub fn new(trusted_proxies: Vec<IpNet>) -> Self {
        Self { trusted_proxies }
    }

    /// The client address of a request; `None` without a [`PeerAddress`].
    pub fn of(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        Some(self.behind(*extensions.get()?, headers))
    }

    /// The client address of a request from this peer.
    pub fn behind(&self, PeerAddress(peer): PeerAddress, headers: &HeaderMap) -> IpAddr {
        self.walk(peer.ip().to_canonical(), headers)
    }

    /// Walks back from the peer through trusted proxies; the first untrusted hop is the client.
    fn walk(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.rsplit(','));
        let mut client = peer;
        for hop in hops {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = parse(hop) else { break };
            client = address;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&address))
    }
}

/// An address with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded_for: &'static str) -> String {
        let addresses = ClientAddresses::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, forwarded_for.parse().unwrap());
        addresses.walk(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_configured_proxies_are_trusted() {
        assert_eq!(client("198.51.100.7", "203.0.113.9"), "198.51.100.7");
        assert_eq!(client("10.0.0.1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(
            client("10.0.0.1", "evil, 203.0.113.9, 10.0.0.2"),
            "203.0.113.9"
        );
        assert_eq!(
            client("10.0.0.1", "127.0.0.1, 203.0.113.9:4711"),
            "203.0.113.9"
        );
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}
