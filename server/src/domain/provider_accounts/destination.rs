//! Prevents reading stored secrets by redirecting them: administrators may use accounts but not read their secrets, so
//! a change that would send a stored secret to another destination must include the secret.

use entity::provider_account;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    Error, ProviderAccountChanges, Result,
    secrets::{AccountSecrets, Stored},
};
use crate::{crypto::vault::Vault, domain::patch::Patch};

const NOT_ALLOWED: &str = "this change would send the stored secret elsewhere; give apiKey again in the same \
     change (and headers, if the account has some), or let an owner confirm it with their password";

/// The keys of an auth file that determine where tokens are sent.
const FILE_ADDRESSES: [&str; 2] = ["base_url", "token_endpoint"];

/// Rejects a change that redirects the stored secret without including it.
pub(super) fn check(
    vault: &Vault,
    account: &provider_account::Model,
    changes: &ProviderAccountChanges,
) -> Result<()> {
    let is_same = matches!(changes.base_url, Patch::Keep)
        && matches!(changes.headers, Patch::Keep)
        && matches!(changes.proxy_url, Patch::Keep);
    if is_same {
        return Ok(());
    }
    let stored = AccountSecrets::open(vault, account.id, &account.sealed)?;
    let moves = base_url_moves(account, changes)
        || headers_lead_elsewhere(&stored, changes)
        || proxy_reads_along(account, &stored, changes);
    // Values of headers are as secret as the key, and are sent to the same destination.
    let has_all = changes.api_key.is_some()
        && (stored.headers.is_empty() || !matches!(changes.headers, Patch::Keep));
    if moves && !has_all {
        return Err(Error::bad_input(NOT_ALLOWED));
    }
    Ok(())
}

fn base_url_moves(account: &provider_account::Model, changes: &ProviderAccountChanges) -> bool {
    match (&changes.base_url, account.base_url.as_deref()) {
        (Patch::Keep, _) | (Patch::Clear, None) => false,
        (Patch::Clear, Some(_)) | (Patch::Set(_), None) => true,
        (Patch::Set(new), Some(old)) => !is_below(new, old),
    }
}

/// Whether an address is equal to another or below it. A sibling path may belong to another customer of the same host.
fn is_below(new: &str, old: &str) -> bool {
    let (Ok(new), Ok(old)) = (new.trim().parse::<Url>(), old.parse::<Url>()) else {
        return false;
    };
    let path = |url: &Url| format!("{}/", url.path().trim_end_matches('/'));
    new.origin() == old.origin() && path(&new).starts_with(&path(&old))
}

/// A header may select where a gateway forwards a request and its key; `Host` does so at any server.
fn headers_lead_elsewhere(stored: &AccountSecrets, changes: &ProviderAccountChanges) -> bool {
    let Patch::Set(headers) = &changes.headers else {
        return false;
    };
    headers.iter().any(|(name, value)| {
        let known = stored.headers.get(name).map(SecretString::expose_secret);
        known != Some(value.expose_secret())
    })
}

/// A proxy can read requests that are not encrypted.
fn proxy_reads_along(
    account: &provider_account::Model,
    stored: &AccountSecrets,
    changes: &ProviderAccountChanges,
) -> bool {
    let Patch::Set(new) = &changes.proxy_url else {
        return false;
    };
    let new = new.expose_secret().trim();
    let old = stored.proxy_url.as_ref().map(SecretString::expose_secret);
    let is_another = old != Some(new) && !matches!(new, "direct" | "none");
    is_another && is_sent_in_clear(account, stored)
}

fn is_sent_in_clear(account: &provider_account::Model, stored: &AccountSecrets) -> bool {
    let is_plain = |address: &str| {
        let scheme = address.trim_start().get(..5);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
    };
    let in_file = match &stored.secret {
        Stored::AuthFile(tokens) => FILE_ADDRESSES.iter().any(|name| {
            let address = tokens.content.get(*name).and_then(|value| value.as_str());
            address.is_some_and(is_plain)
        }),
        Stored::ApiKey(_) | Stored::Github(_) => false,
    };
    in_file || account.base_url.as_deref().is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_become_longer_but_not_another() {
        let old = "https://gateway.example/v1/ours";
        for (new, expected) in [
            ("https://gateway.example/v1/ours", true),
            ("https://GATEWAY.example:443/v1/ours/", true),
            ("https://gateway.example/v1/ours/openai", true),
            ("https://gateway.example/v1/theirs", false),
            ("https://gateway.example/v1/ours-not", false),
            ("https://gateway.example/v1/ours/../theirs", false),
            ("https://gateway.example/v1", false),
            ("http://gateway.example/v1/ours", false),
            ("https://gateway.example:8443/v1/ours", false),
            ("https://gateway.example.evil.example/v1/ours", false),
            ("https://gateway.example@evil.example/v1/ours", false),
            ("https://evil.example/v1/ours", false),
        ] {
            assert_eq!(is_below(new, old), expected, "{new}");
        }
    }
}
