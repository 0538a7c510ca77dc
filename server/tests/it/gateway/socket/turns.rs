//! Each turn of a socket is admitted, metered and recorded like a request of its own.

use axum::extract::ws::Message as FromEngine;
use entity::request::{self, Outcome, Protocol, UsageSource};
use proxypal_server::domain::{requests::tokens_of, settings::AbortPolicy, tokens::Tokens};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::Joined;
use crate::support::{ClientEnd, Records, SocketEngine, TestApp, test_context};

/// The event that ends a turn with these counts.
fn completed(input: i64, output: i64) -> Value {
    let usage = json!({
        "input_tokens": input + 4, "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": output + 2, "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": input + output + 6,
    });
    json!({"type": "response.completed", "response": {"model": "served", "usage": usage}})
}

fn counted(input: i64, output: i64) -> Tokens {
    Tokens {
        input,
        cache_read: 4,
        cache_write: 0,
        cache_write_1h: 0,
        output,
        reasoning: 2,
        ..Tokens::default()
    }
}

fn delta() -> Value {
    json!({"type": "response.output_text.delta", "delta": "twelve bytes"})
}

/// A turn that has begun: the client has read a piece of the answer.
async fn in_the_middle_of_a_turn() -> (Joined, Records) {
    let mut joined = Joined::pair().await;
    let records = joined.app.records().await;
    joined.client.ask("m").await;
    joined.engine.next_json().await;
    joined.engine.send(&delta()).await;
    assert_eq!(joined.client.next_json().await, delta());
    (joined, records)
}

async fn turn(joined: &mut Joined, model: &str, answer: &Value) {
    joined.client.ask(model).await;
    joined.engine.next_json().await;
    joined.engine.send(&delta()).await;
    joined.engine.send(answer).await;
    assert_eq!(joined.client.next_json().await, delta());
    assert_eq!(joined.client.next_json().await, *answer);
}

fn assert_metered(record: &request::Model, tokens: Tokens) {
    assert_eq!(tokens_of(record), Some(tokens));
    assert_eq!(record.usage_source, UsageSource::Wire);
    assert_eq!(record.protocol, Protocol::OpenaiResponses);
    assert_eq!(record.http_status, Some(101));
    assert!(record.streamed);
}

#[tokio::test]
async fn each_turn_is_a_record_with_exact_tokens() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;

    turn(&mut joined, "one", &completed(10, 20)).await;
    turn(&mut joined, "two", &completed(30, 40)).await;

    let (first, second) = (records.next().await, records.next().await);
    assert_metered(&first, counted(10, 20));
    assert_metered(&second, counted(30, 40));
    assert_eq!(first.outcome, Outcome::Completed);
    assert_eq!(second.outcome, Outcome::Completed);
    assert_eq!(first.id, joined.client.request_id());
    assert_ne!(second.id, first.id);
    assert_eq!(first.connection_id, Some(first.id));
    assert_eq!(second.connection_id, Some(first.id));
    assert_eq!(first.model.as_deref(), Some("one"));
    assert_eq!(second.model.as_deref(), Some("two"));
    assert_eq!(second.served_model.as_deref(), Some("served"));
    assert!(first.time_to_first_byte.unwrap() <= first.duration);
}

#[tokio::test]
async fn a_turn_without_a_model_uses_the_model_of_the_last_turn() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;

    turn(&mut joined, "first", &completed(1, 1)).await;
    turn(&mut joined, "", &completed(2, 2)).await;

    records.next().await;
    assert_eq!(records.next().await.model.as_deref(), Some("first"));
}

#[tokio::test]
async fn an_error_ends_its_turn_and_not_the_socket() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;
    let error = json!({"type": "error", "status": 429, "error": {"code": "rate_limited", "message": "slow down"}});

    turn(&mut joined, "m", &error).await;
    turn(&mut joined, "m", &completed(1, 1)).await;

    let failed = records.next().await;
    assert_eq!(failed.outcome, Outcome::UpstreamError);
    assert_eq!(failed.error_code.as_deref(), Some("rate_limited"));
    assert_metered(&records.next().await, counted(1, 1));
}

