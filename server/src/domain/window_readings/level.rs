//! Decides which readings of a window count. Readings arrive late, out of order, rounded, and now and then one is wrong.

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::SubscriptionWindow;

/// Resets that differ by less are the same: providers compute them for each answer.
const SAME_RESET: TimeDelta = TimeDelta::seconds(90);
/// A level may be lower by this much through rounding.
const ROUNDING: i32 = 1;

/// The current level of one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) window: SubscriptionWindow,
    pub(super) observed_at: DateTime<Utc>,
    /// A reading that contradicts the level; a second one like it replaces the level.
    doubted: Option<SubscriptionWindow>,
}

/// The effect of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The level is new or another one.
    Changed,
    /// The reading confirms the level.
    Confirmed,
    /// The reading is older than the level or contradicts it.
    Ignored,
}

impl Level {
    pub(super) fn new(window: SubscriptionWindow, observed_at: DateTime<Utc>) -> Self {
        Self {
            window: started(window, observed_at),
            observed_at,
            doubted: None,
        }
    }

    /// Takes a reading into account. A level from the future, after the clock was set back, counts as just observed.
    pub(super) fn read(
        &mut self,
        window: SubscriptionWindow,
        observed_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Effect {
        if observed_at < self.observed_at.min(now) {
            return Effect::Ignored;
        }
        let mut window = started(window, observed_at);
        let is_over = self.window.resets_at.is_some_and(|at| at <= observed_at);
        let contradicts = !is_over && self.is_contradicted_by(&window);
        let is_confirmed = self
            .doubted
            .as_ref()
            .is_some_and(|doubted| is_like(doubted, &window));
        if contradicts && !is_confirmed {
            self.doubted = Some(window);
            return Effect::Ignored;
        }
        self.doubted = None;
        self.observed_at = observed_at;
        if !is_over && !contradicts && self.is_unchanged_by(&window) {
            return Effect::Confirmed;
        }
        if !is_over {
            window.resets_at = window.resets_at.or(self.window.resets_at);
        }
        self.window = window;
        Effect::Changed
    }

    /// In one cycle a level only rises, and a reset never moves to an earlier time.
    fn is_contradicted_by(&self, window: &SubscriptionWindow) -> bool {
        match (self.window.resets_at, window.resets_at) {
            (Some(known), Some(at)) if at > known + SAME_RESET => false,
            (Some(known), Some(at)) if at < known - SAME_RESET => true,
            (None, Some(_)) => false,
            _ => window.used_percent < self.window.used_percent - ROUNDING,
        }
    }

    fn is_unchanged_by(&self, window: &SubscriptionWindow) -> bool {
        let same_reset = match (self.window.resets_at, window.resets_at) {
            (Some(known), Some(at)) => (at - known).abs() <= SAME_RESET,
            (_, None) => true,
            (None, Some(_)) => false,
        };
        same_reset && window.used_percent <= self.window.used_percent
    }
}

/// A window whose reset is over has not started again.
fn started(mut window: SubscriptionWindow, observed_at: DateTime<Utc>) -> SubscriptionWindow {
    if window.resets_at.is_some_and(|at| at <= observed_at) {
        window.used_percent = 0;
        window.resets_at = None;
    }
    window
}

fn is_like(one: &SubscriptionWindow, other: &SubscriptionWindow) -> bool {
    let resets = match (one.resets_at, other.resets_at) {
        (Some(one), Some(other)) => (one - other).abs() <= SAME_RESET,
        (one, other) => one == other,
    };
    resets && (one.used_percent - other.used_percent).abs() <= 2 * ROUNDING
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn window(used_percent: i32, resets_at: Option<i64>) -> SubscriptionWindow {
        SubscriptionWindow {
            name: "five_hour".to_owned(),
            used_percent,
            resets_at: resets_at.map(at),
            length_seconds: Some(18_000),
        }
    }

    /// The level after readings: minute, percent, minute of the reset.
    fn level(readings: &[(i64, i32, Option<i64>)]) -> (i32, Option<i64>) {
        let mut readings = readings
            .iter()
            .map(|(minute, percent, reset)| (at(*minute), window(*percent, *reset)));
        let (first_at, first) = readings.next().unwrap();
        let mut level = Level::new(first, first_at);
        for (observed_at, window) in readings {
            level.read(window, observed_at, at(1000));
        }
        let resets_at = level.window.resets_at;
        let minutes = resets_at.map(|at| (at - DateTime::UNIX_EPOCH).num_minutes());
        (level.window.used_percent, minutes)
    }

    #[test]
    fn a_level_rises_within_a_cycle() {
        assert_eq!(
            level(&[(0, 10, Some(300)), (1, 12, Some(300))]),
            (12, Some(300))
        );
        assert_eq!(
            level(&[(0, 10, Some(300)), (1, 12, Some(301))]),
            (12, Some(301))
        );
    }

    #[test]
    fn a_late_reading_changes_nothing() {
        assert_eq!(
            level(&[(5, 10, Some(300)), (1, 90, Some(300))]),
            (10, Some(300))
        );
    }

    #[test]
    fn a_lower_reading_counts_once_a_second_one_confirms_it() {
        let stale = (1, 3, Some(300));
        assert_eq!(level(&[(0, 60, Some(300)), stale]), (60, Some(300)));
        assert_eq!(
            level(&[(0, 60, Some(300)), stale, (2, 61, Some(300))]),
            (61, Some(300))
        );
        assert_eq!(
            level(&[(0, 60, Some(300)), stale, (2, 3, Some(300))]),
            (3, Some(300))
        );
        assert_eq!(
            level(&[
                (0, 60, Some(300)),
                stale,
                (2, 61, Some(300)),
                (3, 3, Some(300))
            ]),
            (61, Some(300))
        );
    }

    #[test]
    fn rounding_does_not_lower_a_level() {
        assert_eq!(
            level(&[(0, 60, Some(300)), (1, 59, Some(300))]),
            (60, Some(300))
        );
    }

    #[test]
    fn a_later_reset_begins_a_cycle() {
        assert_eq!(
            level(&[(0, 90, Some(300)), (2, 4, Some(600))]),
            (4, Some(600))
        );
    }

    #[test]
    fn an_earlier_reset_needs_a_second_reading() {
        assert_eq!(
            level(&[(0, 90, Some(600)), (2, 95, Some(300))]),
            (90, Some(600))
        );
        assert_eq!(
            level(&[(0, 90, Some(600)), (2, 95, Some(300)), (3, 95, Some(300))]),
            (95, Some(300))
        );
    }

    #[test]
    fn a_window_whose_reset_is_over_is_not_started() {
        assert_eq!(level(&[(310, 90, Some(300))]), (0, None));
        assert_eq!(level(&[(0, 90, Some(300)), (301, 2, None)]), (2, None));
        assert_eq!(
            level(&[(0, 90, Some(300)), (301, 1, Some(600))]),
            (1, Some(600))
        );
    }

    #[test]
    fn the_same_reading_changes_nothing() {
        let mut level = Level::new(window(10, Some(300)), at(0));
        let mut read =
            |minute, percent, reset| level.read(window(percent, reset), at(minute), at(minute));
        assert_eq!(read(1, 10, Some(300)), Effect::Confirmed);
        assert_eq!(read(2, 10, None), Effect::Confirmed);
        assert_eq!(read(3, 11, Some(300)), Effect::Changed);
        assert_eq!(read(4, 2, Some(300)), Effect::Ignored);
        assert_eq!(read(5, 12, None), Effect::Changed);
        assert_eq!(level.window.resets_at, Some(at(300)));
    }

    #[test]
    fn readings_count_after_the_clock_was_set_back() {
        let mut level = Level::new(window(10, Some(300)), at(200));
        assert_eq!(
            level.read(window(12, Some(300)), at(100), at(100)),
            Effect::Changed
        );
    }
}
