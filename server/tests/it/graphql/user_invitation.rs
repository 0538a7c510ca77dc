//! One-time links with which users get a key.

use chrono::TimeDelta;
use entity::{admin::Role, user_invitation};
use proxypal_server::domain::users::UserChanges;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, test_context};

const CREATE: &str =
    "mutation($input: CreateUserInvitationInput!) { createUserInvitation(input: $input) {
    invitation { id state } invitationUrl } }";
const ACCEPT: &str = "mutation($token: String!, $name: String!) {
    acceptUserInvitation(token: $token, apiKeyName: $name) { userName apiKeyId secret } }";
const REVOKE: &str =
    "mutation($id: ID!) { revokeUserInvitation(id: $id) { invitation { state } } }";
const LIST: &str = "query($id: ID!) { userInvitations(userId: $id) { id state apiKeyId } }";
const WHO: &str =
    "{ viewer { ... on KeyHolder { apiKey { id name allowedModels expiresAt } user { name } } } }";

/// Ada, who has one key, and an administrator.
struct Inviting {
    plane: ControlPlane,
    admin: Caller,
    ada: Uuid,
}

impl Inviting {
    async fn start() -> Self {
        let plane = ControlPlane::start().await;
        let admin = plane.script(Role::Admin).await;
        let (ada, _) = plane.key_holder("ada").await;
        Self { plane, admin, ada }
    }

    /// Creates an invitation: its id and token.
    async fn invite(&self, more: Value) -> (Value, String) {
        let mut input = more;
        input["userId"] = json!(self.ada);
        let answer = self.admin.ask_with(CREATE, json!({ "input": input })).await;
        let created = &answer["data"]["createUserInvitation"];
        let url = created["invitationUrl"].as_str();
        let url = url.unwrap_or_else(|| panic!("{answer}"));
        let token = url.strip_prefix("http://proxypal.test/invite#token=");
        (
            created["invitation"]["id"].clone(),
            token.unwrap().to_owned(),
        )
    }

    async fn accept(&self, token: &str) -> Value {
        let variables = json!({ "token": token, "name": "laptop" });
        self.plane.anonymous().ask_with(ACCEPT, variables).await
    }

    async fn keys(&self) -> usize {
        let keys = &self.plane.services.api_keys;
        keys.of_users(&[self.ada]).await.unwrap().len()
    }

    async fn states(&self) -> Vec<Value> {
        let answer = self.admin.ask_with(LIST, json!({ "id": self.ada })).await;
        let listed = answer["data"]["userInvitations"].as_array();
        let listed = listed.unwrap_or_else(|| panic!("{answer}")).iter();
        listed.map(|each| each["state"].clone()).collect()
    }
}

#[tokio::test]
async fn an_invited_user_names_their_key_and_gets_it_once() {
    let inviting = Inviting::start().await;
    let end = inviting.plane.services.clock.now() + TimeDelta::days(9);
    let bounds = json!({ "allowedModels": ["gpt-5"], "apiKeyExpiresAt": end });
    let (id, token) = inviting.invite(bounds).await;

    let accepted = inviting.accept(&token).await;

    let accepted = &accepted["data"]["acceptUserInvitation"];
    assert_eq!(accepted["userName"], "ada");
    let tool = inviting
        .plane
        .anonymous()
        .with_bearer(accepted["secret"].as_str().unwrap());
    let who = tool.ask(WHO).await;
    let who = &who["data"]["viewer"];
    assert_eq!(who["user"]["name"], "ada");
    assert_eq!(who["apiKey"]["name"], "laptop");
    assert_eq!(who["apiKey"]["id"], accepted["apiKeyId"]);
    assert_eq!(who["apiKey"]["allowedModels"], json!(["gpt-5"]));
    assert!(who["apiKey"]["expiresAt"].is_string());
    let listed = inviting
        .admin
        .ask_with(LIST, json!({ "id": inviting.ada }))
        .await;
    assert_eq!(
        listed["data"]["userInvitations"],
        json!([{ "id": id, "state": "USED", "apiKeyId": accepted["apiKeyId"] }])
    );
    let late = inviting.admin.ask_with(REVOKE, json!({ "id": id })).await;
    assert_eq!(code(&late), "CONFLICT", "{late}");
}

