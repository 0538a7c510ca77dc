//! The level, what one percent buys, and the forecast of a window, with the reasons why there is none.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use windows::{
    BLOCK, ForecastInput, Season, SeededRandom, Units, UsageHistory, UsageSeries, WindowForecast,
    WindowMeter, forecast,
};

use super::EARLY;

/// Readings older than this are too old, if much was used since.
const STALE: TimeDelta = TimeDelta::minutes(15);
/// The percent that may have been used since a stale reading.
const STALE_PERCENT: f64 = 2.0;
/// A forecast needs this much of a cycle, and this level in percent.
const EARLY_IN_CYCLE: TimeDelta = TimeDelta::minutes(15);
const EARLY_LEVEL: f64 = 5.0;
/// Blocks of the last 90 minutes.
const RECENT_BLOCKS: i32 = 6;
/// Windows up to this length repeat each day.
const DAILY: TimeDelta = TimeDelta::days(1);
/// Blocks of a cycle that are looked at.
const MAX_BLOCKS: i32 = 31 * 24 * 4;
/// The probability from which a window is expected to be used up.
const LIKELY: f64 = 0.75;

/// Why there is no forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithheldReason {
    /// It is not known well enough what one percent buys.
    Learning,
    /// The last reading is old and much was used since.
    NoRecentReading,
    /// Less than 15 minutes, or less than 5 %, into the cycle.
    TooEarly,
    /// Nothing of the window is used, or its reset is unknown.
    NotStarted,
    /// The account is disabled or paused.
    AccountNotInUse,
    /// The window is used up.
    UsedUp,
}

/// A forecast in times, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    pub forecast: Result<WindowForecast, WithheldReason>,
    /// When it was made. The minutes of the forecast count from here.
    pub made_at: DateTime<Utc>,
    /// The used part of the window divided by the part of the usual activity of a cycle that is over; `None` while it is
    /// unknown.
    pub pace: Option<f64>,
}

/// The state and the forecast of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// The estimated used percentage now: 0 to 100.
    pub level: f64,
    /// `None` while it is not known well enough.
    pub units_per_percent: Option<f64>,
    /// The relative standard deviation of what one percent buys; `None` while nothing is known.
    pub doubt: Option<f64>,
    /// The percent of the open cycle that was used elsewhere; `None` while it is not known.
    pub outside_percent: Option<f64>,
    pub read_at: Option<DateTime<Utc>>,
    pub prediction: Prediction,
}

impl Outlook {
    /// Whether the window is likely to be used up well before its reset.
    pub(super) fn is_early(&self, resets_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        let Ok(forecast) = self.prediction.forecast else {
            return false;
        };
        let end = forecast.likely.map(|likely| self.prediction.after(likely));
        let is_well_before = |(end, resets_at): (DateTime<Utc>, DateTime<Utc>)| {
            resets_at - end > EARLY && resets_at > now
        };
        forecast.probability >= LIKELY && end.zip(resets_at).is_some_and(is_well_before)
    }
}

impl Prediction {
    /// The time this many minutes after the forecast was made.
    pub fn after(&self, minutes: f64) -> DateTime<Utc> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most a month of minutes"
        )]
        let seconds = (minutes.clamp(0.0, 60_000.0) * 60.0) as i64;
        self.made_at + TimeDelta::seconds(seconds)
    }
}

/// The input of an outlook.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutlookSource<'a> {
    pub(super) meter: &'a WindowMeter,
    pub(super) series: &'a UsageSeries,
    pub(super) history: &'a UsageHistory,
    pub(super) is_in_use: bool,
}

/// An outlook without its forecast, and the input of the forecast.
#[derive(Debug)]
pub(super) struct OutlookQuestion {
    outlook: Outlook,
    input: Option<ForecastInput>,
    is_kept: bool,
}

