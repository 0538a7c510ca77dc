//! Requests belong to the sessions of agents that their headers name, and the sums of a session are those of its requests.

use std::collections::HashMap;

use axum::{
    Json, Router,
    http::{HeaderValue, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::any,
};
use entity::{
    agent_session::{self, Agent},
    request,
};
use proxypal_server::domain::{agent_sessions::AgentSessionRef, usage::Sums};
use sea_orm::{Database, EntityTrait as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, TestApp, TestDatabase};

const CHAT: &str = "/v1/chat/completions";

type Headers<'a> = &'a [(&'a str, &'a str)];

/// Usage in the form of each protocol, with a part read from a cache; the model `bad` fails.
fn engine() -> Router {
    Router::new().fallback(any(async |uri: Uri, body: String| -> Response {
        if body.contains("\"bad\"") {
            let error = json!({ "error": { "message": "no", "code": "server_error" } });
            return (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response();
        }
        let answer = match uri.path() {
            "/v1/messages" => json!({ "type": "message", "usage": {
                "input_tokens": 10, "cache_read_input_tokens": 30, "output_tokens": 7 } }),
            "/v1/responses" => json!({ "object": "response", "usage": { "input_tokens": 40,
                "input_tokens_details": { "cached_tokens": 30 }, "output_tokens": 7 } }),
            CHAT => json!({ "object": "chat.completion", "choices": [], "usage": {
                "prompt_tokens": 40, "completion_tokens": 7,
                "prompt_tokens_details": { "cached_tokens": 30 } } }),
            _ => json!({ "candidates": [], "usageMetadata": { "promptTokenCount": 40,
                "cachedContentTokenCount": 30, "candidatesTokenCount": 7 } }),
        };
        Json(answer).into_response()
    }))
}

/// Sends a request as an agent does.
async fn send(app: &TestApp, key: &str, path: &str, headers: Headers<'_>) -> u16 {
    send_for(app, key, (path, "m"), headers).await
}

async fn send_for(
    app: &TestApp,
    key: &str,
    (path, model): (&str, &str),
    headers: Headers<'_>,
) -> u16 {
    let request = app.http.post(app.url(path)).bearer_auth(key);
    let request = headers.iter().fold(request, |request, (name, value)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.header(*name, value)
    });
    let answer = request
        .json(&json!({ "model": model }))
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    answer.bytes().await.unwrap();
    status
}

/// The stored requests and sessions.
struct Stored {
    rows: Vec<request::Model>,
    sessions: HashMap<Uuid, agent_session::Model>,
}

impl Stored {
    /// Once the server has stopped.
    async fn read(home: &TestDatabase) -> Self {
        let database = Database::connect(&home.url).await.unwrap();
        let sessions = agent_session::Entity::find().all(&database).await.unwrap();
        Self {
            rows: request::Entity::find().all(&database).await.unwrap(),
            sessions: sessions.into_iter().map(|one| (one.id, one)).collect(),
        }
    }

    /// The sums of each session are those of its rows, to the token and the nano-dollar.
    fn agree(&self) {
        let mut summed = HashMap::<Uuid, (Sums, i64, i64)>::new();
        for row in &self.rows {
            let Some(id) = row.agent_session_id else {
                continue;
            };
            let (sums, requests, cost) = summed.entry(id).or_default();
            let of_row = Sums::of(row);
            sums.add(&of_row, 1);
            if row.sub_agent.is_some() {
                *requests += of_row.requests;
                *cost += of_row.cost;
            }
        }
        let stored = self.sessions.values().map(|one| {
            let sums = (Sums::from(one), one.sub_agent_requests, one.sub_agent_cost);
            (one.id, sums)
        });
        assert_eq!(stored.collect::<HashMap<_, _>>(), summed);
    }

    fn session(&self, user_id: Uuid, name: &str) -> &agent_session::Model {
        let id = AgentSessionRef::named(user_id, name, None).id;
        &self.sessions[&id]
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn the_requests_of_each_agent_add_up_to_its_session() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_key().await;
    let user_id = app.caller(&key).user_id;
    let claude = [
        ("user-agent", "claude-cli/2.1.332 (external, cli)"),
        ("x-claude-code-session-id", "c-1"),
    ];
    let codex = [
        ("user-agent", "codex_exec/0.171.0 (Linux)"),
        ("session-id", "x-1"),
    ];
    let opencode = ("user-agent", "opencode/1.18.33 ai-sdk/5.0");
    let gemini = "GeminiCLI/0.61.0/m (linux; x64; terminal)";

    let sent: [(&str, &str, Headers<'_>); 11] = [
        ("/v1/messages", "m", &claude),
        (
            "/v1/messages",
            "m2",
            &[claude[0], claude[1], ("x-claude-code-agent-id", "a-1")],
        ),
        ("/v1/messages", "bad", &claude),
        ("/v1/responses", "m", &codex),
        (
            "/v1/responses",
            "m",
            &[
                codex[0],
                codex[1],
                ("thread-id", "t-2"),
                ("x-openai-subagent", "collab_spawn"),
            ],
        ),
        (CHAT, "m", &[opencode, ("x-session-id", "ses_1")]),
        (
            CHAT,
            "m",
            &[
                opencode,
                ("x-session-id", "ses_2"),
                ("x-parent-session-id", "ses_1"),
            ],
        ),
        (
            "/v1beta/models/m:generateContent",
            "m",
            &[("user-agent", gemini)],
        ),
        (
            "/v1beta/models/m:generateContent",
            "m",
            &[("user-agent", gemini)],
        ),
        (
            CHAT,
            "m",
            &[("user-agent", "QwenCode/0.15.10 (linux; x64)")],
        ),
        (CHAT, "m", &[("user-agent", "curl/8.5.0")]),
    ];
    for (path, model, headers) in sent {
        let expected = if model == "bad" { 500 } else { 200 };
        assert_eq!(send_for(&app, &key, (path, model), headers).await, expected);
    }
    let stored = Stored::read(&app.stop().await).await;

    assert_eq!(stored.rows.len(), sent.len());
    stored.agree();
    for (name, agent, version, requests, by_sub_agents) in [
        ("c-1", Agent::ClaudeCode, "2.1.332", 3, 1),
        ("x-1", Agent::Codex, "0.171.0", 2, 1),
        ("ses_1", Agent::OpenCode, "1.18.33", 2, 1),
    ] {
        let session = stored.session(user_id, name);
        assert_eq!(session.name.as_deref(), Some(name));
        assert_eq!(session.agent, agent);
        assert_eq!(session.agent_version.as_deref(), Some(version));
        assert_eq!(session.requests, requests, "{name}");
        assert_eq!(session.sub_agent_requests, by_sub_agents, "{name}");
    }
    assert_eq!(stored.session(user_id, "c-1").failed, 1);
    assert_eq!(stored.session(user_id, "x-1").cache_read_tokens, 60);
    let mut guessed: Vec<_> = stored.sessions.values().collect();
    guessed.retain(|session| session.name.is_none());
    guessed.sort_by_key(|session| session.agent);
    let guessed = guessed.iter().map(|one| (one.agent, one.requests));
    assert_eq!(
        guessed.collect::<Vec<_>>(),
        [(Agent::GeminiCli, 2), (Agent::QwenCode, 1)]
    );
    assert_eq!(stored.sessions.len(), 5);
    let mut sub_agents: Vec<_> = stored
        .rows
        .iter()
        .filter_map(|row| row.sub_agent.as_deref())
        .collect();
    sub_agents.sort_unstable();
    assert_eq!(sub_agents, ["a-1", "ses_2", "t-2"]);
}

#[tokio::test]
async fn a_session_id_that_no_agent_sends_is_ignored_and_the_request_is_served() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_key().await;
    let user_id = app.caller(&key).user_id;
    let (longest, longer, huge) = ("x".repeat(256), "x".repeat(257), "x".repeat(50_000));

    for id in ["", "two words", "tab\tbed", "ümlaut", &longer, &huge] {
        assert_eq!(send(&app, &key, CHAT, &[("session-id", id)]).await, 200);
    }
    let sub_agent = ("x-claude-code-agent-id", longest.as_str());
    let headers = [("x-claude-code-session-id", longest.as_str()), sub_agent];
    assert_eq!(send(&app, &key, CHAT, &headers).await, 200);
    let megabyte = "x".repeat(1 << 20);
    let answer = app.http.post(app.url(CHAT)).bearer_auth(&key);
    let answer = answer
        .header("session-id", megabyte)
        .json(&json!({ "model": "m" }));
    // The server bounds the head of a request before anything reads it; the connection may end before the answer.
    if let Ok(answer) = answer.send().await {
        assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let stored = Stored::read(&app.stop().await).await;

    stored.agree();
    assert_eq!(stored.rows.len(), 7);
    assert_eq!(stored.sessions.len(), 1);
    let session = stored.session(user_id, &longest);
    assert_eq!(session.name.as_deref(), Some(&longest[..64]));
    let of_session = stored
        .rows
        .iter()
        .find(|row| row.agent_session_id.is_some());
    assert_eq!(
        of_session.unwrap().sub_agent.as_deref(),
        Some(&longest[..64])
    );
}

#[tokio::test]
async fn the_same_id_of_two_users_is_a_session_of_each_which_the_other_cannot_read() {
    let app = TestApp::with_engine(engine()).await;
    let (ada, bob) = (app.issue_key().await, app.issue_key().await);
    let mut records = app.records().await;
    for key in [&ada, &ada, &bob] {
        let status = send(&app, key, CHAT, &[("session-id", "shared")]).await;
        assert_eq!(status, 200);
        records.next().await;
    }
    let id_of = |key| AgentSessionRef::named(app.caller(key).user_id, "shared", None).id;

    for (key, other, requests) in [(&ada, &bob, 2), (&bob, &ada, 1)] {
        let caller = Caller::new(app.address).with_bearer(key);
        let query = "query($own: ID!, $other: ID!) { viewer { ... on KeyHolder {
            agentSessions(filter: { name: \"shared\" }) { nodes { id totals { requests } } }
            own: agentSession(id: $own) { name user { id } }
            other: agentSession(id: $other) { name }
            user { agentSessions { nodes { id } } }
            requests(filter: { agentSessionId: $other }) { nodes { id } } } } }";
        let ids = json!({ "own": id_of(key), "other": id_of(other) });
        let answer = caller.ask_with(query, ids).await;
        let found = &answer["data"]["viewer"];
        let listed = found["agentSessions"]["nodes"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{answer}");
        assert_eq!(listed[0]["id"], json!(id_of(key)));
        assert_eq!(listed[0]["totals"]["requests"], requests);
        assert_eq!(found["own"]["name"], "shared");
        assert_eq!(found["other"], Value::Null);
        assert_eq!(
            found["user"]["agentSessions"]["nodes"][0]["id"],
            json!(id_of(key))
        );
        assert_eq!(found["requests"]["nodes"], json!([]));
        let all = caller.ask("{ agentSessions { nodes { id } } }").await;
        assert_eq!(crate::support::code(&all), "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_rejected_request_counts_as_rejected_in_its_session() {
    let app = TestApp::with_engine(engine()).await;
    let key = app.issue_restricted_key(&["m"]).await;
    let user_id = app.caller(&key).user_id;
    let session = [("session-id", "s")];

    assert_eq!(send(&app, &key, CHAT, &session).await, 200);
    let refused = send_for(&app, &key, (CHAT, "other"), &session).await;
    assert!((400..500).contains(&refused), "{refused}");
    let stored = Stored::read(&app.stop().await).await;

    stored.agree();
    let session = stored.session(user_id, "s");
    assert_eq!((session.requests, session.rejected), (1, 1));
}
