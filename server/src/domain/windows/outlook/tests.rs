//! Tests of forecasts and of the reasons to withhold them.

use windows::ReportedLevel;

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(10_000) + TimeDelta::minutes(minute)
}

fn fresh(fresh: f64) -> Units {
    Units { fresh, cache: 0.0 }
}

/// A window of which a unit uses 2 %.
struct Case {
    meter: WindowMeter,
    series: UsageSeries,
    history: UsageHistory,
    is_in_use: bool,
}

impl Case {
    fn new() -> Self {
        Self {
            meter: WindowMeter::default(),
            series: UsageSeries::default(),
            history: UsageHistory::default(),
            is_in_use: true,
        }
    }

    /// Two cycles; in each, two hours of work and pauses, which use 36 %.
    fn learned() -> Self {
        let mut case = Self::new();
        for start in [-300, 0] {
            let mut used = 0.0;
            for minute in 0..120 {
                let is_work = minute % 20 < 10;
                if is_work {
                    case.charge(start + minute, 0.3);
                }
                case.read(start + minute, f64::floor(used), start + 300);
                used += if is_work { 0.6 } else { 0.0 };
            }
        }
        case
    }

    fn charge(&mut self, minute: i64, units: f64) {
        let (at, units) = (at(minute), fresh(units));
        self.series.add(at, at, units);
        self.history.add(at, at, units);
        self.meter.charge(Uuid::nil(), at, units);
    }

    fn read(&mut self, minute: i64, percent: f64, reset: i64) {
        let reading = ReportedLevel {
            at: at(minute),
            percent,
            resets_at: Some(at(reset)),
            length: Some(TimeDelta::minutes(300)),
        };
        self.meter.read(reading, &self.series);
    }

    fn outlook(&self, minute: i64) -> Outlook {
        let source = OutlookSource {
            meter: &self.meter,
            series: &self.series,
            history: &self.history,
            is_in_use: self.is_in_use,
        };
        let question = source.question(None, at(minute));
        question.answer(Uuid::nil(), at(minute)).0
    }

    fn withheld(&self, minute: i64) -> Option<WithheldReason> {
        self.outlook(minute).prediction.forecast.err()
    }
}

#[test]
fn a_forecast_is_made_when_everything_is_known() {
    let case = Case::learned();
    let outlook = case.outlook(121);

    assert!(outlook.prediction.forecast.is_ok(), "{outlook:?}");
    assert!((outlook.level - 36.0).abs() < 1.0, "{outlook:?}");
    assert!(outlook.prediction.pace.is_some(), "{outlook:?}");
}

#[test]
fn a_hot_window_is_forecast_to_end_before_its_reset() {
    let mut case = Case::learned();
    for minute in 120..150 {
        case.charge(minute, 0.9);
        let percent = 36.0 + f64::from(i32::try_from(minute - 119).unwrap()) * 1.8;
        case.read(minute, percent.floor().min(99.0), 300);
    }
    let outlook = case.outlook(150);
    let forecast = outlook.prediction.forecast.unwrap();

    assert!(forecast.probability >= 0.75, "{forecast:?}");
    assert!(outlook.is_early(Some(at(300)), at(150)));
    assert!(
        !outlook.is_early(Some(at(170)), at(150)),
        "the reset comes first"
    );
    assert!(!outlook.is_early(None, at(150)));
}

#[test]
fn each_reason_withholds_the_forecast() {
    use WithheldReason::{
        AccountNotInUse, Learning, NoRecentReading, NotStarted, TooEarly, UsedUp,
    };
    let mut new = Case::new();
    new.read(0, 40.0, 300);
    assert_eq!(new.withheld(60), Some(Learning));
    assert_eq!(Case::new().withheld(0), Some(NotStarted));

    let learned = Case::learned();
    assert_eq!(learned.withheld(121), None);
    assert_eq!(learned.withheld(300), Some(NotStarted), "the reset is over");
    assert_eq!(learned.withheld(10), Some(TooEarly));
    // Nothing was used since: an old reading still holds.
    assert_eq!(learned.withheld(200), None);

    let mut stale = Case::learned();
    stale.charge(125, 2.0);
    assert_eq!(stale.withheld(130), None);
    assert_eq!(stale.withheld(140), Some(NoRecentReading));

    let mut low = Case::learned();
    low.read(301, 2.0, 600);
    assert_eq!(low.withheld(330), Some(TooEarly));

    let mut full = Case::learned();
    full.read(125, 100.0, 300);
    assert_eq!(full.withheld(126), Some(UsedUp));

    let disabled = Case {
        is_in_use: false,
        ..Case::learned()
    };
    assert_eq!(disabled.withheld(121), Some(AccountNotInUse));
}

#[test]
fn a_forecast_is_kept_while_its_reason_is_the_same() {
    let mut case = Case::learned();
    let first = case.outlook(121);
    case.read(122, 100.0, 300);
    let source = OutlookSource {
        meter: &case.meter,
        series: &case.series,
        history: &case.history,
        is_in_use: true,
    };
    let question = source.question(Some(first.prediction), at(122));
    let (outlook, is_new) = question.answer(Uuid::nil(), at(122));

    assert!(is_new);
    assert_eq!(outlook.prediction.forecast, Err(WithheldReason::UsedUp));
}
