//! Users manage their own keys, within the bounds of the key that they use.

use chrono::{TimeDelta, Utc};
use entity::{RateLimit, admin::Role, api_key};
use futures_util::future::join_all;
use proxypal_server::domain::{
    audit::AuditContext,
    users::UserChanges,
    users::api_keys::{KeyHolder, NewApiKey, NewOwnKey, OwnKeyPolicy},
    users::quotas::LimitHolder,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, test_context};

const CREATE: &str = "mutation($input: CreateOwnApiKeyInput!) { createOwnApiKey(input: $input) {
    apiKey { id name expiresAt allowedModels createdWithId rateLimit { requestsPerMinute } quotas { limit used } }
    secret } }";
const RENAME: &str = "mutation($id: ID!, $name: String!) { renameOwnApiKey(id: $id, name: $name) {
    apiKey { name } } }";
const ROTATE: &str =
    "mutation($id: ID!, $grace: Int!) { rotateOwnApiKey(id: $id, graceSeconds: $grace) {
    apiKey { id name } secret replaced { state } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeOwnApiKey(id: $id) { apiKey { state } } }";
const OWN: &str =
    "{ viewer { ... on KeyHolder { ownKeys { isAllowed maximum active manageableIds } } } }";
const WHO: &str = "{ viewer { ... on KeyHolder { apiKey { id } } } }";

/// A server on which users may manage their keys, and Ada with a key.
struct Own {
    plane: ControlPlane,
    ada: Uuid,
    tool: Caller,
    key: api_key::Model,
}

impl Own {
    async fn start() -> Self {
        let plane = ControlPlane::start().await;
        allow(&plane, true, 5).await;
        let (ada, tool) = plane.key_holder("ada").await;
        let keys = plane.services.api_keys.of_users(&[ada]).await.unwrap();
        let [key] = <[_; 1]>::try_from(keys).unwrap();
        Self {
            plane,
            ada,
            tool,
            key,
        }
    }

    /// Another key of Ada, created by an administrator, and a caller with it.
    async fn issue(&self, new: NewApiKey) -> (Uuid, Caller) {
        let keys = &self.plane.services.api_keys;
        let issued = keys.issue(test_context(), self.ada, new).await.unwrap();
        let caller = self
            .plane
            .anonymous()
            .with_bearer(issued.secret.expose_secret());
        (issued.api_key.id, caller)
    }

    /// Creates a key, which must succeed: the key, and a caller with it.
    async fn create(&self, tool: &Caller, input: Value) -> (Value, Caller) {
        let answer = create(tool, input).await;
        assert_eq!(code(&answer), "", "{answer}");
        let created = &answer["data"]["createOwnApiKey"];
        let secret = created["secret"].as_str().unwrap();
        let caller = self.plane.anonymous().with_bearer(secret);
        (created["apiKey"].clone(), caller)
    }

    async fn keys(&self) -> Vec<api_key::Model> {
        let keys = &self.plane.services.api_keys;
        keys.of_users(&[self.ada]).await.unwrap()
    }

    async fn active(&self) -> usize {
        let keys = self.keys().await.into_iter();
        keys.filter(|key| key.revoked_at.is_none()).count()
    }
}

async fn allow(plane: &ControlPlane, is_allowed: bool, maximum: u32) {
    let settings = &plane.services.settings;
    let version = settings.current().version;
    let changed = settings.update(test_context(), version, |gateway| {
        gateway.own_keys = is_allowed;
        gateway.own_keys_maximum = maximum;
    });
    changed.await.unwrap();
}

async fn create(tool: &Caller, input: Value) -> Value {
    tool.ask_with(CREATE, json!({ "input": input })).await
}

fn named(name: &str) -> Value {
    json!({ "name": name })
}

