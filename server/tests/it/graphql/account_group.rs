//! Account groups over sockets: create, change, permit, delete, and who sees what.

use entity::admin::Role;
use proxypal_server::{domain::users::api_keys::NewApiKey, engine::EngineState};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Caller, ControlPlane, Options, PASSWORD, TestApp, TestDatabase, code, test_context,
};

const GROUP: &str = "id name isDefault version userCount apiKeyCount accounts { label } users { name } apiKeys { name }";

/// A server with the demo engine, its administrator, Ada with a key, and two accounts.
struct Groups {
    app: TestApp,
    admin: Caller,
    ada: Uuid,
    key: Uuid,
    accounts: [String; 2],
}

impl Groups {
    async fn start() -> Self {
        let mut options = Options::default().with("--engine=demo");
        options.secrets.admin_password = Some(PASSWORD.into());
        let app = TestApp::start(options, TestDatabase::create().await).await;
        app.engine_is(EngineState::Running).await;
        let mut admin = Caller::new(app.address);
        admin.sign_in(PASSWORD).await;
        let secret = app.issue_key().await;
        let caller = app.caller(&secret);
        let mut accounts = [String::new(), String::new()];
        for (at, label) in ["first", "second"].into_iter().enumerate() {
            let add = format!(
                "mutation {{ addProviderApiKey(input: {{ kind: CLAUDE, label: {label:?}, apiKey: \"sk-ant-{label}-0123456789\" }}) {{ account {{ id }} }} }}"
            );
            let added = admin.ask(&add).await;
            let id = added.pointer("/data/addProviderApiKey/account/id");
            id.and_then(Value::as_str)
                .unwrap()
                .clone_into(&mut accounts[at]);
        }
        Self {
            admin,
            ada: caller.user_id,
            key: caller.api_key_id,
            app,
            accounts,
        }
    }

    async fn create(&self, input: Value) -> Value {
        let create = format!(
            "mutation($input: CreateAccountGroupInput!) {{ createAccountGroup(input: $input) {{ accountGroup {{ {GROUP} }} }} }}"
        );
        self.admin
            .ask_with(&create, json!({ "input": input }))
            .await
    }

    async fn created(&self, input: Value) -> Value {
        let answer = self.create(input).await;
        assert_eq!(code(&answer), "", "{answer}");
        answer["data"]["createAccountGroup"]["accountGroup"].clone()
    }

    async fn update(&self, id: &Value, input: Value, version: Option<i32>) -> Value {
        let update = format!(
            "mutation($id: ID!, $input: UpdateAccountGroupInput!, $version: Int) {{ updateAccountGroup(id: $id, input: $input, expectedVersion: $version) {{ accountGroup {{ {GROUP} }} }} }}"
        );
        let variables = json!({ "id": id, "input": input, "version": version });
        self.admin.ask_with(&update, variables).await
    }

    async fn delete(&self, id: &Value, confirm: bool) -> Value {
        let delete = "mutation($id: ID!, $confirm: Boolean!) { deleteAccountGroup(id: $id, confirm: $confirm) { name userCount apiKeyCount releasedAccountCount } }";
        self.admin
            .ask_with(delete, json!({ "id": id, "confirm": confirm }))
            .await
    }

    async fn permit(&self, subject: Value, groups: Value) -> Value {
        let permit = "mutation($input: SetAccountAccessInput!) { setAccountAccess(input: $input) { user { id version } apiKey { id version } } }";
        let input = json!({ "subject": subject, "accountGroupIds": groups });
        self.admin.ask_with(permit, json!({ "input": input })).await
    }

