//! The latest messages, sent or pending.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::{admin::Role, notification};

use super::rule::NotificationEvent;
use crate::{
    domain::{Error, notifications::Notifications, paging::MAX_PAGE_SIZE},
    graphql::{
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast},
        types::scalar::{DateTime, int},
    },
};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification::NotificationState")]
enum NotificationState {
    /// It is sent as soon as possible, or tried again.
    Waiting,
    /// It got through.
    Sent,
    /// It was tried ten times in vain.
    GivenUp,
}

/// A message to one channel.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Notification {
    /// The message's id.
    id: ID,
    /// The channel's id.
    channel_id: ID,
    /// What happened.
    event: NotificationEvent,
    /// What it says, in one line.
    title: String,
    /// What it says.
    body: String,
    /// What became of it.
    state: NotificationState,
    /// How often it was tried.
    attempts: i32,
    /// When it was written.
    created_at: DateTime,
    /// When it got through.
    sent_at: Option<DateTime>,
    /// Why the last attempt failed.
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

#[Object]
impl NotificationMessageQuery {
    /// The latest messages, sent or waiting, the latest first. At most 2000 are kept.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(50, child_complexity)"
    )]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 200.", default = 50)] first: i32,
    ) -> Result<Vec<Notification>> {
        let first = u64::try_from(first).ok();
        let first = first.filter(|first| (1..=MAX_PAGE_SIZE).contains(first));
        let wrong = || Error::BadInput(format!("first is between 1 and {}", int(MAX_PAGE_SIZE)));
        let latest = ctx
            .service::<Notifications>()
            .latest(first.ok_or_else(wrong)?);
        Ok(latest.await?.into_iter().map(Notification::from).collect())
    }
}
