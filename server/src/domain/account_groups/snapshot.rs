//! The account groups and who may use them, in memory: a request needs no query.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use entity::{
    account_access::{self, AccessSubjectKind},
    account_group, account_group_member,
};
use uuid::Uuid;

/// The id of a provider account.
pub type AccountId = Uuid;

/// The accounts that a caller may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermittedAccounts {
    /// Every account that is in no group.
    Ungrouped,
    /// These accounts; none at all if it is empty.
    Only(Arc<HashSet<AccountId>>),
}

/// The rule that decides the accounts of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessSource {
    /// The groups of the API key.
    ApiKey,
    /// The groups of the user.
    User,
    /// The account groups of the group of users that the user is in.
    UserGroup,
    /// The group that is the default for callers without groups.
    DefaultGroup,
    /// No group: the accounts that are in none.
    Ungrouped,
}

/// A group with its accounts, removed accounts included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountGroup {
    pub row: account_group::Model,
    pub accounts: BTreeSet<AccountId>,
}

/// The groups that a subject may use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AccessRule {
    /// Removed groups included: a rule is never dropped with its groups.
    groups: Arc<BTreeSet<Uuid>>,
    accounts: Arc<HashSet<AccountId>>,
}

/// The state of all account groups at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSnapshot {
    /// Without removed groups.
    groups: HashMap<Uuid, AccountGroup>,
    rules: HashMap<(AccessSubjectKind, Uuid), AccessRule>,
    default: Option<AccessRule>,
    /// The groups of users of their members, as far as a rule names them.
    user_groups: HashMap<Uuid, Uuid>,
    grouped: Arc<HashSet<AccountId>>,
}

/// The rows of the three tables.
#[derive(Clone, Debug, Default)]
pub(super) struct AccessRows {
    /// Without removed groups.
    pub(super) groups: Vec<account_group::Model>,
    pub(super) members: Vec<account_group_member::Model>,
    pub(super) access: Vec<account_access::Model>,
    /// Users with their groups of users; those without a rule may be missing.
    pub(super) users: Vec<(Uuid, Uuid)>,
}

impl AccessSnapshot {
    pub(super) fn new(rows: AccessRows) -> Self {
        let mut members: HashMap<Uuid, BTreeSet<AccountId>> = HashMap::new();
        for row in rows.members {
            members
                .entry(row.group_id)
                .or_default()
                .insert(row.account_id);
        }
        let groups: HashMap<Uuid, AccountGroup> = rows
            .groups
            .into_iter()
            .map(|row| {
                let accounts = members.remove(&row.id).unwrap_or_default();
                (row.id, AccountGroup { row, accounts })
            })
            .collect();
        let grouped = groups.values().flat_map(|group| &group.accounts);
        let grouped = Arc::new(grouped.copied().collect());
        let mut by_subject: HashMap<_, BTreeSet<Uuid>> = HashMap::new();
        for row in rows.access {
            let subject = (row.subject_kind, row.subject_id);
            by_subject
                .entry(subject)
                .or_default()
                .insert(row.account_group_id);
        }
        let mut known = KnownRules::default();
        let rules = by_subject.into_iter();
        let rules = rules.map(|(subject, ids)| (subject, known.rule(&groups, ids)));
        let rules = rules.collect();
        let default = groups.values().find(|group| group.row.is_default);
        let default = default.map(|group| known.rule(&groups, BTreeSet::from([group.row.id])));
        Self {
            groups,
            rules,
            default,
            user_groups: rows.users.into_iter().collect(),
            grouped,
        }
    }

    /// The accounts of a caller. The most specific subject with groups decides: the key, then the user, then the group of
    /// users; without any, the default group, or else the accounts that are in no group.
    #[must_use]
    pub fn permitted(&self, user_id: Uuid, api_key_id: Option<Uuid>) -> PermittedAccounts {
        match self.deciding(user_id, api_key_id).1 {
            Some(rule) => PermittedAccounts::Only(Arc::clone(&rule.accounts)),
            None => PermittedAccounts::Ungrouped,
        }
    }

    /// The rule that decides the accounts of a caller, and the groups that are not removed, by name.
    #[must_use]
    pub fn effective(
        &self,
        user_id: Uuid,
        api_key_id: Option<Uuid>,
    ) -> (AccessSource, Vec<&AccountGroup>) {
        let (source, rule) = self.deciding(user_id, api_key_id);
        let groups = rule.map(|rule| self.present(&rule.groups));
        (source, groups.unwrap_or_default())
    }

