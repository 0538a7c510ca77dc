//! The aliases in memory, so that requests need no query.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::model_alias;

/// Current aliases and recently removed ones. Look-ups ignore case, as in the engine.
#[derive(Clone, Debug, Default)]
pub struct AliasTable(HashMap<String, Vec<model_alias::Model>>);

impl AliasTable {
    pub(in crate::domain) fn new(rows: Vec<model_alias::Model>) -> Self {
        let mut table = Self::default();
        for row in rows {
            let named = table.0.entry(row.alias.to_lowercase());
            named.or_default().push(row);
        }
        table
    }

    /// The alias with this name at a time.
    pub fn find(&self, name: &str, at: DateTime<Utc>) -> Option<&model_alias::Model> {
        if self.0.is_empty() {
            return None;
        }
        let holds = |row: &&model_alias::Model| {
            row.created_at <= at && row.removed_at.is_none_or(|end| at < end)
        };
        self.0.get(&name.to_lowercase())?.iter().find(holds)
    }

    /// The target of a name at a time, if it is an alias. Keeps the prefix of an account.
    pub fn target(&self, name: &str, at: DateTime<Utc>) -> Option<String> {
        if let Some(alias) = self.find(name, at) {
            return Some(alias.model.clone());
        }
        let (prefix, rest) = name.split_once('/')?;
        let alias = self.find(rest, at)?;
        Some(format!("{prefix}/{}", alias.model))
    }

    /// The aliases that are not removed, by name.
    pub fn active(&self) -> Vec<&model_alias::Model> {
        let rows = self.0.values().flatten();
        let mut active: Vec<_> = rows.filter(|row| row.removed_at.is_none()).collect();
        active.sort_by(|one, other| one.alias.cmp(&other.alias));
        active
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    fn row(alias: &str, model: &str, from: i64, until: Option<i64>) -> model_alias::Model {
        let second = |at| DateTime::UNIX_EPOCH + TimeDelta::seconds(at);
        model_alias::Model {
            id: Uuid::nil(),
            alias: alias.to_owned(),
            model: model.to_owned(),
            provider: None,
            created_at: second(from),
            removed_at: until.map(second),
        }
    }

    #[test]
    fn an_alias_leads_where_it_led_at_that_moment() {
        let table = AliasTable::new(vec![
            row("GPT-4", "old", 10, Some(20)),
            row("gpt-4", "new", 20, None),
        ]);
        let at = |second| {
            let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
            table.target("gPt-4", at)
        };

        assert_eq!(at(9), None);
        assert_eq!(at(10).as_deref(), Some("old"));
        assert_eq!(at(20).as_deref(), Some("new"));
        assert_eq!(table.active().len(), 1);
    }

    #[test]
    fn a_prefix_stays_before_the_target() {
        let table = AliasTable::new(vec![row("gpt-4", "claude", 0, None)]);

        assert_eq!(
            table.target("team/gpt-4", DateTime::UNIX_EPOCH).as_deref(),
            Some("team/claude")
        );
        assert_eq!(table.target("gpt-4/team", DateTime::UNIX_EPOCH), None);
    }
}
