//! While the database is unavailable, requests in flight end, new ones are refused, and nothing is lost.

use nix::sys::signal::Signal;
use sea_orm::{
    ConnectionTrait as _, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};

use super::{CHAT, TestServer};
use crate::support::server::Server;

/// From here on every batch fails, as after a backup was restored to the wrong place.
async fn take_away(test_server: &TestServer) {
    let rename = "ALTER TABLE request RENAME TO request_away";
    test_server
        .database()
        .await
        .execute_unprepared(rename)
        .await
        .unwrap();
}

async fn bring_back(test_server: &TestServer) {
    let rename = "ALTER TABLE request_away RENAME TO request";
    test_server
        .database()
        .await
        .execute_unprepared(rename)
        .await
        .unwrap();
}

/// How many lines of the log have this text.
fn lines(running: &Server, text: &str) -> usize {
    let log = running.program.errors.text();
    log.lines().filter(|line| line.contains(text)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_unavailable_answers_finish_and_new_requests_are_refused() {
    let test_server = TestServer::build().await;
    let running = test_server.start().await;
    test_server.engine.may_end.send_replace(false);
    let (slow, mut answer) = test_server.begin(&running).await;
    take_away(&test_server).await;
    let (short, mut other) = test_server.begin(&running).await;

    test_server.engine.may_end.send_replace(true);
    other.read_until("[DONE]").await;
    answer.read_until("[DONE]").await;
    let (_, mut served) = test_server.until(&running, 503).await;
    test_server.refuses(&running).await;

    bring_back(&test_server).await;
    served.extend(test_server.until(&running, 200).await.1);
    served.extend([slow, short]);
    let books = test_server.close(running).await;
    assert_eq!(books.rows.len(), served.len());
    books.are_those_of(&test_server.engine);
    books.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_while_the_database_is_unavailable_loses_nothing() {
    let test_server = TestServer::build().await;
    let mut running = test_server.start().await;
    test_server.engine.may_end.send_replace(false);
    let (_, mut answer) = test_server.begin(&running).await;
    take_away(&test_server).await;
    test_server.engine.may_end.send_replace(true);
    let (_, served) = test_server.until(&running, 503).await;
    answer.read_until("[DONE]").await;

    running.program.signal(Signal::SIGKILL);
    running.program.ended().await;
    bring_back(&test_server).await;

    let again = test_server.start().await;
    assert_eq!(test_server.ask(&again, CHAT).await.status, 200);
    let books = test_server.close(again).await;
    assert_eq!(books.rows.len(), served.len() + 2);
    books.are_those_of(&test_server.engine);
    books.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_delays_records_and_loses_none() {
    let test_server = TestServer::build().await;
    if !test_server.home.url.starts_with("sqlite:") {
        return;
    }
    let running = test_server.start().await;
    let database = test_server.database().await;
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let lock = database.begin_with_options(immediate).await.unwrap();

    let (_, mut served) = test_server.until(&running, 503).await;
    assert!(!served.is_empty());
    for _ in 0..10 {
        test_server.refuses(&running).await;
    }
    lock.rollback().await.unwrap();

    served.extend(test_server.until(&running, 200).await.1);
    assert_eq!(lines(&running, " ERROR "), 1);
    assert_eq!(lines(&running, "the database can be written again"), 1);
    let books = test_server.close(running).await;
    assert_eq!(books.rows.len(), served.len());
    books.are_those_of(&test_server.engine);
    books.agree();
}
