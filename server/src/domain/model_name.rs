//! The name that the engine routes by, derived from the name in the request.
//!
//! Allow-lists and prices use this name; otherwise another spelling would bypass them.

use std::borrow::Cow;

use entity::request::Protocol;

/// Whether the engine decodes cloaked names on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    Plain,
    Cloaked,
}

impl From<Protocol> for NameRule {
    fn from(protocol: Protocol) -> Self {
        if protocol == Protocol::AnthropicMessages {
            Self::Cloaked
        } else {
            Self::Plain
        }
    }
}

/// The prefix of cloaked names, with which the engine hides models of other vendors from Anthropic's clients; the
/// reversed name follows. The engine accepts such names even if it lists none.
const CLOAK: &str = "claude-fable-5-dd-";

/// The engine replaces this name by the first model that it lists, even if a model or alias has this name.
const ANY: &str = "auto";

/// Whether the engine chooses the model for this name.
pub fn is_any_model(routed: &str) -> bool {
    routed == ANY
}

/// The name without white space, `models/` and the engine's suffix for thinking (`name(high)`), and decoded on routes
/// where the engine decodes cloaked names.
pub fn routed_as(names: NameRule, name: &str) -> Cow<'_, str> {
    let name = without_suffix(name.trim());
    let name = name.strip_prefix("models/").unwrap_or(name).trim();
    match name.strip_prefix(CLOAK).filter(|hidden| !hidden.is_empty()) {
        Some(hidden) if names == NameRule::Cloaked => {
            let shown: String = hidden.chars().rev().collect();
            Cow::Owned(without_suffix(shown.trim()).to_owned())
        }
        _ => Cow::Borrowed(name),
    }
}

/// The engine trims the rest: `m (low)` is `m`.
fn without_suffix(name: &str) -> &str {
    name.strip_suffix(')')
        .and_then(|open| open.rsplit_once('('))
        .map_or(name, |(base, _)| base.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_through_every_spelling() {
        let cases = [
            (NameRule::Plain, "gpt-5", "gpt-5"),
            (NameRule::Plain, "gpt-5(high)", "gpt-5"),
            (NameRule::Plain, "a(b)c", "a(b)c"),
            (NameRule::Plain, "gpt-5 (low)", "gpt-5"),
            (NameRule::Plain, "gpt-5\u{a0}(low)", "gpt-5"),
            (NameRule::Plain, "auto(high)", "auto"),
            (NameRule::Plain, "models/ gpt-5", "gpt-5"),
            (NameRule::Cloaked, "claude-fable-5-dd-)wol( 5-tpg", "gpt-5"),
            (
                NameRule::Plain,
                " models/gemini-2.5-pro(8192)",
                "gemini-2.5-pro",
            ),
            (NameRule::Cloaked, "claude-fable-5-dd-5-tpg", "gpt-5"),
            (NameRule::Cloaked, "claude-fable-5-dd-5-tpg(low)", "gpt-5"),
            (NameRule::Cloaked, "claude-fable-5-dd-)hgih(5-tpg", "gpt-5"),
            (
                NameRule::Cloaked,
                "claude-fable-5-dd-",
                "claude-fable-5-dd-",
            ),
            (
                NameRule::Plain,
                "claude-fable-5-dd-5-tpg",
                "claude-fable-5-dd-5-tpg",
            ),
        ];
        for (names, written, routed) in cases {
            assert_eq!(routed_as(names, written), routed, "{written}");
        }
    }
}
