//! The networks and clients of keys in the control plane, and the longest life of keys.

use chrono::TimeDelta;
use entity::admin::Role;
use proxypal_server::domain::{client_family::ClientFamily, users::api_keys::NewApiKey};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, Socket, code, test_context};

const ISSUE: &str = "mutation($input: IssueApiKeyInput!) { issueApiKey(input: $input) {
    apiKey { id allowedNetworks allowedClients } secret } }";
const UPDATE: &str = "mutation($id: ID!, $input: UpdateApiKeyInput!, $confirm: Boolean! = false) {
    updateApiKey(id: $id, input: $input, confirmLockOut: $confirm) {
        apiKey { name allowedNetworks allowedClients } } }";
const ROTATE: &str =
    "mutation($id: ID!) { rotateApiKey(id: $id) { apiKey { allowedNetworks allowedClients } } }";
const CREATE: &str = "mutation($input: CreateOwnApiKeyInput!) { createOwnApiKey(input: $input) {
    apiKey { allowedNetworks allowedClients } secret } }";
const OWN: &str = "{ viewer { ... on KeyHolder { ownKeys { manageableIds } } } }";
const WHO: &str = "{ viewer { ... on KeyHolder { apiKey { id } } } }";

/// Ada with a key, and an administrator.
struct Holder {
    plane: ControlPlane,
    admin: Caller,
    ada: Uuid,
    tool: Caller,
    key: Uuid,
}

impl Holder {
    async fn start() -> Self {
        let plane = ControlPlane::start().await;
        let admin = plane.script(Role::Admin).await;
        let (ada, tool) = plane.key_holder("ada").await;
        let keys = plane.services.api_keys.of_users(&[ada]).await.unwrap();
        Self {
            key: keys[0].id,
            plane,
            admin,
            ada,
            tool,
        }
    }

    async fn update(&self, input: Value, confirm: bool) -> Value {
        let variables = json!({ "id": self.key, "input": input, "confirm": confirm });
        self.admin.ask_with(UPDATE, variables).await
    }

    async fn issue(&self, new: NewApiKey) -> (Uuid, Caller) {
        let keys = &self.plane.services.api_keys;
        let issued = keys.issue(test_context(), self.ada, new).await.unwrap();
        let secret = issued.secret.expose_secret();
        (
            issued.api_key.id,
            self.plane.anonymous().with_bearer(secret),
        )
    }

    async fn limit_life(&self, life: u32, idle: u32) {
        let settings = &self.plane.services.settings;
        let version = settings.current().version;
        let changed = settings.update(test_context(), version, |gateway| {
            gateway.max_key_life_days = life;
            gateway.max_key_idle_days = idle;
            gateway.own_keys = true;
        });
        changed.await.unwrap();
    }

    async fn nodes(&self, filter: Value) -> usize {
        let query = "query($filter: ApiKeyFilter) { apiKeys(filter: $filter) { totalCount } }";
        let answer = self
            .admin
            .ask_with(query, json!({ "filter": filter }))
            .await;
        let count = &answer["data"]["apiKeys"]["totalCount"];
        count.to_string().trim_matches('"').parse().unwrap()
    }
}

#[tokio::test]
async fn networks_and_clients_are_stored_canonically_and_kept_by_a_rotation() {
    let holder = Holder::start().await;
    let input = json!({
        "userId": holder.ada,
        "allowedNetworks": ["2001:DB8::/32", "192.0.2.7", " 10.0.0.0/8 ", "10.0.0.0/8"],
        "allowedClients": ["CURL", "CLAUDE_CODE", "CURL"],
    });

    let issued = holder
        .admin
        .ask_with(ISSUE, json!({ "input": input }))
        .await;

    let expected = json!({
        "allowedNetworks": ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"],
        "allowedClients": ["CLAUDE_CODE", "CURL"],
    });
    let mut key = issued["data"]["issueApiKey"]["apiKey"].clone();
    let id = key.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!(key, expected, "{issued}");
    let rotated = holder.admin.ask_with(ROTATE, json!({ "id": id })).await;
    assert_eq!(
        rotated["data"]["rotateApiKey"]["apiKey"], expected,
        "{rotated}"
    );
    let audit = "{ auditEvents { nodes { action after } } }";
    let events = holder.admin.ask(audit).await;
    let events = events["data"]["auditEvents"]["nodes"].to_string();
    assert!(events.contains("192.0.2.7/32"), "{events}");
    assert!(events.contains("claude-code"), "{events}");
}

