//! The service tiers that providers offer at prices of their own.

/// The longest name that is kept, in bytes.
const MAX_NAME_BYTES: usize = 32;

/// How fast a provider serves a request.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ServiceTier {
    #[default]
    Standard,
    /// OpenAI, Gemini: processed before others.
    Priority,
    /// OpenAI, Gemini: processed when there is capacity.
    Flex,
    /// Processed within a day.
    Batch,
    /// Anthropic's fast mode.
    Fast,
}

impl ServiceTier {
    /// Every tier.
    pub const ALL: [Self; 5] = [
        Self::Standard,
        Self::Priority,
        Self::Flex,
        Self::Batch,
        Self::Fast,
    ];

    /// The tier by a name in a request or an answer, in any case; `None` for unknown names.
    pub fn named(name: &str) -> Option<Self> {
        const NAMES: [(&str, ServiceTier); 11] = [
            ("standard", ServiceTier::Standard),
            ("default", ServiceTier::Standard),
            ("auto", ServiceTier::Standard),
            // Anthropic: without capacity that was reserved.
            ("standard_only", ServiceTier::Standard),
            // Vertex AI's types of traffic.
            ("on_demand", ServiceTier::Standard),
            ("on_demand_priority", ServiceTier::Priority),
            ("on_demand_flex", ServiceTier::Flex),
            ("priority", ServiceTier::Priority),
            ("flex", ServiceTier::Flex),
            ("batch", ServiceTier::Batch),
            ("fast", ServiceTier::Fast),
        ];
        let mut names = NAMES.into_iter();
        let found = names.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, tier)| tier)
    }
}

/// A name that is kept: 1 to 32 printable ASCII characters.
pub(crate) fn printable(name: &str) -> Option<&str> {
    let is_valid = (1..=MAX_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_printable() {
        for (name, kept) in [
            ("flex", Some("flex")),
            ("", None),
            ("a tier", None),
            ("tier\n", None),
            ("a-name-of-thirty-three-characters", None),
        ] {
            assert_eq!(printable(name), kept, "{name}");
        }
    }

    #[test]
    fn tiers_are_known_by_the_names_of_providers() {
        for (name, tier) in [
            ("default", Some(ServiceTier::Standard)),
            ("Priority", Some(ServiceTier::Priority)),
            ("FLEX", Some(ServiceTier::Flex)),
            ("batch", Some(ServiceTier::Batch)),
            ("fast", Some(ServiceTier::Fast)),
            ("scale", None),
            ("", None),
        ] {
            assert_eq!(ServiceTier::named(name), tier, "{name}");
        }
    }
}
