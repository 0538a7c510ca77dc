//! Account groups hold on the data plane: a caller who may not use a group never reaches its accounts.

use entity::{admin::Role, request::Outcome};
use proxypal_server::domain::account_groups::{AccountGroupChanges, NewAccountGroup};
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::{Caller, ClientEnd, test_context};

const REFUSED: &str = "proxypal_account_not_allowed";

/// Other ways to name a model.
fn spellings(model: &str) -> Vec<String> {
    let last = model.chars().last().unwrap();
    let encoded = format!("{}%{:02x}", &model[..model.len() - 1], u32::from(last));
    vec![
        model.to_owned(),
        model.to_uppercase(),
        format!(" {model} "),
        format!("models/{model}"),
        format!("team/{model}"),
        format!("Team/{model}"),
        format!("{model}(high)"),
        format!("{model}(8192)"),
        format!("{model}-thinking"),
        encoded,
        "quick".to_owned(),
        "QUICK".to_owned(),
        "auto".to_owned(),
        String::new(),
    ]
}

impl Managed {
    /// A group with all accounts.
    async fn group_of_all(&self) -> Uuid {
        let accounts = self.app.services.provider_accounts.list().await.unwrap();
        let new = NewAccountGroup {
            name: "Team".to_owned(),
            account_ids: accounts.iter().map(|account| account.id).collect(),
            is_default: false,
        };
        let groups = &self.app.services.account_groups;
        groups.create(test_context(), new).await.unwrap().id
    }

    async fn set_accounts(&self, group: Uuid, account_ids: Vec<Uuid>) {
        let changes = AccountGroupChanges {
            account_ids: Some(account_ids),
            ..AccountGroupChanges::default()
        };
        let groups = &self.app.services.account_groups;
        let updated = groups.update(test_context(), group, None, changes);
        updated.await.unwrap();
    }

    async fn operator(&self) -> Caller {
        let tokens = &self.app.services.api_tokens;
        let created = tokens.create(test_context(), "script", Role::Admin, None);
        let secret = created.await.unwrap().secret;
        Caller::new(self.app.address).with_bearer(secret.expose_secret())
    }

    /// The status and the gateway's code of an answer.
    async fn post(&self, path: &str, body: &[u8]) -> (StatusCode, String) {
        let request = self
            .app
            .http
            .post(self.app.url(path))
            .bearer_auth(&self.key);
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_vec()).send().await.unwrap();
        let code = answer.headers().get("x-proxypal-error");
        let code = code.map(|code| code.to_str().unwrap().to_owned());
        (answer.status(), code.unwrap_or_default())
    }

    async fn model_list(&self, path: &str) -> Vec<Value> {
        let request = self.app.http.get(self.app.url(path)).bearer_auth(&self.key);
        let list: Value = request.send().await.unwrap().json().await.unwrap();
        let models = ["data", "models"].map(|name| list[name].as_array().cloned());
        models.into_iter().flatten().next().unwrap()
    }
}

