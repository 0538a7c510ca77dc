//! Request bodies that stall, trickle, never name a model, or are aborted.

use entity::{RateLimit, request, request::Outcome};
use proxypal_server::db::Database;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};

use super::{CHAT, Field, answering, head, patient_head, trickle, whole_request};
use crate::support::test_context;

#[tokio::test]
async fn a_stalled_or_trickling_body_is_refused_on_every_endpoint() {
    let field = Field::new().await;
    let key = field.attacker.clone();
    for (path, key, begun) in [
        (CHAT, key.as_str(), r#"{"messages":["#),
        // Passed on while it arrives.
        (CHAT, &key, r#"{"model":"m","messages":["#),
        ("/v1/videos", &key, "{"),
        ("/graphql", "", r#"{"query":""#),
    ] {
        let begun = format!("{}{begun}", head(path, key, 1_000_000));
        let mut still = field.connect(&begun).await;
        let trickling = field.connect(&begun).await;

        field.others_are_served().await;
        let answer = still.read_to_end().await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        let answer = trickle(trickling, b' ').await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
    }
}

#[tokio::test]
async fn slots_and_requests_per_minute_are_taken_before_the_body_is_read() {
    let field = Field::new().await;
    field
        .limit(RateLimit {
            requests_per_minute: Some(2),
            concurrent_requests: Some(1),
            ..RateLimit::default()
        })
        .await;
    let mut first = field.connect(patient_head(&field.attacker, 1000)).await;
    first.read_until("100 Continue").await;

    let mut second = field.connect(patient_head(&field.attacker, 1000)).await;
    let refusal = second.read_until("concurrent requests").await;
    assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
    drop(first);
    field.others_are_served().await;

    // The aborted upload has cost one of two requests per minute, and its slot is free again.
    crate::support::eventually("the second of two", async || {
        let mut raw = field.connect(whole_request(&field.attacker)).await;
        let answer = raw.read_until("\r\n\r\n").await;
        answer.starts_with("HTTP/1.1 200 ").then_some(())
    })
    .await;
    let mut last = field.connect(patient_head(&field.attacker, 1000)).await;
    let refusal = last.read_until("requests a minute").await;
    assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
}

#[tokio::test]
async fn aborted_uploads_are_recorded_at_the_rate_of_refusals() {
    let field = Field::new().await;
    field.app.without_rate_limit().await;
    for _ in 0..90 {
        let mut raw = field.connect(patient_head(&field.attacker, 1000)).await;
        raw.read_until("100 Continue").await;
    }
    field.others_are_served().await;

    let database = field.app.stop().await;

    let db = Database::open(&database.url, database.directory.path())
        .await
        .unwrap();
    let rows = request::Entity::find().filter(request::Column::Outcome.eq(Outcome::ClientGone));
    let rows = rows.count(db.reader()).await.unwrap();
    // One comes back in each second that it took.
    assert!((60..80).contains(&rows), "{rows}");
}

#[tokio::test]
async fn bodies_without_a_model_take_at_most_the_memory_of_their_user() {
    let field = Field::with(answering(), |limits| {
        limits.held_bytes = 1024 * 1024;
        limits.deadlines.progress.idle = std::time::Duration::from_mins(1);
        limits.deadlines.progress.allowance = std::time::Duration::from_mins(1);
    })
    .await;
    let settings = &field.app.services.settings;
    let smaller = settings.update(test_context(), settings.current().version, |gateway| {
        gateway.max_body_bytes = 64 * 1024;
    });
    smaller.await.unwrap();
    let piece = format!(r#"{{"messages":["{}"#, "x".repeat(60_000));
    let mut held = Vec::new();

    let refusal = loop {
        let mut raw = field.connect(patient_head(&field.attacker, 65_000)).await;
        raw.read_until("100 Continue").await;
        raw.send(&piece).await;
        // Refused immediately, or held for a minute.
        let answer = tokio::time::timeout(
            std::time::Duration::from_secs(1),
            raw.read_until("request bodies in memory for this user"),
        );
        match answer.await {
            Ok(answer) => break answer,
            Err(_) => held.push(raw),
        }
        assert!(held.len() < 8);
    };

    assert!(refusal.starts_with("HTTP/1.1 429 "), "{refusal}");
    // Another user's body of that size fits meanwhile.
    let other = field.another_key().await;
    let mut raw = field.connect(patient_head(&other, piece.len() + 15)).await;
    raw.read_until("100 Continue").await;
    raw.send(&piece).await;
    raw.send(r#""],"model":"m"}"#).await;
    raw.read_until("HTTP/1.1 200 ").await;
}
