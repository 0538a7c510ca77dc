//! The believed level of one usage window between readings, and who used what of it in the current cycle.

use std::collections::HashMap;

use uuid::Uuid;

use crate::seconds;

/// Resets that differ by less are the same: providers compute them for each answer.
const SAME_RESET: i64 = 90;
/// Use of so many seconds before a reading is not yet part of it.
const LAG: i64 = 60;
/// Seconds that are counted together in [`Recent`].
const SLOT: i64 = 5;
/// Slots of [`Recent`]: more than [`LAG`].
const SLOTS: usize = 14;
/// How much a window must be used between two readings, in percent, to derive what one percent buys.
const MIN_STEP: f64 = 3.0;
/// Use without a reading for so many seconds: the level is not known any more.
const STALE: i64 = 2 * 3600;

/// The length of a window. Windows of one class are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowClass {
    /// Five hours.
    FiveHours,
    /// Seven days.
    Week,
}

impl WindowClass {
    pub const ALL: [Self; 2] = [Self::FiveHours, Self::Week];

    /// The class of windows of this length, in seconds.
    pub fn of_length(length_seconds: i64) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|class| class.length() == length_seconds)
    }

    /// In seconds.
    pub fn length(self) -> i64 {
        match self {
            Self::FiveHours => 5 * 3600,
            Self::Week => 7 * 86_400,
        }
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Self::FiveHours => 0,
            Self::Week => 1,
        }
    }
}

/// A level of a window that the provider reported.
#[derive(Clone, Copy, Debug)]
pub struct LevelReading {
    /// 0 to 100.
    pub percent: f64,
    /// Seconds since 1970; `None` while nothing of the window is used.
    pub ends_at: Option<i64>,
    /// The percentage of the window that one unit uses; `None` derives it from readings and the known use.
    pub percent_per_unit: Option<f64>,
}

/// The use of the last minute, in slots of some seconds.
#[derive(Clone, Debug, Default)]
struct Recent([(i64, f64); SLOTS]);

impl Recent {
    fn add(&mut self, now: i64, units: f64) {
        let slot = now.div_euclid(SLOT);
        let index = usize::try_from(slot.rem_euclid(14)).unwrap_or(0);
        if let Some((number, sum)) = self.0.get_mut(index) {
            if *number != slot {
                (*number, *sum) = (slot, 0.0);
            }
            *sum += units;
        }
    }

    fn since(&self, from: i64, now: i64) -> f64 {
        let slots = self.0.iter();
        let is_recent = |at: i64| at * SLOT > from && at * SLOT <= now;
        slots
            .filter(|(number, _)| is_recent(*number))
            .map(|(_, sum)| sum)
            .sum()
    }
}

/// One usage window of one account.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    class: WindowClass,
    /// `None` while nothing of the window is used, and from the first use until its first reading.
    ends_at: Option<i64>,
    /// The time of the first use since the last cycle.
    opened_at: Option<i64>,
    /// Percent.
    level: f64,
    reported_rate: Option<f64>,
    /// The percentage that one unit used in an earlier cycle.
    earlier_rate: Option<f64>,
    /// The first and the last reading of the cycle.
    first: Option<LastReading>,
    last: Option<LastReading>,
    users: HashMap<Uuid, f64>,
    /// The use of the pool's users.
    total: f64,
    /// With what users of other pools have used through the same account.
    all: f64,
    recent: Recent,
}

#[derive(Clone, Copy, Debug)]
struct LastReading {
    at: i64,
    percent: f64,
    /// The units of the cycle that the reading includes.
    units: f64,
}

impl Window {
    pub(crate) fn new(class: WindowClass) -> Self {
        Self {
            class,
            ends_at: None,
            opened_at: None,
            level: 0.0,
            reported_rate: None,
            earlier_rate: None,
            first: None,
            last: None,
            users: HashMap::new(),
            total: 0.0,
            all: 0.0,
            recent: Recent::default(),
        }
    }

    /// Begins a new cycle when the current one is over. Returns whether it did.
    pub(crate) fn roll(&mut self, now: i64) -> bool {
        let is_over = self.next_change().is_some_and(|end| now >= end);
        if is_over {
            self.begin_cycle();
            self.ends_at = None;
            self.opened_at = None;
        }
        is_over
    }

