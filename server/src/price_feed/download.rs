//! Downloads a file within bounds of size, time and redirects.

use std::time::Duration;

use http::header::LOCATION;
use reqwest::{Client, Response, redirect::Policy};
use tokio::time::timeout;
use url::{Host, Url};

use crate::notify::Addresses;

/// From DNS to the last byte, redirects included.
const TIMEOUT: Duration = Duration::from_secs(20);
const MAX_REDIRECTS: usize = 3;

/// Whether a list may be downloaded from this address: by HTTPS, or by HTTP from this machine; without a password.
pub fn check_address(url: &Url) -> Result<(), String> {
    let is_allowed = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    };
    if !is_allowed {
        return Err(
            "the address of a price list must begin with https://, or with http:// on this machine"
                .to_owned(),
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address of a price list must not contain a password".to_owned());
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Downloads a file of at most this many bytes.
pub(super) async fn get(addresses: &Addresses, url: &Url, most: usize) -> Result<Vec<u8>, String> {
    timeout(TIMEOUT, follow(addresses, url, most))
        .await
        .unwrap_or_else(|_| {
            Err(format!(
                "no complete response in {} seconds",
                TIMEOUT.as_secs()
            ))
        })
}

async fn follow(addresses: &Addresses, url: &Url, most: usize) -> Result<Vec<u8>, String> {
    let mut current = url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let client = client(addresses, url, &current).await?;
        let response = client.get(current.clone()).send().await;
        let response = response.map_err(|error| cause(&error))?;
        if response.status().is_redirection() {
            current = target(&response, &current)?;
            continue;
        }
        if !response.status().is_success() {
            return Err(format!("the server answered {}", response.status()));
        }
        return read(response, most).await;
    }
    Err(format!("more than {MAX_REDIRECTS} redirects"))
}

/// A client that follows no redirects. The operator chose the first server; any other one must have a global address,
/// so that a redirect reaches nothing in the private network (SSRF).
async fn client(addresses: &Addresses, first: &Url, current: &Url) -> Result<Client, String> {
    let mut client = crate::tls::http_client()
        .no_proxy()
        .redirect(Policy::none())
        .user_agent(concat!("ProxyPal-Server/", env!("CARGO_PKG_VERSION")));
    if current.origin() != first.origin() {
        let checked = addresses.resolve(current).await?;
        if let Some(name) = current.domain() {
            client = client.resolve_to_addrs(name, &checked);
        }
    }
    client.build().map_err(|error| error.to_string())
}

fn target(response: &Response, current: &Url) -> Result<Url, String> {
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|location| location.to_str().ok());
    let target = location.and_then(|location| current.join(location).ok());
    let target = target.ok_or("the server answered with a redirect to no address")?;
    check_address(&target)?;
    if current.scheme() == "https" && target.scheme() != "https" {
        return Err("a redirect leads from https to http".to_owned());
    }
    Ok(target)
}

async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| cause(&error))? {
        if bytes.len() + piece.len() > most {
            return Err(format!("it is larger than {most} bytes"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn cause(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut last = error.to_string();
    while let Some(error) = source {
        last = error.to_string();
        source = error.source();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_of_this_machine() {
        let check = |text: &str| check_address(&text.parse().unwrap());

        for fine in [
            "https://prices.example/list.json",
            "http://127.0.0.1:8080/list.json",
            "http://localhost/list.json",
            "http://[::1]/list.json",
        ] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://prices.example/list.json",
            "http://169.254.169.254/",
            "http://localhost.example/",
            "https://user:secret@prices.example/",
            "file:///etc/passwd",
            "ftp://prices.example/",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
