//! Credentials of accounts that two servers change.

use entity::provider_account::ProviderKind;
use proxypal_server::domain::{
    Error,
    patch::Patch,
    provider_accounts::{
        CredentialSecret, FoundAuthFile, FoundContent, NewAuthFile, NewProviderApiKey,
        NewProviderApiKeys, OWN_CLIENT_REFRESH_TOKEN, ProviderAccountChanges, ProviderAccounts,
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::Shared;
use crate::support::test_context;

fn key(label: &str) -> NewProviderApiKey {
    NewProviderApiKey {
        kind: ProviderKind::Claude,
        api_key: "sk-ant-0123456789".into(),
        label: Some(label.to_owned()),
        base_url: None,
        headers: Vec::new(),
        models: Vec::new(),
        prefix: None,
    }
}

fn claude(number: u32) -> Map<String, Value> {
    let file = json!({
        "type": "claude", "email": "ada@example.org", "access_token": format!("a{number}"),
        "refresh_token": format!("r{number}"), "expired": format!("2026-11-22T0{number}:00:00Z"),
        "last_refresh": format!("2026-11-21T0{number}:00:00Z"),
    });
    serde_json::from_value(file).unwrap()
}

async fn sign_in(accounts: &ProviderAccounts, content: Map<String, Value>) -> String {
    let new = NewAuthFile {
        kind: ProviderKind::Claude,
        label: None,
        email: None,
        plan: None,
        file_name: None,
        content,
        expires_at: None,
    };
    let saved = accounts.save_auth_file(test_context(), new).await.unwrap();
    saved.file_name.unwrap()
}

/// The file of the only account.
async fn rendered(accounts: &ProviderAccounts) -> Map<String, Value> {
    let credential = accounts.credentials().await.unwrap().remove(0);
    let CredentialSecret::AuthFile { json, .. } = credential.secret else {
        panic!("an auth file");
    };
    serde_json::from_str(json.expose_secret()).unwrap()
}

#[tokio::test]
async fn a_key_that_two_servers_add_at_the_same_time_is_added_once() {
    let shared = Shared::open().await;
    let (one, other) = (shared.accounts(), shared.accounts());

    let (first, second) = tokio::join!(
        one.add_api_key(test_context(), key("one")),
        other.add_api_key(test_context(), key("other")),
    );

    let results = [first, second];
    assert_eq!(results.iter().filter(|added| added.is_ok()).count(), 1);
    let refused = results.into_iter().find_map(Result::err);
    assert!(matches!(refused, Some(Error::Conflict(_))), "{refused:?}");
    assert_eq!(one.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_of_a_list_that_another_server_has_added_is_refused_and_the_others_are_added() {
    let shared = Shared::open().await;
    let (one, other) = (shared.accounts(), shared.accounts());
    let keys = [
        "sk-ant-0123456789",
        "sk-ant-1123456789",
        "sk-ant-2123456789",
    ];
    let list = NewProviderApiKeys {
        kind: ProviderKind::Claude,
        api_keys: keys.map(SecretString::from).to_vec(),
        label: Some("many".to_owned()),
        base_url: None,
        headers: Vec::new(),
        models: Vec::new(),
        prefix: None,
    };

    other
        .add_api_key(test_context(), key("many"))
        .await
        .unwrap();
    let added = one.add_api_keys(test_context(), list).await.unwrap();

    let are_added: Vec<bool> = added.iter().map(Result::is_ok).collect();
    assert_eq!(are_added, [false, true, true]);
    assert_eq!(one.list().await.unwrap().len(), 3);
}

#[tokio::test]
async fn neither_a_refreshed_token_nor_a_change_on_another_server_is_lost() {
    let shared = Shared::open().await;
    let (one, other) = (shared.accounts(), shared.accounts());
    let name = sign_in(&one, claude(1)).await;
    for round in 2..8 {
        let account = one.list().await.unwrap().remove(0);
        let proxy = format!("http://proxy-{round}:3128");
        let changes = ProviderAccountChanges {
            proxy_url: Patch::Set(SecretString::from(proxy.as_str())),
            ..ProviderAccountChanges::default()
        };
        let mut content = rendered(&one).await;
        content.extend(claude(round));
        let file = || FoundAuthFile {
            name: name.clone(),
            content: FoundContent::Whole(content.clone()),
        };

        let (settled, updated) = tokio::join!(
            one.settle_auth_files(vec![file()]),
            other.update(test_context(), account.id, None, changes),
        );
        settled.unwrap();
        updated.unwrap();
        // The engine's files are read again and again.
        one.settle_auth_files(vec![file()]).await.unwrap();

        let account = one.list().await.unwrap().remove(0);
        let shown = one.shown_secrets(&account).unwrap();
        assert_eq!(shown.proxy_url, Some(format!("{proxy}/")));
        assert_eq!(rendered(&one).await["refresh_token"], format!("r{round}"));
    }
}

#[tokio::test]
async fn tokens_of_a_refresh_are_not_stored_after_a_new_sign_in_on_another_server() {
    let shared = Shared::open().await;
    let (one, other) = (shared.accounts(), shared.accounts());
    let own_client = |token: &str| {
        let mut content = claude(1);
        content.remove("refresh_token");
        content.insert(OWN_CLIENT_REFRESH_TOKEN.to_owned(), token.into());
        content
    };
    sign_in(&one, own_client("first")).await;
    let before = one.own_client_accounts().await.unwrap().remove(0);

    sign_in(&other, own_client("second")).await;
    let late = own_client("refreshed-first");
    one.renew_own_client(&before, late, None).await.unwrap();

    let now = one.own_client_accounts().await.unwrap().remove(0);
    assert_eq!(now.refresh_token.expose_secret(), "second");
    let renewed = own_client("refreshed-second");
    one.renew_own_client(&now, renewed, None).await.unwrap();
    let now = other.own_client_accounts().await.unwrap().remove(0);
    assert_eq!(now.refresh_token.expose_secret(), "refreshed-second");
}
