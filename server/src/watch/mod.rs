//! What a monitoring system sees: `/metrics`, with a token or on an address of its own. What happens is
//! counted where it happens; what merely *is* is looked at when a scrape asks.

mod gauges;
mod page;
mod process;
mod state;

use std::{sync::Arc, time::Duration};

use axum::Router;
use secrecy::SecretString;
use tokio::sync::Mutex;

pub use self::gauges::Gauges;
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        backups::Backups,
        ledger::Ledger,
        provider_accounts::ProviderAccounts,
        requests::{self, Requests},
        usage::Usage,
    },
    engine::Engine,
    gateway,
    metrics::Board,
    notify,
    outage::Outage,
};

/// Where a scrape looks.
#[derive(Clone, Debug)]
pub struct Sources {
    pub db: Database,
    pub clock: SharedClock,
    pub requests: Requests,
    pub usage: Usage,
    pub ledger: Ledger,
    pub accounts: ProviderAccounts,
    pub backups: Backups,
    pub engine: Engine,
    pub gateway: gateway::State,
    pub notifications: notify::Tally,
    pub version: &'static str,
}

/// The board and what keeps it up to date. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    board: Board,
    gauges: Gauges,
    sources: Sources,
    token: Option<SecretString>,
    /// One scrape at a time: what it asks of the database is bounded, whoever asks.
    turn: Mutex<()>,
    database_outage: Outage,
}

impl Watch {
    /// Over these sources. With a token, only who has it sees anything.
    pub fn new(sources: Sources, token: Option<SecretString>) -> Self {
        let gauges = Gauges::default();
        let book = &sources.requests.state().tally;
        let (gateway, notifications) = (&sources.gateway.tally, &sources.notifications);
        let board = board(book, gateway, notifications, &gauges);
        Self(Arc::new(Parts {
            board,
            gauges,
            sources,
            token,
            turn: Mutex::default(),
            database_outage: Outage::new(Duration::ZERO),
        }))
    }

    /// `/metrics` beside the other pages, which anybody may reach: off without a token.
    pub fn beside_pages(&self) -> Router {
        page::router(self.0.token.is_some().then(|| self.clone()))
    }

    /// `/metrics` on an address of its own.
    pub fn alone(&self) -> Router {
        page::router(Some(self.clone()))
    }
}

/// A board on which everything hangs that a server has, and nothing has happened yet.
pub fn blank_board() -> Board {
    board(
        &requests::Tally::default(),
        &gateway::Tally::default(),
        &notify::Tally::default(),
        &Gauges::default(),
    )
}

fn board(
    book: &requests::Tally,
    gateway: &gateway::Tally,
    notifications: &notify::Tally,
    gauges: &Gauges,
) -> Board {
    let mut board = Board::default();
    book.hang_on(&mut board);
    gateway.hang_on(&mut board);
    notifications.hang_on(&mut board);
    gauges.hang_on(&mut board);
    board
}