#[expect(clippy::too_many_lines, reason = "the steps of one behaviour")]
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_the_group_reaches_no_account_however_it_names_the_model() {
    let managed = Managed::start().await;
    managed.app.without_rate_limit().await;
    let operator = managed.operator().await;
    let alias = "mutation { setModelAlias(input: { alias: \"quick\", model: \"stub-chat\" }) { alias { active } } }";
    operator.ask(alias).await;
    managed.group_of_all().await;

    let mut attempts = 0;
    for protocol in Protocol::ALL {
        for name in spellings(protocol.model()) {
            for delivery in [Delivery::Whole, Delivery::Streamed] {
                let path = protocol.path(delivery);
                let own = path.replace(protocol.model(), &name);
                let mut body = protocol.body(delivery, "usage:output=1");
                if protocol != Protocol::Gemini {
                    body["model"] = json!(name);
                }
                for path in [own.clone(), format!("/api{own}"), format!("/{own}")] {
                    let (status, code) = managed.post(&path, body.to_string().as_bytes()).await;
                    assert!(status.is_client_error(), "{path} {name:?}: {status}");
                    assert!(
                        code.starts_with("proxypal_"),
                        "{path} {name:?}: {status} {code:?}"
                    );
                    attempts += 1;
                }
            }
        }
    }
    let twice = br#"{"model":"gpt-x","messages":[{"role":"user","content":"usage:output=1"}],"model":"stub-chat"}"#;
    for (path, body) in [
        ("/v1/chat/completions", &twice[..]),
        (
            "/v1/messages/count_tokens",
            br#"{"model":"stub-claude","messages":[]}"#,
        ),
        ("/v1/embeddings", br#"{"model":"stub-chat","input":"x"}"#),
        (
            "/v1/images/generations",
            br#"{"model":"stub-chat","prompt":"x"}"#,
        ),
        (
            "/openai/v1/chat/completions",
            br#"{"model":"stub-chat","messages":[]}"#,
        ),
        (
            "/backend-api/codex/responses",
            br#"{"model":"stub-codex","input":[]}"#,
        ),
        (
            "/v1beta/models/stub-gemini:countTokens",
            br#"{"contents":[]}"#,
        ),
    ] {
        let (status, _) = managed.post(path, body).await;
        assert!(status.is_client_error(), "{path}: {status}");
        attempts += 1;
    }
    assert!(
        ClientEnd::try_connect(&managed.app, &managed.key)
            .await
            .is_none()
    );

    assert!(attempts > 200, "{attempts}");
    assert!(
        managed.provider.list().await.is_empty(),
        "no request reached a provider"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_recorded_and_holds_from_the_next_request_on() {
    let mut managed = Managed::start().await;
    let group = managed.group_of_all().await;
    managed.set_accounts(group, Vec::new()).await;
    let served = managed
        .ask(Protocol::Chat, Delivery::Whole, "usage:output=1")
        .await;
    assert_eq!(served.status(), StatusCode::OK);
    assert_eq!(managed.next_record().await.outcome, Outcome::Completed);

    let accounts = managed.app.services.provider_accounts.list().await.unwrap();
    let ids = accounts.iter().map(|account| account.id).collect();
    managed.set_accounts(group, ids).await;
    for protocol in Protocol::ALL {
        let refused = managed
            .ask(protocol, Delivery::Streamed, "usage:output=1")
            .await;
        // Codex retries a 403.
        let expected = match protocol {
            Protocol::Responses => StatusCode::BAD_REQUEST,
            Protocol::Chat | Protocol::Messages | Protocol::Gemini => StatusCode::FORBIDDEN,
        };
        assert_eq!(refused.status(), expected, "{protocol:?}");
        assert_eq!(refused.headers()["x-proxypal-error"], REFUSED);
        let body = refused.text().await.unwrap();
        assert!(
            body.contains("ask your administrator") || body.contains("Ask your administrator"),
            "{body}"
        );
        let record = managed.next_record().await;
        assert_eq!(record.outcome, Outcome::Rejected);
        assert_eq!(record.error_code.as_deref(), Some(REFUSED));
        assert_eq!(record.account_id, None);
    }
    assert_eq!(managed.provider.list().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_models_have_only_models_of_permitted_accounts() {
    let managed = Managed::start().await;
    let operator = managed.operator().await;
    let caller = managed.app.caller(&managed.key);
    let holder = Caller::new(managed.app.address).with_bearer(&managed.key);
    managed.group_of_all().await;

    for path in ["/v1/models", "/v1beta/models"] {
        assert_eq!(
            managed.model_list(path).await,
            Vec::<Value>::new(),
            "{path}"
        );
    }
    let own = holder
        .ask("{ viewer { ... on KeyHolder { models { name } } } }")
        .await;
    assert_eq!(own["data"]["viewer"]["models"], json!([]), "{own}");
    let set_up = format!(
        "{{ clientSetup(client: CURL, apiKeyId: \"{}\") {{ models }} }}",
        caller.api_key_id
    );
    let set_up = holder.ask(&set_up).await;
    assert_eq!(
        set_up["data"]["clientSetup"]["models"],
        json!([]),
        "{set_up}"
    );
    let resolve = format!(
        "{{ resolveModel(name: \"stub-chat\", userId: \"{}\", apiKeyId: \"{}\") {{ problem accounts {{ label }} \
         offeringAccounts {{ excludedBecause account {{ label }} }} }} }}",
        caller.user_id, caller.api_key_id
    );
    let resolved = operator.ask(&resolve).await;
    assert_eq!(
        resolved["data"]["resolveModel"],
        json!({
            "problem": "ACCOUNT_NOT_ALLOWED",
            "accounts": [],
            "offeringAccounts": [{ "excludedBecause": "NOT_PERMITTED", "account": { "label": "account of stub-chat" } }],
        }),
        "{resolved}"
    );
    // An administrator sees all models.
    let all = operator.ask("{ models { name } }").await;
    assert!(!all["data"]["models"].as_array().unwrap().is_empty());
}
