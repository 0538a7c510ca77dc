//! The state of a pool for administrators and users.

use uuid::Uuid;

use crate::{pool::SharePool, window::WindowClass};

/// The present rights of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// Below the share: always admitted.
    BelowShare,
    /// Above the share, and admitted while enough is free.
    Borrowing,
    /// The last request was above the share, and too little is free.
    Waiting,
    /// Nothing used for two weeks: no share is kept until the next request.
    Dormant,
}

/// A user's part of the pool. Percentages are of the pool's windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemberReport {
    pub user: Uuid,
    pub weight: f64,
    pub share_percent: f64,
    pub state: MemberState,
    /// By class: five hours, week.
    pub used_percent: [f64; 2],
    /// The kept part of the unused share.
    pub kept_percent: [f64; 2],
}

/// All windows of one class together. Percentages are of what the pool's users may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassReport {
    pub class: WindowClass,
    /// The use of all users in the current cycles, with requests in flight.
    pub used_percent: f64,
    /// The part that users above their shares may borrow now.
    pub free_percent: f64,
    /// The part that is kept for users below their shares.
    pub kept_percent: f64,
    /// When the first window ends, in seconds since 1970; `None` while none is used.
    pub ends_at: Option<i64>,
}

/// The state of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolReport {
    /// Classes with recent readings.
    pub windows: Vec<ClassReport>,
    /// Users who may use the pool.
    pub members: Vec<MemberReport>,
}

impl SharePool {
    /// The state at a time.
    pub fn report(&mut self, now: i64) -> PoolReport {
        self.recompute(now);
        let left = self.left();
        let known = WindowClass::ALL.into_iter();
        let known = known.filter(|class| self.class(*class).is_known);
        let windows = known.map(|class| {
            let state = self.class(class);
            let percent = |units: f64| (100.0 * units / state.capacity).clamp(0.0, 100.0);
            let left = left.get(class.index()).copied().unwrap_or(0.0);
            let members = self.members.values();
            let used: f64 = members
                .map(|member| member.numbers(class.index()).used)
                .sum();
            ClassReport {
                class,
                used_percent: percent(used + self.running),
                free_percent: percent(left - self.running - state.kept_in_all()),
                kept_percent: percent(state.kept_in_all()),
                ends_at: self
                    .windows(class)
                    .filter_map(|(_, window)| window.next_change())
                    .min(),
            }
        });
        PoolReport {
            windows: windows.collect(),
            members: self.member_reports(),
        }
    }

    fn member_reports(&self) -> Vec<MemberReport> {
        let capacities = WindowClass::ALL.map(|class| self.class(class).capacity);
        let members = self.members.values().filter(|member| member.is_active);
        let reports = members.map(|member| {
            let percents = |units: [f64; 2]| {
                let mut percents = [0.0; 2];
                for ((percent, units), capacity) in percents.iter_mut().zip(units).zip(capacities) {
                    *percent = if capacity > 0.0 {
                        100.0 * units / capacity
                    } else {
                        0.0
                    };
                }
                percents
            };
            let used = member.classes.map(|numbers| numbers.used + member.running);
            let is_above = used
                .iter()
                .zip(capacities)
                .any(|(used, capacity)| capacity > 0.0 && *used > member.share * capacity);
            let is_waiting = member.classes.iter().any(|numbers| numbers.is_waiting);
            MemberReport {
                user: member.weight.user,
                weight: member.weight.weight,
                share_percent: 100.0 * member.share,
                state: match (member.is_dormant, is_above) {
                    (true, _) => MemberState::Dormant,
                    (false, true) if is_waiting => MemberState::Waiting,
                    (false, true) => MemberState::Borrowing,
                    (false, false) => MemberState::BelowShare,
                },
                used_percent: percents(used),
                kept_percent: percents(member.classes.map(|numbers| numbers.kept)),
            }
        });
        reports.collect()
    }
}
