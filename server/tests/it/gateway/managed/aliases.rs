//! Models by other names: set while requests pass, in every protocol, and counted as what they are.

use entity::{admin::Role, provider_account::ProviderKind};
use proxypal_server::domain::users::NewUser;
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{CHAT, Delivery, Managed, Protocol};
use crate::support::{Caller, code, eventually, test_context};

const SET: &str = "mutation($input: SetModelAliasInput!) { setModelAlias(input: $input) { alias {
    alias model provider active } } }";
const DELETE: &str =
    "mutation($alias: String!) { deleteModelAlias(alias: $alias) { alias { active } } }";
const MODELS: &str = "{ models { name aliasOf aliases providers demo accounts { label }
    price { inputPerMillion } } modelAliases { alias model active } }";
const RESOLVE: &str =
    "query($name: String!, $user: ID!) { resolveModel(name: $name, userId: $user) {
    name alias { alias } servedModel providers accounts { label } price { inputPerMillion } problem
    explanation } }";
const SCRIPT: &str = "usage:input=11,output=7";

async fn admin(managed: &Managed) -> Caller {
    let tokens = &managed.app.services.api_tokens;
    let created = tokens
        .create(test_context(), "script", Role::Admin, None)
        .await
        .unwrap();
    Caller::new(managed.app.address).with_bearer(created.secret.expose_secret())
}

async fn set(admin: &Caller, alias: &str, model: &str) -> Value {
    let input = json!({ "alias": alias, "model": model });
    admin.ask_with(SET, json!({ "input": input })).await
}

async fn set_active(admin: &Caller, alias: &str, model: &str) {
    let answer = set(admin, alias, model).await;
    let active = &answer["data"]["setModelAlias"]["alias"]["active"];
    assert_eq!(active, true, "{answer}");
}

impl Managed {
    async fn ask_by(&self, key: &str, protocol: Protocol, name: &str) -> reqwest::Response {
        let path = protocol.path(Delivery::Whole);
        let path = path.replace(protocol.model(), name);
        let mut body = protocol.body(Delivery::Whole, SCRIPT);
        if protocol != Protocol::Gemini {
            body["model"] = json!(name);
        }
        let request = self.app.http.post(self.app.url(&path)).bearer_auth(key);
        request.json(&body).send().await.unwrap()
    }

    async fn key_for(&self, allowed: &[&str]) -> String {
        let allowed = allowed.iter().map(|&name| name.to_owned()).collect();
        let new = NewUser {
            name: format!("{allowed:?}"),
            allowed_models: Some(allowed),
            ..NewUser::default()
        };
        self.app.issue_key_for(new).await
    }

