//! How long requests are kept: the old ones go, their sums stay.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    provider_account::ProviderKind,
    quota::{Metric, WindowKind},
    quota_bucket,
    request::{self, Entity as Request},
    usage_rollup::{self, Period},
    usage_slice,
};
use proxypal_server::domain::{
    engine_usage::EngineUsage,
    requests::{RequestFilter, RequestRecord},
    retention::Deleted,
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::Value;
use uuid::{NoContext, Timestamp, Uuid};

use crate::support::{ControlPlane, completed, eventually, test_context};

/// Where the clock of the tests stands.
const NOW: &str = "2026-06-01T12:00:00Z";
const TOTALS: &str = "{ usage(range: { preset: ALL }) { totals { requests cost tokens { total } } \
    byModel: breakdown(by: MODEL, first: 10) { label totals { requests } } } }";

fn days_ago(days: i64) -> DateTime<Utc> {
    NOW.parse::<DateTime<Utc>>().unwrap() - TimeDelta::days(days)
}

fn id_at(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap();
    Uuid::new_v7(Timestamp::from_unix(
        NoContext,
        seconds,
        at.timestamp_subsec_nanos(),
    ))
}

struct Book {
    plane: ControlPlane,
    user_id: Uuid,
    api_key_id: Uuid,
}

impl Book {
    async fn open() -> Self {
        let plane = ControlPlane::start().await;
        let (user_id, _) = plane.key_holder("ada").await;
        let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
        Self {
            plane,
            user_id,
            api_key_id: keys[0].id,
        }
    }

    fn record(&self, at: DateTime<Utc>) -> RequestRecord {
        RequestRecord {
            id: id_at(at),
            ..completed(self.user_id, self.api_key_id, at)
        }
    }

    /// Records requests of these times and waits until they are stored.
    async fn write(&self, times: &[DateTime<Utc>]) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for at in times {
            let record = self.record(*at);
            ids.push(record.id);
            let place = self.plane.handles.recorder.permit().await.unwrap();
            place.record(record);
        }
        for id in &ids {
            let requests = &self.plane.services.requests;
            eventually("the row", async || requests.find(*id).await.unwrap()).await;
        }
        ids
    }

    async fn ids(&self) -> Vec<Uuid> {
        let rows = Request::find().order_by_asc(request::Column::Sequence);
        let rows = rows.all(self.plane.db.reader()).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    }

    async fn totals(&self) -> Value {
        let admin = self.plane.admin().await;
        let answer = admin.ask(TOTALS).await;
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }
}

#[tokio::test]
async fn old_requests_are_deleted_and_their_sums_stay() {
    let book = Book::open().await;
    let moment = TimeDelta::milliseconds(1);
    let cut = days_ago(90);
    let ids = book
        .write(&[days_ago(800), cut - moment, cut, cut + moment, days_ago(0)])
        .await;
    let before = book.totals().await;
    let retention = book.plane.retention();

    let deleted = retention.pass().await.unwrap();

    assert_eq!(book.ids().await, ids[2..]);
    assert_eq!(deleted.requests, 2);
    assert_eq!(book.totals().await, before);
    assert_eq!(before["usage"]["totals"]["requests"], 5);
    assert_eq!(retention.pass().await.unwrap(), Deleted::default());
}

#[tokio::test]
async fn the_settings_define_the_retention() {
    let book = Book::open().await;
    let ids = book.write(&[days_ago(3), days_ago(1), days_ago(0)]).await;
    let settings = &book.plane.services.settings;
    let update = settings.update(test_context(), 0, |gateway| gateway.retention_days = 2);
    update.await.unwrap();

    book.plane.retention().pass().await.unwrap();

    assert_eq!(book.ids().await, ids[1..]);
}

#[tokio::test]
async fn quarter_hour_sums_are_deleted_with_the_requests_and_longer_sums_stay() {
    let book = Book::open().await;
    book.write(&[days_ago(91), days_ago(1)]).await;

    let deleted = book.plane.retention().pass().await.unwrap();

    let db = book.plane.db.reader();
    let mut left = Vec::new();
    for period in [Period::Quarter, Period::Hour, Period::Day] {
        let of_period = usage_rollup::Entity::find();
        let of_period = of_period.filter(usage_rollup::Column::Period.eq(period));
        let slices = usage_slice::Entity::find();
        let slices = slices.filter(usage_slice::Column::Period.eq(period));
        let slices =
            slices.filter(usage_slice::Column::Dimension.eq(usage_slice::Dimension::Total));
        left.push((
            of_period.count(db).await.unwrap(),
            slices.count(db).await.unwrap(),
        ));
    }
    assert_eq!(left, [(1, 1), (2, 2), (2, 2)]);
    // In the cube, and in each of seven slices.
    assert_eq!(deleted.quarters, 8);
}

