//! The time range of a query about usage, given as two instants or as a preset.

use calendar::{CalendarUnit, first_date, start_of_day};
use chrono::{DateTime, Days, Months, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::{Error, Result};

/// 2000 and 2200: no usage is older, and since 2000 all time zones differ from UTC by quarters of an hour.
const EARLIEST: DateTime<Utc> = DateTime::from_timestamp(946_684_800, 0).unwrap();
const LATEST: DateTime<Utc> = DateTime::from_timestamp(7_258_118_400, 0).unwrap();

/// From `from` until before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// A range of whole days. All but `Yesterday` and `LastMonth` end with today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    Today,
    Yesterday,
    Last7Days,
    Last30Days,
    /// From Monday.
    ThisWeek,
    ThisMonth,
    LastMonth,
    /// From the first request.
    All,
}

impl Span {
    /// The time until now, including a quarter of an hour that begins now.
    pub fn last(period: TimeDelta, now: DateTime<Utc>) -> Result<Self> {
        Self::new(now - period, now + TimeDelta::seconds(1))
    }

    /// Clamped to the years 2000 to 2200. Fails unless `from` is before `to`.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Self> {
        if from >= to {
            return Err(Error::bad_input("start must be before end"));
        }
        let from = from.clamp(EARLIEST, LATEST);
        Ok(Self {
            from,
            to: to.clamp(from, LATEST),
        })
    }

    /// The range of equal length that ends where this one starts. Of a range that has not ended at `now`, only the
    /// part that corresponds to the elapsed one, so that both compare.
    pub(super) fn previous(self, now: DateTime<Utc>) -> Self {
        let length = self.to - self.from;
        let elapsed = (now - self.from).clamp(TimeDelta::zero(), length);
        let from = (self.from - length).max(EARLIEST);
        Self {
            from,
            to: (self.from - length + elapsed).max(from),
        }
    }

    /// The range of a preset at `now` in `zone`. `first` is the time of the first request.
    pub(super) fn of(preset: Preset, zone: Tz, now: DateTime<Utc>, first: DateTime<Utc>) -> Self {
        let today = now.with_timezone(&zone).date_naive();
        let tomorrow = today + Days::new(1);
        let ago = |days| today - Days::new(days);
        let month = first_date(CalendarUnit::Month, today);
        let (from, to) = match preset {
            Preset::Today => (today, tomorrow),
            Preset::Yesterday => (ago(1), today),
            Preset::Last7Days => (ago(6), tomorrow),
            Preset::Last30Days => (ago(29), tomorrow),
            Preset::ThisWeek => (first_date(CalendarUnit::Week, today), tomorrow),
            Preset::ThisMonth => (month, tomorrow),
            Preset::LastMonth => (month - Months::new(1), month),
            Preset::All => (first.with_timezone(&zone).date_naive().min(today), tomorrow),
        };
        Self {
            from: start_of_day(zone, from),
            to: start_of_day(zone, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_preset_follows_the_calendar_of_the_zone() {
        // In Kolkata it is already Monday, the first of June.
        let now = utc("2026-05-31T20:00:00Z");
        let of = |preset, zone| {
            let Span { from, to } = Span::of(preset, zone, now, utc("2026-01-02T03:00:00Z"));
            [from, to].map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        };
        let kolkata = Asia::Kolkata;

        for (preset, expected) in [
            (
                Preset::Today,
                ["2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::Yesterday,
                ["2026-05-30T18:30:00Z", "2026-05-31T18:30:00Z"],
            ),
            (
                Preset::Last7Days,
                ["2026-05-25T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::Last30Days,
                ["2026-05-02T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::ThisWeek,
                ["2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::ThisMonth,
                ["2026-05-31T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
            (
                Preset::LastMonth,
                ["2026-04-30T18:30:00Z", "2026-05-31T18:30:00Z"],
            ),
            (
                Preset::All,
                ["2026-01-01T18:30:00Z", "2026-06-01T18:30:00Z"],
            ),
        ] {
            assert_eq!(of(preset, kolkata), expected, "{preset:?}");
        }
        assert_eq!(
            of(Preset::ThisWeek, Tz::UTC),
            ["2026-05-25T00:00:00Z", "2026-06-01T00:00:00Z"]
        );
    }

    #[test]
    fn the_previous_range_is_as_long_and_ends_as_early() {
        let range = |from: &str, to: &str| Span {
            from: utc(from),
            to: utc(to),
        };
        let day = range("2026-05-02T00:00:00Z", "2026-05-03T00:00:00Z");

        let ended = day.previous(utc("2026-06-01T00:00:00Z"));
        assert_eq!(ended, range("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"));
        let running = day.previous(utc("2026-05-02T09:30:00Z"));
        assert_eq!(
            running,
            range("2026-05-01T00:00:00Z", "2026-05-01T09:30:00Z")
        );
        let future = day.previous(utc("2026-05-01T09:30:00Z"));
        assert_eq!(future.from, future.to);
    }

    #[test]
    fn a_reversed_or_empty_range_is_rejected() {
        let (early, late) = (utc("2026-01-01T00:00:00Z"), utc("2026-01-02T00:00:00Z"));

        assert!(Span::new(early, late).is_ok());
        assert!(Span::new(late, early).is_err());
        assert!(Span::new(early, early).is_err());
        let ancient = Span::new(DateTime::UNIX_EPOCH, utc("1990-01-01T00:00:00Z")).unwrap();
        assert_eq!(ancient.from, ancient.to);
    }
}
