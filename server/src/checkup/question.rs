//! The request that checks an account: free, and permitted to every valid credential.

use std::collections::BTreeMap;

use entity::provider_account::ProviderKind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{
    domain::provider_accounts::{CredentialSecret, ProviderCredential},
    engine::ProviderQuestion,
    providers::{self, BEARER, CheckHeaders, SignInSpec},
};

/// The parts of an auth file that a request needs.
#[derive(Deserialize)]
pub(super) struct File {
    r#type: String,
    account_id: Option<String>,
    #[serde(default)]
    using_api: bool,
    base_url: Option<String>,
}

impl File {
    /// The address that the engine uses instead of the provider's; it does so for files with `using_api` only.
    pub(super) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|_| self.using_api)
    }
}

/// The request; none where only the engine can check.
pub(super) fn question(
    credential: &ProviderCredential,
    urls: &BTreeMap<ProviderKind, Url>,
) -> Option<ProviderQuestion> {
    match &credential.secret {
        CredentialSecret::ApiKey(_) => of_key(credential),
        CredentialSecret::AuthFile { json, .. } => {
            of_sign_in(credential.kind, json, urls.get(&credential.kind)?)
        }
    }
}

/// Usually lists the models.
fn of_key(credential: &ProviderCredential) -> Option<ProviderQuestion> {
    let keys = &providers::spec(credential.kind).api_keys;
    let base = credential
        .base_url
        .as_deref()
        .unwrap_or(keys.check_base_url);
    let base = base.trim_end_matches('/');
    let headers = owned(keys.check_headers);
    Some(ProviderQuestion {
        url: format!("{base}{}", keys.check_path).parse().ok()?,
        authorization: keys.authorization,
        headers: match keys.check_body {
            Some(_) => with_content_type(headers),
            None => headers,
        },
        body: keys.check_body.map(|body| (keys.test.0, body.to_owned())),
    })
}

/// Requests the usage of the subscription, or the profile.
fn of_sign_in(kind: ProviderKind, file: &SecretString, url: &Url) -> Option<ProviderQuestion> {
    let file: File = serde_json::from_str(file.expose_secret()).ok()?;
    let sign_in = providers::spec(kind).sign_in.as_ref()?;
    if sign_in.tokenless_auth_files.contains(&&*file.r#type) {
        return None;
    }
    Some(ProviderQuestion {
        url: url.clone(),
        authorization: BEARER,
        headers: sign_in_headers(sign_in, &file),
        body: None,
    })
}

/// The headers of requests with a sign-in.
pub(super) fn sign_in_headers(sign_in: &SignInSpec, file: &File) -> Vec<(String, String)> {
    match sign_in.check_headers {
        CheckHeaders::Fixed(headers) => owned(headers),
        CheckHeaders::AccountId(name) => {
            let id = file.account_id.iter();
            id.map(|id| (name.to_owned(), id.clone())).collect()
        }
    }
}

/// With the type of a JSON body.
pub(super) fn with_content_type(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    headers
}

pub(super) fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
