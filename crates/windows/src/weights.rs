//! The bundled weights of models: list prices of the providers' APIs, because subscriptions count models in about these
//! ratios. They are not the administrator's price list, where models of subscriptions often cost nothing.

use crate::{number::from_count, units::Units};

/// Advanced with each change of the table: units of different versions cannot be compared.
pub const WEIGHTS_VERSION: u16 = 1;

/// The tokens of a request. Counts that are negative count as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeighedTokens {
    /// Without cache reads and cache writes.
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    /// With reasoning.
    pub output: i64,
}

/// The weight of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    pub units: Units,
    /// The model is not in the table; it counts as the dearest of its provider.
    pub is_assumed: bool,
}

/// Units per million tokens.
#[derive(Clone, Copy, Debug)]
struct Weight {
    /// A part of the model's name. The first line that matches applies.
    family: &'static str,
    input: f64,
    cache_read: f64,
    cache_write: f64,
    output: f64,
}

const fn weight(
    family: &'static str,
    input: f64,
    cache_read: f64,
    cache_write: f64,
    output: f64,
) -> Weight {
    Weight {
        family,
        input,
        cache_read,
        cache_write,
        output,
    }
}

const CLAUDE: [Weight; 18] = [
    weight("fable", 10.0, 1.0, 12.5, 50.0),
    weight("mythos", 10.0, 1.0, 12.5, 50.0),
    weight("opus-5-5", 4.0, 0.2, 5.0, 20.0),
    weight("opus-5.5", 4.0, 0.2, 5.0, 20.0),
    weight("opus-5", 5.0, 0.5, 6.25, 25.0),
    weight("opus-4-5", 5.0, 0.5, 6.25, 25.0),
    weight("opus-4-6", 5.0, 0.5, 6.25, 25.0),
    weight("opus-4-7", 5.0, 0.5, 6.25, 25.0),
    weight("opus-4-8", 5.0, 0.5, 6.25, 25.0),
    weight("opus-4.", 5.0, 0.5, 6.25, 25.0),
    weight("opus", 15.0, 1.5, 18.75, 75.0),
    weight("sonnet-5", 2.0, 0.2, 2.5, 10.0),
    weight("sonnet", 3.0, 0.3, 3.75, 15.0),
    weight("haiku-5", 0.1, 0.01, 0.125, 0.5),
    weight("haiku-4", 1.0, 0.1, 1.25, 5.0),
    weight("3-5-haiku", 0.8, 0.08, 1.0, 4.0),
    weight("3-haiku", 0.25, 0.03, 0.3, 1.25),
    weight("haiku", 1.0, 0.1, 1.25, 5.0),
];

const OPENAI: [Weight; 23] = [
    weight("gpt-5.6-luna", 1.0, 0.1, 1.25, 6.0),
    weight("gpt-5.6-terra", 2.5, 0.25, 3.125, 15.0),
    weight("gpt-5.6", 5.0, 0.5, 6.25, 30.0),
    weight("gpt-5.5-pro", 30.0, 30.0, 30.0, 180.0),
    weight("gpt-5.5", 5.0, 0.5, 5.0, 30.0),
    weight("gpt-5.4-pro", 30.0, 30.0, 30.0, 180.0),
    weight("gpt-5.4-mini", 0.75, 0.075, 0.75, 4.5),
    weight("gpt-5.4-nano", 0.2, 0.02, 0.2, 1.25),
    weight("gpt-5.4", 2.5, 0.25, 2.5, 15.0),
    weight("gpt-5.3", 1.75, 0.175, 1.75, 14.0),
    weight("gpt-5.2-pro", 21.0, 21.0, 21.0, 168.0),
    weight("gpt-5.2", 1.75, 0.175, 1.75, 14.0),
    weight("gpt-5-pro", 15.0, 15.0, 15.0, 120.0),
    weight("gpt-5-nano", 0.05, 0.005, 0.05, 0.4),
    weight("codex-mini", 0.25, 0.025, 0.25, 2.0),
    weight("gpt-5-mini", 0.25, 0.025, 0.25, 2.0),
    weight("gpt-5", 1.25, 0.125, 1.25, 10.0),
    weight("gpt-4.1-mini", 0.4, 0.1, 0.4, 1.6),
    weight("gpt-4.1", 2.0, 0.5, 2.0, 8.0),
    weight("gpt-4o-mini", 0.15, 0.075, 0.15, 0.6),
    weight("gpt-4o", 2.5, 1.25, 2.5, 10.0),
    weight("o4-mini", 1.1, 0.275, 1.1, 4.4),
    weight("o3", 2.0, 0.5, 2.0, 8.0),
];

