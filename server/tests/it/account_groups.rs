//! Permitted accounts: the snapshot in memory against the rows, and what keys inherit.

use std::collections::HashSet;

use entity::{account_access::AccessSubjectKind, provider_account::ProviderKind};
use futures_util::future::join_all;
use proxypal_server::domain::{
    account_groups::{
        AccessSource, AccessSubject, AccountAccess, AccountGroupChanges, NewAccountGroup,
        PermittedAccounts,
    },
    patch::Patch,
    provider_accounts::NewProviderApiKey,
    users::{
        NewUserGroup, UserChanges,
        api_keys::{KeyHolder, NewApiKey, NewOwnKey, OwnKeyPolicy},
    },
};
use uuid::Uuid;

use crate::support::{ControlPlane, test_context};

const POLICY: OwnKeyPolicy = OwnKeyPolicy {
    is_allowed: true,
    maximum: 20,
};

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn some(&mut self, from: &[Uuid]) -> Vec<Uuid> {
        let chosen = from.iter().filter(|_| self.below(3) == 0);
        chosen.copied().collect()
    }

    fn one(&mut self, from: &[Uuid]) -> Option<Uuid> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }
}

async fn add_account(plane: &ControlPlane, label: &str) -> Uuid {
    let new = NewProviderApiKey {
        kind: ProviderKind::Claude,
        api_key: format!("sk-ant-{label}-0123456789").into(),
        label: Some(label.to_owned()),
        base_url: None,
        headers: Vec::new(),
        models: Vec::new(),
        prefix: None,
    };
    let accounts = &plane.services.provider_accounts;
    accounts.add_api_key(test_context(), new).await.unwrap().id
}

async fn create(plane: &ControlPlane, name: &str, accounts: &[Uuid]) -> Uuid {
    let new = NewAccountGroup {
        name: name.to_owned(),
        account_ids: accounts.to_vec(),
        is_default: false,
    };
    let groups = &plane.services.account_groups;
    groups.create(test_context(), new).await.unwrap().id
}

async fn permit(plane: &ControlPlane, subject: AccessSubject, groups: Option<&[Uuid]>) {
    let service = &plane.services.account_groups;
    let set = service.set_access(test_context(), subject, None, groups);
    set.await.unwrap();
}

async fn create_user_group(plane: &ControlPlane, name: &str) -> Uuid {
    let new = NewUserGroup {
        name: name.to_owned(),
        ..NewUserGroup::default()
    };
    let groups = &plane.services.user_groups;
    groups.create(test_context(), new).await.unwrap().id
}

/// Puts a user into a group of users, or takes the user out of it.
async fn move_user(plane: &ControlPlane, user: Uuid, group: Option<Uuid>) {
    let changes = UserChanges {
        group_id: group.map_or(Patch::Clear, Patch::Set),
        ..UserChanges::default()
    };
    let users = &plane.services.users;
    let updated = users.update(test_context(), user, None, changes);
    updated.await.unwrap();
}

/// One change, which may be refused.
async fn change(plane: &ControlPlane, numbers: &mut Numbers, subjects: &[AccessSubject]) {
    let groups = &plane.services.account_groups;
    let state = groups.access().current();
    let known: Vec<Uuid> = state.groups().iter().map(|group| group.row.id).collect();
    let accounts = plane.services.provider_accounts.list().await.unwrap();
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.id).collect();
    let context = test_context();
    let (kind, number) = (numbers.below(5), numbers.below(1_000_000));
    let (some, group) = (numbers.some(&accounts), numbers.one(&known));
    let is_default = numbers.below(4) == 0;
    match (kind, group) {
        (0, _) | (_, None) => {
            let new = NewAccountGroup {
                name: format!("group {number}"),
                account_ids: some,
                is_default,
            };
            groups.create(context, new).await.unwrap();
        }
        (1, Some(id)) => {
            let changes = AccountGroupChanges {
                account_ids: Some(some),
                is_default: Some(is_default),
                ..AccountGroupChanges::default()
            };
            groups.update(context, id, None, changes).await.unwrap();
        }
        (2, Some(id)) if known.len() > 2 => {
            // The default group is not deleted.
            let _ = groups.delete(context, id, None, true).await;
        }
        (3, Some(_)) => {
            let account = numbers.one(&accounts).unwrap();
            let chosen = numbers.some(&known);
            let set = groups.set_groups_of_account(context, account, &chosen);
            set.await.unwrap();
        }
        (_, Some(_)) => {
            let subject = subjects[numbers.below(subjects.len())];
            let chosen = numbers.some(&known);
            let chosen = (!chosen.is_empty()).then_some(&chosen[..]);
            permit(plane, subject, chosen).await;
        }
    }
}

