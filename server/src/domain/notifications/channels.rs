//! Creates, changes and deletes notification channels.

use entity::notification_channel::{self, Entity as Channel};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, sea_query::Expr,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ChannelSettings, Notifications};
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    text,
};

const MAX_CHANNELS: u64 = 100;
const MAX_PROBLEM: usize = 500;

/// A channel to create.
#[derive(Debug)]
pub struct NewChannel {
    pub name: String,
    pub settings: ChannelSettings,
}

/// Changes of a channel; `None` keeps a value.
#[derive(Debug, Default)]
pub struct ChannelChanges {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    /// Replaces all settings. The kind cannot change.
    pub settings: Option<ChannelSettings>,
}

impl Notifications {
    /// All channels, by name.
    pub async fn channels(&self) -> Result<Vec<notification_channel::Model>> {
        let channels = Channel::find().order_by_asc(notification_channel::Column::Name);
        Ok(channels.all(self.db.reader()).await?)
    }

    /// A channel with its decrypted settings, for sending.
    pub async fn open_channel(
        &self,
        id: Uuid,
    ) -> Result<(notification_channel::Model, ChannelSettings)> {
        let channel = Channel::find_by_id(id).one(self.db.reader()).await?;
        let channel = channel.ok_or_else(not_found)?;
        let settings = self.open(&channel)?;
        Ok((channel, settings))
    }

    /// A channel as the subject of an audit event.
    pub fn channel_subject(id: Uuid) -> AuditSubject {
        subject_of(id)
    }

    /// Fails if the name is taken.
    pub async fn create_channel(
        &self,
        context: &AuditContext,
        new: NewChannel,
    ) -> Result<notification_channel::Model> {
        let name = text::required("name", &new.name, 100)?;
        new.settings.check()?;
        let (id, now) = (Uuid::now_v7(), self.clock.now());
        let row = notification_channel::ActiveModel {
            id: Set(id),
            name: Set(name.clone()),
            kind: Set(new.settings.kind()),
            target: Set(new.settings.target()?),
            sealed: Set(self.seal(id, &new.settings)?),
            enabled: Set(true),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let transaction = self.db.begin().await?;
        if Channel::find().count(&transaction).await? >= MAX_CHANNELS {
            return Err(Error::Conflict(format!(
                "there can be at most {MAX_CHANNELS} channels"
            )));
        }
        let channel = row
            .insert(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || taken(&name)))?;
        let created = AuditChange::created(subject(&channel), audited(&channel));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok(channel)
    }

    pub async fn update_channel(
        &self,
        context: &AuditContext,
        id: Uuid,
        changes: ChannelChanges,
    ) -> Result<notification_channel::Model> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        let old = find(&transaction, id).await?;
        let mut row = old.clone().into_active_model();
        let mut name = String::new();
        if let Some(new) = changes.name {
            name = text::required("name", &new, 100)?;
            row.name = Set(name.clone());
        }
        if let Some(enabled) = changes.enabled {
            row.enabled = Set(enabled);
        }
        let has_new_settings = changes.settings.is_some();
        if let Some(settings) = changes.settings {
            settings.check()?;
            if settings.kind() != old.kind {
                return Err(Error::bad_input(
                    "the kind of a channel cannot be changed; create another channel",
                ));
            }
            row.target = Set(settings.target()?);
            row.sealed = Set(self.seal(id, &settings)?);
        }
        row.updated_at = Set(self.clock.now());
        let channel = row
            .update(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || taken(&name)))?;
        let mut after = audited(&channel);
        if has_new_settings {
            after["settings"] = "new".into();
        }
        let updated = AuditChange::updated(subject(&channel), audited(&old), after);
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(channel)
    }

    /// Deletes a channel and its pending messages.
    pub async fn delete_channel(
        &self,
        context: &AuditContext,
        id: Uuid,
    ) -> Result<notification_channel::Model> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        let channel = find(&transaction, id).await?;
        Channel::delete_by_id(id).exec(&transaction).await?;
        let removed = AuditChange::removed(subject(&channel), audited(&channel));
        audit::record(&transaction, &self.clock, context, removed).await?;
        transaction.commit().await?;
        Ok(channel)
    }

    /// Records the result of an attempt to send through a channel; `None` for success.
    pub async fn record_delivery(&self, id: Uuid, problem: Option<&str>) -> Result<()> {
        let now = self.clock.now();
        let update = Channel::update_many().filter(notification_channel::Column::Id.eq(id));
        let update = match problem {
            None => update
                .col_expr(notification_channel::Column::SentAt, Expr::value(now))
                .col_expr(
                    notification_channel::Column::Problem,
                    Expr::value(Option::<String>::None),
                ),
            Some(problem) => {
                let problem: String = problem.chars().take(MAX_PROBLEM).collect();
                update
                    .col_expr(notification_channel::Column::Problem, Expr::value(problem))
                    .col_expr(notification_channel::Column::ProblemAt, Expr::value(now))
            }
        };
        update.exec(self.db.writer()).await?;
        Ok(())
    }

    pub(super) fn open(&self, channel: &notification_channel::Model) -> Result<ChannelSettings> {
        let opened = self.vault.open(&owner(channel.id), &channel.sealed)?;
        Ok(serde_json::from_slice(&opened).map_err(anyhow::Error::from)?)
    }

    fn seal(&self, id: Uuid, settings: &ChannelSettings) -> Result<Vec<u8>> {
        let plain = serde_json::to_vec(settings).map_err(anyhow::Error::from)?;
        let plain = zeroize::Zeroizing::new(plain);
        Ok(self.vault.seal(&owner(id), &plain)?)
    }
}

async fn find(transaction: &DatabaseTransaction, id: Uuid) -> Result<notification_channel::Model> {
    let channel = Channel::find_by_id(id).one(transaction).await?;
    channel.ok_or_else(not_found)
}

fn not_found() -> Error {
    Error::NotFound {
        what: "notification channel",
    }
}

fn taken(name: &str) -> String {
    format!("a channel named {name:?} exists; choose another name")
}

fn subject(channel: &notification_channel::Model) -> AuditSubject {
    subject_of(channel.id).named(&channel.name)
}

fn subject_of(id: Uuid) -> AuditSubject {
    AuditSubject::new("notificationChannel", &id)
}

fn audited(channel: &notification_channel::Model) -> Value {
    json!({
        "name": channel.name,
        "kind": channel.kind.to_value(),
        "target": channel.target,
        "enabled": channel.enabled,
    })
}

/// The record to which the encrypted settings are bound.
pub(in crate::domain) fn owner(id: Uuid) -> String {
    format!("notification_channel:{id}")
}
