//! Every model that is served: by whom, under which names, at which price; and what a name leads to.

use chrono::{DateTime, Utc};
use entity::{
    model_alias, price,
    provider_account::{self, ProviderKind},
    request::Protocol,
    user,
};

use super::{
    engine_models::EngineModels,
    model_name::{NameRule, routed_as},
    models,
    output_bounds::{ServingModel, is_kept},
    prices::PriceList,
};

/// The sources of the catalogue.
#[derive(Debug)]
pub struct ModelCatalogue<'a> {
    pub models: &'a EngineModels,
    /// Our accounts, disabled ones too; none when the engine does not work with them.
    pub accounts: &'a [provider_account::Model],
    pub prices: &'a PriceList,
    pub at: DateTime<Utc>,
}

/// A model that a request may name.
#[derive(Clone, Debug)]
pub struct CatalogueModel {
    pub name: String,
    /// The model of an alias.
    pub alias_of: Option<String>,
    /// The aliases that lead to it.
    pub aliases: Vec<String>,
    pub providers: Vec<ProviderKind>,
    /// The enabled accounts that serve it.
    pub accounts: Vec<provider_account::Model>,
    pub price: Option<price::Model>,
    /// The owner, as the engine reports it.
    pub owner: Option<String>,
}

/// Why a name would not be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelProblem {
    UserDisabled,
    NotAllowed,
    Unknown,
    NoEnabledAccount,
    Excluded,
}

/// The models and accounts that a name resolves to for a user.
#[derive(Clone, Debug)]
pub struct ModelResolution {
    /// The name without the parts that the engine does not route by.
    pub name: String,
    pub alias: Option<model_alias::Model>,
    /// The model that would serve.
    pub target: String,
    pub providers: Vec<ProviderKind>,
    pub accounts: Vec<provider_account::Model>,
    pub price: Option<price::Model>,
    pub problem: Option<ModelProblem>,
}

impl ModelCatalogue<'_> {
    /// All models, by name.
    pub fn list(&self) -> Vec<CatalogueModel> {
        let models = self.models.listed.iter();
        models
            .map(|(name, owner)| self.model(name, owner.clone()))
            .collect()
    }

    fn model(&self, name: &str, owner: Option<String>) -> CatalogueModel {
        let accounts = self.serving(name);
        let providers = kinds(&accounts);
        let aliases = self.prices.aliases().living().into_iter();
        CatalogueModel {
            name: name.to_owned(),
            alias_of: self.prices.aliases().target(name, self.at),
            aliases: aliases
                .filter(|alias| same(&alias.model, name))
                .map(|alias| alias.alias.clone())
                .collect(),
            price: self.price(name, &providers),
            providers,
            accounts: accounts.into_iter().cloned().collect(),
            owner,
        }
    }

    /// The accounts that would serve a name for a user, or why there are none.
    pub fn resolve(&self, name: &str, user: &user::Model) -> ModelResolution {
        let name = routed_as(NameRule::Plain, name);
        let aliases = self.prices.aliases();
        let target = aliases.target(&name, self.at);
        let accounts = self.serving(&name);
        let providers = kinds(&accounts);
        ModelResolution {
            alias: aliases.find(&name, self.at).cloned(),
            problem: self.problem(&name, target.as_deref(), user),
            price: self.price(&name, &providers),
            target: target.unwrap_or_else(|| name.clone()),
            providers,
            accounts: accounts.into_iter().cloned().collect(),
            name,
        }
    }

    /// Whether each account that may serve a name keeps the bound of a request in this protocol.
    pub fn keeps_bound(&self, name: &str, protocol: Protocol) -> bool {
        let target = self.prices.aliases().target(name, self.at);
        let target = target.as_deref().unwrap_or(name);
        self.serving(name).into_iter().all(|account| {
            let server = ServingModel {
                kind: account.kind,
                credential: Some(account.credential),
            };
            is_kept(server, protocol, target)
        })
    }

    fn problem(
        &self,
        name: &str,
        target: Option<&str>,
        user: &user::Model,
    ) -> Option<ModelProblem> {
        if !user.enabled || user.archived_at.is_some() {
            return Some(ModelProblem::UserDisabled);
        }
        let may_use = |name: &str| {
            let patterns = user.allowed_models.as_ref();
            patterns.is_none_or(|patterns| models::matches(patterns, name))
        };
        if !may_use(name) && !target.is_some_and(may_use) {
            return Some(ModelProblem::NotAllowed);
        }
        if self.models.lists(name) {
            return None;
        }
        let mut offering = self.accounts.iter().filter(|one| self.offers(one, name));
        Some(
            match (offering.any(|one| one.enabled), self.has_any(name)) {
                (true, _) => ModelProblem::Excluded,
                (false, true) => ModelProblem::NoEnabledAccount,
                (false, false) => ModelProblem::Unknown,
            },
        )
    }

    fn has_any(&self, name: &str) -> bool {
        self.accounts.iter().any(|one| self.offers(one, name))
    }

    /// The enabled accounts that serve a name, if the engine serves it at all.
    fn serving(&self, name: &str) -> Vec<&provider_account::Model> {
        if !self.models.lists(name) {
            return Vec::new();
        }
        let accounts = self.accounts.iter();
        accounts
            .filter(|account| account.enabled && self.offers(account, name))
            .collect()
    }

    /// Whether an account has a model: by its own list, by the engine's list of its file, or by the models that
    /// its provider is known for.
    fn offers(&self, account: &provider_account::Model, name: &str) -> bool {
        let prefix = account.prefix.as_deref().map(|prefix| format!("{prefix}/"));
        let name = prefix
            .and_then(|prefix| name.strip_prefix(&prefix))
            .unwrap_or(name);
        let alias = self.prices.aliases().find(name, self.at);
        let name = match alias {
            Some(alias) if alias.provider.is_none_or(|kind| kind == account.kind) => &alias.model,
            Some(_) => return false,
            None => name,
        };
        let has = |names: &[String]| names.iter().any(|known| same(known, name));
        let file = account.file_name.as_ref();
        if let Some(models) = file.and_then(|file| self.models.by_file.get(file)) {
            return has(models);
        }
        if account.models.0.is_empty() {
            let known = self.models.known.get(&account.kind);
            return known.is_some_and(|known| has(known));
        }
        let mut own = account.models.0.iter();
        own.any(|model| same(model.alias.as_ref().unwrap_or(&model.name), name))
    }

    /// A provider's own price counts when it alone serves.
    fn price(&self, name: &str, providers: &[ProviderKind]) -> Option<price::Model> {
        let provider = match providers {
            [one] => Some(*one),
            _ => None,
        };
        self.prices.find(name, provider, self.at).cloned()
    }
}

fn kinds(accounts: &[&provider_account::Model]) -> Vec<ProviderKind> {
    let mut kinds: Vec<_> = accounts.iter().map(|account| account.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
