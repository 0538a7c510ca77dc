//! Names of models: the patterns of allow-lists and quotas, and the table of aliases.

mod alias_table;

use entity::ModelPatterns;
pub use limits::pattern::fits;

pub use self::alias_table::AliasTable;
use super::{Error, Result, text};

const MAX_PATTERNS: usize = 200;

/// Whether a model matches one of the patterns. `*` stands for any run of characters.
pub fn matches(patterns: &ModelPatterns, model: &str) -> bool {
    patterns.0.iter().any(|pattern| fits(pattern, model))
}

/// Whether the patterns of a user and a key, if any, allow a model by its name or by that of its target.
pub fn allow(patterns: [Option<&ModelPatterns>; 2], name: &str, target: Option<&str>) -> bool {
    let allowed = |name: &str| {
        let mut patterns = patterns.into_iter().flatten();
        patterns.all(|patterns| matches(patterns, name))
    };
    allowed(name) || target.is_some_and(allowed)
}

/// Validates a list of patterns. An empty list would block everything, so it is an error.
pub(super) fn check(patterns: Option<Vec<String>>) -> Result<Option<ModelPatterns>> {
    let Some(patterns) = patterns else {
        return Ok(None);
    };
    if patterns.is_empty() || patterns.len() > MAX_PATTERNS {
        return Err(Error::BadInput(format!(
            "allowedModels lists 1 to {MAX_PATTERNS} models; use null to allow all"
        )));
    }
    let checked: Result<Vec<_>> = patterns
        .iter()
        .map(|pattern| text::required("allowedModels", pattern, 200))
        .collect();
    Ok(Some(ModelPatterns(checked?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names_and_stars_match_anything() {
        let allowed = ModelPatterns(vec!["gpt-5".into(), "claude-*-4".into(), "*mini".into()]);

        for model in ["gpt-5", "claude-opus-4", "gpt-4o-mini", "mini"] {
            assert!(matches(&allowed, model), "{model}");
        }
        for model in [
            "gpt-5-pro",
            "GPT-5",
            "claude-4",
            "claude-opus-4.5",
            "minis",
            "",
        ] {
            assert!(!matches(&allowed, model), "{model}");
        }
    }
}
