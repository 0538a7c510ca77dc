//! The snapshot compared with the plain meaning of the rows.

use chrono::DateTime;
use proptest::prelude::*;

use super::*;

/// A change of the rows, by small numbers instead of ids.
#[derive(Clone, Debug)]
enum Operation {
    Create {
        group: u8,
        is_default: bool,
    },
    Remove {
        group: u8,
    },
    SetMember {
        group: u8,
        account: u8,
        is_member: bool,
    },
    /// Puts the user of a key into a group of users, or takes the user out of it.
    MoveUser {
        key: u8,
        group: Option<u8>,
    },
    SetAccess {
        kind: AccessSubjectKind,
        subject: u8,
        groups: BTreeSet<u8>,
    },
}

const GROUPS: u8 = 5;
const ACCOUNTS: u8 = 6;
const KEYS: u8 = 8;

fn id(number: u8) -> Uuid {
    Uuid::from_u128(number.into())
}

/// Two keys for each user.
fn user_of(key: u8) -> Uuid {
    id(key / 2)
}

fn operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![
        Just(AccessSubjectKind::User),
        Just(AccessSubjectKind::ApiKey),
        Just(AccessSubjectKind::UserGroup)
    ];
    prop_oneof![
        (0..GROUPS, any::<bool>())
            .prop_map(|(group, is_default)| Operation::Create { group, is_default }),
        (0..GROUPS).prop_map(|group| Operation::Remove { group }),
        (0..KEYS, prop::option::of(0..3_u8))
            .prop_map(|(key, group)| Operation::MoveUser { key, group }),
        (0..GROUPS, 0..ACCOUNTS, any::<bool>()).prop_map(|(group, account, is_member)| {
            Operation::SetMember {
                group,
                account,
                is_member,
            }
        }),
        (kind, 0..KEYS, prop::collection::btree_set(0..GROUPS, 0..4)).prop_map(
            |(kind, subject, groups)| Operation::SetAccess {
                kind,
                subject,
                groups
            }
        ),
    ]
}

/// The tables, changed as the service changes them.
#[derive(Default)]
struct Tables(AccessRows);

fn has(rows: &AccessRows, group: u8) -> bool {
    rows.groups.iter().any(|row| row.id == id(group))
}

impl Tables {
    fn apply(&mut self, operation: Operation) {
        let rows = &mut self.0;
        match operation {
            Operation::Create { group, is_default } if !has(rows, group) => {
                if is_default {
                    rows.groups
                        .iter_mut()
                        .for_each(|row| row.is_default = false);
                }
                rows.groups.push(account_group::Model {
                    id: id(group),
                    name: group.to_string(),
                    is_default,
                    created_at: DateTime::UNIX_EPOCH,
                    updated_at: DateTime::UNIX_EPOCH,
                    removed_at: None,
                    version: 1,
                });
            }
            Operation::Remove { group } => {
                rows.groups.retain(|row| row.id != id(group));
                rows.members.retain(|row| row.group_id != id(group));
            }
            Operation::SetMember {
                group,
                account,
                is_member,
            } if has(rows, group) => {
                let member = account_group_member::Model {
                    group_id: id(group),
                    account_id: id(account),
                };
                rows.members.retain(|row| *row != member);
                rows.members.extend(is_member.then_some(member));
            }
            Operation::MoveUser { key, group } => {
                rows.users.retain(|(user, _)| *user != user_of(key));
                rows.users
                    .extend(group.map(|group| (user_of(key), id(group))));
            }
            Operation::SetAccess {
                kind,
                subject,
                groups,
            } => {
                let subject = id(subject);
                rows.access
                    .retain(|row| (row.subject_kind, row.subject_id) != (kind, subject));
                rows.access
                    .extend(groups.into_iter().map(|group| account_access::Model {
                        subject_kind: kind,
                        subject_id: subject,
                        account_group_id: id(group),
                    }));
            }
            Operation::Create { .. } | Operation::SetMember { .. } => {}
        }
    }

