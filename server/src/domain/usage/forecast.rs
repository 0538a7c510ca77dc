//! The expected cost of the current month.

use calendar::{CalendarUnit, first_date, start_of_day};
use chrono::{DateTime, Days, Months, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Point, Usage, filter::UsageFilter, span::Span};
use crate::domain::Result;

/// Whole days before today that the mean is computed from, at most and at least.
const MEAN_DAYS: usize = 7;
const MIN_MEAN_DAYS: usize = 3;

/// The cost of the current month of a time zone. Amounts are in nano-USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    pub month: Span,
    /// Until now.
    pub spent: i64,
    /// The whole days before today that `mean` is computed from, at most seven.
    pub days: usize,
    /// The mean cost of 24 hours; `None` for fewer than three days.
    pub mean: Option<i64>,
    /// `spent` and `mean` for each 24 hours until the month ends.
    pub expected: Option<i64>,
}

impl Usage {
    /// The forecast for the current month, and the start of the day on which the month's cost reaches the budget:
    /// a past day, an expected one, or none in this month.
    pub async fn forecast(
        &self,
        zone: Tz,
        filter: &UsageFilter,
        budget: Option<i64>,
    ) -> Result<(Forecast, Option<DateTime<Utc>>)> {
        let now = self.now();
        let month = month_of(now, zone);
        let today = start_of_day(zone, now.with_timezone(&zone).date_naive());
        let week_ago = now.with_timezone(&zone).date_naive() - Days::new(MEAN_DAYS as u64);
        let span = Span {
            from: month.from.min(start_of_day(zone, week_ago)),
            to: start_of_day(zone, now.with_timezone(&zone).date_naive() + Days::new(1)),
        };
        let days = self
            .series((span, CalendarUnit::Day, zone), filter, None)
            .await?;
        let forecast = Forecast::of(&days, month, (now, today));
        let reached = budget.and_then(|budget| forecast.reached(budget, &days, (now, zone)));
        Ok((forecast, reached))
    }
}

fn month_of(now: DateTime<Utc>, zone: Tz) -> Span {
    let first = first_date(CalendarUnit::Month, now.with_timezone(&zone).date_naive());
    Span {
        from: start_of_day(zone, first),
        to: start_of_day(zone, first + Months::new(1)),
    }
}

impl Forecast {
    fn of(days: &[Point], month: Span, (now, today): (DateTime<Utc>, DateTime<Utc>)) -> Self {
        let spent = days
            .iter()
            .filter(|day| day.span.from >= month.from)
            .map(|day| day.sums.cost)
            .fold(0, i64::saturating_add);
        let used = days.iter().skip_while(|day| day.sums.requests == 0);
        let mut whole: Vec<_> = used.filter(|day| day.span.to <= today).collect();
        whole.drain(..whole.len().saturating_sub(MEAN_DAYS));
        let mean = mean(&whole);
        let left = (month.to - now).num_seconds();
        Self {
            month,
            spent,
            days: whole.len(),
            mean,
            expected: mean.map(|mean| spent.saturating_add(during(mean, left))),
        }
    }

    fn reached(
        &self,
        budget: i64,
        days: &[Point],
        (now, zone): (DateTime<Utc>, Tz),
    ) -> Option<DateTime<Utc>> {
        let mut spent = 0_i64;
        for day in days.iter().filter(|day| day.span.from >= self.month.from) {
            spent = spent.saturating_add(day.sums.cost);
            if spent >= budget {
                return Some(day.span.from);
            }
        }
        let mean = self.mean.filter(|mean| *mean > 0)?;
        let seconds = i128::from(budget - spent) * 86_400 / i128::from(mean);
        let after = TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?;
        let at = now.checked_add_signed(after)?;
        let day = start_of_day(zone, at.with_timezone(&zone).date_naive());
        (at < self.month.to).then_some(day)
    }
}

/// The mean cost of 24 hours, which a day is not when the clocks change.
fn mean(days: &[&Point]) -> Option<i64> {
    if days.len() < MIN_MEAN_DAYS {
        return None;
    }
    let cost: i128 = days.iter().map(|day| i128::from(day.sums.cost)).sum();
    let seconds: i64 = days
        .iter()
        .map(|day| (day.span.to - day.span.from).num_seconds())
        .sum();
    i64::try_from(cost * 86_400 / i128::from(seconds.max(1))).ok()
}

