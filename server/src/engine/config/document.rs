//! The configuration document. Options that are not listed keep the engine's defaults.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::choices::Choices;
use super::lists::{CredentialLists, MASK, Reveal};
use crate::domain::settings::EngineSettings;

/// The listen address and the accepted keys.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct ListenAddress<'a> {
    pub(in crate::engine) port: u16,
    pub(in crate::engine) auth_dir: &'a Path,
    pub(in crate::engine) internal_key: &'a SecretString,
    pub(in crate::engine) caller_keys: &'a [SecretString],
}

/// The content of `config.yaml`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::engine) struct Document<'a> {
    /// The default would be all interfaces.
    host: &'static str,
    /// The default would be any free port.
    port: u16,
    /// Absolute and constant, because the engine derives credential ids from it.
    auth_dir: &'a Path,
    /// Must not be empty: the engine would accept every request.
    api_keys: Vec<&'a str>,
    remote_management: RemoteManagement,
    /// Off, so that prompts are not written to disk.
    commercial_mode: bool,
    usage_statistics_enabled: bool,
    redis_usage_queue_retention_seconds: u32,
    ws_auth: bool,
    claude_code: ClaudeCode,
    #[serde(flatten)]
    applied: Applied,
}

/// The part that changes while the engine runs.
#[derive(Debug, Serialize)]
pub(in crate::engine) struct Applied {
    #[serde(flatten)]
    choices: Choices,
    #[serde(flatten)]
    lists: CredentialLists,
}

impl Applied {
    /// The lists, with the routing options of the settings.
    pub(in crate::engine) fn new(lists: CredentialLists, settings: &EngineSettings) -> Self {
        let choices = Choices::new(settings);
        Self { choices, lists }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct RemoteManagement {
    allow_remote: bool,
    /// Empty, because the engine rewrites a file that contains this key; it is passed in the environment.
    secret_key: &'static str,
    disable_control_panel: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct ClaudeCode {
    /// Lists other providers' models under their own names to Anthropic clients.
    disable_cloaking_model_list: bool,
}

impl<'a> Document<'a> {
    /// The document for this address and these credentials.
    pub(in crate::engine) fn new(
        address: ListenAddress<'a>,
        applied: Applied,
        reveal: Reveal,
    ) -> Self {
        let api_keys = match reveal {
            Reveal::Secrets => {
                let callers = address.caller_keys.iter();
                let keys = std::iter::once(address.internal_key).chain(callers);
                keys.map(SecretString::expose_secret).collect()
            }
            Reveal::Nothing => vec![MASK],
        };
        Self {
            host: "127.0.0.1",
            port: address.port,
            auth_dir: address.auth_dir,
            api_keys,
            remote_management: RemoteManagement {
                allow_remote: false,
                secret_key: "",
                disable_control_panel: true,
            },
            commercial_mode: true,
            usage_statistics_enabled: true,
            redis_usage_queue_retention_seconds: 3600,
            ws_auth: true,
            claude_code: ClaudeCode {
                disable_cloaking_model_list: true,
            },
            applied,
        }
    }

    /// The document as YAML.
    pub(in crate::engine) fn render(&self) -> Result<String, String> {
        serde_saphyr::to_string(self).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::super::lists::tests::one_of_each;
    use super::*;

    fn rendered(reveal: Reveal) -> String {
        let address = ListenAddress {
            port: 18317,
            auth_dir: Path::new("/data/engine/run/auths"),
            internal_key: &"internal-canary".into(),
            caller_keys: &[],
        };
        let settings = EngineSettings::default();
        let lists = CredentialLists::new(&one_of_each(), &settings, reveal);
        let applied = Applied::new(lists, &settings);
        Document::new(address, applied, reveal).render().unwrap()
    }

    #[test]
    fn renders_every_kind_of_credential() {
        insta::assert_snapshot!(rendered(Reveal::Secrets));
    }

    #[test]
    fn the_preview_shows_no_secret() {
        let preview = rendered(Reveal::Nothing);

        assert!(!preview.contains("canary"), "{preview}");
        insta::assert_snapshot!(preview);
    }
}
