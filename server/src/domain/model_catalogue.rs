//! The available models with accounts, aliases and prices, and the resolution of a model name.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{
    api_key, model_alias, price,
    provider_account::{self, ProviderKind},
    request::Protocol,
    user,
};
use uuid::Uuid;

use super::{
    account_groups::{AccessSnapshot, PermittedAccounts},
    engine_models::EngineModels,
    model_name::{NameRule, routed_as},
    models,
    output_bounds::{ServingModel, is_kept},
    prices::PriceList,
};

/// The inputs of the catalogue.
#[derive(Debug)]
pub struct ModelCatalogue<'a> {
    pub models: &'a EngineModels,
    /// Our accounts, including those not in use; empty with an external engine that has its own.
    pub accounts: &'a [provider_account::Model],
    pub prices: &'a PriceList,
    /// The accounts that callers may use.
    pub access: &'a AccessSnapshot,
    pub at: DateTime<Utc>,
}

/// A model that requests may use.
#[derive(Clone, Debug)]
pub struct CatalogueModel {
    pub name: String,
    /// The target, if it is an alias.
    pub alias_of: Option<String>,
    /// The aliases of this model.
    pub aliases: Vec<String>,
    pub providers: Vec<ProviderKind>,
    /// The accounts in use that serve it.
    pub accounts: Vec<provider_account::Model>,
    pub price: Option<price::Model>,
    /// The owner that the engine reports.
    pub owner: Option<String>,
}

/// The price of a model as its users see it.
#[derive(Clone, Debug)]
pub enum ModelPrice {
    One(Box<price::Model>),
    /// It depends on the provider whose account serves a request.
    Varies,
    None,
}

/// Why requests for a name would fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelProblem {
    UserDisabled,
    NotAllowed,
    Unknown,
    NoEnabledAccount,
    Excluded,
    AccountNotAllowed,
}

/// Why an account that offers a model does not serve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountExclusion {
    NotPermitted,
    Disabled,
    Paused,
}

/// An account that offers a model.
#[derive(Clone, Debug)]
pub struct OfferingAccount {
    pub account: provider_account::Model,
    /// `None` if it may serve the request.
    pub excluded: Option<AccountExclusion>,
}

/// The routing of a model name for a user.
#[derive(Clone, Debug)]
pub struct ModelResolution {
    /// The name that the engine routes by.
    pub name: String,
    pub alias: Option<model_alias::Model>,
    /// The model that would be used.
    pub target: String,
    pub providers: Vec<ProviderKind>,
    pub accounts: Vec<provider_account::Model>,
    /// Every account that offers it.
    pub offering: Vec<OfferingAccount>,
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

    /// The models that a key can use, by name.
    pub fn of_key(
        &self,
        user: &user::Model,
        key: &api_key::Model,
    ) -> Vec<(CatalogueModel, ModelPrice)> {
        let patterns = [user.allowed_models.as_ref(), key.allowed_models.as_ref()];
        let permitted = self.access.permitted(user.id, Some(key.id));
        let allowed = self.list().into_iter().filter(|model| {
            let target = model.alias_of.as_deref();
            models::allow(patterns, &model.name, target)
        });
        allowed
            .filter_map(|model| self.with_permitted(model, &permitted))
            .map(|model| {
                let price = self.price_of(&model);
                (model, price)
            })
            .collect()
    }

    /// A model with the accounts that a caller may use; `None` if there are none.
    fn with_permitted(
        &self,
        mut model: CatalogueModel,
        permitted: &PermittedAccounts,
    ) -> Option<CatalogueModel> {
        if self.is_unrestricted(permitted) {
            return Some(model);
        }
        let may_use =
            |account: &provider_account::Model| self.access.may_use(permitted, account.id);
        model.accounts.retain(may_use);
        if model.accounts.is_empty() {
            return None;
        }
        model.providers = kinds(model.accounts.iter());
        model.price = self.price(&model.name, &model.providers);
        Some(model)
    }

    /// Whether a caller may use all accounts, or those of an engine whose accounts are not ours.
    fn is_unrestricted(&self, permitted: &PermittedAccounts) -> bool {
        *permitted == PermittedAccounts::Ungrouped
            && (self.access.grouped().is_empty() || self.accounts.is_empty())
    }

    /// The names of the models that a caller with these accounts can use.
    pub fn names_of(&self, permitted: &PermittedAccounts) -> HashSet<String> {
        let may_use =
            |account: &&provider_account::Model| self.access.may_use(permitted, account.id);
        let names = self.models.listed.keys();
        let served = names.filter(|name| self.serving(name).iter().any(may_use));
        served.cloned().collect()
    }