impl OutlookSource<'_> {
    /// `kept` is a forecast that is still shown.
    pub(super) fn question(self, kept: Option<Prediction>, now: DateTime<Utc>) -> OutlookQuestion {
        let meter = self.meter;
        let withheld = self.withheld(now);
        let is_kept = kept.is_some_and(|kept| kept.forecast.err() == withheld);
        let prediction = kept.filter(|_| is_kept).unwrap_or_else(|| Prediction {
            forecast: Err(withheld.unwrap_or(WithheldReason::Learning)),
            made_at: now,
            pace: self.pace(now),
        });
        let input = (withheld.is_none() && !is_kept).then(|| self.input(now));
        OutlookQuestion {
            outlook: Outlook {
                level: meter.level(),
                units_per_percent: meter.units_per_percent(),
                doubt: meter.estimator().doubt(),
                outside_percent: meter.outside_percent(),
                read_at: meter.read_at(),
                prediction,
            },
            input: input.flatten(),
            is_kept,
        }
    }

    fn withheld(self, now: DateTime<Utc>) -> Option<WithheldReason> {
        let meter = self.meter;
        let Some((started_at, _)) = meter.cycle().filter(|(_, resets_at)| *resets_at > now) else {
            return Some(WithheldReason::NotStarted);
        };
        let age = meter.read_at().map(|at| now - at);
        let is_stale =
            age.is_none_or(|age| age > STALE) && meter.predicted_since_reading() > STALE_PERCENT;
        if !self.is_in_use {
            Some(WithheldReason::AccountNotInUse)
        } else if meter.level() >= 100.0 {
            Some(WithheldReason::UsedUp)
        } else if !meter.estimator().is_sure() {
            Some(WithheldReason::Learning)
        } else if is_stale {
            Some(WithheldReason::NoRecentReading)
        } else if now - started_at < EARLY_IN_CYCLE || meter.level() < EARLY_LEVEL {
            Some(WithheldReason::TooEarly)
        } else {
            None
        }
    }

    fn input(self, now: DateTime<Utc>) -> Option<ForecastInput> {
        let (started_at, resets_at) = self.meter.cycle()?;
        let percent = |units: Units| self.meter.estimator().percent(units).unwrap_or_default();
        let recent = self.series.blocks(started_at, now, (RECENT_BLOCKS, BLOCK));
        let season = self.season()?;
        let usual = blocks(now, resets_at).map(|at| {
            let units = self.history.usual(at, now, season).into_iter();
            units.map(percent).collect()
        });
        Some(ForecastInput {
            level: self.meter.level(),
            stop_at: 100.0,
            minutes_left: minutes(resets_at - now),
            recent: recent.into_iter().map(percent).collect(),
            usual: usual.collect(),
            outside_per_minute: self.meter.estimator().outside_per_minute(),
        })
    }

    fn season(self) -> Option<Season> {
        let (started_at, resets_at) = self.meter.cycle()?;
        Some(if resets_at - started_at <= DAILY {
            Season::EachDay
        } else {
            Season::EachWeek
        })
    }

    /// Compares with the usual activity of the cycle; without a history, with the clock.
    fn pace(self, now: DateTime<Utc>) -> Option<f64> {
        let (started_at, resets_at) = self.meter.cycle()?;
        let season = self.season()?;
        let usual = |at: DateTime<Utc>| {
            let units = self.history.usual(at, now, season);
            let count = u32::try_from(units.len()).unwrap_or(u32::MAX).max(1);
            units.into_iter().map(Units::total).sum::<f64>() / f64::from(count)
        };
        if now - started_at < EARLY_IN_CYCLE || self.meter.level() < EARLY_LEVEL {
            return None;
        }
        let (mut over, mut whole) = (0.0, 0.0);
        for at in blocks(started_at, resets_at) {
            let usual = usual(at);
            whole += usual;
            if at < now {
                over += usual;
            }
        }
        let elapsed = if over > 0.0 {
            over / whole
        } else {
            self.meter.elapsed(now)?
        };
        (elapsed > 0.0).then(|| self.meter.level() / 100.0 / elapsed)
    }
}

impl OutlookQuestion {
    /// Makes the forecast; takes up to a few milliseconds. Returns whether it is new.
    pub(super) fn answer(self, account_id: Uuid, now: DateTime<Utc>) -> (Outlook, bool) {
        let mut outlook = self.outlook;
        if let Some(input) = self.input {
            let (high, low) = account_id.as_u64_pair();
            let mut random = SeededRandom::seeded(high ^ low ^ now.timestamp().unsigned_abs());
            outlook.prediction.forecast = Ok(forecast(&input, &mut random));
        }
        (outlook, !self.is_kept)
    }
}

/// The starts of the blocks of a span.
fn blocks(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let starts = (0..MAX_BLOCKS).map(move |number| from + BLOCK * number);
    starts.take_while(move |at| *at < to)
}

fn minutes(span: TimeDelta) -> f64 {
    span.as_seconds_f64() / 60.0
}

#[cfg(test)]
mod tests;