    /// The end of the cycle; without a reading it lasts as long as the window from its first use on.
    pub(crate) fn next_change(&self) -> Option<i64> {
        let opened = self.opened_at.map(|at| at + self.class.length());
        self.ends_at.or(opened)
    }

    fn begin_cycle(&mut self) {
        self.earlier_rate = self.derived_rate().or(self.earlier_rate);
        self.level = 0.0;
        self.users.clear();
        (self.total, self.all) = (0.0, 0.0);
        (self.first, self.last) = (None, None);
        self.recent = Recent::default();
    }

    /// Adds the use of a request that has ended; a correction may be negative. Without a user it counts as use elsewhere.
    pub(crate) fn charge(&mut self, user: Option<Uuid>, units: f64, now: i64) {
        self.opened_at.get_or_insert(now);
        if let Some(user) = user {
            let total = self.users.entry(user).or_default();
            *total = (*total + units).max(0.0);
            self.total = (self.total + units).max(0.0);
        }
        self.all = (self.all + units).max(0.0);
        self.recent.add(now, units);
        let percent = units * self.rate().unwrap_or(0.0);
        self.level = (self.level + percent).clamp(0.0, 100.0);
    }

    /// Takes a reading into account: it moves the level to the nearest value that rounds to the reading. Returns whether a
    /// cycle has ended.
    pub(crate) fn read(&mut self, reading: LevelReading, now: i64) -> bool {
        let mut has_ended = self.roll(now);
        self.reported_rate = reading.percent_per_unit.filter(|rate| *rate > 0.0);
        let Some(end) = reading.ends_at.filter(|end| *end > now) else {
            return has_ended;
        };
        if self
            .ends_at
            .is_some_and(|known| (end - known).abs() > SAME_RESET)
        {
            self.begin_cycle();
            has_ended = true;
        }
        self.ends_at = Some(end);
        self.opened_at.get_or_insert(now);
        let percent = reading.percent.clamp(0.0, 100.0);
        let unseen = self.recent.since(now - LAG, now).clamp(0.0, self.all);
        self.last = Some(LastReading {
            at: now,
            percent,
            units: self.all - unseen,
        });
        self.first = self.first.or(self.last);
        let unseen = unseen * self.rate().unwrap_or(0.0);
        let believed = self.level - unseen;
        let seen = believed.clamp((percent - 0.5).max(0.0), percent + 0.5);
        self.level = (seen + unseen).clamp(0.0, 100.0);
        has_ended
    }

    /// The percentage that one unit uses; `None` while unknown.
    pub(crate) fn rate(&self) -> Option<f64> {
        let derived = || self.derived_rate().or(self.earlier_rate);
        self.reported_rate.or_else(derived)
    }

    /// From two readings of the cycle: what was used elsewhere before the first one does not count.
    fn derived_rate(&self) -> Option<f64> {
        let (first, last) = (self.first?, self.last?);
        let (percent, units) = (last.percent - first.percent, last.units - first.units);
        (percent >= MIN_STEP && units > 0.0).then(|| percent / units)
    }

    /// Percent.
    pub(crate) fn level(&self) -> f64 {
        self.level
    }

    /// The percentage that requests of this pool do not explain.
    pub(crate) fn outside(&self, rate: f64) -> f64 {
        (self.level - self.total * rate).max(0.0)
    }

    /// Whether the window is used, and there is no recent reading of it.
    pub(crate) fn is_stale(&self, now: i64) -> bool {
        let known = self.last.map(|last| last.at).or(self.opened_at);
        let used_since = self.last.is_none_or(|last| last.units < self.all);
        used_since && known.is_some_and(|at| now - at > STALE)
    }

    pub(crate) fn used_by(&self) -> impl Iterator<Item = (Uuid, f64)> {
        self.users.iter().map(|(user, units)| (*user, *units))
    }

    /// Seconds until the cycle ends; the whole length while nothing is used.
    pub(crate) fn remaining(&self, now: i64) -> f64 {
        let end = self.next_change();
        seconds(end.map_or(self.class.length(), |end| (end - now).max(0)))
    }
}
