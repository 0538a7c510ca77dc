//! Which requests a window counts, and their weight.

use chrono::{DateTime, Utc};
use entity::request;
use sea_orm::ActiveEnum as _;
use uuid::Uuid;
use windows::{Units, WeighedTokens, weigh};

use crate::domain::tokens::{Tokens, tokens_of};

/// The models that a window counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ModelScope {
    All,
    /// Models with this part in their name.
    Family(&'static str),
    /// Not known, so nothing is attributed.
    Unknown,
}

/// Families of which windows are known.
const FAMILIES: [&str; 3] = ["sonnet", "opus", "haiku"];

impl ModelScope {
    /// Of a window's name: `five_hour`, `seven_day`, `720_hour`, or one of these followed by a scope.
    pub(super) fn of(name: &str) -> Self {
        let rest = name
            .strip_prefix("five_hour")
            .or_else(|| name.strip_prefix("seven_day"))
            .or_else(|| name.find("_hour").map(|at| &name[at + "_hour".len()..]));
        match rest.unwrap_or_default().trim_start_matches('_') {
            "" => Self::All,
            scope => {
                let family = FAMILIES.into_iter().find(|family| *family == scope);
                family.map_or(Self::Unknown, Self::Family)
            }
        }
    }

    pub(super) fn counts(self, model: &str) -> bool {
        match self {
            Self::All => true,
            Self::Family(family) => model.to_ascii_lowercase().contains(family),
            Self::Unknown => false,
        }
    }
}

/// A request that an account served.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    pub(super) account_id: Uuid,
    pub(super) user_id: Uuid,
    pub(super) sequence: i64,
    pub(super) ended_at: DateTime<Utc>,
    pub(super) model: String,
    pub(super) units: Units,
}

impl Charge {
    /// `None` while the account or the tokens are unknown. `sign` is −1 for a request that is taken back.
    pub(super) fn of(row: &request::Model, sign: f64) -> Option<Self> {
        let account_id = row.account_id?;
        let units = units_of_row(row)?;
        let ended_at = row.started_at.saturating_add(row.duration.max(0));
        Some(Self {
            account_id,
            user_id: row.user_id,
            sequence: row.sequence,
            ended_at: DateTime::from_timestamp_micros(ended_at)?,
            model: model_of(row).to_owned(),
            units: Units {
                fresh: sign * units.fresh,
                cache: sign * units.cache,
            },
        })
    }
}

/// The weight of a request; `None` while its tokens are unknown.
pub(in crate::domain) fn units_of_row(row: &request::Model) -> Option<Units> {
    let provider = row.provider.map(|provider| provider.to_value());
    let provider = provider.as_deref().unwrap_or_default();
    Some(units_of(provider, model_of(row), tokens_of(row)?))
}

fn model_of(row: &request::Model) -> &str {
    let model = row.served_model.as_deref().or(row.model.as_deref());
    model.unwrap_or_default()
}

/// The weight of tokens at a provider, which is named as in the database.
pub(in crate::domain) fn units_of(provider: &str, model: &str, tokens: Tokens) -> Units {
    let counts = WeighedTokens {
        input: tokens.input,
        cache_read: tokens.cache_read,
        cache_write: tokens.cache_write,
        output: tokens.output.saturating_add(tokens.reasoning),
    };
    weigh(provider, model, counts).units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_window_determines_its_models() {
        for (name, scope) in [
            ("five_hour", ModelScope::All),
            ("seven_day", ModelScope::All),
            ("720_hour", ModelScope::All),
            ("premium_interactions", ModelScope::All),
            ("seven_day_sonnet", ModelScope::Family("sonnet")),
            ("seven_day_opus", ModelScope::Family("opus")),
            ("seven_day_oi", ModelScope::Unknown),
            ("five_hour_code_review", ModelScope::Unknown),
        ] {
            assert_eq!(ModelScope::of(name), scope, "{name}");
        }
        assert!(ModelScope::Family("opus").counts("team/Claude-Opus-4-5"));
        assert!(!ModelScope::Unknown.counts("claude-opus-4-5"));
    }
}
