//! A batch counts once, even when its commit happens and reports an error.

use std::{sync::Arc, time::Duration};

use entity::{
    provider_account::ProviderKind,
    quota::{self, FreeModelPolicy, Metric, Percents, UnpricedPolicy, WindowKind},
    request::{Outcome, Protocol, UsageSource},
    usage_slice,
};
use sea_orm::IntoActiveModel as _;
use tempfile::TempDir;

use super::{
    super::{NoObserver, RequestRecord},
    *,
};
use crate::clock::SystemClock;

const USER: Uuid = Uuid::from_u128(1);
const KEY: Uuid = Uuid::from_u128(2);

/// An empty store with one user, who has a quota on tokens.
async fn book(home: &TempDir) -> RequestStore {
    let path = home.path().join("book.db");
    let url = format!("sqlite://{}", path.display());
    let db = Database::open(&url, home.path()).await.unwrap();
    let writer = db.writer();
    user::Entity::insert(holder().into_active_model())
        .exec_without_returning(writer)
        .await
        .unwrap();
    api_key::Entity::insert(key().into_active_model())
        .exec_without_returning(writer)
        .await
        .unwrap();
    quota::Entity::insert(limit().into_active_model())
        .exec_without_returning(writer)
        .await
        .unwrap();
    let clock: SharedClock = Arc::new(SystemClock);
    let ledger = Ledger::load(&db).await.unwrap();
    let prices = Prices::load(db.clone(), clock.clone()).await.unwrap();
    RequestStore::open(db, clock, ledger, prices, Arc::new(NoObserver))
        .await
        .unwrap()
}

fn holder() -> user::Model {
    user::Model {
        id: USER,
        name: "Ada".to_owned(),
        email: None,
        note: None,
        user_group_id: None,
        enabled: true,
        allowed_models: None,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        last_used_at: None,
        archived_at: None,
        rate_limit: None,
        used_tokens: 0,
        usage_reset_at: None,
        version: 1,
        quotas_version: 1,
        rate_limit_version: 1,
        alert_address: None,
        alert_address_confirmed_at: None,
    }
}

fn key() -> api_key::Model {
    api_key::Model {
        id: KEY,
        user_id: USER,
        name: String::new(),
        digest: vec![7],
        prefix: String::new(),
        last_four: String::new(),
        allowed_models: None,
        allowed_networks: None,
        allowed_clients: None,
        created_at: DateTime::UNIX_EPOCH,
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
        rate_limit: None,
        replaced_by: None,
        created_with: None,
        signed_in_at: None,
        version: 1,
        quotas_version: 1,
        rate_limit_version: 1,
    }
}

