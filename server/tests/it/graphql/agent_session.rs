//! Sessions of agents: the list, one session, and the data that follows them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    agent_session::{self, Entity as AgentSession},
    provider_account::ProviderKind,
    request::Outcome,
};
use futures_util::StreamExt as _;
use proxypal_server::domain::{
    agent_sessions::AgentSessionRef,
    engine_usage::EngineUsage,
    requests::{RequestFilter, RequestRecord},
    tokens::Tokens,
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use uuid::{NoContext, Timestamp, Uuid};

use crate::support::{Caller, ControlPlane, code, completed, eventually, soon};

const CODEX: &str = "codex_exec/0.171.0 (Linux)";

/// A control plane with a user, and requests of agents.
struct Log {
    plane: ControlPlane,
    user_id: Uuid,
    api_key_id: Uuid,
    admin: Caller,
}

impl Log {
    async fn open() -> Self {
        let plane = ControlPlane::start().await;
        let (user_id, _) = plane.key_holder("Ada").await;
        let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
        Self {
            user_id,
            api_key_id: keys[0].id,
            admin: plane.script(entity::admin::Role::Viewer).await,
            plane,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.plane.services.clock.now()
    }

    fn session(&self, name: &str) -> Uuid {
        AgentSessionRef::named(self.user_id, name, None).id
    }

    /// A request of Codex in this session.
    fn record(&self, name: &str, sub_agent: Option<&str>) -> RequestRecord {
        let at = self.now();
        let time = Timestamp::from_unix(
            NoContext,
            u64::try_from(at.timestamp()).unwrap(),
            at.timestamp_subsec_nanos(),
        );
        RequestRecord {
            id: Uuid::new_v7(time),
            user_agent: Some(CODEX.to_owned()),
            agent_session: Some(AgentSessionRef::named(self.user_id, name, sub_agent)),
            ..completed(self.user_id, self.api_key_id, at)
        }
    }

    /// Writes requests and waits until they are stored.
    async fn write(&self, records: Vec<RequestRecord>) {
        let requests = &self.plane.services.requests;
        let follow = requests.follow(RequestFilter::default(), None);
        let mut feed = std::pin::pin!(follow.await.unwrap());
        let count = records.len();
        for record in records {
            let permit = self.plane.handles.recorder.permit().await.unwrap();
            permit.record(record);
        }
        for _ in 0..count {
            soon("a request", feed.next()).await.unwrap().unwrap();
        }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = self.admin.ask_with(query, variables).await;
        assert_eq!(code(&answer), "", "{answer}");
        answer["data"].clone()
    }

    /// The names of the sessions that a filter finds, in their order.
    async fn names(&self, filter: Value) -> Vec<String> {
        let query = "query($filter: AgentSessionFilter) { agentSessions(filter: $filter) { nodes { name } } }";
        let data = self.ask(query, json!({ "filter": filter })).await;
        let nodes = data["agentSessions"]["nodes"].as_array().unwrap();
        let names = nodes.iter().map(|node| node["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    }

    async fn stored(&self, name: &str) -> Option<agent_session::Model> {
        let found = AgentSession::find_by_id(self.session(name));
        found.one(self.plane.db.reader()).await.unwrap()
    }
}

#[tokio::test]
async fn sessions_are_listed_by_their_latest_request_and_filtered() {
    let log = Log::open().await;
    let start = log.now();
    for name in ["one", "two", "three"] {
        log.plane.advance(TimeDelta::minutes(1));
        log.write(vec![log.record(name, None)]).await;
    }
    log.plane.advance(TimeDelta::minutes(1));
    let mut claude = log.record("one", None);
    claude.user_agent = Some("claude-cli/2.1.332 (external, cli)".to_owned());
    log.write(vec![claude]).await;

    let at = |minute| start + TimeDelta::minutes(minute);
    for (filter, expected) in [
        (json!({}), vec!["one", "three", "two"]),
        (json!({ "agents": ["CODEX"] }), vec!["three", "two"]),
        (json!({ "agents": ["CLAUDE_CODE", "OTHER"] }), vec!["one"]),
        (json!({ "name": "two" }), vec!["two"]),
        (
            json!({ "userId": log.user_id }),
            vec!["one", "three", "two"],
        ),
        (json!({ "userId": Uuid::nil() }), vec![]),
        (
            json!({ "apiKeyId": log.api_key_id, "name": "two" }),
            vec!["two"],
        ),
        (json!({ "from": at(3) }), vec!["one", "three"]),
        (json!({ "to": at(2) }), vec!["one"]),
    ] {
        assert_eq!(log.names(filter.clone()).await, expected, "{filter}");
    }
    let page = "query($after: String) { agentSessions(first: 2, after: $after) {
        nodes { name } pageInfo { hasNextPage endCursor } } }";
    let first = log.ask(page, json!({})).await;
    let info = &first["agentSessions"]["pageInfo"];
    assert_eq!(info["hasNextPage"], true);
    let second = log.ask(page, json!({ "after": info["endCursor"] })).await;
    assert_eq!(second["agentSessions"]["nodes"], json!([{ "name": "two" }]));
    let too_long = json!({ "filter": { "name": "x".repeat(257) } });
    let query =
        "query($filter: AgentSessionFilter) { agentSessions(filter: $filter) { nodes { id } } }";
    let refused = log.admin.ask_with(query, too_long).await;
    assert_eq!(code(&refused), "BAD_USER_INPUT", "{refused}");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn a_session_shows_its_models_sub_agents_and_requests() {
    let log = Log::open().await;
    let mut failed = log.record("task", None);
    failed.outcome = Outcome::UpstreamError;
    let mut cached = log.record("task", Some("helper"));
    cached.model = Some("gpt-5-mini".to_owned());
    cached.tokens = Some(Tokens {
        input: 10,
        cache_read: 30,
        ..Tokens::default()
    });
    let (main, of_helper) = (log.record("task", None), cached.id);
    let elsewhere = log.record("other", None);
    log.write(vec![failed, cached, main, elsewhere]).await;
    log.plane.advance(TimeDelta::minutes(1));
    let id = log.session("task");

    let query = "query($id: ID!, $request: ID!) {
        agentSession(id: $id) { id name guessed agent agentVersion cacheHitPercent subAgentRequests
            user { name } apiKey { id } totals { requests failed tokens { total } }
            breakdown { complete models { name totals { requests failed tokens { total } } }
                subAgents { name totals { requests } } } }
        request(id: $request) { subAgent agentSession { id } }
        requests(filter: { agentSessionId: $id }) { nodes { id } }
        requestHistogram(filter: { agentSessionId: $id }) { totals { total failed } } }";
    let data = log
        .ask(query, json!({ "id": id, "request": of_helper }))
        .await;

    let session = &data["agentSession"];
    assert_eq!(session["name"], "task");
    assert_eq!(session["guessed"], false);
    assert_eq!(session["agent"], "CODEX");
    assert_eq!(session["agentVersion"], "0.171.0");
    assert_eq!(session["user"]["name"], "Ada");
    assert_eq!(session["apiKey"]["id"], json!(log.api_key_id));
    assert_eq!(session["subAgentRequests"], 1);
    // 30 of 60 input tokens.
    assert_eq!(session["cacheHitPercent"], 50.0);
    assert_eq!(
        session["totals"],
        json!({ "requests": 3, "failed": 1, "tokens": { "total": 60 } })
    );
    let mut models = session["breakdown"]["models"].as_array().unwrap().clone();
    models.sort_by_key(|part| part["name"].as_str().map(str::to_owned));
    assert_eq!(
        models,
        [
            json!({ "name": "gpt-5", "totals": { "requests": 2, "failed": 1, "tokens": { "total": 20 } } }),
            json!({ "name": "gpt-5-mini", "totals": { "requests": 1, "failed": 0, "tokens": { "total": 40 } } }),
        ]
    );
    assert_eq!(
        session["breakdown"]["subAgents"],
        json!([{ "name": "helper", "totals": { "requests": 1 } }])
    );
    assert_eq!(session["breakdown"]["complete"], true);
    assert_eq!(data["request"]["subAgent"], "helper");
    assert_eq!(data["request"]["agentSession"]["id"], json!(id));
    assert_eq!(data["requests"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(
        data["requestHistogram"]["totals"],
        json!({ "total": 3, "failed": 1 })
    );
    let unknown = "{ agentSession(id: \"nothing\") { id } }";
    assert_eq!(
        log.ask(unknown, json!({})).await["agentSession"],
        Value::Null
    );
}

#[tokio::test]
async fn a_corrected_request_changes_its_session_by_the_difference() {
    let log = Log::open().await;
    let (first, mut second) = (log.record("task", None), log.record("task", Some("helper")));
    second.tokens = Some(Tokens::default());
    let id = second.id;
    log.write(vec![first, second]).await;
    assert_eq!(log.stored("task").await.unwrap().input_tokens, 10);

    let report = EngineUsage {
        request_id: id,
        provider: Some(ProviderKind::Chatgpt),
        account_id: None,
        failed: false,
        status: None,
        message: None,
        tokens: Some(Tokens {
            input: 32,
            output: 5,
            ..Tokens::default()
        }),
        service_tier: None,
    };
    log.plane.handles.reports.send(report).await.unwrap();

    let corrected = eventually("the report", async || {
        let session = log.stored("task").await.unwrap();
        (session.input_tokens != 10).then_some(session)
    })
    .await;
    assert_eq!(corrected.input_tokens, 42);
    assert_eq!(corrected.output_tokens, 5);
    assert_eq!((corrected.requests, corrected.sub_agent_requests), (2, 1));
    assert!(corrected.sub_agent_cost > 0);
    assert!(corrected.cost > corrected.sub_agent_cost);
}

#[tokio::test]
async fn a_session_is_deleted_with_its_last_request() {
    let log = Log::open().await;
    log.write(vec![log.record("old", None), log.record("long", None)])
        .await;
    log.plane.advance(TimeDelta::days(400));
    log.write(vec![log.record("long", None)]).await;

    let deleted = log.plane.retention().pass().await.unwrap();

    assert_eq!((deleted.requests, deleted.agent_sessions), (2, 1));
    assert!(log.stored("old").await.is_none());
    // The totals include the request that is no longer in the log.
    assert_eq!(log.stored("long").await.unwrap().requests, 2);
}

#[tokio::test]
async fn requests_are_exported_with_their_sessions() {
    let log = Log::open().await;
    let mut plain = log.record("task", None);
    plain.agent_session = None;
    plain.duration = Duration::from_secs(2);
    log.write(vec![log.record("task", Some("helper")), plain])
        .await;

    let operation = "mutation($id: ID!) { exportRequests(format: CSV, filter: { agentSessionId: $id }) { download { path } } }";
    let answer = log
        .admin
        .ask_with(operation, json!({ "id": log.session("task") }))
        .await;
    let path = answer["data"]["exportRequests"]["download"]["path"].as_str();
    let path = path.unwrap_or_else(|| panic!("{answer}"));
    let text = log.admin.get(path).await.text().await.unwrap();

    let mut lines = text.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with(",user_agent,agent_session_id,agent_session,sub_agent")
    );
    let row = lines.next().unwrap();
    let expected = format!(",{},task,helper", log.session("task"));
    assert!(row.ends_with(&expected), "{row}");
    assert_eq!(lines.next(), None);
}
