//! Versions: a change that is based on an earlier state is refused with the present one.

use entity::admin::Role;
use proxypal_server::domain::account_groups::NewAccountGroup;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, test_context};

/// A mutation on one object: how it is sent with a version, and where its result has the next one.
struct Versioned {
    name: &'static str,
    query: &'static str,
    variables: Value,
    /// The JSON pointer to the version in the answer.
    version: &'static str,
    /// A part of the present state that the conflict reports, as JSON pointer and value.
    current: (&'static str, Value),
}

impl Versioned {
    async fn send(&self, admin: &Caller, version: Option<i64>) -> Value {
        let mut variables = self.variables.clone();
        variables["version"] = json!(version);
        admin.ask_with(self.query, variables).await
    }
}

/// A control plane with a user, a key and a provider account, and every mutation that takes a version.
async fn versioned() -> (ControlPlane, Caller, Vec<Versioned>) {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let key = key_of(&admin, ada).await;
    let added = admin
        .ask("mutation { addProviderApiKey(input: { kind: CLAUDE, label: \"first\", apiKey: \"sk-ant-0123456789\" }) { account { id version } } }")
        .await;
    let account = added["data"]["addProviderApiKey"]["account"].clone();
    assert_eq!(account["version"], 1);
    let mut all = Vec::from(objects(ada, &key, &account["id"]));
    all.push(account_group(&plane).await);
    for (holder, id) in [("userId", json!(ada)), ("apiKeyId", key)] {
        all.extend(limits(holder, &id));
    }
    (plane, admin, all)
}

fn objects(user: Uuid, key: &Value, account: &Value) -> [Versioned; 3] {
    [
        Versioned {
            name: "updateUser",
            query: "mutation($id: ID!, $version: Int) { updateUser(id: $id, input: { note: \"n\" }, expectedVersion: $version) { user { version } } }",
            variables: json!({ "id": user }),
            version: "/data/updateUser/user/version",
            current: ("/note", json!("n")),
        },
        Versioned {
            name: "updateApiKey",
            query: "mutation($id: ID!, $version: Int) { updateApiKey(id: $id, input: { name: \"laptop\" }, expectedVersion: $version) { apiKey { version } } }",
            variables: json!({ "id": key }),
            version: "/data/updateApiKey/apiKey/version",
            current: ("/name", json!("laptop")),
        },
        Versioned {
            name: "updateProviderAccount",
            query: "mutation($id: ID!, $version: Int) { updateProviderAccount(id: $id, input: { priority: 7 }, expectedVersion: $version) { account { version } } }",
            variables: json!({ "id": account }),
            version: "/data/updateProviderAccount/account/version",
            current: ("/priority", json!(7)),
        },
    ]
}

async fn account_group(plane: &ControlPlane) -> Versioned {
    let new = NewAccountGroup {
        name: "group".to_owned(),
        ..NewAccountGroup::default()
    };
    let groups = &plane.services.account_groups;
    let group = groups.create(test_context(), new).await.unwrap();
    Versioned {
        name: "updateAccountGroup",
        query: "mutation($id: ID!, $version: Int) { updateAccountGroup(id: $id, input: { name: \"team\" }, expectedVersion: $version) { accountGroup { version } } }",
        variables: json!({ "id": group.id }),
        version: "/data/updateAccountGroup/accountGroup/version",
        current: ("/name", json!("team")),
    }
}

/// The four mutations of limits share two versions, so only one of each two is in the list for a holder.
fn limits(holder: &str, id: &Value) -> [Versioned; 2] {
    let is_user = holder == "userId";
    let (quotas, rate) = if is_user {
        (
            "/data/setQuotas/user/quotasVersion",
            "/data/updateRateLimit/user/rateLimitVersion",
        )
    } else {
        (
            "/data/changeQuotas/apiKey/quotasVersion",
            "/data/setRateLimit/apiKey/rateLimitVersion",
        )
    };
    let set_quotas = "mutation($input: SetQuotasInput!, $version: Int) { setQuotas(input: $input, expectedVersion: $version) { user { quotasVersion } } }";
    let change_quotas = "mutation($input: ChangeQuotasInput!, $version: Int) { changeQuotas(input: $input, expectedVersion: $version) { apiKey { quotasVersion } } }";
    let update_rate = "mutation($input: UpdateRateLimitInput!, $version: Int) { updateRateLimit(input: $input, expectedVersion: $version) { user { rateLimitVersion } } }";
    let set_rate = "mutation($input: SetRateLimitInput!, $version: Int) { setRateLimit(input: $input, expectedVersion: $version) { apiKey { rateLimitVersion } } }";
    let quotas_input = if is_user {
        json!({ holder: id, "quotas": [] })
    } else {
        json!({ holder: id, "add": [] })
    };
    [
        Versioned {
            name: if is_user { "setQuotas" } else { "changeQuotas" },
            query: if is_user { set_quotas } else { change_quotas },
            variables: json!({ "input": quotas_input }),
            version: quotas,
            current: ("/quotas", json!([])),
        },
        Versioned {
            name: if is_user {
                "updateRateLimit"
            } else {
                "setRateLimit"
            },
            query: if is_user { update_rate } else { set_rate },
            variables: json!({ "input": { holder: id, "requestsPerMinute": 7 } }),
            version: rate,
            current: ("/requestsPerMinute", json!(7)),
        },
    ]
}

#[tokio::test]
async fn a_change_of_an_earlier_version_is_refused_with_the_present_state() {
    let (_plane, admin, all) = versioned().await;

    for versioned in all {
        let name = versioned.name;
        let first = versioned.send(&admin, Some(1)).await;
        assert_eq!(
            first.pointer(versioned.version),
            Some(&json!(2)),
            "{name}: {first}"
        );

        let stale = versioned.send(&admin, Some(1)).await;
        assert_eq!(code(&stale), "CONFLICT", "{name}: {stale}");
        let extensions = &stale["errors"][0]["extensions"];
        assert_eq!(extensions["currentVersion"], 2, "{name}: {stale}");
        let (pointer, value) = &versioned.current;
        assert_eq!(
            extensions["current"].pointer(pointer),
            Some(value),
            "{name}: {stale}"
        );

        let next = versioned.send(&admin, Some(2)).await;
        assert_eq!(
            next.pointer(versioned.version),
            Some(&json!(3)),
            "{name}: {next}"
        );
        let any = versioned.send(&admin, None).await;
        assert_eq!(
            any.pointer(versioned.version),
            Some(&json!(4)),
            "{name}: {any}"
        );
    }
}

#[tokio::test]
async fn of_two_concurrent_changes_with_the_same_version_one_is_refused() {
    let (_plane, admin, all) = versioned().await;

    for versioned in all {
        let name = versioned.name;
        let (one, other) = tokio::join!(
            versioned.send(&admin, Some(1)),
            versioned.send(&admin, Some(1))
        );
        let codes = [code(&one), code(&other)];
        let refused = codes.iter().filter(|code| **code == "CONFLICT").count();
        assert_eq!(refused, 1, "{name}: {one} {other}");
        let next = versioned.send(&admin, Some(2)).await;
        assert_eq!(
            next.pointer(versioned.version),
            Some(&json!(3)),
            "{name}: {next}"
        );
    }
}

#[tokio::test]
async fn a_refused_change_leaves_the_object_and_the_audit_of_successes_alone() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    let update = "mutation($id: ID!, $note: String, $version: Int) { updateUser(id: $id, input: { note: $note }, expectedVersion: $version) { user { note } } }";
    let send = |note: &str, version: i64| json!({ "id": ada, "note": note, "version": version });
    admin.ask_with(update, send("theirs", 1)).await;

    let stale = admin.ask_with(update, send("mine", 1)).await;

    assert_eq!(code(&stale), "CONFLICT", "{stale}");
    let read = "query($id: ID!) { user(id: $id) { note version quotasVersion rateLimitVersion } }";
    let user = admin.ask_with(read, json!({ "id": ada })).await;
    assert_eq!(
        user["data"]["user"],
        json!({ "note": "theirs", "version": 2, "quotasVersion": 1, "rateLimitVersion": 1 })
    );
    let gone = admin
        .ask_with(
            update,
            json!({ "id": Uuid::from_u128(1), "note": "", "version": 1 }),
        )
        .await;
    assert_eq!(code(&gone), "NOT_FOUND", "{gone}");
}

async fn key_of(admin: &Caller, user: Uuid) -> Value {
    let query = "query($id: ID!) { user(id: $id) { apiKeys { id } } }";
    let answer = admin.ask_with(query, json!({ "id": user })).await;
    answer["data"]["user"]["apiKeys"][0]["id"].clone()
}