#[tokio::test]
async fn the_token_of_an_invitation_is_not_stored() {
    let inviting = Inviting::start().await;
    let (_, token) = inviting.invite(json!({})).await;

    let rows = user_invitation::Entity::find()
        .all(inviting.plane.db.reader())
        .await
        .unwrap();

    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(row.digest.len(), 32);
    assert!(!format!("{row:?}").contains(&token));
    assert!(!token.as_bytes().windows(32).any(|part| part == row.digest));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_used_twice_at_the_same_time_gives_one_key() {
    let inviting = Inviting::start().await;
    let (_, token) = inviting.invite(json!({})).await;

    let answers = futures_util::future::join_all((0..8).map(|_| inviting.accept(&token))).await;

    let given = answers.iter().filter(|answer| code(answer).is_empty());
    assert_eq!(given.count(), 1, "{answers:?}");
    assert_eq!(inviting.keys().await, 2);
    assert_eq!(code(&inviting.accept(&token).await), "UNAUTHENTICATED");
    assert_eq!(inviting.keys().await, 2);
}

#[tokio::test]
async fn an_invitation_that_was_revoked_or_has_expired_gives_no_key() {
    let inviting = Inviting::start().await;
    let (id, revoked) = inviting.invite(json!({})).await;
    let (_, short) = inviting.invite(json!({ "validHours": 1 })).await;
    let soon = inviting.plane.services.clock.now() + TimeDelta::hours(2);
    let (_, of_short_key) = inviting.invite(json!({ "apiKeyExpiresAt": soon })).await;
    for _twice in 0..2 {
        let answer = inviting.admin.ask_with(REVOKE, json!({ "id": id })).await;
        let invitation = &answer["data"]["revokeUserInvitation"]["invitation"];
        assert_eq!(invitation["state"], "REVOKED", "{answer}");
    }
    inviting.plane.advance(TimeDelta::hours(2));

    let mut messages = Vec::new();
    for token in [&revoked, &short, &of_short_key, &"invite-guess".to_owned()] {
        let answer = inviting.accept(token).await;
        assert_eq!(code(&answer), "UNAUTHENTICATED", "{answer}");
        messages.push(answer["errors"][0]["message"].clone());
    }

    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(inviting.keys().await, 1);
    assert_eq!(inviting.states().await, ["PENDING", "EXPIRED", "REVOKED"]);
}

#[tokio::test]
async fn guesses_of_invitations_are_limited() {
    let inviting = Inviting::start().await;
    let (_, token) = inviting.invite(json!({})).await;

    let mut codes = Vec::new();
    for number in 0..11 {
        let answer = inviting.accept(&format!("invite-{number}")).await;
        codes.push(code(&answer).to_owned());
    }

    assert_eq!(codes.pop().as_deref(), Some("RATE_LIMITED"));
    assert!(codes.iter().all(|code| code == "UNAUTHENTICATED"));
    assert_eq!(code(&inviting.accept(&token).await), "RATE_LIMITED");
    inviting.plane.advance(TimeDelta::minutes(16));
    assert_eq!(code(&inviting.accept(&token).await), "");
}

#[tokio::test]
async fn a_disabled_or_archived_user_gets_no_key_from_an_invitation() {
    let inviting = Inviting::start().await;
    let users = &inviting.plane.services.users;
    let (_, token) = inviting.invite(json!({})).await;
    let enable = async |enabled| {
        let changes = UserChanges {
            enabled: Some(enabled),
            ..UserChanges::default()
        };
        users
            .update(test_context(), inviting.ada, None, changes)
            .await
            .unwrap();
    };

    enable(false).await;
    assert_eq!(code(&inviting.accept(&token).await), "UNAUTHENTICATED");
    enable(true).await;
    users.archive(test_context(), inviting.ada).await.unwrap();
    assert_eq!(code(&inviting.accept(&token).await), "UNAUTHENTICATED");
    assert_eq!(inviting.keys().await, 1);
    let input = json!({ "input": { "userId": inviting.ada } });
    let again = inviting.admin.ask_with(CREATE, input).await;
    assert_eq!(code(&again), "NOT_FOUND", "{again}");
}

#[tokio::test]
async fn invitations_are_bounded() {
    let inviting = Inviting::start().await;
    let attempt = async |more: Value| {
        let mut input = more;
        input["userId"] = json!(inviting.ada);
        let answer = inviting
            .admin
            .ask_with(CREATE, json!({ "input": input }))
            .await;
        code(&answer).to_owned()
    };

    for hours in [0, -1, 721, i32::MAX] {
        assert_eq!(
            attempt(json!({ "validHours": hours })).await,
            "BAD_USER_INPUT"
        );
    }
    assert_eq!(
        attempt(json!({ "allowedModels": [] })).await,
        "BAD_USER_INPUT"
    );
    for _ in 0..20 {
        assert_eq!(attempt(json!({})).await, "");
    }
    assert_eq!(attempt(json!({})).await, "CONFLICT");
    inviting.plane.advance(TimeDelta::days(8));
    assert_eq!(attempt(json!({})).await, "");
    inviting.plane.advance(TimeDelta::days(100));
    assert_eq!(attempt(json!({})).await, "");
    assert_eq!(inviting.states().await, ["PENDING"]);
}

#[tokio::test]
async fn a_failed_acceptance_is_in_the_audit_without_its_token() {
    let inviting = Inviting::start().await;

    inviting.accept("invite-canary-0123456789").await;

    let viewer = inviting.plane.script(Role::Viewer).await;
    let events = viewer
        .ask(
            "{ auditEvents(filter: { actions: [\"acceptUserInvitation\"] }) { nodes {
            errorCode after before actor { kind } } } }",
        )
        .await;
    assert_eq!(
        events["data"]["auditEvents"]["nodes"],
        json!([{ "errorCode": "UNAUTHENTICATED", "after": null, "before": null,
            "actor": { "kind": "ANONYMOUS" } }])
    );
}
