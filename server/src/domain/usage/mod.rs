//! Usage: sums that are updated with each stored request, so that a query over months reads as few rows as one
//! over minutes.
//!
//! [`rollup`] updates them, [`query`] reads them.

mod buckets;
mod by_account;
mod by_key;
mod filter;
mod forecast;
mod latency;
mod parts;
mod query;
pub(in crate::domain) mod rollup;
mod span;
mod sums;
mod upsert;

use std::collections::HashMap;

use calendar::CalendarUnit;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::{
    api_key,
    provider_account::ProviderKind,
    request::Reconciliation,
    usage_rollup::Period,
    usage_slice::{self, Dimension, Entity as UsageSlice},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Value,
};
use uuid::Uuid;

use self::{
    filter::SumSource,
    query::{Division, UsageQuery, UsageSums},
    rollup::NOT_RECONCILED,
};
pub use self::{
    filter::{By, UsageFilter},
    forecast::Forecast,
    latency::{Latency, Percentiles},
    parts::Parts,
    query::UsageOrder,
    span::{Preset, Span},
    sums::{COLUMNS as SUMS, Sums},
};
use super::{Error, Result};
use crate::{clock::SharedClock, db::Database};

/// Slices of one point of a series.
const MAX_PARTS: u64 = 20;
/// Slices of all points of a series.
const MAX_SLICES: u64 = 7500;

/// Which slices of usage are returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranking {
    pub by: By,
    pub order: UsageOrder,
    /// The number of slices, the greatest first.
    pub first: i32,
}

/// The usage of one user, key, provider, account or model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// An id or name; empty while unknown.
    pub subject: String,
    pub sums: Sums,
}

/// A point of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub span: Span,
    pub sums: Sums,
    /// The greatest slices of the whole series, in that order, without those that are zero here.
    pub slices: Vec<Slice>,
}

/// Requests by how the usage in the response compares with the engine's report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    pub matched: i64,
    pub mismatched: i64,
    pub wire_only: i64,
    pub engine_only: i64,
    /// No usage from either, or an aborted response without a report.
    pub unknown: i64,
}

/// The service for usage.
#[derive(Clone, Debug)]
pub struct Usage {
    db: Database,
    clock: SharedClock,
}

impl Usage {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The current range of a preset in a time zone.
    pub async fn span(&self, preset: Preset, zone: Tz) -> Result<Span> {
        let now = self.clock.now();
        let first = match preset {
            Preset::All => self.first().await?.unwrap_or(now),
            Preset::Today
            | Preset::Yesterday
            | Preset::Last7Days
            | Preset::Last30Days
            | Preset::ThisWeek
            | Preset::ThisMonth
            | Preset::LastMonth => now,
        };
        Ok(Span::of(preset, zone, now, first))
    }

    /// The range of equal length before this one, as far as the time that has elapsed of this one.
    pub fn previous(&self, span: Span) -> Span {
        span.previous(self.clock.now())
    }

    /// The sums over a range.
    pub async fn totals(&self, span: Span, filter: &UsageFilter) -> Result<Sums> {
        let answers = self.query(filter, &[span], None, &[]).await?;
        Ok(answers
            .first()
            .map(|answer| answer.sums)
            .unwrap_or_default())
    }

    /// The sums over each of these ranges, in their order. Ranges are rounded outward to quarters of an hour.
    pub(in crate::domain) async fn sums(
        &self,
        spans: &[Span],
        filter: &UsageFilter,
    ) -> Result<Vec<Sums>> {
        let mut sums = vec![Sums::default(); spans.len()];
        for answer in self.query(filter, spans, None, &[]).await? {
            sums[answer.span] = answer.sums;
        }
        Ok(sums)
    }

    /// The greatest slices of a range.
    pub async fn breakdown(
        &self,
        span: Span,
        filter: &UsageFilter,
        ranking: Ranking,
    ) -> Result<Vec<Slice>> {
        self.breakdown_of(span, filter, ranking, &[]).await
    }

    /// The sums of these subjects over a range; subjects without usage have none.
    pub async fn sums_of(
        &self,
        span: Span,
        filter: &UsageFilter,
        (by, subjects): (By, &[String]),
    ) -> Result<HashMap<String, Sums>> {
        if subjects.is_empty() || span.from >= span.to {
            return Ok(HashMap::new());
        }
        let division = Division {
            by,
            order: UsageOrder::Cost,
            most: None,
        };
        let spans = [span];
        let answers = self.query(filter, &spans, Some(division), subjects);
        let answers = answers.await?.into_iter();
        Ok(answers
            .map(|answer| (answer.subject, answer.sums))
            .collect())
    }

    /// A point for each hour, day, week or month of a time zone, including those without usage.
    pub async fn series(
        &self,
        (span, unit, zone): (Span, CalendarUnit, Tz),
        filter: &UsageFilter,
        ranking: Option<Ranking>,
    ) -> Result<Vec<Point>> {
        let spans = buckets::cut(span, unit, zone)?;
        let most = MAX_PARTS.min(MAX_SLICES / (spans.len() as u64).max(1));
        let division = ranking.map(|ranking| ranking.division(most)).transpose()?;
        let mut points: Vec<_> = spans.iter().copied().map(Point::new).collect();
        for answer in self.query(filter, &spans, None, &[]).await? {
            points[answer.span].sums = answer.sums;
        }
        if let Some(division) = division {
            self.divide(span, &mut points, filter, division).await?;
        }
        Ok(points)
    }

