//! The sums always equal those of the requests.

use std::collections::HashMap;

use entity::request::{Protocol, UsageSource};
use migration::{Migrator, MigratorTrait as _};
use proptest::{collection::vec, prelude::*, sample::select};
use sea_orm::{Database, DatabaseConnection, EntityTrait as _};

use super::*;
use crate::domain::periods::seconds;

/// Some rows which share users, times and models often enough.
fn rows() -> impl Strategy<Value = Vec<request::Model>> {
    vec(row(), 0..40)
}

fn row() -> impl Strategy<Value = request::Model> {
    let who = (0..3_u128, 0..2_u128, 0..3_u128);
    let what = (
        select(vec![None, Some("gpt-5"), Some("opus")]),
        select(vec![
            None,
            Some(ProviderKind::Claude),
            Some(ProviderKind::Gemini),
        ]),
        select(Outcome::iter().collect::<Vec<_>>()),
        select(UsageSource::iter().collect::<Vec<_>>()),
        select(vec![
            Protocol::OpenaiChat,
            Protocol::Unmetered,
            Protocol::Other,
        ]),
        proptest::option::of(select(Reconciliation::iter().collect::<Vec<_>>())),
    );
    let how_much = (
        -200_000_000_000_i64..200_000_000_000,
        proptest::option::of(0..5_i64),
        proptest::option::of(0..1000_i64),
        0..9_000_i64,
    );
    (who, what, how_much).prop_map(|(who, what, how_much)| {
        let (started_at, tokens, cost, duration) = how_much;
        let (model, provider, outcome, usage_source, protocol, reconciliation) = what;
        request::Model {
            user_id: Uuid::from_u128(who.0),
            api_key_id: Uuid::from_u128(who.1),
            account_id: (who.2 > 0).then(|| Uuid::from_u128(who.2)),
            started_at,
            duration,
            model: model.map(str::to_owned),
            provider,
            outcome,
            usage_source,
            protocol,
            reconciliation,
            input_tokens: tokens,
            cache_read_tokens: tokens,
            cache_write_tokens: tokens,
            cache_write_1h_tokens: None,
            output_tokens: tokens,
            reasoning_tokens: tokens,
            cost,
            ..blank()
        }
    })
}

fn blank() -> request::Model {
    request::Model {
        id: Uuid::nil(),
        sequence: 0,
        connection_id: None,
        user_id: Uuid::nil(),
        api_key_id: Uuid::nil(),
        started_at: 0,
        duration: 0,
        time_to_first_byte: None,
        waited_ms: None,
        endpoint: String::new(),
        protocol: Protocol::OpenaiChat,
        model: None,
        served_model: None,
        provider: None,
        account_id: None,
        streamed: false,
        http_status: None,
        outcome: Outcome::Completed,
        error_code: None,
        error_message: None,
        rejected_by: None,
        attempts: None,
        usage_source: UsageSource::Wire,
        reconciliation: None,
        input_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cache_write_1h_tokens: None,
        output_tokens: None,
        reasoning_tokens: None,
        images: 0,
        video_seconds: 0,
        client_ip: None,
        user_agent: None,
        agent_session_id: None,
        sub_agent: None,
        requested_service_tier: None,
        service_tier: None,
        price_id: None,
        cost: None,
        cost_assumed: false,
    }
}

/// The sums of a slice, computed from all rows.
fn recomputed(rows: &[request::Model], slice: &usage_slice::Model) -> Sums {
    let mut sums = Sums::default();
    for row in rows {
        let at = row.started_at.div_euclid(1_000_000);
        let ends_at = slice.starts_at + seconds(slice.period);
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let is_metered = row.protocol != Protocol::Other && row.outcome != Outcome::Rejected;
        let subject = match slice.dimension {
            Dimension::Total => String::new(),
            Dimension::User => row.user_id.to_string(),
            Dimension::ApiKey => row.api_key_id.to_string(),
            Dimension::Provider => row.provider.map(|kind| kind.to_value()).unwrap_or_default(),
            Dimension::Account => text(row.account_id),
            Dimension::Model => row.model.clone().unwrap_or_default(),
            Dimension::Reconciliation if !is_metered => continue,
            Dimension::Reconciliation => row
                .reconciliation
                .map_or_else(|| "unknown".to_owned(), |found| found.to_value()),
        };
        if (slice.starts_at..ends_at).contains(&at) && subject == slice.subject {
            sums.add(&Sums::of(row), 1);
        }
    }
    sums
}