#[tokio::test]
async fn users_manage_no_keys_unless_an_administrator_allows_it() {
    let own = Own::start().await;
    let (created, _) = own.create(&own.tool, named("laptop")).await;
    allow(&own.plane, false, 5).await;
    let id = &created["id"];

    for (mutation, variables) in [
        (CREATE, json!({ "input": named("phone") })),
        (RENAME, json!({ "id": id, "name": "other" })),
        (ROTATE, json!({ "id": id, "grace": 0 })),
        (REVOKE, json!({ "id": id })),
    ] {
        let refused = own.tool.ask_with(mutation, variables).await;
        assert_eq!(code(&refused), "FEATURE_DISABLED", "{mutation}: {refused}");
    }
    assert_eq!(own.active().await, 2);
    let status = own.tool.ask(OWN).await;
    assert_eq!(
        status["data"]["viewer"]["ownKeys"],
        json!({ "isAllowed": false, "maximum": 5, "active": 2, "manageableIds": [] })
    );
}

#[tokio::test]
async fn a_user_creates_renames_rotates_and_revokes_keys_and_the_audit_names_the_user() {
    let own = Own::start().await;

    let (created, laptop) = own.create(&own.tool, named("laptop")).await;
    let id = &created["id"];
    assert_eq!(created["createdWithId"], json!(own.key.id));
    let renamed = own
        .tool
        .ask_with(RENAME, json!({ "id": id, "name": " phone " }))
        .await;
    assert_eq!(
        renamed["data"]["renameOwnApiKey"]["apiKey"]["name"],
        "phone"
    );
    let rotated = own
        .tool
        .ask_with(ROTATE, json!({ "id": id, "grace": 0 }))
        .await;
    let rotated = &rotated["data"]["rotateOwnApiKey"];
    assert_eq!(rotated["replaced"]["state"], "REVOKED");
    assert_eq!(code(&laptop.ask(WHO).await), "UNAUTHENTICATED");
    let phone = own
        .plane
        .anonymous()
        .with_bearer(rotated["secret"].as_str().unwrap());
    assert_eq!(code(&phone.ask(WHO).await), "");
    let revoked = own
        .tool
        .ask_with(REVOKE, json!({ "id": rotated["apiKey"]["id"] }))
        .await;
    assert_eq!(
        revoked["data"]["revokeOwnApiKey"]["apiKey"]["state"],
        "REVOKED"
    );
    assert_eq!(code(&phone.ask(WHO).await), "UNAUTHENTICATED");

    let viewer = own.plane.script(Role::Viewer).await;
    let filter = json!({ "filter": { "actorId": own.ada } });
    let events = viewer
        .ask_with(
            "query($filter: AuditEventFilter) { auditEvents(filter: $filter) {
                nodes { action actor { kind name } subject { kind } } } }",
            filter,
        )
        .await;
    let events = events["data"]["auditEvents"]["nodes"].as_array().unwrap();
    let actions: Vec<_> = events.iter().map(|event| &event["action"]).collect();
    assert_eq!(
        actions,
        [
            "revokeOwnApiKey",
            "rotateOwnApiKey",
            "renameOwnApiKey",
            "createOwnApiKey"
        ]
    );
    for event in events {
        assert_eq!(event["actor"], json!({ "kind": "USER", "name": "ada" }));
        assert_eq!(event["subject"]["kind"], "apiKey");
    }
}

#[tokio::test]
async fn a_key_limited_to_one_model_cannot_create_a_wider_one() {
    let own = Own::start().await;
    let (_, limited) = own
        .issue(NewApiKey {
            allowed_models: Some(vec!["gpt-5*".into()]),
            ..NewApiKey::default()
        })
        .await;

    for models in [
        json!(["*"]),
        json!(["gpt-*"]),
        json!(["gpt-5*", "o3"]),
        json!(["**gpt-5*"]),
        json!([]),
    ] {
        let wider = json!({ "name": "wider", "allowedModels": models });
        let refused = create(&limited, wider).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT", "{models}: {refused}");
    }
    let (same, _) = own.create(&limited, named("same")).await;
    assert_eq!(same["allowedModels"], json!(["gpt-5*"]));
    let narrower = json!({ "name": "narrower", "allowedModels": ["gpt-5-mini"] });
    let (narrower, _) = own.create(&limited, narrower).await;
    assert_eq!(narrower["allowedModels"], json!(["gpt-5-mini"]));
    assert_eq!(own.active().await, 4);
}

