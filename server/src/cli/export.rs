//! `export`: requests and usage as files.
//!
//! Opens the database read-only, so it works while the server runs. A file gets its name when it is complete.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use entity::{provider_account::ProviderKind, request::Outcome};
use sea_orm::ActiveEnum;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{CliError, Done, output::OutputTarget, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::{
        downloads::Content,
        exports::{self, Every, Exports},
        requests::RequestFilter,
        usage::{Span, UsageFilter},
        users,
    },
};

/// The format of an export.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

/// The period of a row of usage.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Period {
    Hour,
    Day,
}

/// The options of both exports.
#[derive(Debug, Args)]
struct Common {
    /// The format: CSV, or one JSON object per line.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,

    /// Start date or time (inclusive), such as 2026-11-01 or 2026-11-01T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Moment>,

    /// End date or time (exclusive).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Moment>,

    /// The time zone of days and hours, such as Europe/Berlin.
    #[arg(long, default_value = "UTC", value_name = "ZONE", value_parser = zone)]
    timezone: Tz,

    /// Only this user: an id or a name.
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Only this API key.
    #[arg(long = "key", value_name = "ID")]
    api_key: Option<Uuid>,

    /// Only requests served by this provider, such as CLAUDE.
    #[arg(long, value_name = "KIND", value_parser = enum_value::<ProviderKind>)]
    provider: Option<ProviderKind>,

    /// Only this model, as requested by the client.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// The output file; - is standard output.
    #[arg(long, short, default_value = "-", value_name = "FILE")]
    output: PathBuf,

    #[command(flatten)]
    storage: StorageArguments,
}

/// Exports requests.
#[derive(Debug, Args)]
pub(super) struct RequestsExport {
    /// Only requests with this outcome, such as COMPLETED; can be repeated.
    #[arg(long, value_name = "OUTCOME", value_parser = enum_value::<Outcome>)]
    outcome: Vec<Outcome>,

    #[command(flatten)]
    common: Common,
}

/// Exports usage.
#[derive(Debug, Args)]
pub(super) struct ExportUsage {
    /// The period of each row, in the time zone.
    #[arg(long, value_enum, default_value = "day")]
    every: Period,

    /// Only requests served by this provider account.
    #[arg(long, value_name = "ID")]
    account: Option<Uuid>,

    #[command(flatten)]
    common: Common,
}

impl RequestsExport {
    pub(super) async fn run(self) -> Done {
        let common = self.common;
        let db = common.open().await?;
        let filter = RequestFilter {
            user_id: common.user_id(&db).await?,
            api_key_id: common.api_key,
            model: common.model.clone(),
            provider: common.provider,
            outcomes: (!self.outcome.is_empty()).then_some(self.outcome),
            from: common.at(common.from),
            to: common.at(common.to),
            ..RequestFilter::default()
        };
        let exports = Exports::new(db.clone(), Arc::new(SystemClock));
        let content = exports.requests(filter, common.format.into()).await;
        common.write(content.map_err(anyhow::Error::from)?).await?;
        Ok(db.close().await?)
    }
}

impl ExportUsage {
    pub(super) async fn run(self) -> Done {
        let common = self.common;
        let from = common.at(common.from).unwrap_or(DateTime::UNIX_EPOCH);
        let to = common.at(common.to).unwrap_or_else(|| SystemClock.now());
        let span = Span::new(from, to).map_err(|error| CliError::Usage(error.to_string()))?;
        let db = common.open().await?;
        let filter = UsageFilter {
            user_id: common.user_id(&db).await?,
            api_key_id: common.api_key,
            provider: common.provider,
            account_id: self.account,
            model: common.model.clone(),
        };
        let export = exports::UsageExport {
            span,
            filter,
            every: self.every.into(),
            zone: common.timezone,
        };
        let exports = Exports::new(db.clone(), Arc::new(SystemClock));
        common
            .write(exports.usage(export, common.format.into()))
            .await?;
        Ok(db.close().await?)
    }
}

impl Common {
    /// The time, or the start of the day in the time zone.
    fn at(&self, moment: Option<Moment>) -> Option<DateTime<Utc>> {
        Some(match moment? {
            Moment::Day(day) => calendar::start_of_day(self.timezone, day),
            Moment::At(moment) => moment,
        })
    }

    async fn open(&self) -> Result<Database, CliError> {
        let secrets = SecretsConfig::from_environment();
        let storage = StorageConfig::read(&self.storage, &secrets).map_err(CliError::Usage)?;
        Ok(Database::open_read_only(storage.database_url.expose_secret()).await?)
    }

    /// The id of `--user`.
    async fn user_id(&self, db: &Database) -> Result<Option<Uuid>, CliError> {
        let Some(user) = &self.user else {
            return Ok(None);
        };
        let found = users::id_of(db, user).await.map_err(anyhow::Error::from)?;
        match found.as_slice() {
            [id] => Ok(Some(*id)),
            [] => Err(CliError::Usage(format!("user {user:?} not found"))),
            _ => Err(CliError::Usage(format!(
                "several users have or had the name {user:?}; use an id"
            ))),
        }
    }

    async fn write(&self, content: Content) -> Done {
        let mut output = OutputTarget::open(&self.output)?;
        let written = output.write(content).await;
        let bytes = written.context("the export is incomplete")?;
        output.complete()?;
        if !output.is_standard() {
            let file = self.output.display();
            terminal::print_error(&format!("Wrote {bytes} bytes to {file}."));
        }
        Ok(())
    }
}

impl From<Format> for exports::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Jsonl => Self::JsonLines,
        }
    }
}

impl From<Period> for Every {
    fn from(period: Period) -> Self {
        match period {
            Period::Hour => Self::Hour,
            Period::Day => Self::Day,
        }
    }
}

/// A date or a time.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Day(NaiveDate),
    At(DateTime<Utc>),
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(day) = text.parse() {
        return Ok(Moment::Day(day));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|moment| Moment::At(moment.to_utc()))
        .map_err(|_| "must look like 2026-12-31 or 2026-12-31T23:59:59Z".to_owned())
}

fn zone(name: &str) -> Result<Tz, String> {
    calendar::time_zone(name).map_err(|error| error.to_string())
}

/// Parses a GraphQL enum value, in any case.
fn enum_value<W: ActiveEnum<Value = String>>(text: &str) -> Result<W, String> {
    let wanted = text.to_lowercase();
    W::try_from_value(&wanted).map_err(|_| {
        let known = W::iter().map(|value| value.to_value().to_uppercase());
        format!("use one of {}", known.collect::<Vec<_>>().join(", "))
    })
}
