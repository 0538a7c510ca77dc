//! Groups of users: what their members inherit.

use entity::admin::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code};

const CREATE: &str = "mutation($input: CreateUserGroupInput!) { createUserGroup(input: $input) {
    userGroup { id version name allowedModels rateLimit { requestsPerMinute maxWaitSeconds } memberCount } } }";
const UPDATE: &str = "mutation($id: ID!, $input: UpdateUserGroupInput!, $expectedVersion: Int) {
    updateUserGroup(id: $id, input: $input, expectedVersion: $expectedVersion) { userGroup { version } } }";
const JOIN: &str = "mutation($id: ID!, $input: UpdateUserInput!) {
    updateUser(id: $id, input: $input) { user { group { name memberCount } } } }";

/// The key that a caller sends.
fn secret_of(holder: &Caller) -> &str {
    let value = holder.headers["authorization"].to_str().unwrap();
    value.trim_start_matches("Bearer ")
}

async fn create(admin: &Caller, input: Value) -> String {
    let created = admin.ask_with(CREATE, json!({ "input": input })).await;
    let id = created["data"]["createUserGroup"]["userGroup"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{created}")).to_owned()
}

async fn limits_of(admin: &Caller, user: Uuid) -> Value {
    let fields = "allowedModels effectiveAllowedModels allowedModelsSource rateLimitSource
        effectiveRateLimit { requestsPerMinute }";
    let query = format!("{{ user(id: \"{user}\") {{ {fields} }} }}");
    admin.ask(&query).await["data"]["user"].clone()
}

#[tokio::test]
async fn members_inherit_what_they_do_not_set() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, key) = plane.key_holder("ada").await;
    let group = json!({
        "name": "Team", "allowedModels": ["gpt-*"], "rateLimit": { "requestsPerMinute": 7 },
    });
    let id = create(&admin, group).await;
    let may_use = |model: &str| {
        let caller = plane
            .services
            .api_keys
            .ring()
            .find(secret_of(&key).as_bytes());
        caller.unwrap().may_use(model)
    };
    assert!(may_use("claude-x"));

    let join = json!({ "id": ada, "input": { "groupId": id } });
    let joined = admin.ask_with(JOIN, join).await;

    let group = &joined["data"]["updateUser"]["user"]["group"];
    assert_eq!(*group, json!({ "name": "Team", "memberCount": 1 }));
    assert_eq!(
        limits_of(&admin, ada).await,
        json!({
            "allowedModels": null, "effectiveAllowedModels": ["gpt-*"], "allowedModelsSource": "GROUP",
            "rateLimitSource": "GROUP", "effectiveRateLimit": { "requestsPerMinute": 7 },
        })
    );
    assert!(may_use("gpt-5") && !may_use("claude-x"));

    // An own list overrides that of the group.
    let own = json!({ "id": ada, "input": { "allowedModels": ["claude-*"] } });
    admin.ask_with(JOIN, own).await;
    assert_eq!(limits_of(&admin, ada).await["allowedModelsSource"], "USER");
    assert!(may_use("claude-x") && !may_use("gpt-5"));
}

#[tokio::test]
async fn a_change_of_a_group_applies_to_its_members_immediately_and_its_deletion_leaves_them_the_defaults()
 {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, key) = plane.key_holder("ada").await;
    let id = create(&admin, json!({ "name": "Team" })).await;
    admin
        .ask_with(JOIN, json!({ "id": ada, "input": { "groupId": id } }))
        .await;
    let is_restricted = || {
        let caller = plane
            .services
            .api_keys
            .ring()
            .find(secret_of(&key).as_bytes());
        caller.unwrap().is_restricted()
    };
    assert!(!is_restricted());

    let change = json!({ "id": id, "input": { "allowedModels": ["gpt-*"] }, "expectedVersion": 1 });
    let changed = admin.ask_with(UPDATE, change.clone()).await;

    assert_eq!(
        changed["data"]["updateUserGroup"]["userGroup"]["version"],
        2
    );
    assert!(is_restricted());
    assert_eq!(code(&admin.ask_with(UPDATE, change).await), "CONFLICT");

    let delete = format!("mutation {{ deleteUserGroup(id: \"{id}\") {{ userGroup {{ name }} }} }}");
    let deleted = admin.ask(&delete).await;
    assert_eq!(
        deleted["data"]["deleteUserGroup"]["userGroup"]["name"],
        "Team"
    );
    assert!(!is_restricted());
    assert_eq!(limits_of(&admin, ada).await["rateLimitSource"], "DEFAULT");
    assert_eq!(code(&admin.ask(&delete).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_new_user_is_created_in_a_group_and_names_of_groups_are_unique() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let id = create(
        &admin,
        json!({ "name": "Team", "rateLimit": { "requestsPerMinute": 3 } }),
    )
    .await;
    let new = "mutation($input: CreateUserInput!) { createUser(input: $input) {
        user { group { id } effectiveRateLimit { requestsPerMinute } } } }";

    let created = admin
        .ask_with(new, json!({ "input": { "name": "bob", "groupId": id } }))
        .await;

    let user = &created["data"]["createUser"]["user"];
    let limit = json!({ "requestsPerMinute": 3 });
    assert_eq!(
        *user,
        json!({ "group": { "id": id }, "effectiveRateLimit": limit })
    );
    let unknown = json!({ "input": { "name": "eve", "groupId": Uuid::nil() } });
    assert_eq!(code(&admin.ask_with(new, unknown).await), "NOT_FOUND");
    let again = admin.ask_with(CREATE, json!({ "input": { "name": "Team" } }));
    assert_eq!(code(&again.await), "CONFLICT");
}