#[tokio::test]
async fn a_key_that_expires_tomorrow_cannot_create_one_that_lives_longer() {
    let own = Own::start().await;
    let tomorrow = own.plane.services.clock.now() + TimeDelta::days(1);
    let (_, short) = own
        .issue(NewApiKey {
            expires_at: Some(tomorrow),
            ..NewApiKey::default()
        })
        .await;

    let later = tomorrow + TimeDelta::seconds(1);
    let longer = json!({ "name": "longer", "expiresAt": later });
    assert_eq!(code(&create(&short, longer).await), "BAD_USER_INPUT");
    let past = json!({ "name": "past", "expiresAt": "2020-01-01T00:00:00Z" });
    assert_eq!(code(&create(&short, past).await), "BAD_USER_INPUT");
    let (same, _) = own.create(&short, named("same")).await;
    let end: chrono::DateTime<Utc> = same["expiresAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(end, tomorrow);
    let (_, created) = own.create(&short, named("also")).await;
    own.plane.advance(TimeDelta::days(1));
    assert_eq!(code(&created.ask(WHO).await), "UNAUTHENTICATED");
    assert_eq!(
        code(&create(&short, named("late")).await),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn a_new_key_has_the_quotas_and_the_rate_limit_of_the_key_that_creates_it() {
    let own = Own::start().await;
    let quotas = &own.plane.services.quotas;
    let (id, limited) = own
        .issue(NewApiKey {
            rate_limit: RateLimit {
                requests_per_minute: Some(7),
                ..RateLimit::default()
            },
            ..NewApiKey::default()
        })
        .await;
    let admin = own.plane.script(Role::Admin).await;
    let quota = format!(
        "mutation {{ setQuotas(input: {{ apiKeyId: \"{id}\", quotas: [{{ metric: REQUESTS, limit: 9 }}] }}) {{
            user {{ id }} }} }}"
    );
    let set = admin.ask(&quota).await;
    assert_eq!(code(&set), "", "{set}");

    let (created, _) = own.create(&limited, named("copy")).await;

    assert_eq!(created["rateLimit"], json!({ "requestsPerMinute": 7 }));
    assert_eq!(created["quotas"].as_array().unwrap().len(), 1, "{created}");
    assert_eq!(created["quotas"][0]["limit"], 9);
    // Without the quota that bounds the one in use, another key is out of reach.
    let copy: Uuid = created["id"].as_str().unwrap().parse().unwrap();
    let holder = LimitHolder::ApiKey(copy);
    quotas.set(test_context(), holder, None, &[]).await.unwrap();
    let rotated = limited
        .ask_with(ROTATE, json!({ "id": copy, "grace": 0 }))
        .await;
    assert_eq!(code(&rotated), "CONFLICT", "{rotated}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_creations_at_the_same_time_do_not_pass_the_maximum() {
    let own = Own::start().await;

    let answers = join_all((0..50).map(|number| {
        let name = named(&format!("key {number}"));
        create(&own.tool, name)
    }))
    .await;

    let created = answers.iter().filter(|answer| code(answer).is_empty());
    assert_eq!(created.count(), 4, "{answers:?}");
    assert_eq!(own.active().await, 5);
    for answer in &answers {
        assert!(["", "CONFLICT", "RATE_LIMITED"].contains(&code(answer)));
    }
}

#[tokio::test]
async fn a_rotation_with_a_grace_period_counts_towards_the_maximum() {
    let own = Own::start().await;
    allow(&own.plane, true, 1).await;
    let id = own.key.id;

    assert_eq!(code(&create(&own.tool, named("second")).await), "CONFLICT");
    let with_grace = json!({ "id": id, "grace": 60 });
    assert_eq!(
        code(&own.tool.ask_with(ROTATE, with_grace.clone()).await),
        "CONFLICT"
    );
    allow(&own.plane, true, 2).await;
    let rotated = own.tool.ask_with(ROTATE, with_grace.clone()).await;
    assert_eq!(code(&rotated), "", "{rotated}");

    // The replaced key works until its grace period is over, and manages nothing any more.
    assert_eq!(code(&own.tool.ask(WHO).await), "");
    assert_eq!(
        code(&own.tool.ask_with(ROTATE, with_grace).await),
        "CONFLICT"
    );
    let status = own.tool.ask(OWN).await;
    let manageable = &status["data"]["viewer"]["ownKeys"]["manageableIds"];
    assert_eq!(*manageable, json!([]));
    allow(&own.plane, true, 9).await;
    assert_eq!(code(&create(&own.tool, named("third")).await), "CONFLICT");
    let secret = rotated["data"]["rotateOwnApiKey"]["secret"].as_str();
    let new = own.plane.anonymous().with_bearer(secret.unwrap());
    let again = new.ask_with(ROTATE, json!({ "id": id, "grace": 0 })).await;
    assert_eq!(code(&again), "CONFLICT", "{again}");
}

