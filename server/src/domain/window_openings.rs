//! When the server opens the usage window of an account with a request of its own, so that its reset falls into working hours.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, TimeZone as _, Utc};
use entity::{
    provider_account::{CredentialKind, Entity as ProviderAccount},
    window_opening::{self, Entity as WindowOpening, OpeningOutcome, OpeningTimes},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _,
    IntoActiveModel as _, ModelTrait as _, QueryFilter as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    text,
};
use crate::{clock::SharedClock, db::Database, providers};

/// Times of one account.
const MAX_TIMES: usize = 6;
/// How long after its time an opening is still made, for example after a restart.
const GRACE: TimeDelta = TimeDelta::minutes(10);

/// When to open the window of an account, and with which model.
#[derive(Clone, Debug)]
pub struct OpeningSchedule {
    /// Local times as `07:00`.
    pub times: Vec<String>,
    /// An IANA name.
    pub timezone: String,
    pub model: String,
}

/// The service for openings of windows.
#[derive(Clone, Debug)]
pub struct WindowOpenings {
    db: Database,
    clock: SharedClock,
}

impl WindowOpenings {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// The openings of an account; `None` without any.
    pub async fn find(&self, account_id: Uuid) -> Result<Option<window_opening::Model>> {
        let row = WindowOpening::find_by_id(account_id);
        Ok(row.one(self.db.reader()).await?)
    }

