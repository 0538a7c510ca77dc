//! The journal of a killed server is counted once, at the next start.

use std::{fs, time::Duration};

use chrono::{DateTime, Utc};
use entity::{
    agent_session,
    quota::Metric,
    request::{Outcome, Protocol, UsageSource},
};
use proxypal_server::domain::{
    agent_sessions::AgentSessionRef, requests::RequestRecord, tokens::Tokens,
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CHAT, TestServer, tokens};

impl TestServer {
    /// The entry that is written before a request is forwarded.
    fn noted(&self) -> RequestRecord {
        RequestRecord {
            id: Uuid::now_v7(),
            connection_id: None,
            user_id: self.holder.user_id,
            api_key_id: self.holder.id,
            started_at: DateTime::<Utc>::UNIX_EPOCH + Duration::from_hours(500_000),
            duration: Duration::ZERO,
            time_to_first_byte: None,
            waited: None,
            endpoint: "POST /v1/chat/completions".to_owned(),
            protocol: Protocol::OpenaiChat,
            model: Some("m".to_owned()),
            served_model: None,
            streamed: false,
            http_status: None,
            outcome: Outcome::Interrupted,
            error_code: Some("server_killed".to_owned()),
            error_message: None,
            rejected_by: None,
            tokens: Some(Tokens {
                input: 7,
                ..Tokens::default()
            }),
            usage_source: UsageSource::Estimated,
            client_ip: None,
            user_agent: None,
            agent_session: None,
            requested_service_tier: None,
            service_tier: None,
        }
    }

    /// Leaves a file of the journal, as a killed server does.
    fn leave(&self, number: u32, text: &str) {
        let journal = self.home.directory.path().join("journal");
        fs::write(journal.join(format!("{number:012}.journal")), text).unwrap();
    }
}

/// The entry that is written at the end of the same request.
fn ended(noted: &RequestRecord) -> RequestRecord {
    RequestRecord {
        duration: Duration::from_millis(5),
        http_status: Some(200),
        outcome: Outcome::Completed,
        error_code: None,
        error_message: None,
        rejected_by: None,
        tokens: Some(Tokens {
            input: 10,
            output: 32,
            ..Tokens::default()
        }),
        usage_source: UsageSource::Wire,
        ..noted.clone()
    }
}

fn line(record: &RequestRecord) -> String {
    text(&json!({ "request": record }))
}

fn void(record: &RequestRecord) -> String {
    text(&json!({ "void": record.id }))
}

fn text(line: &Value) -> String {
    format!("{line}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_of_a_killed_server_is_counted_once_and_unchanged() {
    let test_server = TestServer::build().await;
    let running = test_server.start().await;
    let written = test_server.ask(&running, CHAT).await.id;
    let before = test_server.close(running).await;
    let [begun, done, later, dropped, gone_later] = [(); 5].map(|()| test_server.noted());
    let known = RequestRecord {
        id: written,
        ..test_server.noted()
    };
    let first = [&begun, &done, &later, &dropped, &gone_later, &known].map(line);
    let torn = line(&test_server.noted());
    test_server.leave(
        1,
        &[first.concat(), line(&ended(&done)), void(&dropped)].concat(),
    );
    test_server.leave(
        2,
        &[
            line(&ended(&later)),
            void(&gone_later),
            line(&ended(&known)),
            torn[..torn.len() / 2].to_owned(),
        ]
        .concat(),
    );

    let books = test_server.close(test_server.start().await).await;

    assert_eq!(books.rows.len(), 4);
    let row = &books.rows[&begun.id];
    assert_eq!(row.outcome, Outcome::Interrupted);
    assert_eq!(row.usage_source, UsageSource::Estimated);
    assert_eq!(tokens(row), 7);
    for record in [&done, &later] {
        let row = &books.rows[&record.id];
        assert_eq!(row.outcome, Outcome::Completed);
        assert_eq!(row.usage_source, UsageSource::Wire);
        assert_eq!(tokens(row), 42);
    }
    assert_eq!(books.rows[&written], before.rows[&written]);
    let earlier = before.used(Metric::Tokens);
    assert_eq!(books.used(Metric::Tokens), earlier + 7 + 42 + 42);
    books.agree();
    let again = test_server.close(test_server.start().await).await;
    assert_eq!(again.rows, books.rows);
    again.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_the_database_rejects_stops_neither_the_server_nor_other_entries() {
    let test_server = TestServer::build().await;
    fs::create_dir_all(test_server.home.directory.path().join("journal")).unwrap();
    let unknown = RequestRecord {
        user_id: Uuid::now_v7(),
        ..test_server.noted()
    };
    let [one, other] = [(); 2].map(|()| ended(&test_server.noted()));
    test_server.leave(1, &[&one, &unknown, &other].map(line).concat());

    let books = test_server.close(test_server.start().await).await;

    assert_eq!(books.rows.len(), 2);
    books.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_of_an_agent_survives_a_kill_and_counts_each_request_once() {
    let test_server = TestServer::build().await;
    fs::create_dir_all(test_server.home.directory.path().join("journal")).unwrap();
    let session = AgentSessionRef::named(test_server.holder.user_id, "task", Some("helper"));
    let of_session = || RequestRecord {
        agent_session: Some(session.clone()),
        user_agent: Some("codex_exec/0.171.0 (Linux)".to_owned()),
        ..test_server.noted()
    };
    let (begun, done) = (of_session(), of_session());
    let lines = [&begun, &done].map(line).concat() + &line(&ended(&done));

    // The second time, the requests are in the database.
    for number in 1..=2 {
        test_server.leave(number, &lines);
        let books = test_server.close(test_server.start().await).await;
        assert_eq!(books.rows.len(), 2);
        assert_eq!(books.rows[&begun.id].agent_session_id, Some(session.id));
        assert_eq!(books.rows[&done.id].sub_agent.as_deref(), Some("helper"));
        let database = test_server.database().await;
        let sessions = agent_session::Entity::find().all(&database).await.unwrap();
        let [stored] = sessions.try_into().unwrap();
        assert_eq!(stored.id, session.id);
        assert_eq!(stored.name.as_deref(), Some("task"));
        assert_eq!(stored.agent_version.as_deref(), Some("0.171.0"));
        assert_eq!((stored.requests, stored.failed), (2, 1));
        assert_eq!((stored.input_tokens, stored.output_tokens), (17, 32));
        assert_eq!(stored.sub_agent_requests, 2);
    }
}
