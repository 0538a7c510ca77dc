//! Resolution of differences between the engine's auth files and the database.

use std::sync::Arc;

use entity::{
    audit_event::ActorKind,
    provider_account::{self, ProviderKind},
};
use proxypal_server::{
    clock::SystemClock,
    crypto::vault::{EncryptionKey, Vault},
    db::Database,
    domain::{
        audit::{Actor, AuditContext},
        provider_accounts::{
            AuthFileStep, CredentialSecret, FoundAuthFile, FoundContent, NewAuthFile,
            ProviderAccountChanges, ProviderAccounts,
        },
    },
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::{TestDatabase, test_context};

struct Store {
    accounts: ProviderAccounts,
    home: TestDatabase,
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

fn claude(number: u32) -> Map<String, Value> {
    object(json!({
        "type": "claude", "email": "ada@example.org", "access_token": format!("a{number}"),
        "refresh_token": format!("r{number}"), "expired": format!("2026-11-22T0{number}:00:00Z"),
        "last_refresh": format!("2026-11-21T0{number}:00:00Z"),
    }))
}

impl Store {
    async fn open() -> Self {
        let home = TestDatabase::create().await;
        let db = Database::open(&home.url, home.directory.path())
            .await
            .unwrap();
        let vault = Vault::new(&EncryptionKey::generate(), &[]);
        let accounts = ProviderAccounts::new(db, Arc::new(SystemClock), Arc::new(vault));
        Self { accounts, home }
    }

    async fn sign_in(&self, content: Map<String, Value>) -> provider_account::Model {
        let new = NewAuthFile {
            kind: ProviderKind::Claude,
            label: None,
            email: None,
            plan: None,
            file_name: None,
            content,
            expires_at: None,
        };
        self.accounts
            .save_auth_file(test_context(), new)
            .await
            .unwrap()
    }

    async fn settle(&self, name: &str, content: FoundContent) -> Vec<AuthFileStep> {
        let name = name.to_owned();
        let found = vec![FoundAuthFile { name, content }];
        self.accounts.settle_auth_files(found).await.unwrap()
    }

    /// The rendered file of the only account.
    async fn wanted(&self) -> Map<String, Value> {
        let credentials = self.accounts.credentials().await.unwrap();
        let [credential] = credentials.as_slice() else {
            panic!("one account");
        };
        let CredentialSecret::AuthFile { json, .. } = &credential.secret else {
            panic!("an auth file");
        };
        serde_json::from_str(json.expose_secret()).unwrap()
    }

    async fn only_account(&self) -> provider_account::Model {
        let mut accounts = self.accounts.list().await.unwrap();
        assert_eq!(accounts.len(), 1);
        accounts.remove(0)
    }
}

/// The file after the engine refreshed it.
fn refreshed(file: &Map<String, Value>, number: u32) -> Map<String, Value> {
    let mut file = file.clone();
    file.extend(claude(number));
    file
}

fn written(steps: &[AuthFileStep]) -> Option<Map<String, Value>> {
    match steps {
        [AuthFileStep::Write { json, .. }] => {
            Some(serde_json::from_str(json.expose_secret()).unwrap())
        }
        _ => None,
    }
}

#[tokio::test]
async fn an_empty_directory_gets_every_file_back() {
    let store = Store::open().await;
    store.sign_in(claude(1)).await;

    let steps = store.accounts.settle_auth_files(Vec::new()).await.unwrap();

    let file = written(&steps).unwrap();
    assert_eq!(file["refresh_token"], "r1");
    assert_eq!(file["disabled"], false);
}

#[tokio::test]
async fn what_the_engine_refreshed_is_kept_and_an_old_copy_is_not() {
    let store = Store::open().await;
    let account = store.sign_in(claude(1)).await;
    let name = account.file_name.clone().unwrap();
    let first = store.wanted().await;

    let after = store
        .settle(&name, FoundContent::Whole(refreshed(&first, 2)))
        .await;
    let stale = store.settle(&name, FoundContent::Whole(first)).await;

    assert!(after.is_empty(), "{after:?}");
    assert_eq!(written(&stale).unwrap()["refresh_token"], "r2");
    let row = store.only_account().await;
    assert_eq!(
        row.expires_at.unwrap().to_rfc3339(),
        "2026-11-22T02:00:00+00:00"
    );
    assert_eq!(
        row.refreshed_at.unwrap().to_rfc3339(),
        "2026-11-21T02:00:00+00:00"
    );
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_no_fresh_token_stale() {
    let store = Store::open().await;
    let name = store.sign_in(claude(5)).await.file_name.unwrap();
    let file = store.wanted().await;

    let earlier = store
        .settle(&name, FoundContent::Whole(refreshed(&file, 3)))
        .await;

    assert!(earlier.is_empty(), "{earlier:?}");
    assert_eq!(store.wanted().await["refresh_token"], "r3");
}

#[tokio::test]
async fn unknown_tokens_from_long_ago_are_stale() {
    let store = Store::open().await;
    let name = store.sign_in(claude(5)).await.file_name.unwrap();
    let mut old = refreshed(&store.wanted().await, 1);
    old.insert("last_refresh".to_owned(), "2026-10-01T00:00:00Z".into());

    let steps = store.settle(&name, FoundContent::Whole(old)).await;

    assert_eq!(written(&steps).unwrap()["refresh_token"], "r5");
}

#[tokio::test]
async fn a_new_sign_in_wins_over_whatever_the_engine_does_with_the_old_one() {
    let store = Store::open().await;
    let first = store.sign_in(claude(1)).await;
    let old = store.wanted().await;

    let again = store.sign_in(claude(2)).await;
    let late = store
        .settle(
            &again.file_name.unwrap(),
            FoundContent::Whole(refreshed(&old, 9)),
        )
        .await;

    assert_eq!(again.id, first.id);
    assert_eq!(written(&late).unwrap()["refresh_token"], "r2");
}

#[tokio::test]
async fn a_login_of_another_workspace_is_another_account() {
    let store = Store::open().await;
    let mut one = claude(1);
    one.insert("organization_uuid".to_owned(), "o-1".into());
    let mut other = claude(2);
    other.insert("organization_uuid".to_owned(), "o-2".into());

    let (one, other) = (store.sign_in(one).await, store.sign_in(other).await);

    assert_ne!(one.id, other.id);
    assert_eq!(one.label, "ada@example.org");
    assert_eq!(other.label, "ada@example.org-2");
}

#[tokio::test]
async fn the_engine_disables_an_account_and_the_administrator_enables_it() {
    let store = Store::open().await;
    let account = store.sign_in(claude(1)).await;
    let name = account.file_name.clone().unwrap();
    let mut disabled = store.wanted().await;
    disabled.insert("disabled".to_owned(), true.into());

    store
        .settle(&name, FoundContent::Whole(disabled.clone()))
        .await;
    assert!(!store.only_account().await.enabled);
    let enable = ProviderAccountChanges {
        enabled: Some(true),
        ..ProviderAccountChanges::default()
    };
    store
        .accounts
        .update(test_context(), account.id, None, enable)
        .await
        .unwrap();
    // The file as it was written after the engine's change was noted.
    disabled["proxypal"]["disabled"] = true.into();
    let steps = store.settle(&name, FoundContent::Whole(disabled)).await;

    assert_eq!(written(&steps).unwrap()["disabled"], false);
    assert!(store.only_account().await.enabled);
}

#[tokio::test]
async fn half_a_file_is_waited_for_and_a_broken_one_is_restored() {
    let store = Store::open().await;
    let name = store.sign_in(claude(1)).await.file_name.unwrap();

    let unfinished = store.settle(&name, FoundContent::Unfinished).await;
    let broken = store.settle(&name, FoundContent::Broken).await;

    assert!(unfinished.is_empty(), "{unfinished:?}");
    assert_eq!(written(&broken).unwrap()["refresh_token"], "r1");
}

#[tokio::test]
async fn a_file_of_the_engines_own_login_becomes_an_account() {
    let store = Store::open().await;
    let content = object(json!({
        "type": "antigravity", "email": "bob@example.org", "access_token": "a", "refresh_token": "r",
        "priority": "3", "prefix": "team", "proxy_url": "http://u:p@proxy", "project_id": "p",
    }));

    let steps = store
        .settle("antigravity-bob.json", FoundContent::Whole(content.clone()))
        .await;
    let again = store
        .settle("antigravity-other.json", FoundContent::Whole(content))
        .await;

    let file = written(&steps).unwrap();
    assert_eq!(file["priority"], 3);
    assert_eq!(file["proxy_url"], "http://u:p@proxy");
    let account = store.only_account().await;
    assert_eq!(account.kind, ProviderKind::Gemini);
    assert_eq!(account.label, "bob@example.org");
    assert_eq!(account.file_name.as_deref(), Some("antigravity-bob.json"));
    let is_gone = |step: &AuthFileStep| matches!(step, AuthFileStep::Delete { name } if name == "antigravity-other.json");
    assert!(again.iter().any(is_gone), "{again:?}");
    let events = store.home.audit_events().await;
    assert_eq!(events.len(), 2, "{events:#?}");
    for event in events {
        assert_eq!(event.action, "adoptProviderAccount");
        assert_eq!(event.actor_kind, ActorKind::System);
        assert_eq!(event.subject_id, Some(account.id.to_string()));
    }
}

#[tokio::test]
async fn an_adopted_file_of_a_sign_in_names_who_started_it() {
    let store = Store::open().await;
    let admin = Actor::cli(Some("ada".to_owned()));
    let context = AuditContext::new(admin, None, "completeProviderLogin");
    let expected = store
        .accounts
        .expect_adoption(Uuid::now_v7(), ProviderKind::Gemini, &context);
    let file = |email| {
        let file = json!({ "type": "antigravity", "email": email, "refresh_token": "r" });
        FoundContent::Whole(object(file))
    };

    store.settle("one.json", file("ada@example.org")).await;
    drop(expected);
    store.settle("two.json", file("bob@example.org")).await;

    let events = store.home.audit_events().await;
    let actors: Vec<_> = events.iter().map(|event| event.actor_kind).collect();
    assert_eq!(actors, [ActorKind::Cli, ActorKind::System]);
    assert_eq!(events[0].action, "completeProviderLogin");
    assert!(context.is_recorded());
}

#[tokio::test]
async fn the_engines_refreshes_leave_no_events_and_its_switch_does() {
    let store = Store::open().await;
    let account = store.sign_in(claude(1)).await;
    let name = account.file_name.clone().unwrap();
    let first = store.wanted().await;

    store
        .settle(&name, FoundContent::Whole(refreshed(&first, 2)))
        .await;
    let after_refresh = store.home.audit_events().await.len();
    let mut disabled = store.wanted().await;
    disabled.insert("disabled".to_owned(), json!(true));
    store.settle(&name, FoundContent::Whole(disabled)).await;

    let events = store.home.audit_events().await;
    assert_eq!((after_refresh, events.len()), (1, 2), "{events:#?}");
    assert_eq!(events[1].action, "syncProviderAccount");
    assert_eq!(events[1].after.as_deref(), Some(r#"{"enabled":false}"#));
}

#[tokio::test]
async fn files_of_removed_accounts_are_deleted_and_unknown_files_kept() {
    let store = Store::open().await;
    let account = store.sign_in(claude(1)).await;
    let name = account.file_name.unwrap();
    let file = store.wanted().await;
    store
        .accounts
        .remove(test_context(), account.id)
        .await
        .unwrap();

    let left = store.settle(&name, FoundContent::Whole(file)).await;
    let unknown = object(json!({"type": "qwen", "access_token": "a"}));
    let unknown = store
        .settle("qwen.json", FoundContent::Whole(unknown))
        .await;

    assert!(
        matches!(left.as_slice(), [AuthFileStep::Delete { .. }]),
        "{left:?}"
    );
    assert!(
        matches!(unknown.as_slice(), [AuthFileStep::Leave { .. }]),
        "{unknown:?}"
    );
}