#[tokio::test]
async fn empty_sums_are_deleted() {
    let book = Book::open().await;
    let ids = book.write(&[days_ago(1)]).await;
    let report = EngineUsage {
        request_id: ids[0],
        provider: Some(ProviderKind::Claude),
        account_id: Some(Uuid::now_v7()),
        failed: false,
        status: None,
        message: None,
        tokens: None,
        service_tier: None,
    };
    book.plane.handles.reports.send(report).await.unwrap();
    eventually("the report", async || {
        let row = book.plane.services.requests.find(ids[0]).await.unwrap()?;
        row.provider
    })
    .await;
    let before = book.totals().await;

    let deleted = book.plane.retention().pass().await.unwrap();

    // Of three periods: the cube, the provider and the account that were unknown.
    assert_eq!(deleted.zeros, 9);
    let db = book.plane.db.reader();
    let zeros = usage_rollup::Entity::find().filter(usage_rollup::Column::Requests.eq(0));
    assert_eq!(zeros.count(db).await.unwrap(), 0);
    assert_eq!(book.totals().await, before);
}

#[tokio::test]
async fn old_quota_usage_is_deleted_and_lifetime_usage_stays() {
    let book = Book::open().await;
    let db = book.plane.db.writer();
    let quota = entity::quota::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(book.user_id),
        api_key_id: Set(None),
        metric: Set(Metric::Tokens),
        limit: Set(1),
        window: Set(WindowKind::Day),
        rolling_seconds: Set(None),
        timezone: Set("UTC".to_owned()),
        provider: Set(None),
        model_pattern: Set(None),
        soft_percents: Set(entity::quota::Percents::default()),
        strict: Set(false),
        unpriced: Set(entity::quota::UnpricedPolicy::default()),
        free_models: Set(entity::quota::FreeModelPolicy::default()),
        created_at: Set(days_ago(900)),
        temporary_raise: Set(None),
    };
    let quota_id = quota.insert(db).await.unwrap().id;
    for starts_at in [0, days_ago(801).timestamp(), days_ago(799).timestamp()] {
        let bucket = quota_bucket::ActiveModel {
            quota_id: Set(quota_id),
            starts_at: Set(starts_at),
            used: Set(1),
        };
        bucket.insert(db).await.unwrap();
    }

    let deleted = book.plane.retention().pass().await.unwrap();

    let left = quota_bucket::Entity::find().order_by_asc(quota_bucket::Column::StartsAt);
    let left = left.all(db).await.unwrap();
    let left: Vec<i64> = left.iter().map(|bucket| bucket.starts_at).collect();
    assert_eq!(left, [0, days_ago(799).timestamp()]);
    assert_eq!(deleted.quota_buckets, 1);
}

#[tokio::test]
async fn the_last_request_is_kept_so_that_no_cursor_is_reused() {
    let book = Book::open().await;
    let ids = book.write(&[days_ago(200), days_ago(100)]).await;

    book.plane.retention().pass().await.unwrap();

    assert_eq!(book.ids().await, ids[1..]);
}

#[tokio::test]
async fn records_that_the_journal_could_replay_are_kept() {
    let book = Book::open().await;
    book.plane.record(book.user_id, "gpt-5").await;
    // A request that takes longer than anything is kept.
    let endless = book.record(days_ago(100));
    let mut place = book.plane.handles.recorder.permit().await.unwrap();
    let debt = place.note(&endless).await.unwrap();
    place.keep(debt);
    let ids = book.write(&[days_ago(99), days_ago(95), days_ago(0)]).await;
    let retention = book.plane.retention();

    assert_eq!(retention.pass().await.unwrap().requests, 0);
    let mut records = std::pin::pin!(
        book.plane
            .services
            .requests
            .follow(RequestFilter::default(), None)
            .await
            .unwrap()
    );
    place.record(endless);
    futures_util::StreamExt::next(&mut records)
        .await
        .unwrap()
        .unwrap();

    eventually("the journal's end", async || {
        (retention.pass().await.unwrap().requests > 0).then_some(())
    })
    .await;
    let left = book.ids().await;
    assert!(!left.contains(&ids[0]) && left.contains(&ids[2]));
}
