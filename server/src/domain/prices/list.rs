//! All prices in memory: found for every request, without a query.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use entity::{price, provider_account::ProviderKind};
use sea_orm::ActiveEnum as _;
use uuid::Uuid;

use super::bundled::is_bundled;
use crate::domain::{model_aliases::AliasTable, models::fits};

/// Which prices are wanted.
#[derive(Clone, Debug, Default)]
pub struct PriceFilter {
    /// Part of a pattern, or a name that a pattern fits; in any case.
    pub model: Option<String>,
    /// Only prices that hold now, or only the others.
    pub in_force: Option<bool>,
}

/// All prices there are and ever were.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    /// By pattern and provider, the latest first.
    rows: Vec<price::Model>,
    places: HashMap<Uuid, usize>,
    /// Those for one model, by its name.
    exact: HashMap<String, Vec<Entry>>,
    /// Those with a star. These and each of the above stand in the order in which they win.
    patterns: Vec<Entry>,
    /// An alias costs what its target costs.
    aliases: Arc<AliasTable>,
}

/// The request properties that select a price.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: usize,
    provider: Option<ProviderKind>,
    effective_from: DateTime<Utc>,
    /// With which byte the names begin that the pattern fits; any, when it begins with a star.
    initial: Option<u8>,
}

impl PriceList {
    /// A list of these prices.
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

    /// This list and these prices.
    pub(super) fn with(&self, more: &[price::Model]) -> Self {
        Self {
            aliases: self.aliases.clone(),
            ..Self::new([self.rows.as_slice(), more].concat())
        }
    }

    /// This list, with these aliases.
    pub(super) fn knowing(&self, aliases: Arc<AliasTable>) -> Self {
        Self {
            aliases,
            ..self.clone()
        }
    }

    /// The aliases that it sees through.
    pub fn aliases(&self) -> &Arc<AliasTable> {
        &self.aliases
    }

    /// The price of a model at a moment, if it has one: of what an alias stands for, or else of its own
    /// name. A price of one provider is for requests that are known to go there.
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
            // Most patterns differ in their first letter, so they are not compared further.
            (entry.initial.is_none() || entry.initial == first)
                && fits(&self.rows[entry.place].model_pattern, &model)
        });
        let found = named.filter(holds).chain(fitting.filter(holds)).next();
        found.map(|entry| &self.rows[entry.place])
    }

    /// The price with this id.
    pub fn by_id(&self, id: Uuid) -> Option<&price::Model> {
        self.places.get(&id).map(|place| &self.rows[*place])
    }

    /// All prices, by pattern and provider, the latest first.
    pub fn rows(&self) -> &[price::Model] {
        &self.rows
    }

    /// The price of each pattern and provider that holds at a moment.
    pub fn in_force(&self, at: DateTime<Utc>) -> impl Iterator<Item = &price::Model> {
        let same = |one: &price::Model, other: &price::Model| {
            one.model_pattern == other.model_pattern && one.provider == other.provider
        };
        self.rows.chunk_by(same).filter_map(move |versions| {
            let begun = versions.iter().filter(|row| row.effective_from <= at);
            begun.max_by_key(|row| (!is_bundled(row), row.effective_from))
        })
    }

    /// The places of the prices that are wanted, ascending.
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

    /// Where the price with this id stands among the rows.
    pub(super) fn place(&self, id: Uuid) -> Option<usize> {
        self.places.get(&id).copied()
    }
}

/// The provider of the price; `None` for all.
pub fn provider_of(price: &price::Model) -> Option<ProviderKind> {
    ProviderKind::try_from_value(&price.provider).ok()
}

/// Orders by precedence: the more literal pattern, the price of one provider, an administrator's price, the
/// latest. The pattern itself only decides that there is an order.
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

/// Patterns are kept in small letters; a name seldom has others.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests;