    /// Replaces the schedule of an account; `None` removes it. A time that is over for today is due tomorrow.
    pub async fn set(
        &self,
        context: &AuditContext,
        account_id: Uuid,
        schedule: Option<OpeningSchedule>,
    ) -> Result<Option<window_opening::Model>> {
        let subject = AuditSubject::new("providerAccount", &account_id);
        context.about(subject.clone());
        let schedule = schedule.map(OpeningSchedule::checked).transpose()?;
        let transaction = self.db.begin().await?;
        let account = ProviderAccount::find_by_id(account_id)
            .one(&transaction)
            .await?
            .filter(|account| account.removed_at.is_none())
            .ok_or(Error::NotFound {
                what: "provider account",
            })?;
        let sign_in = providers::spec(account.kind).sign_in.as_ref();
        let can_open = account.credential == CredentialKind::AuthFile
            && sign_in.is_some_and(|sign_in| sign_in.test.is_some());
        if schedule.is_some() && !can_open {
            return Err(Error::bad_input(
                "this account has no usage windows that a request of the server could open; only signed-in accounts that can be tested have",
            ));
        }
        let before = WindowOpening::find_by_id(account_id)
            .one(&transaction)
            .await?;
        let now = self.clock.now();
        let after = match schedule {
            None => {
                if let Some(row) = before.clone() {
                    row.delete(&transaction).await?;
                }
                None
            }
            Some((times, timezone, model)) => {
                let row = window_opening::ActiveModel {
                    account_id: Set(account_id),
                    times: Set(times),
                    timezone: Set(timezone),
                    model: Set(model),
                    begun_at: Set(Some(now)),
                    outcome: Set(None),
                    reason: Set(None),
                    updated_at: Set(now),
                };
                Some(if before.is_some() {
                    row.update(&transaction).await?
                } else {
                    row.insert(&transaction).await?
                })
            }
        };
        let change = AuditChange::updated(
            subject.named(&account.label),
            audited(before.as_ref()),
            audited(after.as_ref()),
        );
        audit::record(&transaction, &self.clock, context, change).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// The accounts whose window is to be opened now. Each is returned once for each of its times, also after a restart and to one
    /// of several servers alone.
    pub async fn take_due(&self) -> Result<Vec<window_opening::Model>> {
        let now = self.clock.now();
        let mut due = Vec::new();
        for row in WindowOpening::find().all(self.db.reader()).await? {
            let Some(time) = last_time(&row, now) else {
                continue;
            };
            let begun = window_opening::Column::BegunAt;
            let before = Condition::any().add(begun.is_null()).add(begun.lt(time));
            let taken = WindowOpening::update_many()
                .set(window_opening::ActiveModel {
                    begun_at: Set(Some(time)),
                    ..Default::default()
                })
                .filter(window_opening::Column::AccountId.eq(row.account_id))
                .filter(before)
                .exec(self.db.writer())
                .await?;
            if taken.rows_affected == 1 {
                due.push(row);
            }
        }
        Ok(due)
    }

    /// Records how an opening ended.
    pub async fn record(
        &self,
        account_id: Uuid,
        outcome: OpeningOutcome,
        reason: Option<String>,
    ) -> Result<()> {
        let context = AuditContext::system("openWindow");
        let transaction = self.db.begin().await?;
        let row = WindowOpening::find_by_id(account_id)
            .one(&transaction)
            .await?;
        let Some(row) = row else {
            return Ok(());
        };
        let after = json!({ "outcome": format!("{outcome:?}").to_uppercase(), "model": row.model, "reason": reason });
        let mut row = row.into_active_model();
        row.outcome = Set(Some(outcome));
        row.reason = Set(reason);
        row.update(&transaction).await?;
        let subject = AuditSubject::new("providerAccount", &account_id);
        let done = AuditChange::updated(subject, json!({}), after);
        audit::record(&transaction, &self.clock, &context, done).await?;
        Ok(transaction.commit().await?)
    }
}

impl OpeningSchedule {
    fn checked(self) -> Result<(OpeningTimes, String, String)> {
        let mut times = self
            .times
            .iter()
            .map(|time| minutes(time))
            .collect::<Result<Vec<_>>>()?;
        times.sort_unstable();
        times.dedup();
        if times.is_empty() || times.len() > MAX_TIMES {
            return Err(Error::BadInput(format!(
                "times lists 1 to {MAX_TIMES} times of day such as 07:00"
            )));
        }
        let zone = calendar::time_zone(&self.timezone);
        let zone = zone.map_err(|error| Error::BadInput(error.to_string()))?;
        let model = text::required("model", &self.model, 200)?;
        Ok((OpeningTimes(times), zone.name().to_owned(), model))
    }
}

/// Minutes since midnight.
fn minutes(time: &str) -> Result<u16> {
    use chrono::Timelike as _;

    let parsed = NaiveTime::parse_from_str(time.trim(), "%H:%M").ok();
    let minutes = parsed.map(|time| time.num_seconds_from_midnight() / 60);
    let minutes = minutes.and_then(|minutes| u16::try_from(minutes).ok());
    minutes.ok_or_else(|| Error::BadInput(format!("{time:?} is no time of day such as 07:00")))
}

/// The latest time of a schedule that is at most [`GRACE`] ago. A local time that the clock skips does not exist, and of two the
/// first counts.
fn last_time(row: &window_opening::Model, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let zone = calendar::time_zone(&row.timezone).ok()?;
    let today = now.with_timezone(&zone).date_naive();
    let days = [today.checked_sub_days(Days::new(1)), Some(today)];
    let times = days.into_iter().flatten().flat_map(|day| {
        row.times.0.iter().filter_map(move |minutes| {
            let seconds = u32::from(*minutes) * 60;
            let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?;
            let local = zone.from_local_datetime(&day.and_time(time)).earliest()?;
            Some(local.to_utc())
        })
    });
    times
        .filter(|time| *time <= now && now - *time < GRACE)
        .max()
}

fn audited(row: Option<&window_opening::Model>) -> Value {
    let schedule = row.map(|row| {
        let times: Vec<_> = row.times.0.iter().map(|time| clock_time(*time)).collect();
        json!({ "times": times, "timezone": row.timezone, "model": row.model })
    });
    json!({ "windowOpenings": schedule })
}

/// Minutes since midnight as `07:00`.
pub fn clock_time(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(times: &[u16]) -> window_opening::Model {
        window_opening::Model {
            account_id: Uuid::nil(),
            times: OpeningTimes(times.to_vec()),
            timezone: "Europe/Berlin".to_owned(),
            model: "claude".to_owned(),
            begun_at: None,
            outcome: None,
            reason: None,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_due_from_its_minute_on_for_a_short_while() {
        let row = row(&[7 * 60, 23 * 60 + 58]);
        let due = |now: &str| last_time(&row, at(now));
        assert_eq!(due("2026-06-01T04:59:59Z"), None);
        assert_eq!(
            due("2026-06-01T05:00:00Z"),
            Some(at("2026-06-01T05:00:00Z"))
        );
        assert_eq!(
            due("2026-06-01T05:09:59Z"),
            Some(at("2026-06-01T05:00:00Z"))
        );
        assert_eq!(due("2026-06-01T05:10:00Z"), None);
        // The local day has changed meanwhile.
        assert_eq!(
            due("2026-06-01T22:03:00Z"),
            Some(at("2026-06-01T21:58:00Z"))
        );
    }

    #[test]
    fn a_time_that_the_clock_skips_or_shows_twice_is_due_at_most_once() {
        let row = row(&[2 * 60 + 30]);
        assert_eq!(last_time(&row, at("2026-03-29T01:00:00Z")), None, "skipped");
        let first = at("2026-10-25T00:30:00Z");
        assert_eq!(last_time(&row, first), Some(first));
        assert_eq!(
            last_time(&row, at("2026-10-25T01:30:00Z")),
            None,
            "the second one"
        );
    }

    #[test]
    fn schedules_are_checked() {
        let schedule = |times: &[&str], timezone: &str| OpeningSchedule {
            times: times.iter().map(|time| (*time).to_owned()).collect(),
            timezone: timezone.to_owned(),
            model: "claude".to_owned(),
        };
        let (times, ..) = schedule(&["12:05", "07:00", "7:00"], "UTC")
            .checked()
            .unwrap();
        assert_eq!(times.0, [420, 725]);
        for wrong in [
            schedule(&[], "UTC"),
            schedule(&["25:00"], "UTC"),
            schedule(&["07:00:30"], "UTC"),
            schedule(&["07:00"], "Mars/Olympus"),
            schedule(
                &["1:00", "2:00", "3:00", "4:00", "5:00", "6:00", "7:00"],
                "UTC",
            ),
        ] {
            assert!(wrong.checked().is_err());
        }
    }
}
