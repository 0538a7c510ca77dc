//! While the database is unavailable, requests in flight end, new ones are refused, and nothing is lost.

use nix::sys::signal::Signal;
use sea_orm::{
    ConnectionTrait as _, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};

use super::{CHAT, House};
use crate::support::server::Server;

/// From here on every batch fails, as after a backup was restored to the wrong place.
async fn take_away(house: &House) {
    let rename = "ALTER TABLE request RENAME TO request_away";
    house
        .database()
        .await
        .execute_unprepared(rename)
        .await
        .unwrap();
}

async fn bring_back(house: &House) {
    let rename = "ALTER TABLE request_away RENAME TO request";
    house
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
    let house = House::build().await;
    let running = house.start().await;
    house.engine.may_end.send_replace(false);
    let (slow, mut answer) = house.begin(&running).await;
    take_away(&house).await;
    let (short, mut other) = house.begin(&running).await;

    house.engine.may_end.send_replace(true);
    other.read_until("[DONE]").await;
    answer.read_until("[DONE]").await;
    let (_, mut served) = house.until(&running, 503).await;
    house.refuses(&running).await;

    bring_back(&house).await;
    served.extend(house.until(&running, 200).await.1);
    served.extend([slow, short]);
    let books = house.close(running).await;
    assert_eq!(books.rows.len(), served.len());
    books.are_those_of(&house.engine);
    books.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_while_the_database_is_unavailable_loses_nothing() {
    let house = House::build().await;
    let mut running = house.start().await;
    house.engine.may_end.send_replace(false);
    let (_, mut answer) = house.begin(&running).await;
    take_away(&house).await;
    house.engine.may_end.send_replace(true);
    let (_, served) = house.until(&running, 503).await;
    answer.read_until("[DONE]").await;

    running.program.signal(Signal::SIGKILL);
    running.program.ended().await;
    bring_back(&house).await;

    let again = house.start().await;
    assert_eq!(house.ask(&again, CHAT).await.status, 200);
    let books = house.close(again).await;
    assert_eq!(books.rows.len(), served.len() + 2);
    books.are_those_of(&house.engine);
    books.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_delays_records_and_loses_none() {
    let house = House::build().await;
    if !house.home.url.starts_with("sqlite:") {
        return;
    }
    let running = house.start().await;
    let database = house.database().await;
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let lock = database.begin_with_options(immediate).await.unwrap();

    let (_, mut served) = house.until(&running, 503).await;
    assert!(!served.is_empty());
    for _ in 0..10 {
        house.refuses(&running).await;
    }
    lock.rollback().await.unwrap();

    served.extend(house.until(&running, 200).await.1);
    assert_eq!(lines(&running, " ERROR "), 1);
    assert_eq!(lines(&running, "the database can be written again"), 1);
    let books = house.close(running).await;
    assert_eq!(books.rows.len(), served.len());
    books.are_those_of(&house.engine);
    books.agree();
}
