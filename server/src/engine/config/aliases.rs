//! Renders model aliases in the engine's formats.
//!
//! The entry of a key lists them among its models; signed-in accounts have a list for each channel of the engine. Both
//! names stay usable: an entry with a list serves only the listed models, so the models that it served without a list
//! are listed too.

use std::collections::{BTreeMap, HashMap};

use entity::{
    model_alias,
    provider_account::{ProviderKind, ProviderModel},
};
use serde::Serialize;

use crate::domain::provider_accounts::ProviderCredential;
use crate::providers;

/// The engine's models of each provider's API, for accounts without a list.
pub(in crate::engine) type KnownModels = HashMap<ProviderKind, Vec<String>>;

/// One alias of signed-in accounts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ChannelAlias {
    name: String,
    alias: String,
    /// Keeps the model's own name usable. Responses contain the served model, because the engine rewrites responses only
    /// with `force-mapping`.
    fork: bool,
}

impl ChannelAlias {
    /// An alias beside the model's own name.
    pub(super) fn new(name: &str, alias: &str) -> Self {
        Self {
            name: name.to_owned(),
            alias: alias.to_owned(),
            fork: true,
        }
    }

    /// The model that it leads to.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn lead_to(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }
}

/// The aliases of signed-in accounts, by channel.
pub(super) fn by_channel(
    aliases: &[model_alias::Model],
) -> BTreeMap<&'static str, Vec<ChannelAlias>> {
    let mut lists: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for spec in providers::ALL {
        for alias in aliases.iter().filter(|alias| is_for(alias, spec.kind)) {
            for channel in spec.engine.channels {
                let aliases = lists.entry(*channel).or_default();
                aliases.push(ChannelAlias::new(&alias.model, &alias.alias));
            }
        }
    }
    lists
}

/// The models of a key's entry, with additional models and the aliases of the models that it serves.
pub(super) fn of_entry(
    credential: &ProviderCredential,
    aliases: &[model_alias::Model],
    known: &KnownModels,
    additional: &[(String, String)],
) -> Vec<ProviderModel> {
    let plain = |name: &String| ProviderModel {
        name: name.clone(),
        alias: None,
    };
    let own = &credential.models;
    let has_additional = own.is_empty() && !additional.is_empty();
    let served: Vec<ProviderModel> = if own.is_empty() {
        let known = known.get(&credential.kind).into_iter().flatten();
        let additional = additional.iter().map(|(name, _)| name);
        known.chain(additional).map(plain).collect()
    } else {
        own.clone()
    };
    let more: Vec<_> = aliases
        .iter()
        .filter(|alias| is_for(alias, credential.kind))
        .filter_map(|alias| {
            let mut models = served.iter();
            let model = models.find(|model| same(shown(model), &alias.model))?;
            Some(ProviderModel {
                name: model.name.clone(),
                alias: Some(alias.alias.clone()),
            })
        })
        .collect();
    if more.is_empty() && !has_additional {
        return own.clone();
    }
    served.into_iter().chain(more).collect()
}

pub(super) fn is_for(alias: &model_alias::Model, kind: ProviderKind) -> bool {
    alias.provider.is_none_or(|provider| provider == kind)
}

fn shown(model: &ProviderModel) -> &str {
    model.alias.as_deref().unwrap_or(&model.name).trim()
}

pub(super) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::lists::tests::credential;
    use super::*;

    fn alias(alias: &str, model: &str, provider: Option<ProviderKind>) -> model_alias::Model {
        model_alias::Model {
            id: uuid::Uuid::nil(),
            alias: alias.to_owned(),
            model: model.to_owned(),
            provider,
            created_at: chrono::DateTime::UNIX_EPOCH,
            removed_at: None,
        }
    }

    fn names(models: &[ProviderModel]) -> Vec<(&str, &str)> {
        models
            .iter()
            .map(|model| (model.name.as_str(), shown(model)))
            .collect()
    }

    #[test]
    fn an_alias_hides_no_other_model_of_the_entry() {
        let claude = credential(ProviderKind::Claude, "one", "key");
        let known = KnownModels::from([(
            ProviderKind::Claude,
            vec!["opus".to_owned(), "haiku".to_owned()],
        )]);

        let models = of_entry(&claude, &[alias("gpt-4", "Opus", None)], &known, &[]);

        assert_eq!(
            names(&models),
            [("opus", "opus"), ("haiku", "haiku"), ("opus", "gpt-4")]
        );
    }

    #[test]
    fn an_alias_of_an_alias_of_the_account_reaches_the_real_model() {
        let mut compatible = credential(ProviderKind::OpenaiCompatible, "one", "key");
        compatible.models = vec![ProviderModel {
            name: "big".to_owned(),
            alias: Some("clever".to_owned()),
        }];

        let models = of_entry(
            &compatible,
            &[alias("gpt-4", "clever", None)],
            &KnownModels::new(),
            &[],
        );

        assert_eq!(names(&models), [("big", "clever"), ("big", "gpt-4")]);
    }

    #[test]
    fn an_alias_for_other_accounts_does_not_change_an_entry() {
        let claude = credential(ProviderKind::Claude, "one", "key");
        let known = KnownModels::from([(ProviderKind::Claude, vec!["opus".to_owned()])]);
        let aliases = [
            alias("gpt-4", "gemini", None),
            alias("gpt-5", "opus", Some(ProviderKind::Xai)),
        ];

        assert!(of_entry(&claude, &aliases, &known, &[]).is_empty());
    }

    #[test]
    fn an_additional_model_hides_no_known_one() {
        let claude = credential(ProviderKind::Claude, "one", "key");
        let known = KnownModels::from([(ProviderKind::Claude, vec!["opus-4".to_owned()])]);
        let additional = [("opus-5".to_owned(), "opus-4".to_owned())];

        let models = of_entry(&claude, &[], &known, &additional);

        assert_eq!(names(&models), [("opus-4", "opus-4"), ("opus-5", "opus-5")]);
    }

    #[test]
    fn signed_in_accounts_get_the_aliases_of_their_channels() {
        let aliases = [alias("gpt-4", "opus", Some(ProviderKind::Claude))];

        let lists = by_channel(&aliases);

        assert_eq!(lists.keys().copied().collect::<Vec<_>>(), ["claude"]);
        assert!(lists["claude"][0].fork);
    }
}