#[tokio::test]
async fn after_each_of_many_changes_the_snapshot_is_what_the_rows_say() {
    let plane = ControlPlane::start().await;
    for number in 0..6 {
        add_account(&plane, &format!("account-{number}")).await;
    }
    let (mut subjects, mut users) = (Vec::new(), Vec::new());
    for name in ["ada", "ben"] {
        let (user, _) = plane.key_holder(name).await;
        let keys = plane.services.api_keys.of_users(&[user]).await.unwrap();
        subjects.extend([AccessSubject::User(user), AccessSubject::ApiKey(keys[0].id)]);
        users.push(user);
    }
    let teams = [
        create_user_group(&plane, "one").await,
        create_user_group(&plane, "two").await,
    ];
    subjects.extend(teams.map(AccessSubject::UserGroup));
    let mut numbers = Numbers(0x5eed_1234_5678_9abc);
    let access = plane.services.account_groups.access();

    for step in 0..150 {
        if numbers.below(4) == 0 {
            let team = teams.get(numbers.below(3)).copied();
            move_user(&plane, users[numbers.below(2)], team).await;
        } else {
            change(&plane, &mut numbers, &subjects).await;
        }
        let stored = AccountAccess::load(plane.db.clone()).await.unwrap();
        assert_eq!(*access.current(), *stored.current(), "after step {step}");
    }
}

#[tokio::test]
async fn of_many_concurrent_changes_none_is_missing_in_memory() {
    let plane = ControlPlane::start().await;
    let account = add_account(&plane, "account").await;
    let (ada, _) = plane.key_holder("ada").await;
    let names: Vec<String> = (0..12).map(|number| format!("group {number}")).collect();

    let changes = names.iter().map(async |name| {
        let group = create(&plane, name, &[account]).await;
        permit(&plane, AccessSubject::User(ada), Some(&[group])).await;
    });
    join_all(changes).await;

    let access = plane.services.account_groups.access();
    let stored = AccountAccess::load(plane.db.clone()).await.unwrap();
    assert_eq!(*access.current(), *stored.current());
    assert_eq!(access.current().groups().len(), names.len());
    let permitted = access.permitted(ada, Uuid::nil());
    assert_eq!(
        permitted,
        PermittedAccounts::Only([account].into_iter().collect::<HashSet<_>>().into())
    );
}

#[tokio::test]
async fn a_key_has_its_own_groups_and_so_has_its_replacement() {
    let plane = ControlPlane::start().await;
    let (one, other) = (
        add_account(&plane, "one").await,
        add_account(&plane, "other").await,
    );
    let (ada, _) = plane.key_holder("ada").await;
    let keys = &plane.services.api_keys;
    let key = keys.of_users(&[ada]).await.unwrap()[0].id;
    let (mine, theirs) = (
        create(&plane, "mine", &[one]).await,
        create(&plane, "theirs", &[other]).await,
    );
    permit(&plane, AccessSubject::User(ada), Some(&[mine, theirs])).await;
    permit(&plane, AccessSubject::ApiKey(key), Some(&[theirs])).await;

    let (issued, _) = keys
        .rotate(test_context(), key, chrono::TimeDelta::hours(1))
        .await
        .unwrap();

    let access = plane.services.account_groups.access();
    let only = |accounts: &[Uuid]| {
        PermittedAccounts::Only(accounts.iter().copied().collect::<HashSet<_>>().into())
    };
    assert_eq!(access.permitted(ada, key), only(&[other]));
    assert_eq!(access.permitted(ada, issued.api_key.id), only(&[other]));
    let another = keys
        .issue(test_context(), ada, NewApiKey::default())
        .await
        .unwrap();
    assert_eq!(
        access.permitted(ada, another.api_key.id),
        only(&[one, other])
    );
    let state = access.current();
    assert_eq!(
        state.effective(ada, Some(issued.api_key.id)).0,
        AccessSource::ApiKey
    );
    assert_eq!(
        state.own(AccessSubjectKind::ApiKey, another.api_key.id),
        None
    );
}

