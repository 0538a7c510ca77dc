//! The encrypted part of an account.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Error, Result, auth_file::SignInTokens, github::Github};
use crate::crypto::vault::Vault;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccountSecrets {
    #[serde(flatten)]
    pub(super) secret: Stored,
    #[serde(default, serialize_with = "exposed")]
    pub(super) headers: BTreeMap<String, SecretString>,
    /// May contain a password.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "exposed_option"
    )]
    pub(super) proxy_url: Option<SecretString>,
}

/// The credential, by kind.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stored {
    #[serde(serialize_with = "exposed_text")]
    ApiKey(SecretString),
    AuthFile(SignInTokens),
    Github(Github),
}

impl AccountSecrets {
    /// Encrypts the secrets, bound to their account.
    pub(super) fn seal(&self, vault: &Vault, account: Uuid) -> Result<Vec<u8>> {
        let plain = Zeroizing::new(serde_json::to_vec(self).map_err(anyhow::Error::from)?);
        Ok(vault.seal(&owner(account), &plain)?)
    }

    /// Decrypts the secrets of an account.
    pub(super) fn open(vault: &Vault, account: Uuid, sealed: &[u8]) -> Result<Self> {
        let plain = vault.open(&owner(account), sealed)?;
        // The error of the parser would quote the secret.
        serde_json::from_slice(&plain).map_err(|_| {
            Error::Internal(anyhow::anyhow!("an encrypted secret has an unknown format"))
        })
    }
}

/// The record to which an account's secrets are bound.
pub(in crate::domain) fn owner(account: Uuid) -> String {
    format!("provider_account:{account}")
}

pub(super) fn exposed_text<S: serde::Serializer>(
    secret: &SecretString,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "the signature that serde requires")]
fn exposed_option<S: serde::Serializer>(
    secret: &Option<SecretString>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let secret = secret.as_ref().map(SecretString::expose_secret);
    secret.serialize(serializer)
}

pub(super) fn exposed<S: serde::Serializer>(
    secrets: &BTreeMap<String, SecretString>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(
        secrets
            .iter()
            .map(|(name, value)| (name, value.expose_secret())),
    )
}
