//! Rows are stored as they are.

use entity::{
    provider_account::ProviderKind,
    request::{Outcome, Protocol, Reconciliation, UsageSource},
    request_failure::{Attempt, Attempts, LimitScope, RejectedBy, RejectingLimit},
};
use sea_orm::QueryOrder as _;
use uuid::Uuid;

use super::*;
use crate::db::Database;

/// A row with a value in every column, of which each differs from row to row and from column to column.
fn full(number: i64) -> request::Model {
    let id = |column: i64| {
        Some(Uuid::from_u64_pair(
            0,
            (number * 100 + column).cast_unsigned(),
        ))
    };
    let count = |column: i64| Some(number * 100 + column);
    let text = |column: &str| Some(format!("{column} {number}"));
    request::Model {
        id: id(0).unwrap(),
        sequence: number,
        connection_id: id(1),
        user_id: id(2).unwrap(),
        api_key_id: id(3).unwrap(),
        started_at: number * 100 + 4,
        duration: number * 100 + 5,
        time_to_first_byte: count(6),
        waited_ms: i32::try_from(number).ok(),
        endpoint: text("endpoint").unwrap(),
        protocol: nth(number),
        model: text("model"),
        served_model: text("served model"),
        provider: Some(nth(number)),
        account_id: id(7),
        streamed: number % 2 == 0,
        http_status: Some(200),
        outcome: nth(number),
        error_code: text("error code"),
        error_message: text("error message"),
        rejected_by: Some(rejected_by(number)),
        attempts: Some(attempts(number)),
        usage_source: nth(number),
        reconciliation: Some(nth(number)),
        input_tokens: count(8),
        cache_read_tokens: count(9),
        cache_write_tokens: count(10),
        cache_write_1h_tokens: count(15),
        requested_service_tier: text("requested tier"),
        service_tier: text("tier"),
        output_tokens: count(11),
        reasoning_tokens: count(12),
        images: 16,
        video_seconds: 17,
        client_ip: text("client"),
        user_agent: text("agent"),
        agent_session_id: id(18),
        sub_agent: text("sub-agent"),
        price_id: id(13),
        cost: count(14),
        cost_assumed: true,
    }
}

fn nth<E: sea_orm::Iterable>(number: i64) -> E {
    let all: Vec<E> = E::iter().collect();
    let at = usize::try_from(number).unwrap() % all.len();
    all.into_iter().nth(at).unwrap()
}

fn rejected_by(number: i64) -> RejectedBy {
    RejectedBy {
        kind: RejectingLimit::TokensPerMinute,
        scope: LimitScope::Key,
        limit: number,
        used: 2,
        reserved: 3,
        needed: None,
        resets_at: Some(4),
        quota: None,
    }
}

fn attempts(number: i64) -> Attempts {
    Attempts(vec![Attempt {
        account_id: None,
        provider: Some(ProviderKind::Claude),
        succeeded: false,
        status: Some(429),
        message: Some(format!("attempt {number}")),
    }])
}

/// A row without any value that may be absent.
fn sparse(number: i64) -> request::Model {
    request::Model {
        connection_id: None,
        time_to_first_byte: None,
        waited_ms: None,
        model: None,
        served_model: None,
        provider: None,
        account_id: None,
        http_status: None,
        error_code: None,
        error_message: None,
        rejected_by: None,
        attempts: None,
        reconciliation: None,
        input_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cache_write_1h_tokens: None,
        requested_service_tier: None,
        service_tier: None,
        output_tokens: None,
        reasoning_tokens: None,
        images: 0,
        video_seconds: 0,
        client_ip: None,
        user_agent: None,
        agent_session_id: None,
        sub_agent: None,
        price_id: None,
        cost: None,
        protocol: Protocol::Other,
        outcome: Outcome::Rejected,
        usage_source: UsageSource::Wire,
        ..full(number)
    }
}

#[tokio::test]
async fn a_stored_row_is_read_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", home.path().join("test.db").display());
    let db = Database::open(&url, home.path()).await.unwrap();
    let without_users = "PRAGMA foreign_keys = OFF";
    db.writer().execute_unprepared(without_users).await.unwrap();
    assert!(Reconciliation::iter().len() < 40 && Protocol::iter().len() < 40);
    let rows: Vec<_> = (1..40).map(full).chain((40..50).map(sparse)).collect();

    let transaction = db.begin_batch().await.unwrap();
    let mut inserts = Inserts::default();
    inserts.insert(&transaction, &rows).await.unwrap();
    transaction.commit().await.unwrap();

    let stored = Request::find().order_by_asc(request::Column::Sequence);
    assert_eq!(stored.all(db.reader()).await.unwrap(), rows);
}