    /// Compares the usage in responses with the engine's reports.
    pub async fn reconciliation(&self, span: Span) -> Result<Reconciled> {
        // The dimension is in `source`; any `by` divides it by subject.
        let division = Division {
            by: By::Model,
            order: UsageOrder::Requests,
            most: None,
        };
        let query = UsageQuery {
            source: SumSource::Slice(Dimension::Reconciliation, None),
            spans: &[span],
            division: Some(division),
            subjects: &[],
        };
        let answers = query.run(self.db.reader()).await?;
        let count = |subject: &str| {
            let found = answers.iter().find(|answer| answer.subject == subject);
            found.map_or(0, |answer| answer.sums.requests)
        };
        Ok(Reconciled {
            matched: count(&Reconciliation::Matched.to_value()),
            mismatched: count(&Reconciliation::Mismatched.to_value()),
            wire_only: count(&Reconciliation::WireOnly.to_value()),
            engine_only: count(&Reconciliation::EngineOnly.to_value()),
            unknown: count(NOT_RECONCILED),
        })
    }

    /// Adds to each point its part of the slices that are the greatest over all points.
    async fn divide(
        &self,
        span: Span,
        points: &mut [Point],
        filter: &UsageFilter,
        division: Division,
    ) -> Result<()> {
        let greatest = self.query(filter, &[span], Some(division), &[]).await?;
        let subjects: Vec<_> = greatest.into_iter().map(|one| one.subject).collect();
        if subjects.is_empty() {
            return Ok(());
        }
        let all = Division {
            most: None,
            ..division
        };
        let spans: Vec<_> = points.iter().map(|point| point.span).collect();
        for answer in self.query(filter, &spans, Some(all), &subjects).await? {
            points[answer.span].slices.push(answer.into());
        }
        let rank = |slice: &Slice| subjects.iter().position(|one| *one == slice.subject);
        for point in points {
            point.slices.sort_by_key(rank);
        }
        Ok(())
    }

    async fn query(
        &self,
        filter: &UsageFilter,
        spans: &[Span],
        division: Option<Division>,
        subjects: &[String],
    ) -> Result<Vec<UsageSums>> {
        let mut source = filter.source(division.map(|division| division.by));
        if let SumSource::Cube(conditions) = &mut source {
            conditions.extend(self.owner_condition(filter).await?);
        }
        let query = UsageQuery {
            source,
            spans,
            division,
            subjects,
        };
        Ok(query.run(self.db.reader()).await?)
    }

    /// The user of the filter's key, because the cube is ordered by user.
    async fn owner_condition(&self, filter: &UsageFilter) -> Result<Option<(By, Value)>> {
        let (Some(api_key_id), None) = (filter.api_key_id, filter.user_id) else {
            return Ok(None);
        };
        let owner = self.owner_of(api_key_id).await?;
        Ok(Some((By::User, owner.into())))
    }

    /// The user of a key; nil for an unknown key.
    async fn owner_of(&self, api_key_id: Uuid) -> Result<Uuid> {
        let owner = api_key::Entity::find_by_id(api_key_id)
            .select_only()
            .column(api_key::Column::UserId)
            .into_tuple();
        Ok(owner.one(self.db.reader()).await?.unwrap_or_default())
    }

    /// The hour of the first request.
    async fn first(&self) -> Result<Option<DateTime<Utc>>> {
        let first = UsageSlice::find()
            .filter(usage_slice::Column::Dimension.eq(Dimension::Total))
            .filter(usage_slice::Column::Period.eq(Period::Hour))
            .order_by_asc(usage_slice::Column::StartsAt)
            .select_only()
            .column(usage_slice::Column::StartsAt)
            .into_tuple::<i64>();
        let first = first.one(self.db.reader()).await?;
        Ok(first.and_then(|at| DateTime::from_timestamp(at, 0)))
    }
}

impl Ranking {
    fn division(self, longest: u64) -> Result<Division> {
        let first = u64::try_from(self.first).unwrap_or_default();
        if !(1..=longest).contains(&first) {
            return Err(Error::BadInput(format!(
                "first must be between 1 and {longest}"
            )));
        }
        Ok(Division {
            by: self.by,
            order: self.order,
            most: Some(first),
        })
    }
}

impl Point {
    fn new(span: Span) -> Self {
        Self {
            span,
            sums: Sums::default(),
            slices: Vec::new(),
        }
    }
}

impl Slice {
    /// The subject, when it is an id.
    pub fn id(&self) -> Option<Uuid> {
        self.subject.parse().ok()
    }

    /// The subject, when it is a provider.
    pub fn provider(&self) -> Option<ProviderKind> {
        ProviderKind::try_from_value(&self.subject).ok()
    }
}

impl From<UsageSums> for Slice {
    fn from(answer: UsageSums) -> Self {
        Self {
            subject: answer.subject,
            sums: answer.sums,
        }
    }
}
