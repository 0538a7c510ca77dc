//! The service tier that a request asks for, at the top level of its body.

use super::{BoundForm, bound::resembles};
use crate::{
    json::{Key, Text},
    service_tier::printable,
};

/// The service tier that a request asks for, as far as its body was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedTier {
    /// As it is written: up to 32 printable characters; `None` when the request names none.
    pub name: Option<String>,
    /// Whether parsers may read another tier: a member is repeated, or comes with another spelling of its name.
    pub is_uncertain: bool,
}

/// Collects the members that select a tier.
#[derive(Clone, Debug, Default)]
pub(super) struct TierReader {
    /// Whether Anthropic's `speed` selects one.
    has_speed: bool,
    seen: bool,
    found: RequestedTier,
}

impl TierReader {
    pub(super) fn new(form: BoundForm) -> Self {
        Self {
            has_speed: form == BoundForm::Messages,
            ..Self::default()
        }
    }

    /// Whether to read the string at this path.
    pub(super) fn reads(path: &[Key]) -> bool {
        matches!(path, [Key::ServiceTier | Key::Speed])
    }

    /// Notes a key of the body.
    pub(super) fn key(&mut self, text: &Text) {
        let is_tier = Key::of(text) == Key::ServiceTier;
        let name = text.whole().unwrap_or_default();
        let is_similar = !is_tier && resembles(name, "servicetier");
        self.found.is_uncertain |= text.is_ambiguous() || is_similar || (is_tier && self.seen);
        self.seen |= is_tier;
    }

    pub(super) fn string(&mut self, path: &[Key], text: &Text) {
        let name = text.as_str().and_then(printable);
        match path {
            // The fast mode comes at its price whatever the tier.
            [Key::Speed] if self.has_speed && name == Some("fast") => {
                self.found.name = name.map(str::to_owned);
            }
            [Key::ServiceTier] if self.found.name.is_none() => {
                self.found.name = name.map(str::to_owned);
            }
            _ => {}
        }
    }

    /// Notes that a value is an object or an array.
    pub(super) fn opened(&mut self, path: &[Key]) {
        self.found.is_uncertain |= path == [Key::ServiceTier];
    }

    pub(super) fn found(&self) -> &RequestedTier {
        &self.found
    }
}
