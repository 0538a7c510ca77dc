//! The schema goes up and down the same on both databases, and guards the history.

use chrono::DateTime;
use entity::{
    api_key,
    notification_rule::{self, NotificationEvent},
    provider_account::{
        self, CredentialKind, ProviderKind, ProviderModels, SubscriptionWindow, SubscriptionWindows,
    },
    request::{self, Outcome, Protocol, UsageSource},
    user,
};
use migration::{Migrator, MigratorTrait as _};
use proxypal_server::{db, domain::users::NewUser};
use sea_orm::{
    ActiveModelTrait as _, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    DbBackend, DbErr, EntityTrait, IntoActiveModel as _, QueryResult, Statement,
};
use uuid::Uuid;

use crate::support::{Options, TestApp, TestDatabase, test_context};

/// One connection: `SQLite` caches the schema of each.
async fn connect(home: &TestDatabase) -> DatabaseConnection {
    let url = match home.url.strip_prefix("sqlite:") {
        Some(_) => format!("{}?mode=rwc", home.url),
        None => home.url.clone(),
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    Database::connect(options).await.unwrap()
}

/// The schema as text: tables with their columns, and indexes.
async fn schema(database: &DatabaseConnection) -> Vec<String> {
    let query = if database.get_database_backend() == DbBackend::Postgres {
        "SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable) \
         FROM information_schema.columns WHERE table_schema = 'public' \
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) \
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1"
    } else {
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1"
    };
    let statement = Statement::from_string(database.get_database_backend(), query);
    let rows = database.query_all_raw(statement).await.unwrap();
    let text = |row: &QueryResult| row.try_get_by_index::<String>(0).unwrap();
    let words = rows.iter().map(text);
    words
        .filter(|words| !words.contains("seaql_migrations"))
        .collect()
}

#[tokio::test]
async fn each_migration_is_reverted_and_applied_again() {
    let home = TestDatabase::empty().await;
    let database = connect(&home).await;
    let steps = Migrator::migrations().len();
    let mut stages = vec![schema(&database).await];

    for _ in 0..steps {
        Migrator::up(&database, Some(1)).await.unwrap();
        stages.push(schema(&database).await);
    }

    for stage in stages.iter().rev().skip(1) {
        Migrator::down(&database, Some(1)).await.unwrap();
        assert_eq!(schema(&database).await, *stage);
    }
    assert!(stages[0].is_empty());
    Migrator::up(&database, None).await.unwrap();
    assert_eq!(schema(&database).await, stages[steps]);
}

#[tokio::test]
async fn rules_about_expired_accounts_keep_their_meaning_under_the_new_name() {
    let home = TestDatabase::empty().await;
    let database = connect(&home).await;
    let rename = "m20261129_000021_rename_account_expired";
    let names = Migrator::migrations().into_iter();
    let before = names.take_while(|step| step.name() != rename).count();
    Migrator::up(&database, Some(u32::try_from(before).unwrap()))
        .await
        .unwrap();
    let rule = notification_rule::Model {
        id: Uuid::now_v7(),
        event: NotificationEvent::AccountExpired,
        channel_ids: notification_rule::ChannelIds::default(),
        percents: entity::quota::Percents(Vec::new()),
        quiet_minutes: 60,
        enabled: true,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    };
    rule.into_active_model().insert(&database).await.unwrap();
    let old_name = "UPDATE notification_rule SET event = 'account_expiring'";
    database.execute_unprepared(old_name).await.unwrap();

    Migrator::up(&database, None).await.unwrap();

    let rules = notification_rule::Entity::find().all(&database).await;
    assert_eq!(rules.unwrap()[0].event, NotificationEvent::AccountExpired);
}

#[tokio::test]
async fn reported_windows_keep_their_time_under_the_new_name() {
    let home = TestDatabase::empty().await;
    let database = connect(&home).await;
    Migrator::up(&database, None).await.unwrap();
    let reported = SubscriptionWindows {
        reported_at: DateTime::UNIX_EPOCH,
        windows: vec![SubscriptionWindow {
            name: r#"a "told_at": name"#.to_owned(),
            used_percent: 40,
            resets_at: None,
            length_seconds: None,
        }],
    };
    account_with(reported.clone())
        .insert(&database)
        .await
        .unwrap();
    let rename = "m20261130_000023_rename_reported_at";
    let names = Migrator::migrations().into_iter();
    let since = names.skip_while(|step| step.name() != rename).count();
    Migrator::down(&database, Some(u32::try_from(since).unwrap()))
        .await
        .unwrap();
    let query = "SELECT CAST(windows AS text) FROM provider_account";
    let query = Statement::from_string(database.get_database_backend(), query);
    let row = database.query_one_raw(query).await.unwrap().unwrap();
    let stored: String = row.try_get_by_index(0).unwrap();
    assert!(stored.contains(r#""told_at":"#), "{stored}");

    Migrator::up(&database, None).await.unwrap();

    let accounts = provider_account::Entity::find().all(&database).await;
    assert_eq!(accounts.unwrap()[0].windows, Some(reported));
}

#[tokio::test]
async fn every_entity_finds_its_table_and_columns() {
    let home = TestDatabase::empty().await;
    let database = connect(&home).await;
    Migrator::up(&database, None).await.unwrap();

    find::<entity::admin::Entity>(&database).await;
    find::<entity::session::Entity>(&database).await;
    find::<entity::api_token::Entity>(&database).await;
    find::<user::Entity>(&database).await;
    find::<api_key::Entity>(&database).await;
    find::<request::Entity>(&database).await;
    find::<provider_account::Entity>(&database).await;
    find::<entity::provider_login::Entity>(&database).await;
    find::<entity::model_alias::Entity>(&database).await;
    find::<entity::seen_model::Entity>(&database).await;
    find::<entity::setting::Entity>(&database).await;
    find::<entity::secret::Entity>(&database).await;
    find::<entity::ledger_batch::Entity>(&database).await;
    find::<entity::replica::Entity>(&database).await;
    find::<entity::price::Entity>(&database).await;
    find::<entity::quota::Entity>(&database).await;
    find::<entity::quota_bucket::Entity>(&database).await;
    find::<entity::audit_event::Entity>(&database).await;
    find::<entity::recovery_code::Entity>(&database).await;
    find::<entity::notification_channel::Entity>(&database).await;
    find::<entity::notification_rule::Entity>(&database).await;
    find::<entity::notification_condition::Entity>(&database).await;
    find::<entity::notification::Entity>(&database).await;
    find::<entity::alert::Entity>(&database).await;
    find::<entity::usage_rollup::Entity>(&database).await;
    find::<entity::usage_slice::Entity>(&database).await;
}

async fn find<E: EntityTrait>(database: &DatabaseConnection) {
    E::find().all(database).await.unwrap();
}

#[tokio::test]
async fn foreign_keys_are_enforced_on_every_connection() {
    let home = TestDatabase::empty().await;
    let db = db::Database::open(&home.url, home.directory.path())
        .await
        .unwrap();
    if db.reader().get_database_backend() == DbBackend::Postgres {
        return; // It knows no connection without them.
    }

    let is_on = async |connection: &DatabaseConnection| {
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_keys");
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index::<i32>(0).unwrap() == 1
    };

    assert!(is_on(db.writer()).await);
    // Held at the same time, each of these has a connection of its own.
    let pool = db.reader().get_sqlite_connection_pool();
    let mut held = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await.unwrap();
        let on: i32 = sea_orm::sqlx::query_scalar("PRAGMA foreign_keys")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(on, 1);
        held.push(connection);
    }
    assert!(held.len() > 1);
}

fn account_with(windows: SubscriptionWindows) -> provider_account::ActiveModel {
    provider_account::Model {
        id: Uuid::now_v7(),
        kind: ProviderKind::Claude,
        credential: CredentialKind::ApiKey,
        label: "claude".to_owned(),
        sealed: Vec::new(),
        last_four: String::new(),
        base_url: None,
        models: ProviderModels::default(),
        prefix: None,
        enabled: true,
        email: None,
        plan: None,
        file_name: None,
        expires_at: None,
        refreshed_at: None,
        priority: 0,
        weight: 1,
        last_used_at: None,
        problem: None,
        problem_at: None,
        checked_at: None,
        check_failure: None,
        paused_at: None,
        pause_reason: None,
        last_error: None,
        last_error_status: None,
        last_error_at: None,
        windows: Some(windows),
        stop_lines: None,
        max_concurrent_requests: None,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        removed_at: None,
        version: 1,
    }
    .into_active_model()
}

fn request_of(user_id: Uuid, api_key_id: Uuid) -> request::Model {
    request::Model {
        id: Uuid::now_v7(),
        sequence: 1,
        connection_id: None,
        user_id,
        api_key_id,
        started_at: 0,
        duration: 0,
        time_to_first_byte: None,
        waited_ms: None,
        endpoint: "POST /v1/chat/completions".to_owned(),
        protocol: Protocol::OpenaiChat,
        model: None,
        served_model: None,
        provider: None,
        account_id: None,
        streamed: false,
        http_status: Some(200),
        outcome: Outcome::Completed,
        error_code: None,
        error_message: None,
        rejected_by: None,
        attempts: None,
        usage_source: UsageSource::Unknown,
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

fn assert_refused_for_its_references<T>(result: Result<T, DbErr>) {
    let error = result.err().unwrap().to_string().to_lowercase();
    assert!(error.contains("foreign key constraint"), "{error}");
}

#[tokio::test]
async fn a_user_with_requests_cannot_be_deleted() {
    let home = TestDatabase::empty().await;
    let app = TestApp::start(Options::default().with("--engine=demo"), home).await;
    let new = NewUser {
        name: "Ada".to_owned(),
        ..NewUser::default()
    };
    let (user, issued) = app
        .services
        .users
        .create(test_context(), new)
        .await
        .unwrap();
    let home = app.stop().await;
    let db = db::Database::open(&home.url, home.directory.path())
        .await
        .unwrap();
    let row = request_of(user.id, issued.api_key.id).into_active_model();
    row.insert(db.writer()).await.unwrap();

    let key = api_key::Entity::delete_by_id(issued.api_key.id);
    assert_refused_for_its_references(key.exec(db.writer()).await);
    let user = user::Entity::delete_by_id(user.id);
    assert_refused_for_its_references(user.exec(db.writer()).await);
    let anonymous = request::Model {
        sequence: 2,
        ..request_of(Uuid::now_v7(), Uuid::now_v7())
    };
    let anonymous = anonymous.into_active_model().insert(db.writer()).await;
    assert_refused_for_its_references(anonymous);
}
