//! Who is told of what: channels, rules and the latest messages.

use async_graphql::{Context, Enum, ID, Object};
use entity::{admin::Role, notification, notification_channel, notification_rule};

use crate::{
    domain::{Error, notifications::Notifications, paging::MAX_PAGE_SIZE},
    graphql::{
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast},
        types::scalar::{DateTime, int},
    },
};

/// What sort of channel it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification_channel::ChannelKind")]
enum NotificationChannelKind {
    /// E-mail by SMTP.
    Email,
    /// A signed POST of JSON.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// A webhook of Discord.
    Discord,
    /// A bot of Telegram.
    Telegram,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification_rule::NotificationEvent")]
pub(crate) enum NotificationEvent {
    /// A quota is used up to one of the percentages.
    Quota,
    /// An account at a provider fails.
    AccountFailing,
    /// An account's sign-in has expired and was not refreshed.
    AccountExpiring,
    /// The engine does not run although it should.
    EngineDown,
    /// More of the latest requests fail than the percentage.
    ErrorRate,
}

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

/// A way to tell somebody something.
#[derive(Clone, Debug)]
pub(crate) struct NotificationChannel(pub(crate) notification_channel::Model);

/// A way to tell somebody something. Its settings are sealed and never shown again.
#[Object]
impl NotificationChannel {
    /// The channel's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What sort of channel it is.
    async fn kind(&self) -> NotificationChannelKind {
        self.0.kind.into()
    }

    /// Where it leads, to recognise it by: addresses, a chat, or the host of a webhook.
    async fn target(&self) -> &str {
        &self.0.target
    }

    /// Whether it is used.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// Since when there is this channel.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When something last got through.
    async fn sent_at(&self) -> Option<DateTime> {
        self.0.sent_at.map(Into::into)
    }

    /// Why the last attempt failed; null when it did not.
    async fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// When an attempt last failed.
    async fn problem_at(&self) -> Option<DateTime> {
        self.0.problem_at.map(Into::into)
    }
}

/// A rule.
#[derive(Clone, Debug)]
pub(crate) struct NotificationRule(pub(crate) notification_rule::Model);

/// Of what whom to tell.
#[Object]
impl NotificationRule {
    /// The rule's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What happens.
    async fn event(&self) -> NotificationEvent {
        self.0.event.into()
    }

    /// The channels that tell it.
    #[graphql(complexity = "list(3, child_complexity)")]
    async fn channels(&self, ctx: &Context<'_>) -> Result<Vec<NotificationChannel>> {
        let mut channels = ctx.service::<Notifications>().channels().await?;
        channels.retain(|channel| self.0.channel_ids.0.contains(&channel.id));
        Ok(channels.into_iter().map(NotificationChannel).collect())
    }

    /// Of a quota: when to tell. Of failing requests: how many are too many. None for other events.
    async fn percents(&self) -> &[u8] {
        &self.0.percents.0
    }

    /// How many minutes nothing more is said of the same thing.
    async fn quiet_minutes(&self) -> i32 {
        self.0.quiet_minutes
    }

    /// Whether it holds.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// Since when there is this rule.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}

/// A message to one channel.
#[derive(Clone, Debug)]
struct Notification(notification::Model);

/// A message to one channel.
#[Object]
impl Notification {
    /// The message's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The channel's id.
    async fn channel_id(&self) -> ID {
        self.0.channel_id.into()
    }

    /// What happened.
    async fn event(&self) -> NotificationEvent {
        self.0.event.into()
    }

    /// What it says, in one line.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it says.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// What became of it.
    async fn state(&self) -> NotificationState {
        self.0.state.into()
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it got through.
    async fn sent_at(&self) -> Option<DateTime> {
        self.0.sent_at.map(Into::into)
    }

    /// Why the last attempt failed.
    async fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }
}

/// The notifications' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct NotificationQuery;

#[Object]
impl NotificationQuery {
    /// All ways to tell somebody something, by name.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(10, child_complexity)"
    )]
    async fn notification_channels(&self, ctx: &Context<'_>) -> Result<Vec<NotificationChannel>> {
        let channels = ctx.service::<Notifications>().channels().await?;
        Ok(channels.into_iter().map(NotificationChannel).collect())
    }

    /// Of what whom to tell.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(10, child_complexity)"
    )]
    async fn notification_rules(&self, ctx: &Context<'_>) -> Result<Vec<NotificationRule>> {
        let rules = ctx.service::<Notifications>().rules().await?;
        Ok(rules.into_iter().map(NotificationRule).collect())
    }

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
        Ok(latest.await?.into_iter().map(Notification).collect())
    }
}