    async fn listed(&self, key: &str) -> Vec<String> {
        let request = self.app.http.get(self.app.url("/v1/models"));
        let list = request.bearer_auth(key).send().await.unwrap();
        let list: Value = list.json().await.unwrap();
        let models = list["data"].as_array().unwrap().iter();
        models
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_works_in_every_protocol_and_the_record_has_both_names() {
    let mut managed = Managed::start().await;
    let admin = admin(&managed).await;

    for protocol in Protocol::ALL {
        let alias = format!("other-{}", protocol.model());
        set_active(&admin, &alias, protocol.model()).await;

        let key = managed.key.clone();
        let answer = managed.ask_by(&key, protocol, &alias).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());

        assert_eq!(status, StatusCode::OK, "{protocol:?}: {text}");
        let record = managed.next_record().await;
        assert_eq!(record.model.as_deref(), Some(alias.as_str()));
        let served = record.served_model.as_deref();
        assert_eq!(served, Some(protocol.model()), "{protocol:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_is_added_and_removed_without_a_failed_request() {
    let managed = Managed::start().await;
    let admin = admin(&managed).await;
    let pid = managed.app.services.engine.status().pid;
    managed.app.without_rate_limit().await;
    let load = async {
        loop {
            let answer = managed.ask_by(&managed.key, Protocol::Chat, CHAT).await;
            assert_eq!(answer.status(), StatusCode::OK);
        }
    };
    let changes = async {
        for round in 0..3 {
            let alias = format!("gpt-{round}");
            set_active(&admin, &alias, CHAT).await;
            let answer = managed.ask_by(&managed.key, Protocol::Chat, &alias).await;
            assert_eq!(answer.status(), StatusCode::OK);
            let gone = admin.ask_with(DELETE, json!({ "alias": alias })).await;
            let active = &gone["data"]["deleteModelAlias"]["alias"]["active"];
            assert_eq!(active, false, "{gone}");
        }
    };

    tokio::select! {
        () = load => {}
        () = changes => {}
    }

    assert_eq!(managed.app.services.engine.status().pid, pid);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_hides_a_model_of_an_account_is_reported() {
    let managed = Managed::start().await;
    let admin = admin(&managed).await;
    let mut account = managed.provider.account(ProviderKind::Claude, "any");
    account.models = Vec::new();
    managed.add(account).await;
    let known = "claude-sonnet-4-5-20250929";
    managed.lists(known, true).await;
    let mut expected = managed.listed(&managed.key).await;

    set_active(&admin, "gpt-4", known).await;

    expected.push("gpt-4".to_owned());
    expected.sort();
    let mut listed = managed.listed(&managed.key).await;
    listed.sort();
    assert_eq!(listed, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_may_be_used_by_callers_who_may_use_either_name() {
    let managed = Managed::start().await;
    let admin = admin(&managed).await;
    set_active(&admin, "gpt-4", CHAT).await;
    let by_alias = managed.key_for(&["gpt-4"]).await;
    let by_target = managed.key_for(&["stub-c*t"]).await;
    let by_neither = managed.key_for(&["stub-claude"]).await;

    for (key, alias, target) in [
        (&by_alias, StatusCode::OK, StatusCode::FORBIDDEN),
        (&by_target, StatusCode::OK, StatusCode::OK),
        (&by_neither, StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
    ] {
        let answer = managed.ask_by(key, Protocol::Chat, "gpt-4").await;
        assert_eq!(answer.status(), alias);
        let answer = managed.ask_by(key, Protocol::Chat, CHAT).await;
        assert_eq!(answer.status(), target);
    }
    assert_eq!(managed.listed(&by_alias).await, ["gpt-4"]);
    assert_eq!(managed.listed(&by_neither).await, ["stub-claude"]);
    let mut by_target = managed.listed(&by_target).await;
    by_target.sort();
    assert_eq!(by_target, ["gpt-4", CHAT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_costs_what_its_target_costs_and_counts_in_its_quotas() {
    let mut managed = Managed::start().await;
    let admin = admin(&managed).await;
    // The bundled table has a price for this name, which is not what is served.
    set_active(&admin, "gpt-4o", CHAT).await;
    let price = json!({ "modelPattern": CHAT, "inputPerMillion": "1000", "outputPerMillion": "0" });
    let create =
        "mutation($input: CreatePriceInput!) { createPrice(input: $input) { price { id } } }";
    let created = admin.ask_with(create, json!({ "input": price })).await;
    let users = "{ users { nodes { id } } }";
    let user = admin.ask(users).await["data"]["users"]["nodes"][0]["id"].clone();
    let quotas = json!({ "userId": user, "quotas": [
        { "metric": "REQUESTS", "limit": 1, "window": "DAY", "modelPattern": CHAT } ] });
    let limit = "mutation($input: SetQuotasInput!) { setQuotas(input: $input) { user { id } } }";
    let limited = admin.ask_with(limit, json!({ "input": quotas })).await;
    assert_eq!(limited["errors"], Value::Null, "{limited}");
    let key = managed.key.clone();

    let first = managed.ask_by(&key, Protocol::Chat, "gpt-4o").await;
    assert_eq!(first.status(), StatusCode::OK);
    drop(first.bytes().await);
    let record = managed.next_record().await;
    let second = managed.ask_by(&key, Protocol::Chat, "gpt-4o").await;

    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    let price = created["data"]["createPrice"]["price"]["id"].as_str();
    assert_eq!(record.price_id.map(|id| id.to_string()).as_deref(), price);
    assert_eq!(record.cost, Some(11_000_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_alias_is_refused_with_its_reason() {
    let managed = Managed::start().await;
    let admin = admin(&managed).await;
    set_active(&admin, "gpt-4", CHAT).await;

    for (alias, model, refusal, words) in [
        ("", CHAT, "BAD_USER_INPUT", "alias must not be empty"),
        ("a b", CHAT, "BAD_USER_INPUT", "one word"),
        ("team/gpt", CHAT, "BAD_USER_INPUT", "one word"),
        ("gpt(high)", CHAT, "BAD_USER_INPUT", "one word"),
        ("gpt-*", CHAT, "BAD_USER_INPUT", "one word"),
        ("models/gpt", CHAT, "BAD_USER_INPUT", "one word"),
        ("same", "Same", "BAD_USER_INPUT", "itself"),
        ("Auto", CHAT, "BAD_USER_INPUT", "any model"),
        ("gpt-5", "unheard-of", "BAD_USER_INPUT", "no account serves"),
        ("Stub-Claude", CHAT, "CONFLICT", "a model named"),
        ("gpt-5", "GPT-4", "CONFLICT", "is an alias; use its target"),
    ] {
        let answer = set(&admin, alias, model).await;
        assert_eq!(code(&answer), refusal, "{alias} → {model}: {answer}");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{alias} → {model}: {message}");
    }
    let unknown = admin.ask_with(DELETE, json!({ "alias": "gpt-9" })).await;
    assert_eq!(code(&unknown), "NOT_FOUND");

    // It may lead elsewhere at any time.
    set_active(&admin, "GPT-4", "stub-claude").await;
    let models = admin.ask(MODELS).await;
    let aliases = &models["data"]["modelAliases"];
    let expected = json!([{ "alias": "GPT-4", "model": "stub-claude", "active": true }]);
    assert_eq!(*aliases, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_lists_the_accounts_of_a_model_and_why_one_is_not_served() {
    let managed = Managed::start().await;
    let admin = admin(&managed).await;
    set_active(&admin, "gpt-4", CHAT).await;
    let users = admin.ask("{ users { nodes { id } } }").await;
    let user = users["data"]["users"]["nodes"][0]["id"].clone();
    let resolve = async |name: &str| {
        let variables = json!({ "name": name, "user": user });
        admin.ask_with(RESOLVE, variables).await["data"]["resolveModel"].clone()
    };

    let models = admin.ask(MODELS).await["data"]["models"].clone();
    let model = |name: &str| {
        let mut models = models.as_array().unwrap().iter();
        models.find(|model| model["name"] == name).unwrap().clone()
    };
    let accounts = json!([{ "label": format!("account of {CHAT}") }]);
    assert_eq!(model(CHAT)["aliases"], json!(["gpt-4"]));
    assert_eq!(model(CHAT)["accounts"], accounts);
    assert_eq!(model("gpt-4")["aliasOf"], CHAT);
    assert_eq!(model("gpt-4")["providers"], json!(["OPENAI_COMPATIBLE"]));
    assert_eq!(model("stub-claude")["providers"], json!(["CLAUDE"]));

    let found = resolve("models/gpt-4(high)").await;
    assert_eq!(found["alias"]["alias"], "gpt-4", "{found}");
    assert_eq!(found["servedModel"], CHAT);
    assert_eq!(found["accounts"], accounts);
    assert_eq!(found["problem"], Value::Null);
    assert_eq!(resolve("unheard-of").await["problem"], "UNKNOWN_MODEL");

    let update = "mutation($id: ID!, $input: UpdateUserInput!) {
        updateUser(id: $id, input: $input) { user { id } } }";
    let input = json!({ "allowedModels": ["stub-claude"] });
    let updated = admin
        .ask_with(update, json!({ "id": user, "input": input }))
        .await;
    assert_eq!(updated["errors"], Value::Null, "{updated}");
    assert_eq!(resolve("gpt-4").await["problem"], "NOT_ALLOWED");
    assert_eq!(resolve("stub-claude").await["problem"], Value::Null);

    let account = managed.app.services.provider_accounts.list().await.unwrap();
    let account = account.iter().find(|one| one.kind == ProviderKind::Claude);
    let disable = "mutation($id: ID!) { updateProviderAccount(id: $id, input: { enabled: false }) {
        account { id } } }";
    let id = account.unwrap().id;
    admin.ask_with(disable, json!({ "id": id })).await;
    managed.lists("stub-claude", false).await;
    eventually("the reason", async || {
        let found = resolve("stub-claude").await;
        (found["problem"] == "NO_ENABLED_ACCOUNT").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_holder_gets_the_setup_of_only_their_own_key() {
    let managed = Managed::start().await;
    let mine = managed.key_for(&["stub-claude"]).await;
    let holder = Caller::new(managed.app.address).with_bearer(&mine);
    let who = "{ viewer { ... on KeyHolder { apiKey { id } } } }";
    let id = holder.ask(who).await["data"]["viewer"]["apiKey"]["id"].clone();
    let other = Caller::new(managed.app.address).with_bearer(&managed.key);
    let others = other.ask(who).await["data"]["viewer"]["apiKey"]["id"].clone();
    let query = "query($id: ID!, $url: String) {
        clientSetup(client: CLAUDE_CODE, apiKeyId: $id, baseUrl: $url) {
            models keyPlaceholder files { place content } } }";
    let ask = async |id: &Value, url: Value| {
        holder
            .ask_with(query, json!({ "id": id, "url": url }))
            .await
    };

    let setup = ask(&id, json!("https://ai.example.com/")).await;
    let setup = &setup["data"]["clientSetup"];
    assert_eq!(setup["models"], json!(["stub-claude"]), "{setup}");
    let file = setup["files"][0]["content"].as_str().unwrap();
    let file: Value = serde_json::from_str(file).unwrap();
    assert_eq!(file["env"]["ANTHROPIC_BASE_URL"], "https://ai.example.com");
    assert_eq!(file["env"]["ANTHROPIC_AUTH_TOKEN"], setup["keyPlaceholder"]);
    assert_eq!(
        file["env"]["CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"],
        "1"
    );
    assert_eq!(code(&ask(&others, Value::Null).await), "FORBIDDEN");
    assert_eq!(code(&ask(&id, json!("nowhere")).await), "BAD_USER_INPUT");
}
