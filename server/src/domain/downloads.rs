//! File downloads by one-time tickets.
//!
//! Tickets are kept in memory for a minute. A ticket is valid only for the caller that requested it, and only while the
//! caller has the required role, so a leaked address is useless.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use entity::admin::Role;
use futures_util::{future::BoxFuture, stream::BoxStream};
use uuid::Uuid;

use super::{Error, Result, Viewer};
use crate::{clock::SharedClock, crypto::token};

const TICKET_LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// The maximum number of unused tickets.
const MAX_TICKETS: usize = 1000;
const PREFIX: &str = "dl_";

/// The content of a file.
pub struct Content {
    /// In bytes; `None` if unknown.
    pub length: Option<u64>,
    /// An error means that the rest is missing.
    pub bytes: BoxStream<'static, Result<Bytes>>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut content = formatter.debug_struct("Content");
        content
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

type Open = Box<dyn FnOnce() -> BoxFuture<'static, Result<Content>> + Send>;

/// A file that may be downloaded.
pub struct Offer {
    pub file_name: String,
    pub media_type: &'static str,
    /// The minimum role of the caller.
    pub role: Role,
    /// Opens the file when the ticket is used.
    pub open: Open,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut offer = formatter.debug_struct("Offer");
        offer.field("file_name", &self.file_name);
        offer.field("role", &self.role).finish_non_exhaustive()
    }
}

/// The secret of an offer; valid once.
#[derive(Clone)]
pub struct Ticket {
    pub secret: String,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut ticket = formatter.debug_struct("Ticket");
        ticket.field("expires_at", &self.expires_at);
        ticket.finish_non_exhaustive()
    }
}

/// An offer whose ticket was used.
#[derive(Debug)]
pub struct ClaimedDownload {
    pub file_name: String,
    pub media_type: &'static str,
    pub content: Content,
}

/// The caller to which a ticket was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Session(Uuid),
    ApiToken(Uuid),
}

impl Holder {
    fn of(viewer: &Viewer) -> Result<Self> {
        match viewer {
            Viewer::Session(session) => Ok(Self::Session(session.session.id)),
            Viewer::ApiToken(token) => Ok(Self::ApiToken(token.id)),
            Viewer::Anonymous => Err(Error::Unauthenticated),
            Viewer::KeyHolder { .. } => Err(Error::Forbidden),
        }
    }
}

#[derive(Debug)]
struct Waiting {
    offer: Offer,
    holder: Holder,
    expires_at: DateTime<Utc>,
}

/// The unused tickets.
#[derive(Clone, Debug)]
pub struct Downloads {
    clock: SharedClock,
    waiting: Arc<Mutex<HashMap<String, Waiting>>>,
}

impl Downloads {
    pub fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            waiting: Arc::default(),
        }
    }

    /// Issues a ticket to a caller. Fails if there are too many unused ones.
    pub fn offer(&self, offer: Offer, viewer: &Viewer) -> Result<Ticket> {
        let holder = Holder::of(viewer)?;
        check(viewer, offer.role)?;
        let now = self.clock.now();
        let ticket = Ticket {
            secret: token::generate(PREFIX).to_string(),
            expires_at: now + TICKET_LIFETIME,
        };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, other| now < other.expires_at);
        if waiting.len() >= MAX_TICKETS {
            return Err(Error::Conflict(
                "too many downloads are waiting to start; try again in a minute".to_owned(),
            ));
        }
        waiting.insert(
            ticket.secret.clone(),
            Waiting {
                offer,
                holder,
                expires_at: ticket.expires_at,
            },
        );
        Ok(ticket)
    }

    /// Uses a ticket. Only the caller to which it was issued can use or invalidate it.
    pub async fn take(&self, secret: &str, viewer: &Viewer) -> Result<ClaimedDownload> {
        let offer = self.claim(secret, viewer)?;
        Ok(ClaimedDownload {
            file_name: offer.file_name,
            media_type: offer.media_type,
            content: (offer.open)().await?,
        })
    }

    fn claim(&self, secret: &str, viewer: &Viewer) -> Result<Offer> {
        let holder = Holder::of(viewer)?;
        let now = self.clock.now();
        let nothing = Error::NotFound { what: "download" };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = waiting.get(secret) else {
            return Err(nothing);
        };
        if found.holder != holder || found.expires_at <= now {
            return Err(nothing);
        }
        check(viewer, found.offer.role)?;
        waiting
            .remove(secret)
            .map(|found| found.offer)
            .ok_or(nothing)
    }
}

fn check(viewer: &Viewer, role: Role) -> Result<()> {
    match viewer.role() {
        Some(has) if has >= role => Ok(()),
        _ => Err(Error::Forbidden),
    }
}
