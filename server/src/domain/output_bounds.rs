//! Which providers keep the output limit of a request. The engine translates requests, and some translations drop the
//! limit (according to the engine's executors and translators, 7.2.140).

use entity::{
    provider_account::{CredentialKind, ProviderKind},
    request::Protocol,
};

use crate::providers;

/// A candidate for serving a request.
#[derive(Clone, Copy, Debug)]
pub struct ServingModel {
    pub kind: ProviderKind,
    /// `None` when only the provider is known.
    pub credential: Option<CredentialKind>,
}

/// Whether the output limit of a request in this protocol reaches the provider.
pub fn is_kept(server: ServingModel, protocol: Protocol, model: &str) -> bool {
    (providers::spec(server.kind).keeps_output_limit)(server.credential, protocol, model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(kind: ProviderKind, protocol: Protocol) -> bool {
        let credential = Some(CredentialKind::ApiKey);
        is_kept(ServingModel { kind, credential }, protocol, "m")
    }

    #[test]
    fn chatgpt_keeps_no_bound() {
        for protocol in [
            Protocol::OpenaiChat,
            Protocol::OpenaiResponses,
            Protocol::AnthropicMessages,
        ] {
            assert!(!kept(ProviderKind::Chatgpt, protocol));
            assert!(kept(ProviderKind::Claude, protocol));
            assert!(kept(ProviderKind::OpenaiCompatible, protocol));
        }
    }

    #[test]
    fn some_translations_drop_the_bound() {
        assert!(kept(ProviderKind::Xai, Protocol::OpenaiChat));
        assert!(kept(ProviderKind::Xai, Protocol::OpenaiResponses));
        assert!(!kept(ProviderKind::Xai, Protocol::AnthropicMessages));
        assert!(!kept(ProviderKind::Xai, Protocol::Gemini));
        assert!(kept(ProviderKind::Gemini, Protocol::Gemini));
        assert!(!kept(ProviderKind::Gemini, Protocol::AnthropicMessages));
    }

    #[test]
    fn a_signed_in_google_account_keeps_bounds_of_claude_models_only() {
        for credential in [Some(CredentialKind::AuthFile), None] {
            let server = ServingModel {
                kind: ProviderKind::Gemini,
                credential,
            };
            assert!(!is_kept(server, Protocol::OpenaiChat, "gemini-3-pro"));
            assert!(is_kept(
                server,
                Protocol::OpenaiChat,
                "claude-opus-4-6-thinking"
            ));
        }
    }
}