    /// The source of the access of Ada and of her key, and the names of their groups.
    async fn access(&self) -> Value {
        let fields = "accountAccess { source groups { name } ownGroups { name } }";
        let query =
            format!("query($id: ID!) {{ user(id: $id) {{ {fields} apiKeys {{ {fields} }} }} }}");
        let answer = self.admin.ask_with(&query, json!({ "id": self.ada })).await;
        let short = |access: &Value| {
            let names = |list: &Value| {
                list.as_array().map(|groups| {
                    groups
                        .iter()
                        .map(|group| group["name"].clone())
                        .collect::<Vec<_>>()
                })
            };
            json!([
                access["source"],
                names(&access["groups"]),
                names(&access["ownGroups"])
            ])
        };
        let user = &answer["data"]["user"];
        json!([
            short(&user["accountAccess"]),
            short(&user["apiKeys"][0]["accountAccess"])
        ])
    }

    async fn groups_of_account(&self, id: &str) -> Value {
        let query = "{ providers { accounts { id groups { name } } } }";
        let answer = self.admin.ask(query).await;
        let providers = answer["data"]["providers"].as_array().unwrap().iter();
        let mut accounts = providers.flat_map(|provider| provider["accounts"].as_array().unwrap());
        accounts.find(|account| account["id"] == id).unwrap()["groups"].clone()
    }
}

#[expect(clippy::too_many_lines, reason = "the steps of one behaviour")]
#[tokio::test]
async fn groups_are_created_changed_and_listed_by_name() {
    let groups = Groups::start().await;
    let [first, second] = &groups.accounts;

    let beta = groups
        .created(json!({ "name": " Beta ", "accountIds": [first, first] }))
        .await;
    groups
        .created(json!({ "name": "alpha", "accountIds": [first, second], "isDefault": true }))
        .await;

    assert_eq!(beta["name"], "Beta");
    assert_eq!(beta["accounts"], json!([{ "label": "first" }]));
    let listed = groups
        .admin
        .ask("{ accountGroups { name isDefault accounts { label } } }")
        .await;
    assert_eq!(
        listed["data"]["accountGroups"],
        json!([
            { "name": "alpha", "isDefault": true, "accounts": [{ "label": "first" }, { "label": "second" }] },
            { "name": "Beta", "isDefault": false, "accounts": [{ "label": "first" }] },
        ])
    );
    let taken = groups.create(json!({ "name": "Beta" })).await;
    assert_eq!(code(&taken), "CONFLICT", "{taken}");
    for name in ["", " ", &"n".repeat(61)] {
        assert_eq!(
            code(&groups.create(json!({ "name": name })).await),
            "BAD_USER_INPUT"
        );
    }
    let lost = groups
        .create(json!({ "name": "x", "accountIds": [Uuid::nil()] }))
        .await;
    assert_eq!(code(&lost), "NOT_FOUND", "{lost}");

    // Of two changes that are based on the same version, the later one is refused.
    let id = &beta["id"];
    let updated = groups
        .update(
            id,
            json!({ "accountIds": [second], "isDefault": true }),
            Some(1),
        )
        .await;
    let group = &updated["data"]["updateAccountGroup"]["accountGroup"];
    assert_eq!(
        (&group["version"], &group["accounts"]),
        (&json!(2), &json!([{ "label": "second" }]))
    );
    let stale = groups.update(id, json!({ "name": "Gamma" }), Some(1)).await;
    assert_eq!(code(&stale), "CONFLICT", "{stale}");
    assert_eq!(stale["errors"][0]["extensions"]["current"]["name"], "Beta");
    let one = format!(
        "{{ accountGroup(id: {id}) {{ name isDefault }} other: accountGroup(id: \"x\") {{ id }} }}"
    );
    let one = groups.admin.ask(&one).await;
    assert_eq!(
        one["data"],
        json!({ "accountGroup": { "name": "Beta", "isDefault": true }, "other": null })
    );
    assert_eq!(
        groups.groups_of_account(first).await,
        json!([{ "name": "alpha" }])
    );
    let set = format!(
        "mutation {{ setProviderAccountGroups(id: {first:?}, accountGroupIds: [{id}]) {{ account {{ groups {{ name isDefault }} }} }} }}"
    );
    let set = groups.admin.ask(&set).await;
    assert_eq!(
        set["data"]["setProviderAccountGroups"]["account"]["groups"],
        json!([{ "name": "Beta", "isDefault": true }])
    );
}

