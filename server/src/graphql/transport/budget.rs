//! Budgets of callers: points per minute and concurrent queries. A point is about one field of a response; the
//! costs of database queries are in [`cost`](crate::graphql::resolver::cost).
//!
//! Administrators who may change data have no budget: they could do more harm by other means.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::admin::Role;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use uuid::Uuid;

use crate::domain::{
    Error, Result, Viewer,
    ledger::gcra::{Gcra, Rate},
};

/// The cost of each operation in addition to its complexity.
const OPERATION: u64 = 10;
/// The cost of an invalid credential, which can take a database query.
const WRONG_CREDENTIAL: u64 = 200;
/// Bytes per point: documents are parsed and validated even if they are rejected.
const BYTES_PER_POINT: u64 = 64;
/// The cost of an audit event of an administrator with the role of a viewer, charged afterwards.
const EVENT: u64 = 50_000;
/// The cost of an audit event of a user: twenty a minute, apart from queries.
const EVENT_OF_USER: u64 = 10_000;
/// 20 small queries per second with bursts of 1,200, for one address, which an office can share.
const ANONYMOUS: Rate = Rate { per_minute: 12_000 };
const KEY_HOLDER: Rate = Rate {
    per_minute: 200_000,
};
/// For administrators and tokens with the role of a viewer. A page of the web app costs some thousand points.
const VIEWER: Rate = Rate {
    per_minute: 2_000_000,
};
/// Concurrent queries of one caller that is not an administrator; others wait.
const QUERIES: usize = 2;
/// Concurrent queries of all key holders together: fewer than half of the database connections.
const KEY_HOLDER_QUERIES: usize = 4;
/// Concurrent queries of one administrator with the role of a viewer.
const VIEWER_QUERIES: usize = 6;
/// The timeout for waiting queries.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// Callers with a budget of their own. Beyond that, full budgets are evicted, and further callers share one.
const CALLERS: usize = 10_000;

/// The owner of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Payer {
    /// Anonymous clients of one address; for IPv6 of one /64, which belongs to one client.
    Address(IpAddr),
    /// A user, with any of their keys.
    User(Uuid),
    /// An administrator or a token with the role of a viewer.
    Viewer(Uuid),
    /// All callers beyond the maximum number of budgets.
    Others,
}

impl Payer {
    /// The payer for this caller's operations; `None` if they are free of charge.
    pub(crate) fn of(viewer: &Viewer, address: Option<IpAddr>) -> Option<Self> {
        match viewer {
            Viewer::Anonymous => {
                Some(address.map_or(Self::Others, |it| Self::Address(network(it))))
            }
            Viewer::KeyHolder { user_id, .. } => Some(Self::User(*user_id)),
            Viewer::Session(session) => match session.admin.role {
                Role::Viewer => Some(Self::Viewer(session.admin.id)),
                Role::Admin | Role::Owner => None,
            },
            Viewer::ApiToken(token) => match token.role {
                Role::Viewer => Some(Self::Viewer(token.id)),
                Role::Admin | Role::Owner => None,
            },
        }
    }

    fn rate(self) -> Rate {
        match self {
            Self::Address(_) | Self::Others => ANONYMOUS,
            Self::User(_) => KEY_HOLDER,
            Self::Viewer(_) => VIEWER,
        }
    }

    fn queries(self) -> usize {
        match self {
            Self::Viewer(_) => VIEWER_QUERIES,
            Self::Address(_) | Self::User(_) | Self::Others => QUERIES,
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// One caller's budget.
#[derive(Debug)]
struct Budget {
    points: Gcra,
    turns: Arc<Semaphore>,
}

/// The budgets of all callers.
#[derive(Clone, Debug)]
pub(crate) struct Budgets {
    since: Instant,
    callers: Arc<Mutex<HashMap<Payer, Budget>>>,
    key_holders: Arc<Semaphore>,
}

/// A permit to execute a query, released on drop.
#[derive(Debug)]
pub(super) struct QueryTurn {
    _of_caller: OwnedSemaphorePermit,
    _of_key_holders: Option<OwnedSemaphorePermit>,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            callers: Arc::default(),
            key_holders: Arc::new(Semaphore::new(KEY_HOLDER_QUERIES)),
        }
    }
}

impl Budgets {
    /// Charges for an operation before its body is read.
    pub(super) fn pay_for_operation(&self, payer: Option<Payer>) -> Result<()> {
        self.pay(payer, OPERATION)
    }

