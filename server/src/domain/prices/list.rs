//! All prices in memory, so that requests need no query.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use entity::{price, provider_account::ProviderKind};
use sea_orm::ActiveEnum as _;
use uuid::Uuid;

use super::bundled::is_bundled;
use crate::domain::models::{AliasTable, fits};

/// All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct PriceFilter {
    /// Part of a pattern, or a model name that a pattern matches; ignores case.
    pub model: Option<String>,
    /// Only prices that are in force now, or only the others.
    pub in_force: Option<bool>,
}

/// Current, future and superseded prices.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    /// By pattern and provider, latest first.
    rows: Vec<price::Model>,
    places: HashMap<Uuid, usize>,
    /// Prices without a wildcard, by model name.
    exact: HashMap<String, Vec<Entry>>,
    /// Prices with a wildcard. These and the values of `exact` are in order of precedence.
    patterns: Vec<Entry>,
    /// Those that have prices of their own.
    pub(super) providers: Vec<ProviderKind>,
    /// For the price of an alias, which is that of its target.
    aliases: Arc<AliasTable>,
}

/// The fields that are needed to choose a price.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: usize,
    provider: Option<ProviderKind>,
    effective_from: DateTime<Utc>,
    /// The first byte of the names that the pattern matches; `None` if it starts with a wildcard.
    initial: Option<u8>,
}

impl PriceList {
    pub(super) fn new(mut rows: Vec<price::Model>) -> Self {
        rows.sort_by(|one, other| display_key(one).cmp(&display_key(other)));
        let mut ranked: Vec<usize> = (0..rows.len()).collect();
        ranked.sort_by_key(|place| rank(&rows[*place]));
        let mut list = Self::default();
        for place in ranked {
            let row = &rows[place];
            let entry = Entry {
                place,
                provider: provider_of(row),
                effective_from: row.effective_from,
                initial: initial(&row.model_pattern).filter(|byte| *byte != b'*'),
            };
            list.places.insert(row.id, place);
            if let Some(provider) = entry.provider.filter(|kind| !list.providers.contains(kind)) {
                list.providers.push(provider);
            }
            if row.model_pattern.contains('*') {
                list.patterns.push(entry);
            } else {
                let named = list.exact.entry(row.model_pattern.clone());
                named.or_default().push(entry);
            }
        }
        list.rows = rows;
        list
    }

    /// A copy with more prices.
    pub(super) fn with(&self, more: &[price::Model]) -> Self {
        Self {
            aliases: self.aliases.clone(),
            ..Self::new([self.rows.as_slice(), more].concat())
        }
    }

    /// A copy with other aliases.
    pub(super) fn with_aliases(&self, aliases: Arc<AliasTable>) -> Self {
        Self {
            aliases,
            ..self.clone()
        }
    }

    /// The aliases that look-ups resolve.
    pub fn aliases(&self) -> &Arc<AliasTable> {
        &self.aliases
    }

    /// The price of a model at a time: the price of its target if it is an alias with one, otherwise that of its own
    /// name. Prices of one provider apply only to requests of that provider.
    pub fn find(
        &self,
        model: &str,
        provider: Option<ProviderKind>,
        at: DateTime<Utc>,
    ) -> Option<&price::Model> {
        let target = self.aliases.target(model, at);
        let mut names = target.as_deref().into_iter().chain([model]);
        names.find_map(|name| self.find_by_name(name, provider, at))
    }

    fn find_by_name(
        &self,
        model: &str,
        provider: Option<ProviderKind>,
        at: DateTime<Utc>,
    ) -> Option<&price::Model> {
        let model = lower(model);
        let holds = |entry: &&Entry| {
            entry.effective_from <= at && (entry.provider.is_none() || entry.provider == provider)
        };
        let named = self.exact.get(model.as_ref()).into_iter().flatten();
        let first = initial(&model);
        let fitting = self.patterns.iter().filter(|entry| {
            // The first byte excludes most patterns without reading them.
            (entry.initial.is_none() || entry.initial == first)
                && fits(&self.rows[entry.place].model_pattern, &model)
        });
        let found = named.filter(holds).chain(fitting.filter(holds)).next();
        found.map(|entry| &self.rows[entry.place])
    }

    pub fn by_id(&self, id: Uuid) -> Option<&price::Model> {
        self.places.get(&id).map(|place| &self.rows[*place])
    }

    /// All prices, by pattern and provider, latest first.
    pub fn rows(&self) -> &[price::Model] {
        &self.rows
    }

    /// The prices that are in force at a time, one per pattern and provider.
    pub fn in_force(&self, at: DateTime<Utc>) -> impl Iterator<Item = &price::Model> {
        let same = |one: &price::Model, other: &price::Model| {
            one.model_pattern == other.model_pattern && one.provider == other.provider
        };
        self.rows.chunk_by(same).filter_map(move |versions| {
            let begun = versions.iter().filter(|row| row.effective_from <= at);
            begun.max_by_key(|row| (!is_bundled(row), row.effective_from))
        })
    }

    /// The indexes of the matching prices, ascending.
    pub(super) fn select(&self, filter: &PriceFilter, now: DateTime<Utc>) -> Vec<usize> {
        let text = filter.model.as_deref().map(str::trim).map(lower);
        let wanted = |row: &price::Model| {
            let pattern = &row.model_pattern;
            text.as_deref()
                .is_none_or(|text| pattern.contains(text) || fits(pattern, text))
        };
        let mut holds = vec![false; self.rows.len()];
        for row in self.in_force(now) {
            holds[self.places[&row.id]] = true;
        }
        let all = 0..self.rows.len();
        all.filter(|place| filter.in_force.is_none_or(|wanted| wanted == holds[*place]))
            .filter(|place| wanted(&self.rows[*place]))
            .collect()
    }

    /// The index of a price.
    pub(super) fn place(&self, id: Uuid) -> Option<usize> {
        self.places.get(&id).copied()
    }
}

/// `None` if the price applies to all providers.
pub fn provider_of(price: &price::Model) -> Option<ProviderKind> {
    // The error of an unknown name allocates.
    let name = Some(&price.provider).filter(|name| !name.is_empty())?;
    ProviderKind::try_from_value(name).ok()
}

/// The order of precedence: more literal characters, a specific provider, set by an administrator, latest. The pattern
/// itself makes the order total.
fn rank(row: &price::Model) -> impl Ord + use<> {
    let literal = row.model_pattern.chars().filter(|c| *c != '*').count();
    (
        Reverse(literal),
        row.provider.is_empty(),
        is_bundled(row),
        Reverse(row.effective_from),
        row.model_pattern.clone(),
    )
}

fn display_key(row: &price::Model) -> impl Ord + use<'_> {
    let latest_first = Reverse(row.effective_from);
    (&row.model_pattern, &row.provider, latest_first, row.id)
}

fn initial(text: &str) -> Option<u8> {
    text.as_bytes().first().copied()
}

/// Patterns are stored in lower case, and names rarely need conversion.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests;
