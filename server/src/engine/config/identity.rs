//! The engine's ids of credentials, which map its records to accounts.

use std::collections::HashMap;
use std::path::Path;

use entity::provider_account::ProviderKind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::lists::base_url;
use crate::domain::provider_accounts::{CredentialSecret, ProviderCredential};
use crate::providers;

/// The account of a credential id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct EngineAccount {
    pub(in crate::engine) id: Uuid,
    pub(in crate::engine) kind: ProviderKind,
}

/// The accounts by the engine's ids. Removed accounts are kept, because records of their requests may still arrive.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct EngineAccounts(HashMap<String, EngineAccount>);

impl EngineAccounts {
    /// Adds these accounts to the known ones.
    pub(in crate::engine) fn and(
        mut self,
        credentials: &[ProviderCredential],
        auth_dir: &Path,
    ) -> Self {
        for credential in credentials {
            if let Some(index) = auth_index(credential, auth_dir) {
                let account = EngineAccount {
                    id: credential.account_id,
                    kind: credential.kind,
                };
                self.0.insert(index, account);
            }
        }
        self
    }

    /// The account with this id.
    pub(in crate::engine) fn find(&self, auth_index: &str) -> Option<EngineAccount> {
        self.0.get(auth_index).copied()
    }
}

/// The first 16 hexadecimal digits of the SHA-256 of the engine's description of a credential.
pub(in crate::engine) fn auth_index(
    credential: &ProviderCredential,
    auth_dir: &Path,
) -> Option<String> {
    let seed = match &credential.secret {
        CredentialSecret::ApiKey(key) => key_seed(credential, key)?,
        CredentialSecret::AuthFile { file_name, json } => file_seed(file_name, json, auth_dir)?,
    };
    Some(hex::encode(&Sha256::digest(seed)[..8]))
}

/// `<list>:<base url>+<key>`, or `id:<kind>:<digest>`.
fn key_seed(credential: &ProviderCredential, key: &SecretString) -> Option<String> {
    let engine = &providers::spec(credential.kind).engine;
    let (list, key) = (engine.key_list?, key.expose_secret().trim());
    let base_url = base_url(credential).unwrap_or_default();
    let Some(kind) = engine.key_id else {
        return Some(format!("{list}:{base_url}+{key}"));
    };
    let proxy_url = credential.proxy_url.as_ref();
    let proxy_url = proxy_url.map_or("", |url| url.expose_secret().trim());
    let digest = Sha256::digest([kind, key, &base_url, proxy_url].join("\0"));
    Some(format!("id:{kind}:{}", hex::encode(&digest[..6])))
}

/// `<type>:<path of the file>`.
fn file_seed(file_name: &str, json: &SecretString, auth_dir: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Typed<'a> {
        r#type: &'a str,
    }
    let Typed { r#type } = serde_json::from_str(json.expose_secret()).ok()?;
    Some(format!("{type}:{}", auth_dir.join(file_name).display()))
}

#[cfg(test)]
mod tests {
    use super::super::lists::tests::credential;
    use super::*;

    /// The expected values were recorded from the engine.
    #[test]
    fn computes_the_names_that_the_engine_gives() {
        let index =
            |kind, key| auth_index(&credential(kind, "any", key), Path::new("/auths")).unwrap();

        assert_eq!(index(ProviderKind::Gemini, "AIza-stub"), "38b8eeefa1c0d549");
        assert_eq!(
            index(ProviderKind::Claude, "sk-ant-stub"),
            "946e435ae3f6fe41"
        );
        assert_eq!(
            index(ProviderKind::Chatgpt, "sk-codex-stub"),
            "90eef8d19b0dd7af"
        );
        assert_eq!(index(ProviderKind::Xai, "xai-stub"), "bf742a22dd0fad08");
    }

    #[test]
    fn an_address_is_part_of_the_name() {
        let mut compatible = credential(ProviderKind::OpenaiCompatible, "any", "sk-stub-oai");
        compatible.base_url = Some("http://127.0.0.1:19000/v1".to_owned());

        assert_eq!(
            auth_index(&compatible, Path::new("/auths")).unwrap(),
            "39772ba5256c1817"
        );
    }

    #[test]
    fn a_key_of_vertex_is_named_by_a_digest() {
        let mut vertex = credential(ProviderKind::Vertex, "any", "vk-stub");
        vertex.base_url = Some("http://127.0.0.1:9/v".to_owned());

        let name = auth_index(&vertex, Path::new("/auths"));

        assert_eq!(name.as_deref(), Some("2b753333cdc5c95a"));
    }

    #[test]
    fn remembers_accounts_that_were_removed() {
        let gone = credential(ProviderKind::Gemini, "any", "AIza-stub");

        let accounts = EngineAccounts::default()
            .and(std::slice::from_ref(&gone), Path::new("/auths"))
            .and(&[], Path::new("/auths"));

        assert_eq!(
            accounts.find("38b8eeefa1c0d549").unwrap().id,
            gone.account_id
        );
    }
}