    /// Charges for the bytes of an operation before it is parsed.
    pub(super) fn pay_for_bytes(&self, payer: Option<Payer>, bytes: usize) -> Result<()> {
        self.pay(payer, bytes as u64 / BYTES_PER_POINT)
    }

    /// Charges for an invalid credential.
    pub(super) fn pay_for_wrong_credential(&self, payer: Option<Payer>) -> Result<()> {
        self.pay(payer, WRONG_CREDENTIAL)
    }

    /// Charges for executing an operation of this complexity. Anonymous operations are free, because they use
    /// no database.
    pub(super) fn pay_for_query(&self, payer: Option<Payer>, complexity: usize) -> Result<()> {
        let payer = payer.filter(|payer| !matches!(payer, Payer::Address(_) | Payer::Others));
        self.pay(payer, complexity as u64)
    }

    /// Charges for an audit event. It is recorded already, so the balance can become negative, which delays
    /// the next operation.
    pub(crate) fn charge_for_event(&self, payer: Option<Payer>) {
        // Signing in is throttled separately.
        let (payer, cost) = match payer {
            Some(payer @ Payer::Viewer(_)) => (payer, EVENT),
            Some(payer @ Payer::User(_)) => (payer, EVENT_OF_USER),
            Some(Payer::Address(_) | Payer::Others) | None => return,
        };
        let now = self.since.elapsed();
        self.with(payer, |payer, budget| {
            budget.points.charge(payer.rate(), cost, now);
        });
    }

    fn pay(&self, payer: Option<Payer>, points: u64) -> Result<()> {
        self.pay_at(payer, points, self.since.elapsed())
    }

    fn pay_at(&self, payer: Option<Payer>, points: u64, now: Duration) -> Result<()> {
        let Some(payer) = payer else { return Ok(()) };
        let wait = self.with(payer, |payer, budget| {
            budget.points.take(payer.rate(), points, now)
        });
        match wait {
            Some(retry_after) => Err(Error::RateLimited { retry_after }),
            None => Ok(()),
        }
    }

    /// Waits for a permit to execute an operation. Administrators need none; nor do anonymous clients, whose
    /// operations use no database.
    pub(super) async fn turn(&self, payer: Option<Payer>) -> Result<Option<QueryTurn>> {
        let payer = payer.filter(|payer| matches!(payer, Payer::User(_) | Payer::Viewer(_)));
        let Some(payer) = payer else { return Ok(None) };
        let turns = self.with(payer, |_, budget| Arc::clone(&budget.turns));
        let is_key_holder = matches!(payer, Payer::User(_));
        let both = async {
            let of_caller = turns.acquire_owned().await.ok()?;
            let of_key_holders = if is_key_holder {
                Some(Arc::clone(&self.key_holders).acquire_owned().await.ok()?)
            } else {
                None
            };
            Some(QueryTurn {
                _of_caller: of_caller,
                _of_key_holders: of_key_holders,
            })
        };
        let turn = timeout(QUEUE_TIMEOUT, both).await.ok().flatten();
        turn.map(Some).ok_or(Error::RateLimited {
            retry_after: QUEUE_TIMEOUT,
        })
    }

    fn with<T>(&self, payer: Payer, change: impl FnOnce(Payer, &mut Budget) -> T) -> T {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.since.elapsed();
        let is_new = !callers.contains_key(&payer);
        if is_new && callers.len() >= CALLERS {
            callers.retain(|payer, budget| budget.is_in_use(*payer, now));
        }
        let payer = if is_new && callers.len() >= CALLERS {
            Payer::Others
        } else {
            payer
        };
        let budget = callers.entry(payer).or_insert_with(|| Budget {
            points: Gcra::default(),
            turns: Arc::new(Semaphore::new(payer.queries())),
        });
        change(payer, budget)
    }
}

impl Budget {
    fn is_in_use(&self, payer: Payer, now: Duration) -> bool {
        let waiting = self.turns.available_permits() < payer.queries();
        waiting || self.points.remaining(payer.rate(), now) < payer.rate().per_minute
    }
}
