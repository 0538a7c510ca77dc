//! Usage: sums that are kept as requests are settled, so that a question about months costs no more
//! than one about minutes.
//!
//! [`rollup`] keeps them, [`cover`] finds the few that make up a stretch of time, [`query`] reads them.

mod buckets;
pub(in crate::domain) mod cover;
mod filter;
mod query;
pub(in crate::domain) mod rollup;
mod span;
mod sums;
mod tick;
mod upsert;

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
    QuerySelect as _,
};
use uuid::Uuid;

use self::{
    filter::SumSource,
    query::{Division, UsageQuery, UsageSums},
    rollup::NOT_RECONCILED,
};
pub use self::{
    filter::{By, UsageFilter},
    query::UsageOrder,
    span::{Preset, Span},
    sums::{COLUMNS as SUMS, Sums},
    tick::Tick,
};
use super::{Error, Result, calendar::CalendarUnit, paging::MAX_PAGE_SIZE};
use crate::{clock::SharedClock, db::Database};

/// Parts of each point of a series, at most.
const MOST_PARTS: u64 = 20;
/// Parts of all points of a series.
const MOST_SLICES: u64 = 7500;

/// By what usage is divided, and which parts are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Ranking {
    pub by: By,
    pub order: UsageOrder,
    /// How many, the greatest first.
    pub first: i32,
}

/// The part of the usage that is somebody's or something's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// An id or a name; empty while unknown.
    pub subject: String,
    pub sums: Sums,
}

/// A point of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub span: Span,
    pub sums: Sums,
    /// The parts that are the greatest over the whole series, in that order; those that are not zero.
    pub slices: Vec<Slice>,
}

/// How many requests the two sources of usage agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    pub matched: i64,
    pub mismatched: i64,
    pub wire_only: i64,
    pub engine_only: i64,
    /// Neither has told, or the engine has not told about an answer that was cut.
    pub unknown: i64,
}

/// All usage.
#[derive(Clone, Debug)]
pub struct Usage {
    db: Database,
    clock: SharedClock,
}

impl Usage {
    /// The service over this database.
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What a preset means now, by the clocks of a place.
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

    /// The sums over a stretch of time.
    pub async fn totals(&self, span: Span, filter: &UsageFilter) -> Result<Sums> {
        let answers = self.ask(filter, &[span], None, &[]).await?;
        Ok(answers
            .first()
            .map(|answer| answer.sums)
            .unwrap_or_default())
    }

    /// The greatest parts of a stretch of time.
    pub async fn breakdown(
        &self,
        span: Span,
        filter: &UsageFilter,
        ranking: Ranking,
    ) -> Result<Vec<Slice>> {
        let division = ranking.division(MAX_PAGE_SIZE)?;
        let answers = self.ask(filter, &[span], Some(division), &[]).await?;
        Ok(answers.into_iter().map(Slice::from).collect())
    }

    /// One point for each hour, day, week or month by the clocks of a place, also where nothing was.
    pub async fn series(
        &self,
        (span, unit, zone): (Span, CalendarUnit, Tz),
        filter: &UsageFilter,
        ranking: Option<Ranking>,
    ) -> Result<Vec<Point>> {
        let spans = buckets::cut(span, unit, zone)?;
        let most = MOST_PARTS.min(MOST_SLICES / (spans.len() as u64).max(1));
        let division = ranking.map(|ranking| ranking.division(most)).transpose()?;
        let mut points: Vec<_> = spans.iter().copied().map(Point::new).collect();
        for answer in self.ask(filter, &spans, None, &[]).await? {
            points[answer.span].sums = answer.sums;
        }
        if let Some(division) = division {
            self.divide(span, &mut points, filter, division).await?;
        }
        Ok(points)
    }

    /// How the two sources of usage compare.
    pub async fn reconciliation(&self, span: Span) -> Result<Reconciled> {
        // Slices of this sort are divided by their subject, whatever it is called.
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
        let answers = query.ask(self.db.reader()).await?;
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

    /// Gives each point its part of those that are the greatest over all points.
    async fn divide(
        &self,
        span: Span,
        points: &mut [Point],
        filter: &UsageFilter,
        division: Division,
    ) -> Result<()> {
        let greatest = self.ask(filter, &[span], Some(division), &[]).await?;
        let subjects: Vec<_> = greatest.into_iter().map(|one| one.subject).collect();
        if subjects.is_empty() {
            return Ok(());
        }
        let all = Division {
            most: None,
            ..division
        };
        let spans: Vec<_> = points.iter().map(|point| point.span).collect();
        for answer in self.ask(filter, &spans, Some(all), &subjects).await? {
            points[answer.span].slices.push(answer.into());
        }
        let rank = |slice: &Slice| subjects.iter().position(|one| *one == slice.subject);
        for point in points {
            point.slices.sort_by_key(rank);
        }
        Ok(())
    }

    async fn ask(
        &self,
        filter: &UsageFilter,
        spans: &[Span],
        division: Option<Division>,
        subjects: &[String],
    ) -> Result<Vec<UsageSums>> {
        let mut source = filter.source(division.map(|division| division.by));
        if let SumSource::Cube(conditions) = &mut source
            && let (Some(api_key_id), None) = (filter.api_key_id, filter.user_id)
        {
            // The cube is ordered by user.
            let owner = self.owner_of(api_key_id).await?;
            conditions.push((By::User, owner.into()));
        }
        let query = UsageQuery {
            source,
            spans,
            division,
            subjects,
        };
        Ok(query.ask(self.db.reader()).await?)
    }

    /// Whose key it is; nobody's is the nil user's, who has none.
    async fn owner_of(&self, api_key_id: Uuid) -> Result<Uuid> {
        let owner = api_key::Entity::find_by_id(api_key_id)
            .select_only()
            .column(api_key::Column::UserId)
            .into_tuple();
        Ok(owner.one(self.db.reader()).await?.unwrap_or_default())
    }

    /// The day on which the first request came.
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
                "ask for 1 to {longest} parts here"
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
