//! The public URL: whether it is safe, leads here, and lets streams through.

use std::time::{Duration, Instant};

use url::{Host, Url};

use super::{
    Check, Context, place,
    server::{ProbeAnswers, ProxyUse, below, client, words},
};

const EXPOSURE: &str = "exposure";
const PUBLIC_URL: &str = "public URL";
const STREAMS: &str = "streams";
/// The three words of the stream are sent half a second apart. Held back, the last two come together.
const APART: Duration = Duration::from_millis(150);
const PAUSES: usize = 2;

/// Whether passwords and keys could travel in the clear.
pub(super) fn exposure(context: &Context) -> Check {
    let config = &context.config;
    let (listen, url) = (config.listen, place(&config.public_url));
    let is_encrypted = config.public_url.scheme() == "https";
    let stays_here = is_loopback(&config.public_url);
    if !is_encrypted && context.public_url_is_told && !stays_here {
        let seen = format!("{url} has no TLS: passwords and keys travel in the clear");
        let remedy = "put a reverse proxy with TLS in front (docs/deploy/reverse-proxy.md), and set PUBLIC_URL to \
                    its https address";
        return Check::problem(EXPOSURE, seen, remedy);
    }
    if !config.is_public() {
        return Check::ok(
            EXPOSURE,
            format!("{listen} is reached from this machine only"),
        );
    }
    if !is_encrypted {
        let seen = format!("{listen} may be reached from other machines, without TLS");
        let remedy = "listen on HOST=127.0.0.1 behind a reverse proxy with TLS and set PUBLIC_URL; in a container, \
                    publish the port on 127.0.0.1 only";
        return Check::warning(EXPOSURE, seen, remedy);
    }
    if config.trusted_proxies.is_empty() {
        let seen = format!("{listen} is behind a proxy, by PUBLIC_URL, and none is trusted");
        let remedy = "set TRUSTED_PROXIES to the proxy's network: until then all callers share its address, \
                    and so one throttle of sign-ins";
        return Check::warning(EXPOSURE, seen, remedy);
    }
    let seen = format!("{listen} is behind TLS; let nobody but the proxy reach it");
    Check::ok(EXPOSURE, seen)
}

/// Whether others reach us, and whether what we stream arrives as it is sent.
pub(super) async fn examine(context: &Context, answers: &ProbeAnswers) -> Vec<Check> {
    let url = place(&context.config.public_url);
    let Some(public) = &answers.public else {
        return vec![unset(context)];
    };
    let public = match public {
        Ok(public) => public,
        Err(error) if answers.running().is_none() => {
            let seen = format!("{url} was not looked at, as no server runs here ({error})");
            let remedy = "start the server and ask again";
            return vec![Check::warning(PUBLIC_URL, seen, remedy)];
        }
        Err(error) => {
            let seen = format!("{url} does not lead to a server from here: {error}");
            let remedy = "check the proxy in front, the name's address and the certificate; a firewall may keep \
                        only this machine out";
            return vec![Check::problem(PUBLIC_URL, seen, remedy)];
        }
    };
    let check = match answers.running() {
        Some(here) if here.instance == public.instance => Check::ok(
            PUBLIC_URL,
            format!("{url} leads to the server that runs here"),
        ),
        Some(_) => Check::problem(
            PUBLIC_URL,
            format!("{url} leads to another server than the one that runs here"),
            "correct PUBLIC_URL, or what the proxy in front passes on to",
        ),
        None => Check::warning(
            PUBLIC_URL,
            format!("{url} leads to a server, and none answers here"),
            "give the doctor the HOST and PORT of the server",
        ),
    };
    vec![check, streams(&context.config.public_url).await]
}

fn unset(context: &Context) -> Check {
    if context.config.is_public() {
        let remedy = "set PUBLIC_URL to the address that browsers and tools use";
        return Check::warning(PUBLIC_URL, "it is not set", remedy);
    }
    let seen = format!(
        "it is not set, so it is {}",
        place(&context.config.public_url)
    );
    Check::ok(PUBLIC_URL, seen)
}

/// Whether something in front holds answers back.
async fn streams(url: &Url) -> Check {
    let remedy = "switch off buffering in the proxy in front (nginx: proxy_buffering off; see \
                docs/deploy/reverse-proxy.md)";
    let place = place(url);
    match pauses(url).await {
        Ok(PAUSES) => Check::ok(STREAMS, format!("they arrive at {place} as they are sent")),
        Ok(_) => Check::problem(
            STREAMS,
            format!("something before {place} holds answers back until they are complete"),
            remedy,
        ),
        Err(error) => Check::warning(STREAMS, format!("none arrived at {place}: {error}"), remedy),
    }
}

/// How many pauses there are between the parts of the stream as they arrive.
async fn pauses(url: &Url) -> Result<usize, String> {
    let request = client(ProxyUse::AsOthers)
        .map_err(words)?
        .get(below(url, "livez"));
    let mut answer = request
        .header("accept", "text/event-stream")
        .send()
        .await
        .map_err(words)?;
    if !answer.status().is_success() {
        return Err(format!("it answers {}", answer.status()));
    }
    let mut last = None;
    let mut pauses = 0;
    while let Some(_part) = answer.chunk().await.map_err(words)? {
        let now = Instant::now();
        let before = last.replace(now);
        pauses +=
            usize::from(before.is_some_and(|before: Instant| now.duration_since(before) >= APART));
    }
    last.map(|_| pauses)
        .ok_or_else(|| "it was empty".to_owned())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_addresses_of_this_machine() {
        for (url, expected) in [
            ("http://127.0.0.1:3000", true),
            ("http://[::1]/", true),
            ("http://localhost", true),
            ("http://ai.example.org", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