#[tokio::test]
async fn invalid_networks_and_empty_lists_are_refused_with_the_reason() {
    let holder = Holder::start().await;

    for (input, reason) in [
        (json!({ "allowedNetworks": ["10.0.0.1/8"] }), "10.0.0.0/8"),
        (json!({ "allowedNetworks": ["example.org"] }), "no network"),
        (json!({ "allowedNetworks": [] }), "1 to 64"),
        (json!({ "allowedNetworks": vec!["::1"; 65] }), "1 to 64"),
        (json!({ "allowedNetworks": ["1".repeat(9000)] }), "at most"),
        (json!({ "allowedClients": [] }), "at least 1"),
    ] {
        let refused = holder.update(input, true).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT", "{refused}");
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    let bound = holder
        .update(json!({ "allowedNetworks": ["127.0.0.1"] }), false)
        .await;
    assert_eq!(code(&bound), "", "{bound}");
    let cleared = holder
        .update(json!({ "name": "x", "allowedNetworks": null }), false)
        .await;
    assert_eq!(
        cleared["data"]["updateApiKey"]["apiKey"],
        json!({ "name": "x", "allowedNetworks": null, "allowedClients": null })
    );
}

#[tokio::test]
async fn networks_without_the_address_of_the_last_use_must_be_confirmed() {
    let holder = Holder::start().await;
    // From 203.0.113.9.
    holder.plane.record(holder.ada, "m").await;
    let elsewhere = || json!({ "allowedNetworks": ["198.51.100.0/24"] });

    let warned = holder.update(elsewhere(), false).await;
    assert_eq!(code(&warned), "CONFIRMATION_REQUIRED", "{warned}");
    let message = warned["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("203.0.113.9"), "{message}");
    // Nothing was saved.
    assert_eq!(code(&holder.tool.ask(WHO).await), "");

    let wider = json!({ "allowedNetworks": ["198.51.100.0/24", "203.0.113.0/24"] });
    assert_eq!(code(&holder.update(wider, false).await), "");
    let saved = holder.update(elsewhere(), true).await;
    assert_eq!(
        saved["data"]["updateApiKey"]["apiKey"]["allowedNetworks"],
        json!(["198.51.100.0/24"])
    );
}

#[tokio::test]
async fn a_key_holder_signs_in_from_the_networks_of_the_key_with_any_client() {
    let holder = Holder::start().await;
    let changes = json!({ "allowedNetworks": ["127.0.0.0/8"], "allowedClients": ["CODEX"] });
    holder.update(changes, false).await;
    assert_eq!(code(&holder.tool.ask(WHO).await), "");

    holder
        .update(json!({ "allowedNetworks": ["203.0.113.0/24"] }), false)
        .await;

    let refused = holder.tool.ask(WHO).await;
    assert_eq!(code(&refused), "UNAUTHENTICATED");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("your network"), "{message}");
    let forged = holder.tool.clone().with("x-forwarded-for", "203.0.113.9");
    assert_eq!(code(&forged.ask(WHO).await), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_socket_ends_when_its_key_may_not_be_used_from_the_network_any_more() {
    let holder = Holder::start().await;
    let mut socket = Socket::greet(&holder.tool, Value::Null).await;

    let elsewhere = json!({ "allowedNetworks": ["203.0.113.0/24"] });
    assert_eq!(code(&holder.update(elsewhere, false).await), "");

    assert_eq!(socket.next().await, Err(4401));
}

#[tokio::test]
async fn users_create_and_manage_keys_within_the_networks_and_clients_of_the_key_in_use() {
    let holder = Holder::start().await;
    holder.limit_life(0, 0).await;
    let networks = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let (_, bound) = holder
        .issue(NewApiKey {
            allowed_networks: networks(&["127.0.0.0/8", "10.0.0.0/8"]),
            allowed_clients: Some(vec![ClientFamily::Codex]),
            ..NewApiKey::default()
        })
        .await;

    for wider in [
        json!({ "allowedNetworks": ["0.0.0.0/0"] }),
        json!({ "allowedNetworks": ["10.1.0.0/16", "::1"] }),
        json!({ "allowedClients": ["CODEX", "CURL"] }),
        json!({ "allowedClients": [] }),
    ] {
        let mut input = wider.clone();
        input["name"] = json!("wider");
        let refused = bound.ask_with(CREATE, json!({ "input": input })).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT", "{wider}: {refused}");
    }
    let same = bound
        .ask_with(CREATE, json!({ "input": { "name": "same" } }))
        .await;
    assert_eq!(
        same["data"]["createOwnApiKey"]["apiKey"],
        json!({ "allowedNetworks": ["10.0.0.0/8", "127.0.0.0/8"], "allowedClients": ["CODEX"] }),
        "{same}"
    );
    let narrower = json!({ "name": "narrower", "allowedNetworks": ["10.1.0.0/16"] });
    let narrower = bound.ask_with(CREATE, json!({ "input": narrower })).await;
    assert_eq!(code(&narrower), "", "{narrower}");
    // The key without networks is out of reach.
    let own = bound.ask(OWN).await;
    let ids = own["data"]["viewer"]["ownKeys"]["manageableIds"].to_string();
    assert!(!ids.contains(&holder.key.to_string()), "{ids}");
}

#[tokio::test]
async fn a_key_that_a_user_creates_ends_with_the_longest_life_of_the_key_in_use() {
    let holder = Holder::start().await;
    holder.limit_life(30, 0).await;
    holder.plane.advance(TimeDelta::days(10));
    let create = "mutation($input: CreateOwnApiKeyInput!) { createOwnApiKey(input: $input) {
        apiKey { expiresAt endsAt } } }";

    let created = holder
        .tool
        .ask_with(create, json!({ "input": { "name": "laptop" } }))
        .await;
    let late = json!({ "name": "late", "expiresAt": "2026-07-02T12:00:00Z" });
    let late = holder.tool.ask_with(create, json!({ "input": late })).await;

    let end = "2026-07-01T12:00:00Z";
    assert_eq!(
        created["data"]["createOwnApiKey"]["apiKey"],
        json!({ "expiresAt": end, "endsAt": end }),
        "{created}"
    );
    assert_eq!(code(&late), "BAD_USER_INPUT", "{late}");
}

#[tokio::test]
async fn the_longest_life_and_the_idle_end_show_in_states_filters_and_errors() {
    let holder = Holder::start().await;
    let query = format!(
        "{{ user(id: \"{}\") {{ apiKeys {{ state endsAt expiresAt }} }} }}",
        holder.ada
    );
    let shown = async || holder.admin.ask(&query).await["data"]["user"]["apiKeys"][0].clone();
    assert_eq!(
        shown().await,
        json!({ "state": "ACTIVE", "endsAt": null, "expiresAt": null })
    );

    holder.limit_life(30, 7).await;
    assert_eq!(shown().await["endsAt"], "2026-06-08T12:00:00Z");
    holder.plane.advance(TimeDelta::days(6));
    holder.plane.record(holder.ada, "m").await;
    assert_eq!(shown().await["endsAt"], "2026-06-14T12:00:00Z");
    assert_eq!(holder.nodes(json!({ "states": ["ACTIVE"] })).await, 1);

    holder.limit_life(0, 5).await;
    holder.plane.advance(TimeDelta::days(5));
    assert_eq!(shown().await["state"], "EXPIRED");
    assert_eq!(holder.nodes(json!({ "states": ["ACTIVE"] })).await, 0);
    assert_eq!(holder.nodes(json!({ "states": ["EXPIRED"] })).await, 1);

    holder.limit_life(13, 0).await;
    assert_eq!(shown().await["state"], "ACTIVE");
    assert_eq!(shown().await["endsAt"], "2026-06-14T12:00:00Z");
    for (within, count) in [(1, 0), (2, 1)] {
        let filter = json!({ "expiresWithinDays": within });
        assert_eq!(holder.nodes(filter).await, count);
    }
    for (age, count) in [(12, 0), (11, 1)] {
        let filter = json!({ "createdBeforeDays": age });
        assert_eq!(holder.nodes(filter).await, count);
    }

    let late = json!({ "expiresAt": "2026-06-15T12:00:00Z" });
    let refused = holder.update(late, false).await;
    assert_eq!(code(&refused), "BAD_USER_INPUT", "{refused}");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("maxKeyLifeDays"), "{message}");
    holder.plane.advance(TimeDelta::days(2));
    assert_eq!(shown().await["state"], "EXPIRED");
    assert_eq!(code(&holder.tool.ask(WHO).await), "UNAUTHENTICATED");
}