#[expect(clippy::too_many_lines, reason = "the steps of one behaviour")]
#[tokio::test]
async fn a_user_cannot_leave_the_groups_of_a_key_with_keys_of_their_own() {
    let plane = ControlPlane::start().await;
    let (one, other) = (
        add_account(&plane, "one").await,
        add_account(&plane, "other").await,
    );
    let (ada, _) = plane.key_holder("ada").await;
    let keys = &plane.services.api_keys;
    let key = keys.of_users(&[ada]).await.unwrap()[0].id;
    let wide = keys
        .issue(test_context(), ada, NewApiKey::default())
        .await
        .unwrap()
        .api_key
        .id;
    let narrow_group = create(&plane, "narrow", &[one]).await;
    let wide_group = create(&plane, "wide", &[one, other]).await;
    permit(
        &plane,
        AccessSubject::User(ada),
        Some(&[narrow_group, wide_group]),
    )
    .await;
    permit(&plane, AccessSubject::ApiKey(key), Some(&[narrow_group])).await;
    let holder = KeyHolder {
        user_id: ada,
        api_key_id: key,
    };

    let new = NewOwnKey {
        name: "mine".to_owned(),
        ..NewOwnKey::default()
    };
    let created = keys
        .create_own(test_context(), POLICY, holder, new)
        .await
        .unwrap();

    let access = plane.services.account_groups.access();
    let created = created.api_key.id;
    assert_eq!(access.permitted(ada, created), access.permitted(ada, key));
    let own = keys.own(POLICY, holder).await.unwrap();
    let manageable: HashSet<Uuid> = own.manageable.into_iter().collect();
    assert_eq!(manageable, HashSet::from([key, created]));
    let rotated = keys
        .rotate_own(
            test_context(),
            POLICY,
            holder,
            (wide, chrono::TimeDelta::zero()),
        )
        .await;
    assert!(
        rotated.is_err(),
        "the replacement of a wider key would be a way out"
    );
    let wider = KeyHolder {
        user_id: ada,
        api_key_id: wide,
    };
    let own = keys.own(POLICY, wider).await.unwrap();
    assert_eq!(
        own.manageable.len(),
        3,
        "a wider key manages the narrow ones"
    );
}

#[tokio::test]
async fn the_account_groups_of_a_group_of_users_hold_for_its_members() {
    let plane = ControlPlane::start().await;
    let (one, other) = (
        add_account(&plane, "one").await,
        add_account(&plane, "other").await,
    );
    let (ada, _) = plane.key_holder("ada").await;
    let keys = plane.services.api_keys.of_users(&[ada]).await.unwrap();
    let key = keys[0].id;
    let interns = create_user_group(&plane, "interns").await;
    let (narrow, wide) = (
        create(&plane, "narrow", &[one]).await,
        create(&plane, "wide", &[one, other]).await,
    );
    permit(&plane, AccessSubject::UserGroup(interns), Some(&[narrow])).await;
    let access = plane.services.account_groups.access();
    let source = || access.current().effective(ada, Some(key)).0;
    let only = |accounts: &[Uuid]| {
        PermittedAccounts::Only(accounts.iter().copied().collect::<HashSet<_>>().into())
    };
    assert_eq!(access.permitted(ada, key), PermittedAccounts::Ungrouped);

    move_user(&plane, ada, Some(interns)).await;
    assert_eq!(access.permitted(ada, key), only(&[one]));
    assert_eq!(source(), AccessSource::UserGroup);
    permit(&plane, AccessSubject::UserGroup(interns), Some(&[wide])).await;
    assert_eq!(access.permitted(ada, key), only(&[one, other]));
    permit(&plane, AccessSubject::User(ada), Some(&[narrow])).await;
    assert_eq!(access.permitted(ada, key), only(&[one]));
    assert_eq!(source(), AccessSource::User);
    permit(&plane, AccessSubject::User(ada), None).await;

    // Without the account group the members reach nothing, until they leave the group of users.
    let groups = &plane.services.account_groups;
    let unconfirmed = groups.delete(test_context(), wide, None, false).await;
    let error = unconfirmed.unwrap_err().to_string();
    assert!(error.contains("groups of users: 1"), "{error}");
    let deleted = groups.delete(test_context(), wide, None, true).await;
    assert_eq!(deleted.unwrap().user_groups, 1);
    assert_eq!(access.permitted(ada, key), only(&[]));
    let teams = &plane.services.user_groups;
    teams.delete(test_context(), interns).await.unwrap();
    assert_eq!(access.permitted(ada, key), PermittedAccounts::Ungrouped);
}
