//! Users of a CSV file: checked before, created all or none, each with a key.

use entity::admin::Role;
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, code};

const PREVIEW: &str = "query($csv: String!) { userImportPreview(csv: $csv) {
    line name email group allowedModels keyExpiresAt problem } }";
const IMPORT: &str = "mutation($csv: String!) { importUsers(csv: $csv) {
    users { user { name email note group { name } allowedModels apiKeys { expiresAt } } secret } } }";
const FILE: &str = "name;email;group;allowed_models;key_expires_at;note
Ada;ada@example.org;Interns;gpt-* claude-*;2099-06-30;\"one; two\"
Ben;;;;;
";

async fn create_group(admin: &Caller) {
    let create = r#"mutation { createUserGroup(input: { name: "Interns" }) { userGroup { id } } }"#;
    admin.ask(create).await;
}

async fn names(admin: &Caller) -> Value {
    let users = admin.ask("{ users { nodes { name } } }").await;
    users["data"]["users"]["nodes"].clone()
}

#[tokio::test]
async fn the_users_of_a_file_are_created_with_their_groups_and_keys_that_work() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    create_group(&admin).await;

    let preview = admin.ask_with(PREVIEW, json!({ "csv": FILE })).await;
    assert_eq!(
        preview["data"]["userImportPreview"][0],
        json!({
            "line": 2, "name": "Ada", "email": "ada@example.org", "group": "Interns",
            "allowedModels": ["gpt-*", "claude-*"], "keyExpiresAt": "2099-07-01T00:00:00Z", "problem": null,
        })
    );
    assert_eq!(names(&admin).await, json!([]), "a preview creates no user");

    let imported = admin.ask_with(IMPORT, json!({ "csv": FILE })).await;
    let users = &imported["data"]["importUsers"]["users"];
    assert_eq!(
        users[0]["user"],
        json!({
            "name": "Ada", "email": "ada@example.org", "note": "one; two", "group": { "name": "Interns" },
            "allowedModels": ["gpt-*", "claude-*"], "apiKeys": [{ "expiresAt": "2099-07-01T00:00:00Z" }],
        })
    );
    let ring = plane.services.api_keys.ring();
    for (user, name) in [(&users[0], "Ada"), (&users[1], "Ben")] {
        let secret = user["secret"].as_str().unwrap();
        assert!(ring.find(secret.as_bytes()).is_some(), "{name}");
        assert_eq!(user["user"]["name"], name);
    }

    let again = admin.ask_with(IMPORT, json!({ "csv": FILE })).await;
    assert_eq!(code(&again), "BAD_USER_INPUT");
    let text = again["errors"][0]["message"].as_str().unwrap();
    assert!(
        text.contains("line 2: a user with this name exists already"),
        "{text}"
    );
}

#[tokio::test]
async fn a_file_with_one_wrong_line_creates_no_user() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    for (line, problem) in [
        ("Ada,", "line 4: line 2 has the same name"),
        (
            "Cy,Missing",
            "line 4: there is no group of users named \"Missing\"",
        ),
        ("Cy,,more", "line 4: it has 3 values for 2 columns"),
        ("\" \",Interns", "line 4: name must not be empty"),
    ] {
        let file = format!("name,group\nAda,\nBen,\n{line}\n");
        let refused = admin.ask_with(IMPORT, json!({ "csv": file })).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT");
        let text = refused["errors"][0]["message"].as_str().unwrap();
        assert!(text.contains(problem), "{text}");
        let preview = admin.ask_with(PREVIEW, json!({ "csv": file })).await;
        let lines = &preview["data"]["userImportPreview"];
        assert_eq!(lines[0]["problem"], Value::Null);
        assert!(lines[2]["problem"].is_string(), "{lines}");
    }
    assert_eq!(names(&admin).await, json!([]));

    let viewer = plane.script(Role::Viewer).await;
    let refused = viewer.ask_with(IMPORT, json!({ "csv": FILE })).await;
    assert_eq!(code(&refused), "FORBIDDEN");
}