#[tokio::test]
async fn a_message_that_is_not_a_json_object_is_forwarded_and_is_no_turn() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;

    for number in 0..40_usize {
        let text = ["no JSON", "", "5", "[{\"type\":\"response.create\"}]"][number % 4];
        joined.client.send(Message::text(text)).await;
        assert_eq!(joined.engine.next().await, Some(text.into()));
    }
    turn(&mut joined, "m", &completed(1, 1)).await;

    assert_metered(&records.next().await, counted(1, 1));
}

#[tokio::test]
async fn an_error_about_another_message_does_not_end_a_turn() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;
    let complaint = json!({"type": "error", "status": 400, "error": {"message": "unsupported"}});

    for other in ["no object", "{\"type\":\"session.update\"}"] {
        joined.client.send(Message::text(other)).await;
        joined.engine.next().await;
        joined.client.ask("m").await;
        joined.engine.next().await;
        joined.engine.send(&complaint).await;
        assert_eq!(joined.client.next_json().await, complaint);
        joined.engine.send(&completed(10, 20)).await;
        assert_eq!(joined.client.next_json().await, completed(10, 20));

        assert_metered(&records.next().await, counted(10, 20));
    }
}

#[tokio::test]
async fn a_message_that_the_engine_ignores_does_not_take_the_error_of_a_turn() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;
    let error = json!({"type": "error", "status": 429, "error": {"code": "rate_limited"}});

    joined.client.send(Message::text("no object")).await;
    joined.engine.next().await;
    turn(&mut joined, "m", &error).await;

    let failed = records.next().await;
    assert_eq!(failed.error_code.as_deref(), Some("rate_limited"));
}

#[tokio::test]
async fn every_spelling_of_a_type_that_the_engine_reads_is_a_turn() {
    let mut joined = Joined::pair().await;
    let mut records = joined.app.records().await;

    for message in [
        "{\"type\":\" response.create\\n\",\"model\":\"m\"}",
        "{\"ty\\u0070e\":\"response.append\",\"model\":\"m\"}",
    ] {
        joined.client.send(Message::text(message)).await;
        joined.engine.next().await;
        joined.engine.send(&completed(10, 20)).await;
        joined.client.next_json().await;

        assert_metered(&records.next().await, counted(10, 20));
    }
}

#[tokio::test]
async fn an_ambiguous_message_does_not_reach_the_engine() {
    let mut joined = Joined::pair().await;
    let blanks = " ".repeat(600);

    for message in [
        // The engine looks for the first brace.
        "x{\"type\":\"response.create\",\"model\":\"m\"}".to_owned(),
        format!("{{\"type\":\"{blanks}response.create\",\"model\":\"m\"}}"),
        "{\"type\":\"a\",\"type\":\"response.create\",\"model\":\"m\"}".to_owned(),
        "{\"type\":\"response.create\",\"model\":\"m\",\"model\":\"n\"}".to_owned(),
        "{\"type\":\"response.create\",\"model\":\"m\"".to_owned(),
    ] {
        joined.client.send(Message::text(message)).await;
        let refusal = joined.client.next_json().await;
        assert_eq!(refusal["error"]["code"], "proxypal_model_ambiguous");
    }
}

#[tokio::test]
async fn a_restricted_caller_must_send_parsable_messages() {
    let (mut sockets, script) = SocketEngine::script();
    let app = TestApp::with_engine(script).await;
    let key = app.issue_restricted_key(&["allowed"]).await;
    let mut client = ClientEnd::connect(&app, &key).await;
    let _engine = sockets.accept().await;

    client.send(Message::text("no object")).await;

    let refusal = client.next_json().await;
    assert_eq!(refusal["error"]["code"], "proxypal_model_ambiguous");
}

#[tokio::test]
async fn a_stopping_server_finishes_turns_and_begins_no_new_ones() {
    let (mut joined, mut records) = in_the_middle_of_a_turn().await;

    joined.app.ask_to_stop();
    joined.client.ask("late").await;
    let refusal = joined.client.next_json().await;
    joined.engine.send(&completed(10, 20)).await;

    assert_eq!(refusal["error"]["code"], "proxypal_overloaded");
    assert_eq!(joined.client.next_json().await, completed(10, 20));
    assert_metered(&records.next().await, counted(10, 20));
    joined.app.stop().await;
}

