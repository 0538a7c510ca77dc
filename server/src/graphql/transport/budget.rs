//! How much one caller may ask for: points a minute, and queries at once. A point is about a field of an
//! answer; a query of the database costs as many as [`super::cost`] says.
//!
//! Administrators who may change things have no budget: whoever holds their right can do worse.

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

/// What each operation costs beside its complexity.
const OPERATION: u64 = 10;
/// What a credential that is not valid costs: it may be looked for in the database.
const WRONG_CREDENTIAL: u64 = 200;
/// Bytes that cost a point: they are parsed and validated even if nothing comes of it.
const BYTES_PER_POINT: u64 = 64;
/// What an event in the audit costs its caller, who pays for it afterwards.
const EVENT: u64 = 50_000;
/// 20 small queries a second and 1,200 at once, from one address: offices share one.
const ANONYMOUS: Rate = Rate { per_minute: 12_000 };
const KEY_HOLDER: Rate = Rate {
    per_minute: 200_000,
};
/// Of administrators and tokens that only read: a page of the web app costs some thousand.
const VIEWER: Rate = Rate {
    per_minute: 2_000_000,
};
/// Queries of one caller without an administrator's rights that are executed at once; others wait.
const QUERIES: usize = 2;
/// The same for all key holders together: fewer than half the connections to the database.
const QUERIES_OF_KEY_HOLDERS: usize = 4;
/// Queries of administrators who only read.
const QUERIES_OF_VIEWER: usize = 6;
/// How long a query waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Callers remembered at once; beyond that those whose budget is full are forgotten, and further ones share.
const CALLERS: usize = 10_000;

/// Who has a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Payer {
    /// Anonymous clients of one address; IPv6 by /64, which one client has to itself.
    Address(IpAddr),
    /// A user, with whichever key.
    User(Uuid),
    /// An administrator or a token with the role of a viewer.
    Viewer(Uuid),
    /// All for whom there is no room.
    Others,
}

impl Payer {
    /// Who pays for what this caller asks; none when it is free.
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
            Self::Viewer(_) => QUERIES_OF_VIEWER,
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

/// The right to execute a query, until it is dropped.
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
            key_holders: Arc::new(Semaphore::new(QUERIES_OF_KEY_HOLDERS)),
        }
    }
}

impl Budgets {
    /// Pays for an operation before anything of it is read.
    pub(super) fn pay_for_operation(&self, payer: Option<Payer>) -> Result<()> {
        self.pay(payer, OPERATION)
    }

    /// Pays for the text of an operation before it is parsed.
    pub(super) fn pay_for_bytes(&self, payer: Option<Payer>, bytes: usize) -> Result<()> {
        self.pay(payer, bytes as u64 / BYTES_PER_POINT)
    }

    /// Pays for a credential that is not valid.
    pub(super) fn pay_for_wrong_credential(&self, payer: Option<Payer>) -> Result<()> {
        self.pay(payer, WRONG_CREDENTIAL)
    }

    /// Pays for executing an operation of this complexity. What anonymous clients may ask reaches no database.
    pub(super) fn pay_for_query(&self, payer: Option<Payer>, complexity: usize) -> Result<()> {
        let payer = payer.filter(|payer| !matches!(payer, Payer::Address(_) | Payer::Others));
        self.pay(payer, complexity as u64)
    }

    /// Charges for an event in the audit. It is there already, so the caller may owe points, and waits for them
    /// the next time.
    pub(crate) fn charge_for_event(&self, payer: Option<Payer>) {
        // Signing in has a limit of its own.
        let payer = payer.filter(|payer| matches!(payer, Payer::Viewer(_)));
        if let Some(payer) = payer {
            let now = self.since.elapsed();
            self.with(payer, |payer, budget| {
                budget.points.charge(payer.rate(), EVENT, now);
            });
        }
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

    /// Waits for the right to execute an operation. Administrators need none, nor do anonymous clients, whose
    /// queries reach no database and who sign in.
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
        let turn = timeout(LONGEST_WAIT, both).await.ok().flatten();
        turn.map(Some).ok_or(Error::RateLimited {
            retry_after: LONGEST_WAIT,
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
