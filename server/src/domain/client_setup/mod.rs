//! Configuration snippets for clients, with this server's address and the models that the key may use. The key is a
//! placeholder, because only its owner has the secret.

mod status_line;
mod tools;

use url::Url;

use super::{Error, Result};

pub const KEY_PLACEHOLDER: &str = "YOUR_PROXYPAL_KEY";
/// The placeholder for a model while none is known.
const MODEL_PLACEHOLDER: &str = "MODEL";

/// A supported client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    ClaudeCode,
    CodexCli,
    GeminiCli,
    OpenCode,
    Cline,
    RooCode,
    Cursor,
    Continue,
    OpenAiSdk,
    AnthropicSdk,
    GoogleGenAiSdk,
    Curl,
}

/// The configuration of a client.
#[derive(Clone, Debug)]
pub struct ClientSetup {
    pub name: &'static str,
    /// A hint, shown above the files.
    pub note: &'static str,
    pub files: Vec<SetupFile>,
}

/// The purpose of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupPurpose {
    Connect,
    StatusLine,
}

/// A file to create or edit, or commands to run.
#[derive(Clone, Debug)]
pub struct SetupFile {
    pub purpose: SetupPurpose,
    /// A path, or a description of the place.
    pub place: &'static str,
    /// The language of the code fence.
    pub language: &'static str,
    pub content: String,
}

/// The values that the snippets contain.
#[derive(Debug)]
struct Access {
    base_url: String,
    models: Vec<String>,
}

/// The snippets for a client. Fails if the base URL is invalid.
pub fn describe(client: ClientKind, base_url: &str, models: &[String]) -> Result<ClientSetup> {
    let access = Access {
        base_url: check_base_url(base_url)?,
        // Other names would need escaping, which differs between the formats.
        models: models
            .iter()
            .filter(|name| is_plain(name))
            .cloned()
            .collect(),
    };
    Ok(tools::describe(client, &access))
}

/// The address without a trailing slash. Clients or their snippets append `/v1`.
fn check_base_url(text: &str) -> Result<String> {
    let refuse = || {
        Error::bad_input(
            "baseUrl is the http or https address at which clients reach this server, such as \
             https://ai.example.com, without /v1, user, query or fragment",
        )
    };
    let url: Url = text.trim().parse().map_err(|_| refuse())?;
    let path = url.path().trim_end_matches('/');
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    let address = url.as_str().trim_end_matches('/').to_owned();
    if !is_http || !is_bare || path.ends_with("/v1") || !is_plain(&address) {
        return Err(refuse());
    }
    Ok(address)
}

fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    characters.all(|c| c.is_ascii_alphanumeric() || "-._~:/@%[]+".contains(c))
}

impl Access {
    /// The first model with this prefix, otherwise the first of all.
    fn model(&self, family: &str) -> &str {
        let mut models = self.models.iter();
        let of_family = models.find(|name| name.contains(family));
        let model = of_family.or(self.models.first());
        model.map_or(MODEL_PLACEHOLDER, String::as_str)
    }

    /// All models, or the placeholder.
    fn all(&self) -> Vec<&str> {
        if self.models.is_empty() {
            return vec![MODEL_PLACEHOLDER];
        }
        self.models.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ClientKind; 12] = [
        ClientKind::ClaudeCode,
        ClientKind::CodexCli,
        ClientKind::GeminiCli,
        ClientKind::OpenCode,
        ClientKind::Cline,
        ClientKind::RooCode,
        ClientKind::Cursor,
        ClientKind::Continue,
        ClientKind::OpenAiSdk,
        ClientKind::AnthropicSdk,
        ClientKind::GoogleGenAiSdk,
        ClientKind::Curl,
    ];

    #[test]
    fn every_tool_gets_the_address_and_the_place_of_the_key() {
        for client in ALL {
            let setup = describe(client, "https://ai.example.com/below/", &[]).unwrap();
            let text: String = setup.files.into_iter().map(|file| file.content).collect();

            assert!(text.contains("https://ai.example.com/below"), "{client:?}");
            assert!(text.contains(KEY_PLACEHOLDER), "{client:?}");
        }
    }

    #[test]
    fn what_claims_to_be_json_is() {
        let models = ["claude-x".to_owned(), "a\"b".to_owned()];
        for client in ALL {
            let setup = describe(client, "https://ai.example.com", &models).unwrap();
            for file in setup.files.iter().filter(|file| file.language == "json") {
                serde_json::from_str::<serde_json::Value>(&file.content).unwrap();
                assert!(!file.content.contains("a\\\"b"), "{client:?}");
            }
        }
    }

    #[test]
    fn a_strange_address_is_refused() {
        for address in [
            "",
            "ai.example.com",
            "ftp://ai.example.com",
            "https://user:pw@ai.example.com",
            "https://ai.example.com/v1",
            "https://ai.example.com/?a=b",
            "https://ai.example.com/'; rm",
        ] {
            assert!(check_base_url(address).is_err(), "{address}");
        }
    }
}
