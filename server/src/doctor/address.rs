//! Checks the public URL: TLS, whether it leads to this server, and whether streams pass unbuffered.

use std::time::{Duration, Instant};

use url::{Host, Url};

use super::{
    Check, Context, display_url,
    server::{ProbeAnswers, ProxyUse, below, client, describe},
};

const EXPOSURE: &str = "exposure";
const PUBLIC_URL: &str = "public URL";
const STREAMS: &str = "streams";
/// The three events of the stream are sent half a second apart. With buffering, the last two arrive together.
const MINIMUM_PAUSE: Duration = Duration::from_millis(150);
const PAUSES: usize = 2;

/// Checks whether passwords and keys are sent without TLS.
pub(super) fn exposure(context: &Context) -> Check {
    let config = &context.config;
    let (listen, url) = (config.listen, display_url(&config.public_url));
    let is_encrypted = config.public_url.scheme() == "https";
    let is_local = is_loopback(&config.public_url);
    if !is_encrypted && context.has_public_url && !is_local {
        let observed = format!("{url} has no TLS: passwords and keys are sent unencrypted");
        let remedy = "put a reverse proxy with TLS in front (docs/deploy/reverse-proxy.md), and set PUBLIC_URL to \
                    its https address";
        return Check::problem(EXPOSURE, observed, remedy);
    }
    if !config.is_public() {
        return Check::ok(
            EXPOSURE,
            format!("{listen} is reachable from this machine only"),
        );
    }
    if !is_encrypted {
        let observed = format!("{listen} may be reachable from other machines, without TLS");
        let remedy = "listen on HOST=127.0.0.1 behind a reverse proxy with TLS and set PUBLIC_URL; in a container, \
                    publish the port on 127.0.0.1 only";
        return Check::warning(EXPOSURE, observed, remedy);
    }
    if config.trusted_proxies.is_empty() {
        let observed =
            format!("by PUBLIC_URL, {listen} is behind a proxy, but TRUSTED_PROXIES is empty");
        let remedy = "set TRUSTED_PROXIES to the proxy's network: until then all callers share its address \
                    and one sign-in throttle";
        return Check::warning(EXPOSURE, observed, remedy);
    }
    let observed = format!("{listen} is behind TLS; make sure that only the proxy can reach it");
    Check::ok(EXPOSURE, observed)
}

/// Checks that the public URL leads to this server and passes streams on without delay.
pub(super) async fn examine(context: &Context, answers: &ProbeAnswers) -> Vec<Check> {
    let url = display_url(&context.config.public_url);
    let Some(public) = &answers.public else {
        return vec![unset(context)];
    };
    let public = match public {
        Ok(public) => public,
        Err(error) if answers.running().is_none() => {
            let observed = format!("{url} was not checked, because no server runs here ({error})");
            let remedy = "start the server and run the doctor again";
            return vec![Check::warning(PUBLIC_URL, observed, remedy)];
        }
        Err(error) => {
            let observed = format!("{url} does not lead to a server from here: {error}");
            let remedy = "check the reverse proxy, the DNS name and the certificate; a firewall may block only \
                        this machine";
            return vec![Check::problem(PUBLIC_URL, observed, remedy)];
        }
    };
    let check = match answers.running() {
        Some(here) if here.instance == public.instance => Check::ok(
            PUBLIC_URL,
            format!("{url} leads to the server that runs here"),
        ),
        Some(_) => Check::problem(
            PUBLIC_URL,
            format!("{url} leads to another server, not to the one that runs here"),
            "correct PUBLIC_URL, or the upstream of the reverse proxy",
        ),
        None => Check::warning(
            PUBLIC_URL,
            format!("{url} leads to a server, but none answers here"),
            "run the doctor with the HOST and PORT of the server",
        ),
    };
    vec![check, streams(&context.config.public_url).await]
}

fn unset(context: &Context) -> Check {
    if context.config.is_public() {
        let remedy = "set PUBLIC_URL to the address that browsers and tools use";
        return Check::warning(PUBLIC_URL, "not set", remedy);
    }
    let observed = format!(
        "not set; the default is {}",
        display_url(&context.config.public_url)
    );
    Check::ok(PUBLIC_URL, observed)
}

/// Checks whether a reverse proxy buffers responses.
async fn streams(url: &Url) -> Check {
    let remedy = "disable buffering in the reverse proxy (nginx: proxy_buffering off; see \
                docs/deploy/reverse-proxy.md)";
    let shown = display_url(url);
    match pauses(url).await {
        Ok(PAUSES) => Check::ok(
            STREAMS,
            format!("events arrive through {shown} as they are sent"),
        ),
        Ok(_) => Check::problem(
            STREAMS,
            format!("a proxy in front of {shown} buffers responses until they are complete"),
            remedy,
        ),
        Err(error) => Check::warning(
            STREAMS,
            format!("no event arrived through {shown}: {error}"),
            remedy,
        ),
    }
}

/// Counts the pauses between the chunks of the test stream as they arrive.
async fn pauses(url: &Url) -> Result<usize, String> {
    let request = client(ProxyUse::AsOthers)
        .map_err(describe)?
        .get(below(url, "livez"));
    let mut response = request
        .header("accept", "text/event-stream")
        .send()
        .await
        .map_err(describe)?;
    if !response.status().is_success() {
        return Err(format!("the response is {}", response.status()));
    }
    let mut last = None;
    let mut pauses = 0;
    while let Some(_part) = response.chunk().await.map_err(describe)? {
        let now = Instant::now();
        let before = last.replace(now);
        pauses += usize::from(
            before.is_some_and(|before: Instant| now.duration_since(before) >= MINIMUM_PAUSE),
        );
    }
    last.map(|_| pauses)
        .ok_or_else(|| "the response was empty".to_owned())
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
    fn loopback_urls_are_recognised() {
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