    /// The accounts of a caller, from the rows alone.
    fn permitted(&self, key: u8) -> BTreeSet<AccountId> {
        let groups_of = |kind, subject| -> Vec<Uuid> {
            let rows = self.0.access.iter();
            let own = rows.filter(|row| row.subject_kind == kind && row.subject_id == subject);
            own.map(|row| row.account_group_id).collect()
        };
        let defaults = self.0.groups.iter().filter(|row| row.is_default);
        let mut users = self.0.users.iter();
        let user_group = users.find(|(user, _)| *user == user_of(key));
        let of_user_group =
            user_group.map(|(_, group)| groups_of(AccessSubjectKind::UserGroup, *group));
        let rules = [
            groups_of(AccessSubjectKind::ApiKey, id(key)),
            groups_of(AccessSubjectKind::User, user_of(key)),
            of_user_group.unwrap_or_default(),
            defaults.map(|row| row.id).collect(),
        ];
        let is_in = |account: Uuid, groups: &[Uuid]| {
            let mut members = self.0.members.iter();
            members.any(|row| row.account_id == account && groups.contains(&row.group_id))
        };
        let any: Vec<Uuid> = self.0.groups.iter().map(|row| row.id).collect();
        let accounts = (0..ACCOUNTS).map(id);
        match rules.iter().find(|groups| !groups.is_empty()) {
            Some(groups) => accounts.filter(|account| is_in(*account, groups)).collect(),
            None => accounts.filter(|account| !is_in(*account, &any)).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_snapshot_permits_what_the_rows_say_after_each_of_10_000_operations(
        operations in prop::collection::vec(operation(), 100)
    ) {
        let mut tables = Tables::default();
        for operation in operations {
            tables.apply(operation);
            let state = AccessSnapshot::new(tables.0.clone());
            for key in 0..KEYS {
                let permitted = state.permitted(user_of(key), Some(id(key)));
                let accounts = (0..ACCOUNTS).map(id);
                let used: BTreeSet<_> =
                    accounts.filter(|account| state.may_use(&permitted, *account)).collect();
                prop_assert_eq!(used, tables.permitted(key));
            }
        }
    }
}

#[test]
fn a_caller_whose_groups_are_all_removed_reaches_nothing() {
    let mut tables = Tables::default();
    for operation in [
        Operation::Create {
            group: 1,
            is_default: false,
        },
        Operation::SetMember {
            group: 1,
            account: 1,
            is_member: true,
        },
        Operation::SetAccess {
            kind: AccessSubjectKind::User,
            subject: 0,
            groups: BTreeSet::from([1]),
        },
        Operation::Remove { group: 1 },
    ] {
        tables.apply(operation);
    }
    let state = AccessSnapshot::new(tables.0);

    assert_eq!(
        state.permitted(id(0), Some(id(0))),
        PermittedAccounts::Only(Arc::default())
    );
    assert_eq!(state.effective(id(0), None).0, AccessSource::User);
    assert_eq!(
        state.permitted(id(1), Some(id(2))),
        PermittedAccounts::Ungrouped
    );
}

#[test]
fn a_key_is_within_another_one_only_if_it_has_no_group_more() {
    let mut tables = Tables::default();
    for group in [1, 2] {
        tables.apply(Operation::Create {
            group,
            is_default: false,
        });
    }
    for (subject, groups) in [(0, vec![1]), (1, vec![1, 2])] {
        tables.apply(Operation::SetAccess {
            kind: AccessSubjectKind::ApiKey,
            subject,
            groups: groups.into_iter().collect(),
        });
    }
    let state = AccessSnapshot::new(tables.0);
    let within = |mine, theirs| state.is_within(id(9), id(mine), id(theirs));

    assert!(within(0, 1) && within(0, 0) && within(2, 3));
    assert!(!within(1, 0));
    assert!(
        !within(2, 0) && !within(0, 2),
        "a key without groups has other accounts"
    );
}