#[tokio::test]
async fn no_more_sockets_are_drained_than_allowed() {
    let (
        Joined {
            app,
            client,
            mut engine,
            ..
        },
        mut records,
    ) = in_the_middle_of_a_turn().await;
    let settings = &app.services.settings;
    settings
        .update(test_context(), 0, |settings| settings.drain_concurrency = 0)
        .await
        .unwrap();

    drop(client);

    assert!(matches!(
        engine.next().await,
        Some(FromEngine::Close(_)) | None
    ));
    assert_eq!(records.next().await.usage_source, UsageSource::Estimated);
}

#[tokio::test]
async fn a_forbidden_model_is_refused_in_the_socket_which_stays_usable() {
    let (mut sockets, script) = SocketEngine::script();
    let app = TestApp::with_engine(script).await;
    let key = app.issue_restricted_key(&["allowed"]).await;
    let mut records = app.records().await;
    let client = ClientEnd::connect(&app, &key).await;
    let engine = sockets.accept().await;
    let mut joined = Joined {
        app,
        key,
        client,
        engine,
    };
    turn(&mut joined, "allowed", &completed(1, 1)).await;

    joined.client.ask("forbidden").await;
    let refusal = joined.client.next_json().await;
    // The engine did not receive the other model, so it continues with the last one.
    joined.client.ask("").await;
    let forwarded = joined.engine.next_json().await;
    joined.engine.send(&completed(2, 2)).await;
    assert_eq!(joined.client.next_json().await, completed(2, 2));

    assert_eq!(refusal["type"], "error");
    assert_eq!(refusal["status"], 400);
    assert_eq!(refusal["error"]["code"], "proxypal_model_not_allowed");
    assert_eq!(forwarded.get("model"), None);
    assert_eq!(records.next().await.outcome, Outcome::Completed);
    let refused = records.next().await;
    assert_eq!(refused.outcome, Outcome::Rejected);
    assert_eq!(refused.model.as_deref(), Some("forbidden"));
    assert_eq!(tokens_of(&refused), Some(Tokens::default()));
    assert_eq!(records.next().await.model.as_deref(), Some("allowed"));
}

#[tokio::test]
async fn a_revoked_key_closes_its_socket_immediately() {
    let (mut joined, mut records) = in_the_middle_of_a_turn().await;

    joined.app.disable_user_of(&joined.key).await;

    assert_eq!(joined.client.closed().await.code, CloseCode::Policy);
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::Interrupted);
    assert_eq!(record.error_code.as_deref(), Some("revoked"));
    assert!(matches!(
        joined.engine.next().await,
        Some(FromEngine::Close(_)) | None
    ));
}

#[tokio::test]
async fn a_turn_whose_client_disconnects_is_metered_to_its_end() {
    let (
        Joined {
            app: _app,
            client,
            mut engine,
            ..
        },
        mut records,
    ) = in_the_middle_of_a_turn().await;

    drop(client);
    engine.send(&completed(10, 20)).await;

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_metered(&record, counted(10, 20));
}

#[tokio::test]
async fn a_turn_whose_client_closes_the_socket_is_metered_to_its_end() {
    let (mut joined, mut records) = in_the_middle_of_a_turn().await;

    joined.client.send(Message::Close(None)).await;
    while joined.client.next().await.is_some() {}
    joined.engine.send(&completed(10, 20)).await;

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_metered(&record, counted(10, 20));
}

#[tokio::test]
async fn with_the_policy_cancel_the_engines_socket_is_closed_and_the_turn_estimated() {
    let (
        Joined {
            app,
            client,
            mut engine,
            ..
        },
        mut records,
    ) = in_the_middle_of_a_turn().await;
    let settings = &app.services.settings;
    settings
        .update(test_context(), 0, |settings| {
            settings.abort_policy = AbortPolicy::Cancel;
        })
        .await
        .unwrap();

    drop(client);

    assert!(matches!(
        engine.next().await,
        Some(FromEngine::Close(_)) | None
    ));
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_eq!(record.usage_source, UsageSource::Estimated);
    assert_eq!(tokens_of(&record).unwrap().output, 3);
}

#[tokio::test]
async fn an_engine_crash_ends_the_turn_in_flight() {
    let (
        Joined {
            app: _app,
            mut client,
            engine,
            ..
        },
        mut records,
    ) = in_the_middle_of_a_turn().await;

    drop(engine);

    assert_eq!(client.closed().await.code, CloseCode::Away);
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(record.error_code.as_deref(), Some("engine_failed"));
}
