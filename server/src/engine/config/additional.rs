//! Models that the engine's catalogue lacks, rendered so that signed-in accounts serve them.
//!
//! The engine refuses names that it does not know. An alias of a known model makes the name known, and a rule puts the
//! name itself into the request after the engine has resolved the alias. The engine applies the limits of the known model.

use std::collections::{BTreeMap, HashMap};

use entity::model_alias;
use serde::Serialize;

use super::aliases::{ChannelAlias, KnownModels, is_for, same};
use crate::domain::settings::EngineSettings;
use crate::providers;

/// The rules that replace fields of requests.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct PayloadRules {
    #[serde(rename = "override")]
    replaced: Vec<PayloadRule>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct PayloadRule {
    models: Vec<RuleModel>,
    params: BTreeMap<&'static str, String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct RuleModel {
    /// A name of the client, before aliases are resolved.
    name: String,
    protocol: &'static str,
}

impl PayloadRules {
    pub(super) fn is_empty(&self) -> bool {
        self.replaced.is_empty()
    }
}

/// The additional models of every provider by name, with the known model that each is treated like. Models that the
/// catalogue has by now are left out.
pub(super) fn by_provider(settings: &EngineSettings, known: &KnownModels) -> AdditionalModels {
    let mut all = AdditionalModels::new();
    for spec in providers::ALL {
        let provider = settings.provider(spec.kind);
        let known = known.get(&spec.kind).map(Vec::as_slice).unwrap_or_default();
        for name in &provider.provider.additional_models {
            if let Some(basis) = basis(known, name) {
                let names = all.entry(spec.kind).or_default();
                names.push((name.clone(), basis.to_owned()));
            }
        }
    }
    all
}

/// Names and the known model that each is treated like, by provider.
pub(super) type AdditionalModels =
    HashMap<entity::provider_account::ProviderKind, Vec<(String, String)>>;

/// The known model with the longest common beginning, the last of several; none if the name itself is known.
fn basis<'a>(known: &'a [String], name: &str) -> Option<&'a str> {
    if known.iter().any(|each| same(each, name)) {
        return None;
    }
    let common = |each: &String| {
        let pairs = each.bytes().zip(name.bytes());
        pairs
            .take_while(|(one, other)| one.eq_ignore_ascii_case(other))
            .count()
    };
    known
        .iter()
        .max_by_key(|each| common(each))
        .map(String::as_str)
}

/// Adds the names to the aliases of signed-in accounts, and lets aliases of additional models lead to the known ones.
pub(super) fn add_to_channels(
    channels: &mut BTreeMap<&'static str, Vec<ChannelAlias>>,
    additional: &AdditionalModels,
) {
    for spec in providers::ALL {
        for (name, basis) in additional.get(&spec.kind).into_iter().flatten() {
            for channel in spec.engine.channels {
                let aliases = channels.entry(*channel).or_default();
                for alias in aliases.iter_mut().filter(|alias| same(alias.name(), name)) {
                    alias.lead_to(basis);
                }
                aliases.push(ChannelAlias::new(basis, name));
            }
        }
    }
}

/// The rules that put the names into requests, those of accounts with a prefix and of aliases included.
pub(super) fn rules(additional: &AdditionalModels, aliases: &[model_alias::Model]) -> PayloadRules {
    let mut rules = PayloadRules::default();
    for spec in providers::ALL {
        let Some(protocol) = spec.engine.model_rules else {
            continue;
        };
        for (name, _) in additional.get(&spec.kind).into_iter().flatten() {
            let aliases = aliases
                .iter()
                .filter(|alias| is_for(alias, spec.kind) && same(&alias.model, name))
                .map(|alias| &alias.alias);
            let models = std::iter::once(name).chain(aliases).flat_map(|name| {
                [name.clone(), format!("*/{name}")].map(|name| RuleModel { name, protocol })
            });
            rules.replaced.push(PayloadRule {
                models: models.collect(),
                params: BTreeMap::from([("model", name.clone())]),
            });
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_additional_model_is_treated_like_the_most_similar_known_one() {
        let known = known(&["claude-opus-4", "claude-sonnet-4-5", "claude-sonnet-4-6"]);

        assert_eq!(basis(&known, "claude-sonnet-5"), Some("claude-sonnet-4-6"));
        assert_eq!(basis(&known, "claude-opus-5"), Some("claude-opus-4"));
        assert_eq!(basis(&known, "Claude-Opus-4"), None);
        assert_eq!(basis(&[], "claude-opus-5"), None);
    }
}