/// The cost of some seconds.
fn during(mean: i64, seconds: i64) -> i64 {
    let cost = i128::from(mean) * i128::from(seconds.max(0)) / 86_400;
    i64::try_from(cost).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::*;
    use crate::domain::usage::{Sums, buckets};

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Days from a date until now, each with this cost; zero is a day without requests.
    fn days(zone: Tz, from: &str, costs: &[i64]) -> Vec<Point> {
        let date: chrono::NaiveDate = from.parse().unwrap();
        let span = Span {
            from: start_of_day(zone, date),
            to: start_of_day(zone, date + Days::new(costs.len() as u64)),
        };
        let spans = buckets::cut(span, CalendarUnit::Day, zone).unwrap();
        let points = spans.into_iter().zip(costs);
        points
            .map(|(span, cost)| {
                let mut point = Point::new(span);
                point.sums = Sums {
                    cost: *cost,
                    requests: i64::from(*cost > 0),
                    ..Sums::default()
                };
                point
            })
            .collect()
    }

    fn forecast(zone: Tz, now: &str, days: &[Point]) -> Forecast {
        let now = utc(now);
        let today = start_of_day(zone, now.with_timezone(&zone).date_naive());
        Forecast::of(days, month_of(now, zone), (now, today))
    }

    #[test]
    fn the_rest_of_the_month_costs_the_mean_of_the_last_seven_days() {
        // Noon of the 10th of a month of 30 days: 20.5 days are left.
        let days = days(
            Tz::UTC,
            "2026-06-01",
            &[900, 900, 10, 20, 30, 40, 50, 60, 70, 5],
        );

        let found = forecast(Tz::UTC, "2026-06-10T12:00:00Z", &days);

        assert_eq!(found.days, 7);
        assert_eq!(found.mean, Some(40));
        assert_eq!(found.spent, 2085);
        assert_eq!(found.expected, Some(2085 + 820));
    }

    #[test]
    fn fewer_than_three_whole_days_of_use_give_no_forecast() {
        let now = "2026-06-10T12:00:00Z";
        let two = days(Tz::UTC, "2026-06-01", &[0, 0, 0, 0, 0, 0, 0, 8, 8, 8]);
        let three = days(Tz::UTC, "2026-06-01", &[0, 0, 0, 0, 0, 0, 9, 0, 0, 8]);

        assert_eq!(forecast(Tz::UTC, now, &two).expected, None);
        assert_eq!(forecast(Tz::UTC, now, &two).days, 2);
        // Days without use after the first count.
        assert_eq!(forecast(Tz::UTC, now, &three).mean, Some(3));
    }

    #[test]
    fn the_mean_looks_into_the_previous_month_and_what_was_spent_does_not() {
        let days = days(Tz::UTC, "2026-05-26", &[24, 24, 24, 24, 24, 24, 24, 6]);

        let found = forecast(Tz::UTC, "2026-06-02T06:00:00Z", &days);

        assert_eq!(found.spent, 30);
        assert_eq!(found.mean, Some(24));
        assert_eq!(found.expected, Some(30 + 24 * 28 + 18));
    }

    #[test]
    fn a_day_of_25_hours_counts_as_such() {
        // The clocks are set back on the 25th of October; the mean of 24 hours stays 24.
        let days = days(Berlin, "2026-10-23", &[24, 24, 25, 24, 0]);

        let found = forecast(Berlin, "2026-10-26T23:00:00Z", &days);

        assert_eq!((found.days, found.mean), (4, Some(24)));
    }

    #[test]
    fn the_budget_is_reached_on_a_past_day_an_expected_one_or_not() {
        let days = days(Tz::UTC, "2026-06-01", &[10, 10, 10, 10, 0]);
        let found = forecast(Tz::UTC, "2026-06-05T00:00:00Z", &days);
        let reached = |budget| found.reached(budget, &days, (utc("2026-06-05T00:00:00Z"), Tz::UTC));

        assert_eq!(reached(30), Some(utc("2026-06-03T00:00:00Z")));
        assert_eq!(reached(45), Some(utc("2026-06-05T00:00:00Z")));
        assert_eq!(reached(100), Some(utc("2026-06-11T00:00:00Z")));
        assert_eq!(reached(300), None);
        assert_eq!(reached(i64::MAX), None);
    }
}
