//! The price of a model's tokens from a time on. Never changed: a later price supersedes it.

pub use metering::ServiceTier;
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// The most long-prompt rates of a service tier.
pub const MAX_LONG_PROMPTS: usize = 6;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A provider kind as the database writes it; empty for every provider.
    pub provider: String,
    /// A model's name, `*` matches any run of characters.
    pub model_pattern: String,
    pub effective_from: DateTimeUtc,
    /// Nano-USD per million tokens, like the next five.
    pub input_per_million: i64,
    pub cache_read_per_million: i64,
    pub cache_write_per_million: i64,
    /// Of cache writes that are kept for an hour; `None` for the same as other cache writes.
    pub cache_write_1h_per_million: Option<i64>,
    pub output_per_million: i64,
    pub reasoning_per_million: i64,
    /// Nano-USD.
    pub per_request: i64,
    /// Nano-USD for each image of an answer.
    pub per_image: i64,
    /// Nano-USD for each second of an ordered video.
    pub per_video_second: i64,
    /// Rates of long prompts and of other service tiers; `None` if there are none.
    pub conditional_rates: Option<ConditionalRates>,
    /// The source of the price, with its date.
    pub source: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The rates of standard service and short prompts.
    #[must_use]
    pub fn rates(&self) -> TokenRates {
        TokenRates {
            input: self.input_per_million,
            cache_read: self.cache_read_per_million,
            cache_write: self.cache_write_per_million,
            cache_write_1h: self
                .cache_write_1h_per_million
                .unwrap_or(self.cache_write_per_million),
            output: self.output_per_million,
            reasoning: self.reasoning_per_million,
        }
    }
}

/// Nano-USD per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRates {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub cache_write_1h: i64,
    pub output: i64,
    pub reasoning: i64,
}

/// Which tokens of a request with a long prompt have the long-prompt rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongPromptRule {
    /// All of the request, output included.
    #[default]
    WholeRequest,
    /// Only the tokens of the prompt above the threshold.
    PartAbove,
}

/// The rates of prompts with more tokens than a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongPromptRates {
    /// In tokens, cached ones included.
    pub above: i64,
    pub rates: TokenRates,
}

/// The rates of a service tier other than the standard one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTierRates {
    pub tier: ServiceTier,
    pub rates: TokenRates,
    /// By threshold, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub long_prompts: Vec<LongPromptRates>,
}

/// Rates that depend on the prompt or on the service tier; as JSON, because they are read with their price and never searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct ConditionalRates {
    #[serde(default)]
    pub long_prompt_rule: LongPromptRule,
    /// Of standard service, by threshold, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub long_prompts: Vec<LongPromptRates>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_tiers: Vec<ServiceTierRates>,
}