const GEMINI: [Weight; 6] = [
    weight("flash-lite", 0.25, 0.025, 0.25, 1.5),
    weight("2.5-flash", 0.3, 0.03, 0.3, 2.5),
    weight("3-flash", 0.5, 0.05, 0.5, 3.0),
    weight("flash", 1.5, 0.15, 1.5, 9.0),
    weight("2.5-pro", 1.25, 0.125, 1.25, 10.0),
    weight("pro", 2.0, 0.2, 2.0, 12.0),
];

const XAI: [Weight; 5] = [
    weight("code-fast", 0.2, 0.02, 0.2, 1.5),
    weight("fast", 0.2, 0.05, 0.2, 0.5),
    weight("mini", 0.3, 0.075, 0.3, 0.5),
    weight("grok-4.", 2.0, 0.5, 2.0, 6.0),
    weight("grok", 3.0, 0.75, 3.0, 15.0),
];

const KIMI: [Weight; 4] = [
    weight("highspeed", 1.9, 0.38, 1.9, 8.0),
    weight("turbo", 1.15, 0.15, 1.15, 8.0),
    weight("k2.", 0.95, 0.19, 0.95, 4.0),
    weight("kimi", 0.6, 0.15, 0.6, 3.0),
];

/// The weight of a request's tokens at a provider, which is named as in the database. The name of the model may have a
/// prefix.
pub fn weigh(provider: &str, model: &str, tokens: WeighedTokens) -> Weighed {
    let tables = tables(provider);
    let model = model.to_ascii_lowercase();
    let mut lines = tables.iter().flat_map(|table| table.iter());
    let known = lines.find(|line| model.contains(line.family));
    let all = tables.iter().flat_map(|table| table.iter());
    let dearest = all.max_by(|one, other| one.output.total_cmp(&other.output));
    let weight = known.or(dearest).unwrap_or(&CLAUDE[0]);
    let units = |count: i64, per_million: f64| from_count(count.max(0)) * per_million / 1e6;
    Weighed {
        units: Units {
            fresh: units(tokens.input, weight.input)
                + units(tokens.cache_write, weight.cache_write)
                + units(tokens.output, weight.output),
            cache: units(tokens.cache_read, weight.cache_read),
        },
        is_assumed: known.is_none(),
    }
}

/// Copilot and others offer models of several providers.
fn tables(provider: &str) -> &'static [&'static [Weight]] {
    match provider {
        "claude" => &[&CLAUDE],
        "chatgpt" => &[&OPENAI],
        "gemini" => &[&GEMINI],
        "xai" => &[&XAI],
        "kimi" => &[&KIMI],
        _ => &[&CLAUDE, &OPENAI, &GEMINI, &XAI, &KIMI],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: WeighedTokens = WeighedTokens {
        input: 1_000_000,
        cache_read: 1_000_000,
        cache_write: 1_000_000,
        output: 1_000_000,
    };

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn models_weigh_what_they_cost_at_the_api() {
        for (provider, model, fresh, cache) in [
            ("claude", "claude-sonnet-4-5-20250929", 21.75, 0.3),
            ("claude", "team/claude-opus-4-1", 108.75, 1.5),
            ("claude", "Claude-Opus-4-7", 36.25, 0.5),
            ("chatgpt", "gpt-5.1-codex-mini", 2.5, 0.025),
            ("copilot", "gpt-5", 12.5, 0.125),
            ("copilot", "claude-haiku-4.5", 7.25, 0.1),
            ("gemini", "gemini-2.5-flash-lite", 2.0, 0.025),
            ("xai", "grok-code-fast-1", 1.9, 0.02),
            ("kimi", "kimi-k2-thinking", 4.2, 0.15),
        ] {
            let weighed = weigh(provider, model, MILLION);
            assert!(close(weighed.units.fresh, fresh), "{model}: {weighed:?}");
            assert!(close(weighed.units.cache, cache), "{model}: {weighed:?}");
            assert!(!weighed.is_assumed, "{model}");
        }
    }

    #[test]
    fn an_unknown_model_weighs_as_the_dearest_of_its_provider() {
        let unknown = weigh("claude", "claude-next-9", MILLION);
        let dearest = weigh("claude", "claude-opus-4-1", MILLION);

        assert!(unknown.is_assumed);
        assert_eq!(unknown.units, dearest.units);
        assert!(weigh("other", "", MILLION).is_assumed);
    }

    #[test]
    fn negative_counts_weigh_nothing() {
        let tokens = WeighedTokens {
            input: -5,
            cache_read: i64::MIN,
            cache_write: -1,
            output: -1,
        };
        assert_eq!(weigh("claude", "sonnet", tokens).units, Units::default());
    }
}