    /// The groups of a subject itself that are not removed, by name; `None` if it inherits.
    #[must_use]
    pub fn own(&self, kind: AccessSubjectKind, id: Uuid) -> Option<Vec<&AccountGroup>> {
        let rule = self.rules.get(&(kind, id))?;
        Some(self.present(&rule.groups))
    }

    /// Whether a caller may use an account.
    #[must_use]
    pub fn may_use(&self, permitted: &PermittedAccounts, account: AccountId) -> bool {
        match permitted {
            PermittedAccounts::Ungrouped => !self.grouped.contains(&account),
            PermittedAccounts::Only(accounts) => accounts.contains(&account),
        }
    }

    /// The accounts that are in a group.
    #[must_use]
    pub fn grouped(&self) -> &Arc<HashSet<AccountId>> {
        &self.grouped
    }

    /// The groups, by name.
    #[must_use]
    pub fn groups(&self) -> Vec<&AccountGroup> {
        by_name(self.groups.values())
    }

    #[must_use]
    pub fn group(&self, id: Uuid) -> Option<&AccountGroup> {
        self.groups.get(&id)
    }

    /// The groups of an account, by name.
    #[must_use]
    pub fn groups_of(&self, account: AccountId) -> Vec<&AccountGroup> {
        let groups = self.groups.values();
        by_name(groups.filter(|group| group.accounts.contains(&account)))
    }

    /// The subjects whose own groups include this one.
    #[must_use]
    pub fn subjects_of(&self, group_id: Uuid) -> BTreeSet<(AccessSubjectKind, Uuid)> {
        let rules = self.rules.iter();
        let with = rules.filter(|(_, rule)| rule.groups.contains(&group_id));
        with.map(|(subject, _)| *subject).collect()
    }

    /// Whether one key of a user may use no group that another key of the user may not use.
    #[must_use]
    pub fn is_within(&self, user_id: Uuid, api_key_id: Uuid, other: Uuid) -> bool {
        let (_, mine) = self.deciding(user_id, Some(api_key_id));
        let (_, theirs) = self.deciding(user_id, Some(other));
        match (mine, theirs) {
            (None, None) => true,
            (Some(mine), Some(theirs)) => mine.groups.is_subset(&theirs.groups),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    fn deciding(
        &self,
        user_id: Uuid,
        api_key_id: Option<Uuid>,
    ) -> (AccessSource, Option<&AccessRule>) {
        if self.rules.is_empty() && self.default.is_none() {
            return (AccessSource::Ungrouped, None);
        }
        let of = |kind, id| self.rules.get(&(kind, id));
        let of_key = api_key_id.and_then(|id| of(AccessSubjectKind::ApiKey, id));
        let of_user = || of(AccessSubjectKind::User, user_id);
        let of_user_group = || {
            let group = self.user_groups.get(&user_id)?;
            of(AccessSubjectKind::UserGroup, *group)
        };
        if let Some(rule) = of_key {
            (AccessSource::ApiKey, Some(rule))
        } else if let Some(rule) = of_user() {
            (AccessSource::User, Some(rule))
        } else if let Some(rule) = of_user_group() {
            (AccessSource::UserGroup, Some(rule))
        } else if let Some(rule) = &self.default {
            (AccessSource::DefaultGroup, Some(rule))
        } else {
            (AccessSource::Ungrouped, None)
        }
    }

    fn present(&self, ids: &BTreeSet<Uuid>) -> Vec<&AccountGroup> {
        by_name(ids.iter().filter_map(|id| self.groups.get(id)))
    }
}

fn by_name<'a>(groups: impl Iterator<Item = &'a AccountGroup>) -> Vec<&'a AccountGroup> {
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_cached_key(|group| (group.row.name.to_lowercase(), group.row.id));
    groups
}

/// Rules by their groups, so that many subjects with the same groups share one set.
#[derive(Default)]
struct KnownRules(BTreeMap<BTreeSet<Uuid>, AccessRule>);

impl KnownRules {
    fn rule(&mut self, groups: &HashMap<Uuid, AccountGroup>, ids: BTreeSet<Uuid>) -> AccessRule {
        if let Some(rule) = self.0.get(&ids) {
            return rule.clone();
        }
        let present = ids.iter().filter_map(|id| groups.get(id));
        let accounts = present.flat_map(|group| group.accounts.iter().copied());
        let rule = AccessRule {
            accounts: Arc::new(accounts.collect()),
            groups: Arc::new(ids.clone()),
        };
        self.0.insert(ids, rule.clone());
        rule
    }
}

#[cfg(test)]
mod tests;
