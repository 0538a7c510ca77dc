//! The import of accounts from the files of other programs.

use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, code};

const PREVIEW: &str =
    "query($files: [ImportedFileInput!]!) { importPreview(files: $files) { file program problem
    account { kind credential identity plan isRefreshable existing { label } } } }";
const IMPORT: &str = "mutation($files: [ImportedFileInput!]!, $without: Boolean! = false) {
    importProviderAccount(files: $files, withoutRefreshing: $without) {
        accounts { kind label plan email } problems { file message } } }";
const EXPORT: &str =
    "mutation($password: String!) { exportProviderAccounts(password: $password) { content } }";

/// Claude Code's file, with these tokens.
fn claude_code(access: &str, refresh: &str) -> String {
    let tokens = json!({ "accessToken": access, "refreshToken": refresh, "expiresAt": 4_000_000_000_000_u64,
        "scopes": ["user:inference"], "subscriptionType": "max" });
    json!({ "claudeAiOauth": tokens }).to_string()
}

fn files(content: &[&str]) -> Value {
    let files = content.iter().enumerate();
    let files = files
        .map(|(number, content)| json!({ "name": format!("{number}.json"), "content": content }));
    files.collect::<Vec<_>>().into()
}

async fn import(admin: &Caller, content: &[&str], without: bool) -> Value {
    let variables = json!({ "files": files(content), "without": without });
    let answer = admin.ask_with(IMPORT, variables).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["importProviderAccount"].clone()
}

async fn exported(admin: &Caller) -> Value {
    let password = json!({ "password": crate::support::PASSWORD });
    let answer = admin.ask_with(EXPORT, password).await;
    let content = &answer["data"]["exportProviderAccounts"]["content"];
    serde_json::from_str(content.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_preview_names_program_account_and_plan_and_stores_nothing() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let copilot = json!({ "github.com": { "user": "ada", "oauth_token": "ghu_1" } }).to_string();
    let claude = claude_code("a", "r");
    let variables = json!({ "files": files(&[&claude, &copilot, "{\"canary\": 1}"]) });

    let answer = admin.ask_with(PREVIEW, variables).await;
    let export = exported(&admin).await;

    let entries = &answer["data"]["importPreview"];
    let account = json!({ "kind": "CLAUDE", "credential": "AUTH_FILE", "identity": null, "plan": "max",
        "isRefreshable": true, "existing": null });
    let first =
        json!({ "file": "0.json", "program": "Claude Code", "problem": null, "account": account });
    assert_eq!(entries[0], first, "{answer}");
    assert_eq!(entries[1]["program"], "GitHub Copilot");
    assert_eq!(entries[1]["account"]["identity"], "ada");
    assert_eq!(entries[2]["program"], "unknown");
    let problem = entries[2]["problem"].as_str().unwrap();
    assert!(
        problem.contains("Claude Code") && !problem.contains("canary"),
        "{problem}"
    );
    assert_eq!(export, json!({ "proxypal-export": 1 }));
}

#[tokio::test]
async fn an_imported_copilot_account_has_no_expiry_before_its_token_was_exchanged() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let copilot = json!({ "github.com": { "user": "ada", "oauth_token": "ghu_1" } }).to_string();

    import(&admin, &[&copilot], false).await;

    let accounts = "{ provider(kind: COPILOT) { accounts { credential expiresAt status } } }";
    let shown = admin.ask(accounts).await;
    let account = &shown["data"]["provider"]["accounts"][0];
    assert_eq!(account["credential"], "GITHUB", "{shown}");
    assert_eq!(account["expiresAt"], Value::Null, "{shown}");
    assert_ne!(account["status"], "EXPIRED", "{shown}");
}

#[tokio::test]
async fn a_sign_in_of_claude_code_is_imported_once_and_updated_by_a_second_import() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;

    let first = import(&admin, &[&claude_code("a1", "r1")], false).await;
    let second = import(&admin, &[&claude_code("a2", "r1")], false).await;
    let export = exported(&admin).await;

    assert_eq!(first["accounts"][0]["plan"], "max", "{first}");
    assert_eq!(first["accounts"], second["accounts"], "{second}");
    let files = export["auth-files"].as_array().unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(
        (&files[0]["access_token"], &files[0]["refresh_token"]),
        (&json!("a2"), &json!("r1"))
    );
}

#[tokio::test]
async fn without_refreshing_the_refresh_token_is_not_stored_and_does_not_replace_one() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let codex = |refresh: &str| {
        let tokens = json!({ "access_token": "a", "refresh_token": refresh, "account_id": "acc" });
        json!({ "OPENAI_API_KEY": null, "tokens": tokens }).to_string()
    };

    let left_out = import(&admin, &[&codex("r1")], true).await;
    let without = exported(&admin).await;
    let imported = import(&admin, &[&codex("r2")], false).await;
    let refused = import(&admin, &[&codex("r3")], true).await;
    let with = exported(&admin).await;

    assert_eq!(left_out["problems"], json!([]));
    assert!(
        without["auth-files"][0].get("refresh_token").is_none(),
        "{without}"
    );
    assert_eq!(imported["problems"], json!([]));
    let problem = refused["problems"][0]["message"].as_str().unwrap();
    assert!(problem.contains("is refreshed by this server"), "{problem}");
    assert_eq!(with["auth-files"][0]["refresh_token"], "r2");
    assert_eq!(with["auth-files"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn viewers_cannot_preview_an_import() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;

    let answer = viewer
        .ask_with(PREVIEW, json!({ "files": files(&["{}"]) }))
        .await;

    assert_eq!(code(&answer), "FORBIDDEN");
}