#[expect(clippy::too_many_lines, reason = "the steps of one behaviour")]
#[tokio::test]
async fn the_most_specific_groups_decide_and_a_deleted_group_permits_nothing() {
    let groups = Groups::start().await;
    let [first, _] = &groups.accounts;
    let team = groups
        .created(json!({ "name": "Team", "accountIds": [first] }))
        .await["id"]
        .clone();
    let key_group = groups.created(json!({ "name": "Key" })).await["id"].clone();
    let (user, key) = (
        json!({ "userId": groups.ada }),
        json!({ "apiKeyId": groups.key }),
    );
    assert_eq!(
        groups.access().await,
        json!([["UNGROUPED", [], null], ["UNGROUPED", [], null]])
    );

    let permitted = groups.permit(user.clone(), json!([team])).await;
    assert_eq!(permitted["data"]["setAccountAccess"]["user"]["version"], 2);
    assert_eq!(
        groups.access().await,
        json!([["USER", ["Team"], ["Team"]], ["USER", ["Team"], null]])
    );
    groups.permit(key.clone(), json!([key_group])).await;
    assert_eq!(
        groups.access().await,
        json!([["USER", ["Team"], ["Team"]], ["API_KEY", ["Key"], ["Key"]]])
    );
    for refused in [json!([]), json!([Uuid::nil()])] {
        let answer = groups.permit(user.clone(), refused).await;
        assert!(
            ["BAD_USER_INPUT", "NOT_FOUND"].contains(&code(&answer)),
            "{answer}"
        );
    }

    let unconfirmed = groups.delete(&team, false).await;
    assert_eq!(code(&unconfirmed), "CONFLICT", "{unconfirmed}");
    let message = unconfirmed["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("users (user ") && message.contains("1 of its accounts"),
        "{message}"
    );
    let deleted = groups.delete(&team, true).await;
    assert_eq!(
        deleted["data"]["deleteAccountGroup"],
        json!({ "name": "Team", "userCount": 1, "apiKeyCount": 0, "releasedAccountCount": 1 })
    );
    assert_eq!(
        groups.access().await[0],
        json!(["USER", [], []]),
        "nothing, not everything"
    );
    let reused = groups
        .create(json!({ "name": "Team", "isDefault": true }))
        .await;
    assert_eq!(code(&reused), "", "{reused}");
    let default = &reused["data"]["createAccountGroup"]["accountGroup"]["id"];
    assert_eq!(
        code(&groups.delete(default, true).await),
        "CONFLICT",
        "it is the default"
    );

    groups.permit(user, Value::Null).await;
    groups.permit(key, Value::Null).await;
    assert_eq!(
        groups.access().await,
        json!([
            ["DEFAULT_GROUP", ["Team"], null],
            ["DEFAULT_GROUP", ["Team"], null]
        ])
    );
}

#[tokio::test]
async fn key_holders_learn_neither_groups_nor_who_uses_them() {
    let groups = Groups::start().await;
    let keys = &groups.app.services.api_keys;
    let issued = keys
        .issue(test_context(), groups.ada, NewApiKey::default())
        .await
        .unwrap();
    let holder = Caller::new(groups.app.address).with_bearer(issued.secret.expose_secret());

    for field in [
        "user { accountAccess { source } }",
        "apiKey { accountAccess { source } }",
    ] {
        let query = format!("{{ viewer {{ ... on KeyHolder {{ {field} }} }} }}");
        let answer = holder.ask(&query).await;
        assert_eq!(code(&answer), "FORBIDDEN", "{answer}");
    }
}

#[tokio::test]
async fn an_external_engine_has_no_account_groups() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let create =
        "mutation { createAccountGroup(input: { name: \"Team\" }) { accountGroup { id } } }";

    let answer = admin.ask(create).await;

    assert_eq!(code(&answer), "CONFLICT", "{answer}");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("external engine"), "{message}");
}
