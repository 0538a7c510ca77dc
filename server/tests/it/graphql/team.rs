//! Several administrators: what each may do, and that there is always an owner.

use entity::admin::Role;
use serde_json::{Value, json};

use super::access::{FOR_OWNERS, operations, types};
use crate::support::{Caller, ControlPlane, PASSWORD, Socket, code};

const CREATE: &str = "mutation($input: CreateAdminInput!) {
    createAdmin(input: $input) { admin { id username role enabled invitedUntil } setupUrl } }";
const LOGIN: &str = "mutation($name: String, $password: String!) {
    login(username: $name, password: $password) { session { csrfToken admin { username role } } } }";
const SET_ROLE: &str =
    "mutation($id: ID!, $role: Role!) { setAdminRole(id: $id, role: $role) { admin { role } } }";
const SET_ENABLED: &str = "mutation($id: ID!, $enabled: Boolean!) { setAdminEnabled(id: $id, enabled: $enabled) { admin { enabled } } }";
const REMOVE: &str = "mutation($id: ID!) { removeAdmin(id: $id) { admin { username } } }";
const OTHER: &str = "another good password";

pub(super) async fn create(owner: &Caller, name: &str, role: &str) -> Value {
    let input = json!({ "username": name, "role": role, "password": OTHER });
    let created = owner.ask_with(CREATE, json!({ "input": input })).await;
    assert_eq!(code(&created), "", "{created}");
    created["data"]["createAdmin"]["admin"]["id"].clone()
}

/// Another administrator, signed in.
pub(super) async fn sign_in(plane: &ControlPlane, name: &str) -> Caller {
    let mut caller = plane.anonymous();
    let answer = caller
        .post(LOGIN, json!({ "name": name, "password": OTHER }))
        .await;
    let lines = crate::support::cookie_lines(&answer);
    let body: Value = answer.json().await.unwrap();
    let csrf = body["data"]["login"]["session"]["csrfToken"].as_str();
    caller.keep(&lines, csrf.unwrap_or_else(|| panic!("{body}")));
    caller
}

async fn own_id(caller: &Caller) -> Value {
    let answer = caller.ask("{ session { admin { id } } }").await;
    answer["data"]["session"]["admin"]["id"].clone()
}

