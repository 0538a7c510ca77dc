//! Tokens that the engine cannot renew are renewed here, ahead of their end.

use entity::provider_account::CredentialKind;
use proxypal_server::domain::provider_accounts::{
    CredentialSecret, ImportedDocument, ProviderCredential, RefreshTokens,
};
use secrecy::ExposeSecret as _;

use super::{
    SignIn,
    identity::{Decision, OWN_CLIENT, OWN_SECRET},
};
use crate::support::{Options, TestDatabase, eventually, test_context};

async fn credential(test: &SignIn) -> ProviderCredential {
    let credentials = test.app.services.provider_accounts.credentials().await;
    credentials.unwrap().remove(0)
}

/// Signs in at GitHub, with tokens of Copilot's that live this long.
async fn copilot(seconds: i64) -> SignIn {
    let test = SignIn::start().await;
    test.identity.world().token_seconds = seconds;
    let login = test.begin("COPILOT").await;
    let user_code = login["userCode"].as_str().unwrap();
    test.identity.decide(user_code, Decision::Allow);
    let ended = test.over(&login).await;
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    assert_eq!(ended["account"]["label"], "ada");
    test
}

#[tokio::test]
async fn a_github_account_becomes_an_entry_of_the_engine_with_copilots_own_token() {
    let test = copilot(1800).await;

    let credential = credential(&test).await;

    let account = &test.accounts().await[0];
    assert_eq!(account.credential, CredentialKind::Github);
    assert_eq!(account.plan.as_deref(), Some("monthly_subscriber"));
    let key = credential.secret.api_key().unwrap().expose_secret();
    assert!(key.starts_with("canary-copilot-"));
    // GitHub named an address that is not Copilot's.
    assert_eq!(credential.base_url, Some(test.identity.url("copilot/api")));
    let models: Vec<_> = credential.models.iter().map(|model| &model.name).collect();
    assert_eq!(models, ["gpt-x"]);
    assert!(credential.headers.contains_key("copilot-integration-id"));
    assert!(credential.headers.contains_key("editor-version"));
}

#[tokio::test]
async fn copilots_token_is_renewed_ahead_of_its_end() {
    let test = copilot(3).await;
    let first = credential(&test).await;
    let before = test.accounts().await[0].expires_at.unwrap();

    eventually("a renewed token", async || {
        let renewed = credential(&test).await;
        let (CredentialSecret::ApiKey(one), CredentialSecret::ApiKey(other)) =
            (&first.secret, &renewed.secret)
        else {
            panic!("no keys")
        };
        (one.expose_secret() != other.expose_secret()).then_some(())
    })
    .await;

    let account = &test.accounts().await[0];
    assert!(account.expires_at.unwrap() >= before);
    assert!(
        account.refreshed_at.unwrap() < before,
        "it was renewed too late"
    );
    assert_eq!(account.problem, None);
}

#[tokio::test]
async fn a_renewal_that_fails_is_the_accounts_problem_until_it_succeeds() {
    let test = copilot(2).await;

    test.identity.world().copilot_refuses = Some(401);
    let problem = eventually("the problem", async || {
        test.accounts().await.remove(0).problem
    })
    .await;
    test.identity.world().copilot_refuses = None;
    eventually("its end", async || {
        test.accounts()
            .await
            .remove(0)
            .problem
            .is_none()
            .then_some(())
    })
    .await;

    assert!(problem.contains("sign in again"), "{problem}");
    assert!(!problem.contains("canary"), "{problem}");
}

#[tokio::test]
async fn an_account_without_copilot_is_refused() {
    let test = SignIn::start().await;
    test.identity.world().copilot_refuses = Some(403);
    let login = test.begin("COPILOT").await;

    let user_code = login["userCode"].as_str().unwrap();
    test.identity.decide(user_code, Decision::Allow);
    let ended = test.over(&login).await;

    assert_eq!(ended["status"], "FAILED");
    assert!(
        ended["error"]
            .as_str()
            .unwrap()
            .contains("has no GitHub Copilot subscription"),
        "{ended}"
    );
    assert!(test.accounts().await.is_empty());
}

#[tokio::test]
async fn tokens_of_an_operators_own_client_are_renewed_and_rotate() {
    let mut options = Options::default();
    let oauth = &mut options.secrets.oauth;
    oauth.insert("OAUTH_CLAUDE_CLIENT_ID".into(), OWN_CLIENT.into());
    oauth.insert("OAUTH_CLAUDE_CLIENT_SECRET".into(), OWN_SECRET.into());
    let test = SignIn::with(options, TestDatabase::create().await).await;
    test.identity.world().token_seconds = 2;
    let login = test.begin("CLAUDE").await;
    let address = test.consent(&login).await;
    let answer = test.paste(&login, &address).await;
    assert!(answer["errors"].is_null(), "{answer}");
    let first = test.auth_file().await;

    eventually("two renewals", async || {
        (test.identity.world().refreshes >= 2).then_some(())
    })
    .await;

    let renewed = test.auth_file().await;
    assert_ne!(renewed["access_token"], first["access_token"]);
    assert_ne!(
        renewed["own_client_refresh_token"],
        first["own_client_refresh_token"]
    );
    assert_eq!(renewed["account_uuid"], "account-1");
    assert_eq!(test.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_github_account_that_was_exported_comes_back_and_gets_a_token() {
    let test = copilot(1800).await;
    let accounts = &test.app.services.provider_accounts;
    let content = accounts.export(test_context()).await.unwrap();
    let before = test.accounts().await.remove(0);
    accounts.remove(test_context(), before.id).await.unwrap();

    let name = "export.json".to_owned();
    let report = accounts.import(
        test_context(),
        vec![ImportedDocument { name, content }],
        RefreshTokens::Imported,
    );
    let report = report.await.unwrap();

    assert!(report.problems.is_empty(), "{:?}", report.problems);
    eventually("a token of Copilot's", async || {
        // Until it has one, it is no credential.
        let credential = accounts.credentials().await.unwrap().pop()?;
        let key = credential.secret.api_key()?.expose_secret();
        key.starts_with("canary-copilot-").then_some(())
    })
    .await;
    let after = test.accounts().await.remove(0);
    assert_ne!(after.id, before.id);
    assert_eq!((after.label, after.models), (before.label, before.models));
}