fn limit() -> quota::Model {
    quota::Model {
        id: Uuid::from_u128(3),
        user_id: USER,
        api_key_id: None,
        metric: Metric::Tokens,
        limit: 1000,
        window: WindowKind::Lifetime,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Percents::default(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
        created_at: DateTime::UNIX_EPOCH,
        temporary_raise: None,
    }
}

fn row(sequence: i64, tokens: i64) -> request::Model {
    let record = RequestRecord {
        id: Uuid::from_u128(100 + u128::from(sequence.unsigned_abs())),
        connection_id: None,
        user_id: USER,
        api_key_id: KEY,
        started_at: DateTime::UNIX_EPOCH,
        duration: Duration::ZERO,
        time_to_first_byte: None,
        waited: None,
        endpoint: String::new(),
        protocol: Protocol::OpenaiChat,
        model: Some("m".to_owned()),
        served_model: None,
        streamed: false,
        http_status: Some(200),
        outcome: Outcome::Completed,
        error_code: None,
        error_message: None,
        rejected_by: None,
        tokens: Some(Tokens {
            input: tokens,
            ..Tokens::default()
        }),
        usage_source: UsageSource::Estimated,
        client_ip: None,
        user_agent: None,
        agent_session: None,
        requested_service_tier: None,
        service_tier: None,
    };
    request::Model {
        sequence,
        ..record.into_row()
    }
}

fn report(request_id: Uuid, tokens: i64) -> EngineUsage {
    EngineUsage {
        request_id,
        provider: Some(ProviderKind::Claude),
        account_id: None,
        failed: false,
        status: None,
        message: None,
        tokens: Some(Tokens {
            input: tokens,
            ..Tokens::default()
        }),
        service_tier: None,
    }
}

/// Writes a batch; the commit happens but reports an error.
async fn write_with_commit_error(book: &mut RequestStore, batch: &Batch) {
    book.write_once(batch).await.unwrap();
    book.outcome_unknown = true;
}

/// The tokens of the user, the stored usage of the quota, and its usage in memory.
async fn used(book: &RequestStore) -> [i64; 3] {
    let user = user::Entity::find_by_id(USER).one(book.db.reader()).await;
    let buckets = quota_bucket::Entity::find().all(book.db.reader()).await;
    let meters = book.ledger.user_limits(USER).meters();
    [
        user.unwrap().unwrap().used_tokens,
        buckets.unwrap().iter().map(|bucket| bucket.used).sum(),
        meters[0].standing(book.clock.now()).used,
    ]
}

#[tokio::test]
async fn a_batch_whose_commit_was_not_answered_counts_once() {
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let batch = book.batch(vec![row(1, 7)], Vec::new(), Vec::new());

    write_with_commit_error(&mut book, &batch).await;
    book.write(&batch).await.unwrap();
    let next = book.batch(vec![row(2, 10)], Vec::new(), Vec::new());
    book.write(&next).await.unwrap();

    assert_eq!(used(&book).await, [17; 3]);
}

#[tokio::test]
async fn a_batch_that_failed_is_written_though_the_one_before_it_was_not_heard_of() {
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let first = book.batch(vec![row(1, 7)], Vec::new(), Vec::new());
    book.write(&first).await.unwrap();
    let batch = book.batch(vec![row(2, 10)], Vec::new(), Vec::new());

    book.outcome_unknown = true;
    book.write(&batch).await.unwrap();

    assert_eq!(used(&book).await, [17; 3]);
}

/// Another server on the database of the first.
async fn other_server(book: &RequestStore) -> RequestStore {
    let row = replica::ActiveModel {
        incarnation: Set(7),
        version: Set(String::new()),
    };
    let insert = replica::Entity::insert(row).exec_without_returning(book.db.writer());
    insert.await.unwrap();
    let (db, clock) = (book.db.clone(), book.clock.clone());
    let ledger = Ledger::load(&db).await.unwrap();
    let prices = Prices::load(db.clone(), clock.clone()).await.unwrap();
    let other = RequestStore::open(db, clock, ledger, prices, Arc::new(NoObserver));
    RequestStore {
        incarnation: 7,
        ..other.await.unwrap()
    }
}

#[tokio::test]
async fn a_batch_whose_commit_was_not_answered_counts_once_though_another_server_has_written_since()
{
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let mut other = other_server(&book).await;
    let batch = book.batch(vec![row(1, 7)], Vec::new(), Vec::new());

    write_with_commit_error(&mut book, &batch).await;
    for sequence in [2, 3] {
        let batch = other.batch(vec![row(sequence, 10)], Vec::new(), Vec::new());
        other.write(&batch).await.unwrap();
    }
    book.write(&batch).await.unwrap();

    assert_eq!(used(&book).await, [27; 3]);
}

#[tokio::test]
async fn a_batch_that_failed_is_written_though_another_server_has_written_one_of_its_number() {
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let mut other = other_server(&book).await;
    let batch = book.batch(vec![row(1, 7)], Vec::new(), Vec::new());

    book.outcome_unknown = true;
    let others = other.batch(vec![row(2, 10)], Vec::new(), Vec::new());
    other.write(&others).await.unwrap();
    book.write(&batch).await.unwrap();

    let [tokens, stored, _] = used(&book).await;
    assert_eq!([tokens, stored], [17; 2]);
}

#[tokio::test]
async fn the_numbers_of_servers_that_have_ended_are_removed() {
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let mut other = other_server(&book).await;
    let batch = other.batch(vec![row(1, 10)], Vec::new(), Vec::new());
    other.write(&batch).await.unwrap();
    let delete = replica::Entity::delete_by_id(7).exec(book.db.writer());
    delete.await.unwrap();

    let batch = book.batch(vec![row(2, 7)], Vec::new(), Vec::new());
    book.write(&batch).await.unwrap();

    let numbers = ledger_batch::Entity::find().all(book.db.reader()).await;
    let servers = numbers.unwrap().into_iter().map(|row| row.incarnation);
    assert_eq!(servers.collect::<Vec<_>>(), [book.incarnation]);
}

#[tokio::test]
async fn reports_of_a_batch_that_was_not_heard_of_are_neither_lost_nor_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let known = row(1, 7);
    let unknown_report = report(Uuid::from_u128(9), 5);
    let reports = vec![report(known.id, 20), unknown_report.clone()];
    let first = book.batch(vec![known], Vec::new(), Vec::new());
    book.write(&first).await.unwrap();
    let batch = book.batch(Vec::new(), Vec::new(), reports);

    write_with_commit_error(&mut book, &batch).await;
    let written = book.write(&batch).await.unwrap();

    assert_eq!(used(&book).await, [20; 3]);
    assert_eq!(written.unknown, [unknown_report]);
}

#[tokio::test]
async fn a_corrected_request_changes_its_quotas_by_the_difference_alone() {
    let home = TempDir::new().unwrap();
    let book = book(&home).await;
    let (before, mut corrected) = (row(1, 10), row(1, 25));
    corrected.id = before.id;

    let charges = book.difference(&before, &corrected);
    let amounts: Vec<_> = charges.iter().map(|(_, charge)| charge.amount).collect();

    assert_eq!(amounts, [15]);
    assert!(book.difference(&before, &before).is_empty());
}

#[tokio::test]
async fn a_correction_whose_commit_was_not_answered_counts_once() {
    let home = tempfile::tempdir().unwrap();
    let mut book = book(&home).await;
    let assumed = request::Model {
        model: Some("gpt-5".to_owned()),
        cost: Some(1_000_000_000),
        cost_assumed: true,
        ..row(1, 1_000_000)
    };
    let first = book.batch(vec![assumed], Vec::new(), Vec::new());
    book.write(&first).await.unwrap();
    let correction = book.correction(Correction::default());

    write_with_commit_error(&mut book, &correction).await;
    let written = book.write(&correction).await.unwrap();
    let rest = book.correction(written.next_correction.unwrap());
    let rest = book.write(&rest).await.unwrap();

    let rows = request::Entity::find().all(book.db.reader()).await.unwrap();
    assert_eq!(
        (rows[0].cost, rows[0].cost_assumed),
        (Some(1_250_000_000), false)
    );
    let sums = usage_slice::Entity::find()
        .filter(usage_slice::Column::Dimension.eq(usage_slice::Dimension::Total))
        .all(book.db.reader())
        .await
        .unwrap();
    assert!(
        sums.iter()
            .all(|sum| sum.cost == 1_250_000_000 && sum.assumed == 0)
    );
    assert!(rest.next_correction.is_none());
}