#[tokio::test]
async fn a_key_manages_itself_and_those_that_may_do_no_more() {
    let own = Own::start().await;
    let (_, other) = own.plane.key_holder("eve").await;
    let limited = |models: &[&str]| NewApiKey {
        allowed_models: Some(models.iter().map(|model| (*model).to_owned()).collect()),
        ..NewApiKey::default()
    };
    let (one, with_one) = own.issue(limited(&["gpt-5"])).await;
    let (both, with_both) = own.issue(limited(&["gpt-5", "o3"])).await;

    let manageable = async |tool: &Caller| {
        let answer = tool.ask(OWN).await;
        let ids = answer["data"]["viewer"]["ownKeys"]["manageableIds"].as_array();
        ids.unwrap_or_else(|| panic!("{answer}")).len()
    };
    assert_eq!(manageable(&own.tool).await, 3);
    assert_eq!(manageable(&with_both).await, 2);
    assert_eq!(manageable(&with_one).await, 1);
    for id in [both, own.key.id] {
        for (mutation, variables) in [
            (RENAME, json!({ "id": id, "name": "mine" })),
            (ROTATE, json!({ "id": id, "grace": 0 })),
            (REVOKE, json!({ "id": id })),
        ] {
            let refused = with_one.ask_with(mutation, variables.clone()).await;
            assert_eq!(code(&refused), "CONFLICT", "{mutation}: {refused}");
            let unknown = other.ask_with(mutation, variables).await;
            assert_eq!(code(&unknown), "NOT_FOUND", "{mutation}: {unknown}");
        }
    }
    let revoked = with_both.ask_with(REVOKE, json!({ "id": one })).await;
    assert_eq!(code(&revoked), "", "{revoked}");
    let own_end = with_both.ask_with(REVOKE, json!({ "id": both })).await;
    assert_eq!(code(&own_end), "", "{own_end}");
    assert_eq!(code(&with_both.ask(WHO).await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_disabled_or_archived_user_manages_no_keys() {
    let own = Own::start().await;
    let users = &own.plane.services.users;
    let holder = KeyHolder {
        user_id: own.ada,
        api_key_id: own.key.id,
    };
    // As if the user was disabled after the caller had been identified.
    let attempt = async || {
        let new = NewOwnKey {
            name: "late".into(),
            ..NewOwnKey::default()
        };
        let keys = &own.plane.services.api_keys;
        let policy = OwnKeyPolicy {
            is_allowed: true,
            maximum: 9,
        };
        let context = AuditContext::system("createOwnApiKey");
        let created = keys.create_own(&context, policy, holder, new).await;
        created.map(|_| ()).unwrap_err().code()
    };

    let disabled = UserChanges {
        enabled: Some(false),
        ..UserChanges::default()
    };
    users
        .update(test_context(), own.ada, None, disabled)
        .await
        .unwrap();
    assert_eq!(
        code(&create(&own.tool, named("x")).await),
        "UNAUTHENTICATED"
    );
    assert_eq!(attempt().await, "UNAUTHENTICATED");
    users.archive(test_context(), own.ada).await.unwrap();
    assert_eq!(
        code(&create(&own.tool, named("x")).await),
        "UNAUTHENTICATED"
    );
    assert_eq!(attempt().await, "UNAUTHENTICATED");
    assert_eq!(own.keys().await.len(), 1);
}

#[tokio::test]
async fn revoking_a_leaked_key_revokes_the_keys_that_were_created_with_it() {
    let own = Own::start().await;
    let admin = own.plane.script(Role::Admin).await;
    let (child, with_child) = own.create(&own.tool, named("child")).await;
    let (_, with_grandchild) = own.create(&with_child, named("grandchild")).await;
    let (_, other) = own.issue(NewApiKey::default()).await;
    let rotated = own
        .tool
        .ask_with(ROTATE, json!({ "id": own.key.id, "grace": 0 }))
        .await;
    let secret = rotated["data"]["rotateOwnApiKey"]["secret"].as_str();
    let replacement = own.plane.anonymous().with_bearer(secret.unwrap());
    let created = admin
        .ask_with(
            "query($id: ID!) { apiKeys(filter: { userId: $id }) { nodes { id createdKeys { id } } } }",
            json!({ "id": own.ada }),
        )
        .await;
    let nodes = created["data"]["apiKeys"]["nodes"].as_array().unwrap();
    let leaked = nodes.iter().find(|key| key["id"] == json!(own.key.id));
    assert_eq!(leaked.unwrap()["createdKeys"].as_array().unwrap().len(), 3);

    let revoke = "mutation($id: ID!, $with: Boolean!) { revokeApiKey(id: $id, withCreated: $with) {
        apiKey { state } } }";
    let alone = json!({ "id": own.key.id, "with": false });
    assert_eq!(code(&admin.ask_with(revoke, alone).await), "");
    assert_eq!(code(&with_child.ask(WHO).await), "");
    let all = json!({ "id": own.key.id, "with": true });
    assert_eq!(code(&admin.ask_with(revoke, all).await), "");

    for ended in [&with_child, &with_grandchild, &replacement] {
        assert_eq!(code(&ended.ask(WHO).await), "UNAUTHENTICATED");
    }
    assert_eq!(code(&other.ask(WHO).await), "", "{child}");
}

#[tokio::test]
async fn several_leaked_keys_are_revoked_with_those_that_they_created() {
    let own = Own::start().await;
    let admin = own.plane.script(Role::Admin).await;
    let (_, child) = own.create(&own.tool, named("child")).await;

    let revoked = admin
        .ask_with(
            "mutation($ids: [ID!]!) { revokeApiKeys(ids: $ids) { results { outcome } } }",
            json!({ "ids": [own.key.id] }),
        )
        .await;

    let results = &revoked["data"]["revokeApiKeys"]["results"];
    assert_eq!(*results, json!([{ "outcome": "REVOKED" }]));
    assert_eq!(code(&child.ask(WHO).await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_user_creates_at_most_a_hundred_keys_a_day() {
    let own = Own::start().await;
    let keys = &own.plane.services.api_keys;
    let holder = KeyHolder {
        user_id: own.ada,
        api_key_id: own.key.id,
    };
    let policy = OwnKeyPolicy {
        is_allowed: true,
        maximum: 2,
    };
    let context = || AuditContext::system("createOwnApiKey");
    let attempt = async || {
        let new = NewOwnKey {
            name: "again".into(),
            ..NewOwnKey::default()
        };
        keys.create_own(&context(), policy, holder, new).await
    };

    for _ in 0..100 {
        let id = attempt().await.unwrap().api_key.id;
        keys.revoke_own(&context(), policy, holder, id)
            .await
            .unwrap();
    }

    assert_eq!(attempt().await.unwrap_err().code(), "RATE_LIMITED");
    let rotated = keys
        .rotate_own(&context(), policy, holder, (own.key.id, TimeDelta::zero()))
        .await;
    assert_eq!(rotated.unwrap_err().code(), "RATE_LIMITED");
    own.plane.advance(TimeDelta::days(1));
    assert!(attempt().await.is_ok());
}

#[tokio::test]
async fn changes_of_own_keys_use_up_the_budget_of_the_user() {
    let own = Own::start().await;
    let rename = json!({ "id": own.key.id, "name": "again" });

    let mut done = 0;
    while code(&own.tool.ask_with(RENAME, rename.clone()).await) != "RATE_LIMITED" {
        done += 1;
        assert!(done < 40, "there is no limit");
    }

    assert!(done >= 15, "{done}");
}