fn added(rows: &[request::Model]) -> Vec<RollupEntry<'_>> {
    rows.iter().map(RollupEntry::added).collect()
}

async fn database() -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let connection = Database::connect(options).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    connection
}

proptest! {
    #[test]
    fn sums_equal_a_slow_recomputation(rows in rows()) {
        let (_, slices) = sum_up(&added(&rows));

        for slice in &slices {
            prop_assert_eq!(Sums::from(slice), recomputed(&rows, slice), "{:?}", slice);
        }
        for dimension in Dimension::iter().filter(|one| *one != Dimension::Reconciliation) {
            for period in Period::iter() {
                let of_it = slices
                    .iter()
                    .filter(|slice| (slice.dimension, slice.period) == (dimension, period));
                let counted: i64 = of_it.map(|slice| slice.requests + slice.rejected).sum();
                prop_assert_eq!(counted, i64::try_from(rows.len()).unwrap());
            }
        }
    }

    #[test]
    fn the_cube_and_the_slices_agree(rows in rows()) {
        let (rollups, slices) = sum_up(&added(&rows));
        let mut by_user = HashMap::<_, i64>::new();
        for cell in &rollups {
            *by_user.entry((cell.period, cell.starts_at, cell.user_id.to_string())).or_default() += cell.input_tokens;
        }

        for slice in slices.iter().filter(|slice| slice.dimension == Dimension::User) {
            let key = (slice.period, slice.starts_at, slice.subject.clone());
            prop_assert_eq!(by_user[&key], slice.input_tokens);
        }
    }

    #[test]
    fn sums_that_cancel_out_are_not_written(rows in rows()) {
        let entries: Vec<_> = rows.iter().flat_map(|row| RollupEntry::changed(row, row)).collect();

        let (rollups, slices) = sum_up(&entries);

        prop_assert!(rollups.is_empty() && slices.is_empty());
    }
}

#[test]
fn a_correction_moves_a_request_and_keeps_the_totals() {
    let before = blank();
    let after = request::Model {
        provider: Some(ProviderKind::Claude),
        ..blank()
    };

    let (rollups, slices) = sum_up(&RollupEntry::changed(&before, &after));

    assert_eq!(rollups.len(), 6);
    let moved: Vec<_> = slices
        .iter()
        .filter(|slice| slice.period == Period::Day)
        .map(|slice| (slice.dimension, slice.subject.as_str(), slice.requests))
        .collect();
    let expected = [
        (Dimension::Provider, "", -1),
        (Dimension::Provider, "claude", 1),
    ];
    assert_eq!(moved, expected);
}

#[test]
fn an_invented_number_of_tokens_cannot_overflow_a_sum() {
    let absurd = request::Model {
        input_tokens: Some(i64::MAX),
        cache_read_tokens: Some(-1),
        cache_write_tokens: Some(0),
        cache_write_1h_tokens: None,
        output_tokens: Some(0),
        reasoning_tokens: Some(0),
        ..blank()
    };

    let sums = Sums::of(&absurd);

    assert!(sums.tokens.input < i64::MAX / 100_000);
    assert_eq!(sums.tokens.cache_read, 0);
}

#[tokio::test]
async fn the_database_adds_up_batch_after_batch_and_back_to_zero() {
    let connection = database().await;
    let rows: Vec<_> = (0..700)
        .map(|number| request::Model {
            user_id: Uuid::from_u128(number % 300),
            started_at: i64::try_from(number).unwrap() * 1_000_000_000,
            ..blank()
        })
        .collect();

    for _ in 0..2 {
        add_up(&connection, &added(&rows)).await.unwrap();
    }
    let (expected, _) = sum_up(&[added(&rows), added(&rows)].concat());
    let stored = usage_rollup::Entity::find().all(&connection).await.unwrap();
    assert_eq!(stored, expected);

    let away: Vec<_> = added(&rows)
        .iter()
        .map(|entry| RollupEntry { sign: -2, ..*entry })
        .collect();
    add_up(&connection, &away).await.unwrap();
    let slices = usage_slice::Entity::find().all(&connection).await.unwrap();
    assert!(slices.iter().all(|slice| Sums::from(slice).is_zero()));
}
