//! The promise that every mutation is in the audit: each mutation of the schema is run against a whole server,
//! and the events that it records are compared with those that are listed here.

mod providers;
mod server;
mod shares;
mod team;
mod users;

use std::collections::BTreeSet;

use entity::audit_event;
use proxypal_server::{
    clock::{Clock as _, SystemClock},
    engine::EngineState,
};
use serde_json::{Value, json};

use super::access::{operations, types};
use crate::support::{
    Caller, Options, PASSWORD, TestApp, TestDatabase, price_list::PriceListServer,
    programs::example, releases::Releases,
};

/// Fields of answers that hold secrets, in any payload.
const SECRET_FIELDS: [&str; 7] = [
    "secret",
    "signingSecret",
    "recoveryCodes",
    "setupUrl",
    "invitationUrl",
    "otpauthUri",
    "content",
];

/// An expected event: the kind of its subject, and the JSON pointer to the subject's id in the answer.
/// An empty kind is an event without a subject, an empty pointer any id.
type Expected = (&'static str, &'static str);

/// The event of a mutation that concerns no single object.
const NO_SUBJECT: [Expected; 1] = [("", "")];

/// A server, its owner's browser, and what was run so far.
struct Walk {
    app: TestApp,
    releases: Releases,
    owner: Caller,
    covered: BTreeSet<String>,
    secrets: Vec<String>,
}

impl Walk {
    async fn start() -> Self {
        let engine = format!("--engine-binary={}", example("engine_double").display());
        let releases = Releases::start().await;
        let lists = PriceListServer::start().await;
        let today = SystemClock.now().date_naive().to_string();
        let entry = json!({ "model": "listed-model", "input": "1", "output": "1" });
        lists.publish(&today, &json!([entry]));
        let mut options = Options::default()
            .with("--engine=managed")
            .with(&engine)
            .with(&format!("--engine-releases-url={}", releases.url))
            .with(&format!("--price-list-url={}", lists.url()));
        options.secrets.admin_password = Some(PASSWORD.into());
        options.secrets.backup_passphrase = Some("a-passphrase-canary".into());
        let app = TestApp::start(options, TestDatabase::create().await).await;
        app.engine_is(EngineState::Running).await;
        let mut owner = Caller::new(app.address);
        owner.sign_in(PASSWORD).await;
        Self {
            app,
            releases,
            owner,
            covered: BTreeSet::new(),
            secrets: vec![PASSWORD.to_owned()],
        }
    }

    fn anonymous(&self) -> Caller {
        Caller::new(self.app.address)
    }

    /// Runs a mutation as the owner.
    async fn run(&mut self, mutation: &str, expected: &[Expected]) -> Value {
        let owner = self.owner.clone();
        self.run_as(&owner, "admin", mutation, expected).await
    }

    /// Runs a mutation, which must succeed and record exactly the expected events, in their order.
    async fn run_as(
        &mut self,
        caller: &Caller,
        actor: &str,
        mutation: &str,
        expected: &[Expected],
    ) -> Value {
        let name = mutation.split(|c: char| !c.is_alphanumeric()).next();
        let name = name.unwrap();
        let before = self.events().await.len();
        let answer = caller.ask(&format!("mutation {{ {mutation} }}")).await;
        assert!(answer["errors"].is_null(), "{name}: {answer}");
        let answer = answer["data"][name].clone();
        self.covered.insert(name.to_owned());
        collect_secrets(&answer, false, &mut self.secrets);

        let events = self.events().await.split_off(before);
        assert_eq!(events.len(), expected.len(), "{name}: {events:#?}");
        for (event, (kind, pointer)) in events.iter().zip(expected) {
            assert_eq!(event.action, name);
            assert_eq!(event.error, None, "{name}");
            assert_eq!(event.actor_name.as_deref(), Some(actor), "{name}");
            assert_eq!(event.address.as_deref(), Some("127.0.0.1"), "{name}");
            let subject = event.subject_kind.as_deref().unwrap_or_default();
            assert_eq!(subject, *kind, "{name}");
            if !pointer.is_empty() {
                let id = answer.pointer(pointer).and_then(Value::as_str);
                assert_eq!(event.subject_id.as_deref(), id, "{name}: {answer}");
            }
        }
        answer
    }

    async fn events(&self) -> Vec<audit_event::Model> {
        self.app.database.audit_events().await
    }
}

/// Adds the texts of fields that hold secrets.
fn collect_secrets(answer: &Value, is_secret: bool, secrets: &mut Vec<String>) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_secret = is_secret || SECRET_FIELDS.contains(&name.as_str());
                collect_secrets(value, is_secret, secrets);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_secrets(item, is_secret, secrets);
            }
        }
        Value::String(text) if is_secret => secrets.push(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text at a JSON pointer of an answer.
fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("{pointer}: {answer}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_of_the_schema_records_its_events() {
    let mut walk = Walk::start().await;

    users::run(&mut walk).await;
    shares::shares(&mut walk).await;
    providers::accounts(&mut walk).await;
    providers::sign_ins(&mut walk).await;
    server::models_and_prices(&mut walk).await;
    server::notifications(&mut walk).await;
    server::alerts(&mut walk).await;
    server::settings_and_exports(&mut walk).await;
    server::backups(&mut walk).await;
    server::engine(&mut walk).await;
    team::administrators(&mut walk).await;
    team::saved_views(&mut walk).await;
    team::own_sign_in(&mut walk).await;

    let mutations = operations(&types(&walk.owner).await, &["Mutation"]);
    let mutations: BTreeSet<String> = mutations.into_iter().map(|(name, _)| name).collect();
    assert_eq!(walk.covered, mutations, "each mutation has a case here");
    let events = walk.events().await;
    let shown: String = events
        .iter()
        .flat_map(|event| [&event.before, &event.after, &event.subject_name])
        .flatten()
        .map(String::as_str)
        .collect();
    assert!(!shown.contains("canary"), "{shown}");
    for secret in &walk.secrets {
        assert!(!shown.contains(secret.as_str()), "{secret}");
    }
    let audit = &walk.app.services.audit;
    audit.verify(None).await.unwrap().unwrap();
}
