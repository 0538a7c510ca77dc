//! The name that the engine routes by, behind the name that a caller writes.
//!
//! An allow-list and a price must look at this name, or a spelling walks around them.

use super::dialect::Dialect;

/// How the engine hides other models' names from Anthropic's clients: this, then the name backwards. It
/// understands such names even when it lists none.
const CLOAK: &str = "claude-fable-5-dd-";

/// Without `models/`, without the engine's suffix for thinking (`name(high)`), and uncloaked on routes
/// where the engine uncloaks.
pub(super) fn routed_as(dialect: Dialect, name: &str) -> String {
    let name = without_suffix(name.trim());
    let name = name.strip_prefix("models/").unwrap_or(name);
    match name.strip_prefix(CLOAK).filter(|hidden| !hidden.is_empty()) {
        Some(hidden) if dialect == Dialect::Anthropic => {
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
            (Dialect::OpenAi, "gpt-5", "gpt-5"),
            (Dialect::OpenAi, "gpt-5(high)", "gpt-5"),
            (Dialect::OpenAi, "a(b)c", "a(b)c"),
            (
                Dialect::Gemini,
                " models/gemini-2.5-pro(8192)",
                "gemini-2.5-pro",
            ),
            (Dialect::Anthropic, "claude-fable-5-dd-5-tpg", "gpt-5"),
            (Dialect::Anthropic, "claude-fable-5-dd-5-tpg(low)", "gpt-5"),
            (Dialect::Anthropic, "claude-fable-5-dd-)hgih(5-tpg", "gpt-5"),
            (
                Dialect::Anthropic,
                "claude-fable-5-dd-",
                "claude-fable-5-dd-",
            ),
            (
                Dialect::OpenAi,
                "claude-fable-5-dd-5-tpg",
                "claude-fable-5-dd-5-tpg",
            ),
        ];
        for (dialect, written, routed) in cases {
            assert_eq!(routed_as(dialect, written), routed, "{written}");
        }
    }
}
