//! What each provider is asked: something that every good credential may ask and that costs nothing.

use std::collections::BTreeMap;

use entity::provider_account::ProviderKind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{
    domain::provider_accounts::{CredentialSecret, ProviderCredential},
    engine::ProviderQuestion,
};

const BEARER: (&str, &str) = ("authorization", "Bearer ");

/// The question; none where nobody but the engine can ask.
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

/// The list of models.
fn of_key(credential: &ProviderCredential) -> Option<ProviderQuestion> {
    let (usual, path, authorization) = match credential.kind {
        ProviderKind::Claude => ("https://api.anthropic.com", "/v1/models", ("x-api-key", "")),
        ProviderKind::Chatgpt => ("https://api.openai.com/v1", "/models", BEARER),
        ProviderKind::Gemini => (
            "https://generativelanguage.googleapis.com",
            "/v1beta/models?pageSize=1",
            ("x-goog-api-key", ""),
        ),
        ProviderKind::Xai => ("https://api.x.ai/v1", "/models", BEARER),
        // Without an address of their own there is nobody to ask.
        ProviderKind::OpenaiCompatible | ProviderKind::Copilot | ProviderKind::Kimi => {
            ("", "/models", BEARER)
        }
    };
    let base = credential.base_url.as_deref().unwrap_or(usual);
    let base = base.trim_end_matches('/');
    let headers = match credential.kind {
        ProviderKind::Claude => vec![header("anthropic-version", "2023-06-01")],
        ProviderKind::Chatgpt
        | ProviderKind::Gemini
        | ProviderKind::Copilot
        | ProviderKind::Kimi
        | ProviderKind::Xai
        | ProviderKind::OpenaiCompatible => Vec::new(),
    };
    Some(ProviderQuestion {
        url: format!("{base}{path}").parse().ok()?,
        authorization,
        headers,
    })
}

/// What the sign-in has used, or who is signed in.
fn of_sign_in(kind: ProviderKind, file: &SecretString, url: &Url) -> Option<ProviderQuestion> {
    #[derive(Deserialize)]
    struct File {
        r#type: String,
        account_id: Option<String>,
    }
    let file: File = serde_json::from_str(file.expose_secret()).ok()?;
    // A service account has no token before it is used.
    if file.r#type == "vertex" {
        return None;
    }
    let headers = match (kind, file.account_id) {
        (ProviderKind::Claude, _) => vec![header("anthropic-beta", "oauth-2025-04-20")],
        (ProviderKind::Chatgpt, Some(id)) => vec![header("chatgpt-account-id", &id)],
        _ => Vec::new(),
    };
    Some(ProviderQuestion {
        url: url.clone(),
        authorization: BEARER,
        headers,
    })
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