    fn price_of(&self, model: &CatalogueModel) -> ModelPrice {
        if let Some(price) = &model.price {
            return ModelPrice::One(Box::new(price.clone()));
        }
        let mut providers = model.providers.iter();
        let has_price = |kind: &ProviderKind| {
            self.prices
                .find(&model.name, Some(*kind), self.at)
                .is_some()
        };
        if providers.any(has_price) {
            ModelPrice::Varies
        } else {
            ModelPrice::None
        }
    }

    fn model(&self, name: &str, owner: Option<String>) -> CatalogueModel {
        let accounts = self.serving(name);
        let providers = kinds(accounts.iter().copied());
        let aliases = self.prices.aliases().active().into_iter();
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

    /// Resolves a name for a user, and for one of their keys if its id is given, with the reason if requests would fail.
    pub fn resolve(
        &self,
        name: &str,
        user: &user::Model,
        api_key_id: Option<Uuid>,
    ) -> ModelResolution {
        let name = routed_as(NameRule::Plain, name).into_owned();
        let aliases = self.prices.aliases();
        let target = aliases.target(&name, self.at);
        let permitted = self.access.permitted(user.id, api_key_id);
        let mut accounts = self.serving(&name);
        accounts.retain(|account| self.access.may_use(&permitted, account.id));
        let providers = kinds(accounts.iter().copied());
        ModelResolution {
            alias: aliases.find(&name, self.at).cloned(),
            problem: self
                .problem(&name, target.as_deref(), (user, &permitted))
                .or_else(|| self.access_problem(&accounts, &permitted)),
            offering: self.offering(&name, &permitted),
            price: self.price(&name, &providers),
            target: target.unwrap_or_else(|| name.clone()),
            providers,
            accounts: accounts.into_iter().cloned().collect(),
            name,
        }
    }

    /// Whether every account that may serve this name keeps the output limit of requests in this protocol.
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
        (user, permitted): (&user::Model, &PermittedAccounts),
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
        let offering = self.accounts.iter().filter(|one| self.offers(one, name));
        let mut in_use = offering.filter(|one| one.is_in_use()).peekable();
        Some(match (in_use.peek().is_some(), self.has_any(name)) {
            // Such as while an account moves to an engine process of its own.
            (true, _) if in_use.all(|one| !self.access.may_use(permitted, one.id)) => {
                ModelProblem::AccountNotAllowed
            }
            (true, _) => ModelProblem::Excluded,
            (false, true) => ModelProblem::NoEnabledAccount,
            (false, false) => ModelProblem::Unknown,
        })
    }

    /// The problem of a listed model of which the caller may use no account.
    fn access_problem(
        &self,
        accounts: &[&provider_account::Model],
        permitted: &PermittedAccounts,
    ) -> Option<ModelProblem> {
        let is_served = self.is_unrestricted(permitted) || !accounts.is_empty();
        (!is_served).then_some(ModelProblem::AccountNotAllowed)
    }

    /// Every account that offers a name, with the reason if it does not serve the caller.
    fn offering(&self, name: &str, permitted: &PermittedAccounts) -> Vec<OfferingAccount> {
        let accounts = self.accounts.iter().filter(|one| self.offers(one, name));
        let with_reason = |account: &provider_account::Model| OfferingAccount {
            excluded: if !self.access.may_use(permitted, account.id) {
                Some(AccountExclusion::NotPermitted)
            } else if !account.enabled {
                Some(AccountExclusion::Disabled)
            } else if account.paused_at.is_some() {
                Some(AccountExclusion::Paused)
            } else {
                None
            },
            account: account.clone(),
        };
        accounts.map(with_reason).collect()
    }

    fn has_any(&self, name: &str) -> bool {
        self.accounts.iter().any(|one| self.offers(one, name))
    }

    /// The accounts in use that serve a name; empty if the engine does not list it.
    fn serving(&self, name: &str) -> Vec<&provider_account::Model> {
        if !self.models.lists(name) {
            return Vec::new();
        }
        let accounts = self.accounts.iter();
        accounts
            .filter(|account| account.is_in_use() && self.offers(account, name))
            .collect()
    }

    /// Whether an account has a model, according to its own model list, the engine's report on its file, or the known
    /// models of its provider.
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

    /// The price of a single provider applies only if no other provider serves the model.
    fn price(&self, name: &str, providers: &[ProviderKind]) -> Option<price::Model> {
        let provider = match providers {
            [one] => Some(*one),
            _ => None,
        };
        self.prices.find(name, provider, self.at).cloned()
    }
}

fn kinds<'a>(accounts: impl Iterator<Item = &'a provider_account::Model>) -> Vec<ProviderKind> {
    let mut kinds: Vec<_> = accounts.map(|account| account.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
