//! Families of clients, recognised by how their user agents begin. Every client can send any user agent, so this shows
//! which tool an honest client is and does not keep out one that forges it.

/// A family of clients whose user agents begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientFamily {
    ClaudeCode,
    Codex,
    GeminiCli,
    OpenCode,
    QwenCode,
    Cline,
    RooCode,
    OpenAiSdk,
    AnthropicSdk,
    GoogleGenAiSdk,
    AiSdk,
    Curl,
}

struct Row {
    family: ClientFamily,
    /// As it is stored and shown.
    name: &'static str,
    /// The beginnings of its user agents, regardless of case.
    user_agents: &'static [&'static str],
}

const fn row(
    family: ClientFamily,
    name: &'static str,
    user_agents: &'static [&'static str],
) -> Row {
    Row {
        family,
        name,
        user_agents,
    }
}

/// Every family. Cursor is missing: its requests come from its own servers, with user agents that it does not publish.
const FAMILIES: [Row; 12] = [
    // Its side requests have the second one.
    row(
        ClientFamily::ClaudeCode,
        "claude-code",
        &["claude-cli/", "claude-code/"],
    ),
    // They begin with the originator: codex_cli_rs, codex_exec, codex-tui, codex_vscode.
    row(
        ClientFamily::Codex,
        "codex",
        &["codex_", "codex-", "codex/", "codex "],
    ),
    row(ClientFamily::GeminiCli, "gemini-cli", &["GeminiCLI"]),
    row(ClientFamily::OpenCode, "opencode", &["opencode/"]),
    row(ClientFamily::QwenCode, "qwen-code", &["QwenCode/"]),
    row(ClientFamily::Cline, "cline", &["Cline/"]),
    row(ClientFamily::RooCode, "roo-code", &["RooCode/"]),
    row(
        ClientFamily::OpenAiSdk,
        "openai-sdk",
        &["OpenAI/", "AsyncOpenAI/"],
    ),
    row(
        ClientFamily::AnthropicSdk,
        "anthropic-sdk",
        &["Anthropic/", "AsyncAnthropic/"],
    ),
    row(
        ClientFamily::GoogleGenAiSdk,
        "google-genai-sdk",
        &["google-genai-sdk/"],
    ),
    row(ClientFamily::AiSdk, "ai-sdk", &["ai/", "ai-sdk/"]),
    row(ClientFamily::Curl, "curl", &["curl/"]),
];

impl ClientFamily {
    /// The family of a client with this user agent; `None` for all others.
    pub fn of(user_agent: &[u8]) -> Option<Self> {
        let begins = |begin: &&str| {
            let start = user_agent.get(..begin.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(begin.as_bytes()))
        };
        let mut rows = FAMILIES.iter();
        let found = rows.find(|row| row.user_agents.iter().any(begins))?;
        Some(found.family)
    }

    /// Its stable name, such as `claude-code`.
    pub fn name(self) -> &'static str {
        let mut rows = FAMILIES.iter();
        let found = rows.find(|row| row.family == self);
        found.map_or("", |row| row.name)
    }

    /// The family with a stable name.
    pub fn named(name: &str) -> Option<Self> {
        let mut rows = FAMILIES.iter();
        Some(rows.find(|row| row.name == name)?.family)
    }
}

/// A set of families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientFamilySet(u32);

impl ClientFamilySet {
    pub fn contains(self, family: ClientFamily) -> bool {
        self.0 & bit(family) != 0
    }
}

impl FromIterator<ClientFamily> for ClientFamilySet {
    fn from_iter<I: IntoIterator<Item = ClientFamily>>(families: I) -> Self {
        let families = families.into_iter();
        Self(families.fold(0, |set, family| set | bit(family)))
    }
}

fn bit(family: ClientFamily) -> u32 {
    1 << family as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_recognised_by_the_beginning_of_their_user_agent() {
        for (user_agent, family) in [
            (
                "claude-cli/2.1.332 (external, cli)",
                ClientFamily::ClaudeCode,
            ),
            ("claude-code/2.1.332", ClientFamily::ClaudeCode),
            ("codex_cli_rs/0.171.0 (Ubuntu; x64)", ClientFamily::Codex),
            ("codex_exec/0.171.0", ClientFamily::Codex),
            ("codex-tui/0.171.0", ClientFamily::Codex),
            ("opencode/1.18.33 ai-sdk/5.0", ClientFamily::OpenCode),
            (
                "GeminiCLI/0.61.0/gemini-2.5-pro (linux; x64; terminal)",
                ClientFamily::GeminiCli,
            ),
            ("QwenCode/0.15.10 (linux; x64)", ClientFamily::QwenCode),
            ("Cline/3.1.0", ClientFamily::Cline),
            ("RooCode/3.52.1", ClientFamily::RooCode),
            ("AsyncOpenAI/Python 2.0.0", ClientFamily::OpenAiSdk),
            ("openai/js 6.26.0", ClientFamily::OpenAiSdk),
            ("Anthropic/Python 0.70.0", ClientFamily::AnthropicSdk),
            (
                "google-genai-sdk/1.41.0 gl-node/v22",
                ClientFamily::GoogleGenAiSdk,
            ),
            ("ai-sdk/openai/2.0.0", ClientFamily::AiSdk),
            ("curl/8.5.0", ClientFamily::Curl),
        ] {
            let found = ClientFamily::of(user_agent.as_bytes());
            assert_eq!(found, Some(family), "{user_agent}");
        }
        for user_agent in ["", "curl", "Mozilla/5.0", "my curl/8", "\u{fffd}codex_exec"] {
            let found = ClientFamily::of(user_agent.as_bytes());
            assert_eq!(found, None, "{user_agent}");
        }
    }

    #[test]
    fn every_family_has_a_name_of_its_own() {
        for row in &FAMILIES {
            assert_eq!(ClientFamily::named(row.family.name()), Some(row.family));
        }
    }

    #[test]
    fn a_set_has_its_families_and_no_others() {
        use ClientFamily::{Codex, Curl, OpenCode};
        let set =
            |families: &[ClientFamily]| -> ClientFamilySet { families.iter().copied().collect() };

        assert!(set(&[Codex, Curl]).contains(Curl));
        assert!(!set(&[Codex, Curl]).contains(OpenCode));
    }
}
