//! Percentiles of durations and of times to the first byte, computed from the request log.

use std::collections::HashMap;

use entity::request::{self, Entity as Request, Outcome};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use uuid::Uuid;

use super::{
    Usage,
    filter::{By, UsageFilter},
    span::Span,
};
use crate::domain::Result;

/// The number of requests that percentiles are computed from, the newest of the range: bounds time and memory.
const MAX_SAMPLE: u64 = 100_000;

/// Percentiles in microseconds, by nearest rank: each is a value that occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    pub p50: i64,
    pub p95: i64,
    pub p99: i64,
}

/// How long forwarded requests took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// The requests that the percentiles are computed from.
    pub requests: i64,
    /// `None` without requests.
    pub duration: Option<Percentiles>,
    /// `None` if no request received a byte.
    pub time_to_first_byte: Option<Percentiles>,
}

/// The subject, the duration and the time to the first byte of a request.
type Row = (String, i64, Option<i64>);

impl Usage {
    /// The latency of the forwarded requests that started in a range and are still in the request log, by
    /// subject; without `by`, of all of them under the empty subject.
    pub async fn latency(
        &self,
        span: Span,
        filter: &UsageFilter,
        by: Option<By>,
    ) -> Result<HashMap<String, Latency>> {
        let mut samples: HashMap<String, (Vec<i64>, Vec<i64>)> = HashMap::new();
        for (subject, duration, first_byte) in self.sample(span, filter, by).await? {
            let (durations, first_bytes) = samples.entry(subject).or_default();
            durations.push(duration);
            first_bytes.extend(first_byte);
        }
        let latencies = samples
            .into_iter()
            .map(|(subject, (durations, first_bytes))| {
                let latency = Latency {
                    requests: i64::try_from(durations.len()).unwrap_or(i64::MAX),
                    duration: Percentiles::of(durations),
                    time_to_first_byte: Percentiles::of(first_bytes),
                };
                (subject, latency)
            });
        Ok(latencies.collect())
    }

    async fn sample(&self, span: Span, filter: &UsageFilter, by: Option<By>) -> Result<Vec<Row>> {
        let query = forwarded(span, filter).select_only();
        let reader = self.db.reader();
        let Some(column) = by.map(By::request_column) else {
            let query = query.column(request::Column::Duration);
            let rows = query.column(request::Column::TimeToFirstByte).into_tuple();
            let rows: Vec<(i64, Option<i64>)> = rows.all(reader).await?;
            let row = |(duration, first_byte)| (String::new(), duration, first_byte);
            return Ok(rows.into_iter().map(row).collect());
        };
        let query = query.column(column).column(request::Column::Duration);
        let query = query.column(request::Column::TimeToFirstByte);
        if by.is_some_and(By::is_id) {
            let rows = query.into_tuple::<(Option<Uuid>, i64, Option<i64>)>();
            let subject = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
            let rows = rows.all(reader).await?.into_iter();
            return Ok(rows.map(|row| (subject(row.0), row.1, row.2)).collect());
        }
        let rows = query.into_tuple::<(Option<String>, i64, Option<i64>)>();
        let rows = rows.all(reader).await?.into_iter();
        Ok(rows
            .map(|row| (row.0.unwrap_or_default(), row.1, row.2))
            .collect())
    }
}

/// The newest forwarded requests of a range that pass the filter.
fn forwarded(span: Span, filter: &UsageFilter) -> Select<Request> {
    use request::Column;
    Request::find()
        .filter(Column::StartedAt.gte(span.from.timestamp_micros()))
        .filter(Column::StartedAt.lt(span.to.timestamp_micros()))
        .filter(Column::Outcome.ne(Outcome::Rejected))
        .filter(filter.condition())
        .order_by_desc(Column::StartedAt)
        .limit(MAX_SAMPLE)
}

impl Percentiles {
    /// The percentiles of these values; `None` without values.
    pub(in crate::domain) fn of(mut values: Vec<i64>) -> Option<Self> {
        values.sort_unstable();
        let nearest = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100);
            values.get(rank.checked_sub(1)?).copied()
        };
        Some(Self {
            p50: nearest(50)?,
            p95: nearest(95)?,
            p99: nearest(99)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let of = |values: &[i64]| Percentiles::of(values.to_vec()).map(|p| [p.p50, p.p95, p.p99]);
        let hundred: Vec<i64> = (1..=100).rev().collect();

        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some([7, 7, 7]));
        assert_eq!(of(&[9, 1]), Some([1, 9, 9]));
        assert_eq!(of(&hundred), Some([50, 95, 99]));
        assert_eq!(of(&hundred[80..]), Some([10, 19, 20]));
        assert_eq!(of(&hundred[79..]), Some([11, 20, 21]));
    }
}
