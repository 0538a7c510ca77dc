//! Validation of provider accounts, according to what the engine accepts.

use entity::provider_account::{ProviderKind, ProviderModel};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Error, NewProviderApiKey, Result, text};
use crate::providers;

const MAX_MODELS: usize = 500;
/// The headers from which the engine reads a client's key.
const CREDENTIAL_HEADERS: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "x-goog-api-key",
    "x-management-key",
    "cookie",
];
/// For shorter secrets, the last four characters would reveal too much.
const LONG_ENOUGH_TO_SHOW_FOUR: usize = 12;

/// The label of an account without a given one.
pub(super) fn default_label(kind: ProviderKind) -> String {
    providers::spec(kind).name.replace('_', "-")
}

pub(super) fn new_api_key(new: NewProviderApiKey) -> Result<NewProviderApiKey> {
    if !providers::spec(new.kind).api_keys.accepted {
        return Err(Error::bad_input(
            "this provider does not have API keys; sign in instead",
        ));
    }
    Ok(NewProviderApiKey {
        kind: new.kind,
        api_key: api_key(&new.api_key)?,
        label: text::optional("label", new.label.as_deref(), 100)?,
        base_url: base_url_of(new.kind, new.base_url.as_deref())?,
        headers: new.headers.into_iter().map(header).collect::<Result<_>>()?,
        models: models(new.kind, new.models)?,
        prefix: new.prefix.as_deref().map(prefix).transpose()?,
    })
}

pub(super) fn api_key(key: &SecretString) -> Result<SecretString> {
    let key = text::required("apiKey", key.expose_secret(), 4096)?;
    if !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Error::bad_input(
            "apiKey has invalid characters; copy it again",
        ));
    }
    Ok(key.into())
}

/// The address of the provider's API; the default address if none is given.
pub(super) fn base_url_of(kind: ProviderKind, text: Option<&str>) -> Result<Option<String>> {
    if text.is_none() && providers::spec(kind).api_keys.needs_base_url {
        return Err(Error::bad_input(
            "baseUrl is required: the address of the provider's API, such as https://host/v1",
        ));
    }
    text.map(base_url).transpose()
}

pub(super) fn priority(priority: i32) -> Result<i32> {
    if !(-1000..=1000).contains(&priority) {
        return Err(Error::bad_input("priority must be between -1000 and 1000"));
    }
    Ok(priority)
}

/// The share among accounts of the same priority. The engine rejects its whole configuration for an invalid weight.
pub(super) fn weight(weight: i32) -> Result<i32> {
    if !(1..=1_000_000).contains(&weight) {
        return Err(Error::bad_input("weight must be between 1 and 1000000"));
    }
    Ok(weight)
}

/// A proxy address, or a word for no proxy.
pub(super) fn proxy_url(text: &SecretString) -> Result<SecretString> {
    let text = text::required("proxyUrl", text.expose_secret(), 1000)?;
    if matches!(text.as_str(), "direct" | "none") {
        return Ok(text.into());
    }
    let is_proxy = text.parse::<Url>().is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()
    });
    if !is_proxy {
        return Err(Error::bad_input(
            "proxyUrl must be an http, https, socks5 or socks5h address such as socks5://user:password@host:1080, or direct for none",
        ));
    }
    Ok(text.into())
}

fn base_url(text: &str) -> Result<String> {
    let text = text.trim().trim_end_matches('/');
    let url: Url = text.parse().map_err(|_| {
        Error::bad_input("baseUrl is not an address; use one such as https://host/v1")
    })?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
        return Err(Error::bad_input(
            "baseUrl must be an http or https address without user, password or query",
        ));
    }
    Ok(text.to_owned())
}

/// The engine replaces a value such as `$X-Team` by the request's header of that name, which contains the engine's own
/// key.
pub(super) fn copies_a_credential(value: &str) -> bool {
    let copied = value.trim().strip_prefix('$').map(str::trim);
    copied.is_some_and(|copied| {
        let mut names = CREDENTIAL_HEADERS.iter();
        names.any(|name| copied.eq_ignore_ascii_case(name))
    })
}

pub(super) fn header((name, value): (String, SecretString)) -> Result<(String, SecretString)> {
    if copies_a_credential(value.expose_secret()) {
        return Err(Error::BadInput(format!(
            "the header {name:?} would send a credential of the request to the provider; specify the value"
        )));
    }
    let valid_name = name.parse::<http::HeaderName>().is_ok();
    let valid_value = value.expose_secret().parse::<http::HeaderValue>().is_ok();
    if !valid_name || !valid_value {
        return Err(Error::BadInput(format!(
            "the header {name:?} is not a valid header"
        )));
    }
    Ok((name, value))
}

/// One path segment, which the engine puts before model names.
pub(super) fn prefix(text: &str) -> Result<String> {
    let text = text::required("prefix", text, 50)?;
    if text.contains('/') || text.contains(char::is_whitespace) {
        return Err(Error::bad_input("prefix must be one word without slashes"));
    }
    Ok(text)
}

pub(super) fn models(kind: ProviderKind, models: Vec<ProviderModel>) -> Result<Vec<ProviderModel>> {
    if models.is_empty() && providers::spec(kind).api_keys.needs_models {
        return Err(Error::bad_input(
            "models is required: the models of this provider",
        ));
    }
    if models.len() > MAX_MODELS {
        return Err(Error::BadInput(format!(
            "an account can have at most {MAX_MODELS} models"
        )));
    }
    models
        .into_iter()
        .map(|model| {
            Ok(ProviderModel {
                name: text::required("name", &model.name, 200)?,
                alias: text::optional("alias", model.alias.as_deref(), 200)?,
            })
        })
        .collect()
}

pub(super) fn last_four(secret: &str) -> String {
    if secret.chars().count() < LONG_ENOUGH_TO_SHOW_FOUR {
        return String::new();
    }
    text::last_four(secret)
}