#[tokio::test]
async fn only_owners_manage_administrators_and_tokens() {
    let plane = ControlPlane::start().await;
    let owner = plane.script(Role::Owner).await;
    let admin = plane.script(Role::Admin).await;
    let types = types(&owner).await;

    for (field, operation) in operations(&types, &["Mutation"]) {
        if !FOR_OWNERS.contains(&field.as_str()) {
            continue;
        }
        assert_eq!(
            code(&admin.ask(&operation).await),
            "FORBIDDEN",
            "{operation}"
        );
        assert_ne!(
            code(&owner.ask(&operation).await),
            "FORBIDDEN",
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_session_has_the_permissions_of_its_role() {
    let plane = ControlPlane::start().await;
    let owner = plane.admin().await;
    create(&owner, "ada", "ADMIN").await;
    create(&owner, "eve", "VIEWER").await;
    let (ada, eve) = (sign_in(&plane, "ada").await, sign_in(&plane, "eve").await);
    let create_user = "mutation { createUser(input: { name: \"u\" }) { user { id } } }";

    let by_viewer = eve.ask(create_user).await;
    let by_admin = ada.ask(create_user).await;
    let read = eve
        .ask("{ admins { username role } auditEvents { totalCount } }")
        .await;
    let promoted = ada
        .ask_with(
            SET_ROLE,
            json!({ "id": own_id(&ada).await, "role": "OWNER" }),
        )
        .await;

    assert_eq!(code(&by_viewer), "FORBIDDEN");
    assert_eq!(code(&by_admin), "");
    assert_eq!(
        read["data"]["admins"],
        json!([
            { "username": "ada", "role": "ADMIN" },
            { "username": "admin", "role": "OWNER" },
            { "username": "eve", "role": "VIEWER" },
        ])
    );
    assert_eq!(code(&promoted), "FORBIDDEN");
}

#[tokio::test]
async fn a_username_is_required_once_there_are_several_administrators() {
    let plane = ControlPlane::start().await;
    let owner = plane.admin().await;
    create(&owner, "ada", "ADMIN").await;

    let nameless = plane
        .anonymous()
        .ask_with(LOGIN, json!({ "password": PASSWORD }))
        .await;
    let named = plane
        .anonymous()
        .ask_with(LOGIN, json!({ "name": "admin", "password": PASSWORD }))
        .await;
    let twice = json!({ "username": "ada", "password": OTHER });
    let twice = owner.ask_with(CREATE, json!({ "input": twice })).await;
    let short = json!({ "username": "eve", "password": "short" });
    let short = owner.ask_with(CREATE, json!({ "input": short })).await;

    assert_eq!(code(&nameless), "BAD_USER_INPUT");
    assert_eq!(code(&named), "");
    assert_eq!(code(&twice), "CONFLICT");
    assert_eq!(code(&short), "BAD_USER_INPUT");
}

#[tokio::test]
async fn an_invitation_works_once_and_expires() {
    let plane = ControlPlane::start().await;
    let owner = plane.admin().await;
    let input = json!({ "input": { "username": "ada", "role": "VIEWER" } });
    let invited = owner.ask_with(CREATE, input).await;
    let invited = &invited["data"]["createAdmin"];
    let token_of = |url: &Value| {
        url.as_str()
            .unwrap()
            .split_once("#token=")
            .unwrap()
            .1
            .to_owned()
    };
    let first = token_of(&invited["setupUrl"]);
    let invite = "mutation($id: ID!) { inviteAdmin(id: $id) { setupUrl } }";
    let id = json!({ "id": invited["admin"]["id"] });
    let again = owner.ask_with(invite, id.clone()).await;
    let second = token_of(&again["data"]["inviteAdmin"]["setupUrl"]);
    let accept = async |token: &str| {
        let accept = "mutation($token: String!, $password: String!) {
            completeSetup(token: $token, password: $password) { session { admin { username role } } } }";
        let anonymous = plane.anonymous();
        anonymous
            .ask_with(accept, json!({ "token": token, "password": OTHER }))
            .await
    };

    let empty = plane
        .anonymous()
        .ask_with(LOGIN, json!({ "name": "ada", "password": "" }))
        .await;
    let superseded = accept(&first).await;
    let right = accept(&second).await;
    let used = accept(&second).await;
    let late = owner.ask_with(invite, id).await;

    assert_eq!(code(&empty), "UNAUTHENTICATED");
    assert_eq!(code(&superseded), "UNAUTHENTICATED");
    assert_eq!(
        right["data"]["completeSetup"]["session"]["admin"],
        json!({ "username": "ada", "role": "VIEWER" })
    );
    assert_eq!(code(&used), "UNAUTHENTICATED");
    assert_eq!(code(&late), "CONFLICT");
    let input = json!({ "input": { "username": "eve" } });
    let invited = owner.ask_with(CREATE, input).await;
    let token = token_of(&invited["data"]["createAdmin"]["setupUrl"]);
    plane.advance(chrono::TimeDelta::days(8));
    assert_eq!(code(&accept(&token).await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn changing_disabling_and_removing_an_administrator_ends_sessions_and_sockets() {
    let plane = ControlPlane::start().await;
    let owner = plane.admin().await;
    let id = create(&owner, "ada", "ADMIN").await;
    let signed_out = json!(null);

    for (change, variables) in [
        (SET_ROLE, json!({ "id": id, "role": "VIEWER" })),
        (SET_ENABLED, json!({ "id": id, "enabled": false })),
        (REMOVE, json!({ "id": id })),
    ] {
        owner
            .ask_with(SET_ENABLED, json!({ "id": id, "enabled": true }))
            .await;
        let ada = sign_in(&plane, "ada").await;
        let mut socket = Socket::greet(&ada, json!({ "csrfToken": ada.csrf_token() })).await;

        let changed = owner.ask_with(change, variables).await;

        assert_eq!(code(&changed), "", "{changed}");
        assert_eq!(socket.next().await, Err(4401));
        let session = ada.ask("{ session { id } }").await;
        assert_eq!(session["data"]["session"], signed_out);
    }
    let gone = plane
        .anonymous()
        .ask_with(LOGIN, json!({ "name": "ada", "password": OTHER }))
        .await;
    assert_eq!(code(&gone), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_disabled_administrator_cannot_sign_in() {
    let plane = ControlPlane::start().await;
    let owner = plane.admin().await;
    let id = create(&owner, "ada", "ADMIN").await;
    owner
        .ask_with(SET_ENABLED, json!({ "id": id, "enabled": false }))
        .await;

    let login = json!({ "name": "ada", "password": OTHER });
    let refused = plane.anonymous().ask_with(LOGIN, login).await;

    assert_eq!(code(&refused), "UNAUTHENTICATED");
    assert!(refused.to_string().contains("disabled"), "{refused}");
}

#[tokio::test]
async fn the_last_owner_who_can_sign_in_cannot_be_removed() {
    let plane = ControlPlane::start().await;
    let owner = plane.admin().await;
    let id = own_id(&owner).await;
    // Neither a disabled owner nor one without a password can sign in.
    let disabled = create(&owner, "ada", "OWNER").await;
    owner
        .ask_with(SET_ENABLED, json!({ "id": disabled, "enabled": false }))
        .await;
    let invited = json!({ "username": "eve", "role": "OWNER" });
    owner.ask_with(CREATE, json!({ "input": invited })).await;

    for (change, variables) in [
        (SET_ROLE, json!({ "id": id, "role": "ADMIN" })),
        (SET_ENABLED, json!({ "id": id, "enabled": false })),
        (REMOVE, json!({ "id": id })),
    ] {
        assert_eq!(code(&owner.ask_with(change, variables).await), "CONFLICT");
    }
    assert_ne!(
        owner.ask("{ session { id } }").await["data"]["session"],
        json!(null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_demote_each_other_concurrently_leave_one() {
    for _ in 0..5 {
        let plane = ControlPlane::start().await;
        let owner = plane.admin().await;
        let first = own_id(&owner).await;
        let second = create(&owner, "ada", "OWNER").await;
        let script = plane.script(Role::Owner).await;
        let demote = |id| script.ask_with(SET_ROLE, json!({ "id": id, "role": "ADMIN" }));

        let (one, other) = tokio::join!(demote(first), demote(second));

        let codes = [code(&one), code(&other)];
        assert!(
            codes.contains(&"") && codes.contains(&"CONFLICT"),
            "{codes:?}"
        );
        let admins = script.ask("{ admins { role } }").await;
        assert_eq!(admins.to_string().matches("OWNER").count(), 1, "{admins}");
    }
}
