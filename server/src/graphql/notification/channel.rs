//! Channels: how messages are delivered.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::{admin::Role, notification_channel};
use secrecy::ExposeSecret as _;

use super::channel_settings::NotificationChannelSettingsInput;
use crate::{
    domain::notifications::{ChannelChanges, NewChannel, Notifications, signing_secret},
    graphql::{
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast, input},
        types::scalar::DateTime,
    },
    notify,
};

const CHANNEL: &str = "notification channel";

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

/// A way to tell somebody something. Its settings are sealed and never shown again.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct NotificationChannel {
    /// The channel's id.
    id: ID,
    /// What it is called.
    name: String,
    /// What sort of channel it is.
    kind: NotificationChannelKind,
    /// Where it leads, to recognise it by: addresses, a chat, or the host of a webhook.
    target: String,
    /// Whether it is used.
    enabled: bool,
    /// Since when there is this channel.
    created_at: DateTime,
    /// When something last got through.
    sent_at: Option<DateTime>,
    /// Why the last attempt failed; null when it did not.
    problem: Option<String>,
    /// When an attempt last failed.
    problem_at: Option<DateTime>,
}

impl From<notification_channel::Model> for NotificationChannel {
    fn from(row: notification_channel::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            kind: row.kind.into(),
            target: row.target,
            enabled: row.enabled,
            created_at: row.created_at.into(),
            sent_at: row.sent_at.map(Into::into),
            problem: row.problem,
            problem_at: row.problem_at.map(Into::into),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct NotificationChannelQuery;

#[Object]
impl NotificationChannelQuery {
    /// All ways to tell somebody something, by name.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(10, child_complexity)"
    )]
    async fn notification_channels(&self, ctx: &Context<'_>) -> Result<Vec<NotificationChannel>> {
        let channels = ctx.service::<Notifications>().channels().await?;
        Ok(channels
            .into_iter()
            .map(NotificationChannel::from)
            .collect())
    }
}

/// What a new channel is like.
#[derive(InputObject)]
struct CreateNotificationChannelInput {
    /// What it is called.
    name: String,
    /// How it delivers. Sealed, and never shown again.
    settings: NotificationChannelSettingsInput,
}

/// What to change about a channel. What is left out stays.
#[derive(InputObject)]
struct UpdateNotificationChannelInput {
    /// What it is called.
    name: MaybeUndefined<String>,
    /// Whether it is used.
    enabled: MaybeUndefined<bool>,
    /// How it delivers, in place of all of the earlier settings; of the same kind.
    settings: MaybeUndefined<NotificationChannelSettingsInput>,
}

/// A new channel.
#[derive(SimpleObject)]
struct CreateNotificationChannelPayload {
    /// The channel.
    channel: NotificationChannel,
    /// What the signatures of a webhook are made with, when it was made up; shown this once.
    signing_secret: Option<String>,
}

/// A channel was changed.
#[derive(SimpleObject)]
struct UpdateNotificationChannelPayload {
    /// The channel.
    channel: NotificationChannel,
    /// What the signatures of a webhook are made with from now on, when it was made up; shown this once.
    signing_secret: Option<String>,
}

/// A channel was deleted.
#[derive(SimpleObject)]
struct DeleteNotificationChannelPayload {
    /// The channel, as it was.
    channel: NotificationChannel,
}

/// A channel was tried out.
#[derive(SimpleObject)]
struct TestNotificationChannelPayload {
    /// Whether the message got through.
    delivered: bool,
    /// What is wrong, when it did not.
    problem: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct NotificationChannelMutation;

#[Object]
impl NotificationChannelMutation {
    /// Create a way to tell somebody something.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn create_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: CreateNotificationChannelInput,
    ) -> Result<CreateNotificationChannelPayload> {
        let mut made = None;
        let settings = input
            .settings
            .read(|| made.insert(signing_secret()).clone());
        let name = input.name;
        let notifications = ctx.service::<Notifications>();
        let channel = notifications
            .create_channel(NewChannel { name, settings })
            .await?;
        Ok(CreateNotificationChannelPayload {
            channel: NotificationChannel::from(channel),
            signing_secret: made.map(|secret| secret.expose_secret().to_owned()),
        })
    }

    /// Change a channel.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which channel.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateNotificationChannelInput,
    ) -> Result<UpdateNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let mut made = None;
        let settings = input::change("settings", input.settings)?;
        let changes = ChannelChanges {
            name: input::change("name", input.name)?,
            enabled: input::change("enabled", input.enabled)?,
            settings: settings
                .map(|settings| settings.read(|| made.insert(signing_secret()).clone())),
        };
        let notifications = ctx.service::<Notifications>();
        let channel = notifications.update_channel(id, changes).await?;
        Ok(UpdateNotificationChannelPayload {
            channel: NotificationChannel::from(channel),
            signing_secret: made.map(|secret| secret.expose_secret().to_owned()),
        })
    }

    /// Delete a channel together with what waits for it.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn delete_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which channel.")] id: ID,
    ) -> Result<DeleteNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let channel = ctx.service::<Notifications>().delete_channel(id).await?;
        let channel = NotificationChannel::from(channel);
        Ok(DeleteNotificationChannelPayload { channel })
    }

    /// Send a test through a channel, and wait up to fifteen seconds for its end.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn test_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which channel.")] id: ID,
    ) -> Result<TestNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let outcome = ctx.service::<notify::Sender>().test(id).await?;
        Ok(TestNotificationChannelPayload {
            delivered: outcome.is_ok(),
            problem: outcome.err(),
        })
    }
}
