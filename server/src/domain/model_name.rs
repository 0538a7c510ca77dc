//! The name that the engine routes by, behind the name that a caller writes.
//!
//! An allow-list and a price must look at this name, or a spelling walks around them.

use entity::request::Protocol;

/// Whether the engine uncloaks names on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Plain,
    Cloaked,
}

impl From<Protocol> for Names {
    fn from(protocol: Protocol) -> Self {
        if protocol == Protocol::AnthropicMessages {
            Self::Cloaked
        } else {
            Self::Plain
        }
    }
}

/// How the engine hides other models' names from Anthropic's clients: this, then the name backwards. It
/// understands such names even when it lists none.
const CLOAK: &str = "claude-fable-5-dd-";

/// Without `models/`, without the engine's suffix for thinking (`name(high)`), and uncloaked on routes
/// where the engine uncloaks.
pub fn routed_as(names: Names, name: &str) -> String {
    let name = without_suffix(name.trim());
    let name = name.strip_prefix("models/").unwrap_or(name);
    match name.strip_prefix(CLOAK).filter(|hidden| !hidden.is_empty()) {
        Some(hidden) if names == Names::Cloaked => {
            let shown: String = hidden.chars().rev().collect();
            without_suffix(&shown).to_owned()
        }
        _ => name.to_owned(),
    }
}

fn without_suffix(name: &str) -> &str {
    name.strip_suffix(')')
        .and_then(|open| open.rsplit_once('('))
        .map_or(name, |(base, _)| base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_through_every_spelling() {
        let cases = [
            (Names::Plain, "gpt-5", "gpt-5"),
            (Names::Plain, "gpt-5(high)", "gpt-5"),
            (Names::Plain, "a(b)c", "a(b)c"),
            (
                Names::Plain,
                " models/gemini-2.5-pro(8192)",
                "gemini-2.5-pro",
            ),
            (Names::Cloaked, "claude-fable-5-dd-5-tpg", "gpt-5"),
            (Names::Cloaked, "claude-fable-5-dd-5-tpg(low)", "gpt-5"),
            (Names::Cloaked, "claude-fable-5-dd-)hgih(5-tpg", "gpt-5"),
            (Names::Cloaked, "claude-fable-5-dd-", "claude-fable-5-dd-"),
            (
                Names::Plain,
                "claude-fable-5-dd-5-tpg",
                "claude-fable-5-dd-5-tpg",
            ),
        ];
        for (names, written, routed) in cases {
            assert_eq!(routed_as(names, written), routed, "{written}");
        }
    }
}
