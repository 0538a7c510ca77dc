//! The session that a request belongs to, and the agent that sent it.

use entity::agent_session::Agent;
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::domain::client_family::ClientFamily;

/// The longest stored id of a session or sub-agent, in characters.
pub const MAX_NAME: usize = 64;
/// The longest version of an agent, in characters.
const MAX_VERSION: usize = 32;

/// The session of a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AgentSessionRef {
    pub id: Uuid,
    /// The id that the agent sent, shortened; `None` if the session is a guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The sub-agent that sent the request, shortened; `None` for the main agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_agent: Option<String>,
}

impl AgentSessionRef {
    /// The session that an agent names. The same name is another session for another user, so that no user adds requests
    /// to the session of another one.
    pub fn named(user_id: Uuid, name: &str, sub_agent: Option<&str>) -> Self {
        Self {
            id: id_of(user_id, name),
            name: Some(shortened(name)),
            sub_agent: sub_agent.map(shortened),
        }
    }

    /// A session that the agent does not name.
    pub fn guessed(id: Uuid) -> Self {
        Self {
            id,
            name: None,
            sub_agent: None,
        }
    }
}

/// A `UUIDv8` of a digest: the same in every process, and of a fixed size for any name.
fn id_of(user_id: Uuid, name: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"agent session\0")
        .chain_update(user_id.as_bytes())
        .chain_update(name.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    for (byte, of_digest) in bytes.iter_mut().zip(digest) {
        *byte = of_digest;
    }
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The stored form of a name.
pub(super) fn shortened(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

/// The agent that a `User-Agent` names.
pub fn agent_of(user_agent: Option<&str>) -> Agent {
    match ClientFamily::of(user_agent.unwrap_or_default().as_bytes()) {
        Some(ClientFamily::ClaudeCode) => Agent::ClaudeCode,
        Some(ClientFamily::Codex) => Agent::Codex,
        Some(ClientFamily::GeminiCli) => Agent::GeminiCli,
        Some(ClientFamily::OpenCode) => Agent::OpenCode,
        Some(ClientFamily::QwenCode) => Agent::QwenCode,
        Some(
            ClientFamily::Cline
            | ClientFamily::RooCode
            | ClientFamily::OpenAiSdk
            | ClientFamily::AnthropicSdk
            | ClientFamily::GoogleGenAiSdk
            | ClientFamily::AiSdk
            | ClientFamily::Curl,
        )
        | None => Agent::Other,
    }
}

/// The version after the first slash of an agent's `User-Agent`, such as `0.171.0` of `codex_exec/0.171.0 (Linux)`.
pub(super) fn version_of(user_agent: Option<&str>) -> Option<String> {
    if agent_of(user_agent) == Agent::Other {
        return None;
    }
    let (_, rest) = user_agent?.split_once('/')?;
    let is_part = |c: &char| c.is_ascii_alphanumeric() || ".-+_".contains(*c);
    let version: String = rest.chars().take_while(is_part).take(MAX_VERSION).collect();
    let has_number = version.starts_with(|c: char| c.is_ascii_digit());
    has_number.then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_and_their_versions_are_read_from_the_user_agent() {
        for (user_agent, agent, version) in [
            (
                "claude-cli/2.1.332 (external, cli)",
                Agent::ClaudeCode,
                Some("2.1.332"),
            ),
            ("claude-code/2.1.332", Agent::ClaudeCode, Some("2.1.332")),
            (
                "codex_exec/0.171.0 (Linux; x86_64)",
                Agent::Codex,
                Some("0.171.0"),
            ),
            ("Codex Desktop/0.171.0", Agent::Codex, Some("0.171.0")),
            (
                "opencode/1.18.33 ai-sdk/5.0",
                Agent::OpenCode,
                Some("1.18.33"),
            ),
            (
                "GeminiCLI-a2a/0.61.0/gemini-3-pro (linux; x64; terminal)",
                Agent::GeminiCli,
                Some("0.61.0"),
            ),
            (
                "QwenCode/0.15.10 (linux; x64)",
                Agent::QwenCode,
                Some("0.15.10"),
            ),
            ("codex/é", Agent::Codex, None),
            ("curl/8.5.0", Agent::Other, None),
            ("", Agent::Other, None),
        ] {
            let sent = Some(user_agent);
            assert_eq!(agent_of(sent), agent, "{user_agent}");
            assert_eq!(version_of(sent).as_deref(), version, "{user_agent}");
        }
        let endless = format!("codex/{}", "9".repeat(1000));
        assert_eq!(version_of(Some(&endless)).unwrap().len(), MAX_VERSION);
    }

    #[test]
    fn the_same_name_is_another_session_of_another_user() {
        let (ada, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of = |user, name| AgentSessionRef::named(user, name, None);

        assert_eq!(of(ada, "one"), of(ada, "one"));
        assert_ne!(of(ada, "one").id, of(bob, "one").id);
        assert_ne!(of(ada, "one").id, of(ada, "two").id);
        let long = "x".repeat(200);
        assert_eq!(of(ada, &long).name.unwrap().len(), MAX_NAME);
        assert_ne!(of(ada, &long).id, of(ada, &long[1..]).id);
    }
}
