//! The person who signed in and the fields of the engine's auth file, read from the responses of a provider.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use url::Url;

/// The responses of a provider to a sign-in.
pub(crate) struct SignInResponse<'a> {
    pub access_token: &'a str,
    pub id_token: Option<&'a str>,
    /// Members of the token response that only Claude sends.
    pub account: Option<&'a Value>,
    pub organization: Option<&'a Value>,
    /// Separated by spaces.
    pub scopes: String,
    /// The lifetime of the access token, in seconds.
    pub expires_in: Option<u64>,
    /// The response of the profile endpoint; empty if it was not fetched.
    pub profile: &'a Map<String, Value>,
    /// The device that the tokens belong to, where the provider binds them to one.
    pub device_id: Option<&'a str>,
    pub token_url: Option<&'a Url>,
    pub api_url: Option<&'a Url>,
    pub now: DateTime<Utc>,
}

/// The signed-in person, and the fields of the auth file besides tokens and the e-mail address.
#[derive(Default)]
pub(crate) struct Identity {
    pub email: Option<String>,
    pub plan: Option<String>,
    pub fields: Map<String, Value>,
}

/// Whether the profile endpoint is called after a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFetch {
    Never,
    /// Its failure leaves parts of the identity unknown.
    Optional,
    /// Its failure fails the sign-in.
    Required,
}

/// Reads the claims of the ID token (`OpenID` Connect).
pub(super) fn open_id(response: &SignInResponse<'_>, engine_type: &str) -> Identity {
    let claims = response.id_token.and_then(claims).unwrap_or_default();
    let base_url = response.api_url;
    let mut fields = fields(json!({
        "type": engine_type,
        "token_type": "Bearer",
        "expires_in": response.expires_in,
        "last_refresh": rfc3339(response.now),
        "base_url": base_url.map(|url| url.as_str().trim_end_matches('/')),
        "token_endpoint": response.token_url,
        "auth_kind": "oauth",
    }));
    insert_known(
        &mut fields,
        [
            ("id_token", response.id_token.map(str::to_owned)),
            ("sub", claims.get("sub").and_then(text)),
        ],
    );
    Identity {
        email: claims.get("email").and_then(text),
        plan: None,
        fields,
    }
}

/// The members of an object; none of anything else.
pub(super) fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// Inserts the fields that have a value.
pub(super) fn insert_known<const COUNT: usize>(
    fields: &mut Map<String, Value>,
    known: [(&str, Option<String>); COUNT],
) {
    let known = known.into_iter();
    fields.extend(known.filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
}

/// A short, non-empty text without control characters.
pub(super) fn text(value: &Value) -> Option<String> {
    const MAX_LENGTH: usize = 300;
    let text = value.as_str()?.trim();
    let fits = !text.is_empty() && text.len() <= MAX_LENGTH && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// The claims of a token. It was received from the provider over TLS, so its signature is not verified.
pub(super) fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_, claims) = (parts.next()?, parts.next()?);
    let decoded = BASE64_URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .ok()?;
    serde_json::from_slice(&decoded).ok()
}

/// A time as auth files have it, in whole seconds of UTC.
pub(crate) fn rfc3339(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}
