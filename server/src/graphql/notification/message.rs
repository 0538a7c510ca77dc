//! The latest messages, sent or pending.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::notification;

use super::rule::NotificationEvent;
use crate::{
    domain::{Error, notifications::Notifications, paging::MAX_PAGE_SIZE},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{DateTime, int},
    },
};

/// The delivery state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification::NotificationState")]
enum NotificationState {
    /// Pending, or to be retried.
    Waiting,
    /// Delivered.
    Sent,
    /// Not delivered after ten attempts.
    GivenUp,
}

/// A message to one channel.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Notification {
    /// The message's id.
    id: ID,
    /// The channel's id.
    channel_id: ID,
    /// The event that caused the message.
    event: NotificationEvent,
    /// The text in one line.
    title: String,
    /// The text.
    body: String,
    /// The delivery state.
    state: NotificationState,
    /// The number of delivery attempts.
    attempts: i32,
    /// The time of writing.
    created_at: DateTime,
    /// The time of delivery; null if it was not delivered.
    sent_at: Option<DateTime>,
    /// Why the last attempt failed; null if none failed.
    problem: Option<String>,
}

impl From<notification::Model> for Notification {
    fn from(row: notification::Model) -> Self {
        Self {
            id: row.id.into(),
            channel_id: row.channel_id.into(),
            event: row.event.into(),
            title: row.title,
            body: row.body,
            state: row.state.into(),
            attempts: row.attempts,
            created_at: row.created_at.into(),
            sent_at: row.sent_at.map(Into::into),
            problem: row.problem,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct NotificationMessageQuery;

#[Object(guard = "Declared")]
impl NotificationMessageQuery {
    /// The latest messages, sent or pending, newest first. The server keeps 2000.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(50, child_complexity)"
    )]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of messages to return: 1 to 200.", default = 50)] first: i32,
    ) -> Result<Vec<Notification>> {
        let first = u64::try_from(first).ok();
        let first = first.filter(|first| (1..=MAX_PAGE_SIZE).contains(first));
        let wrong = || {
            Error::BadInput(format!(
                "first must be between 1 and {}",
                int(MAX_PAGE_SIZE)
            ))
        };
        let latest = ctx
            .service::<Notifications>()
            .latest(first.ok_or_else(wrong)?);
        Ok(latest.await?.into_iter().map(Notification::from).collect())
    }
}
