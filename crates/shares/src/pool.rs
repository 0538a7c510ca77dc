//! The accounts of one pool and the shares of its users.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    books::Books,
    decision::{AdmissionBasis, RefusalReason, ShareDecision, ShareRefusal},
    member::{Member, MemberWeight},
    window::{LevelReading, Window, WindowClass},
};

/// The weight of a user who is not listed.
const DEFAULT_WEIGHT: f64 = 1.0;
/// How much a new request counts in the usual size of a user's requests.
const TYPICAL_STEP: f64 = 0.05;
/// Users above their shares take turns when less than this part of the windows is free.
const TIGHT: f64 = 0.10;
/// How far, in parts of the windows, a user may be ahead of the others then.
const QUANTUM: f64 = 0.02;
/// A user who was refused is admitted again when so much more is free than is needed.
const HYSTERESIS: f64 = 0.01;
/// A user above the share takes part in the turns for so many seconds after a request.
pub(crate) const ACTIVE: i64 = 1800;
/// How long a user waits for a turn, in seconds.
const TURN: i64 = 300;
/// The state is computed again after so many seconds at the latest.
const RECOMPUTE: i64 = 60;

/// The numbers of the rule that administrators may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareRules {
    /// The part of a share that is kept whatever the user used earlier, in proportion to the activity still to come: 0 to 1.
    pub floor: f64,
    /// The kept part, relative to the user's use in earlier periods.
    pub safety: f64,
}

impl Default for ShareRules {
    fn default() -> Self {
        Self {
            floor: 0.5,
            safety: 1.5,
        }
    }
}

/// The numbers of the windows of one class, in units.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClassState {
    /// The units of all windows together that the pool's users may use.
    pub(crate) capacity: f64,
    /// False without recent readings.
    pub(crate) is_known: bool,
    /// Kept for all members together.
    pub(crate) kept: f64,
    /// Kept for use of the accounts elsewhere, and one session for all dormant users.
    pub(crate) kept_aside: f64,
    /// Use of the accounts elsewhere.
    pub(crate) outside: Books,
    /// The use, per share, of the active borrower who has used the least.
    pub(crate) lowest: Option<f64>,
    /// Seconds until the windows end, on average.
    pub(crate) remaining: f64,
    /// The kept parts of all members at later times; computed when a request is refused.
    pub(crate) later: Option<[f64; 8]>,
}

#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    /// The percentages of the classes at which the account is not used any more.
    pub(crate) stops: [f64; 2],
    pub(crate) windows: [Option<Window>; 2],
    pub(crate) outside: [f64; 2],
}

/// The units that a request in flight reserves. Pass it to [`SharePool::end`] once.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunningShare {
    user: Uuid,
    units: f64,
}

impl RunningShare {
    pub fn user(&self) -> Uuid {
        self.user
    }
}

/// The accounts of one pool, what was used of their windows, and the shares of its users.
#[derive(Clone, Debug)]
pub struct SharePool {
    pub(crate) rules: ShareRules,
    pub(crate) accounts: Vec<Account>,
    pub(crate) members: HashMap<Uuid, Member>,
    pub(crate) classes: [ClassState; 2],
    pub(crate) running: f64,
    /// The first use that the books know, in seconds since 1970.
    pub(crate) books_since: Option<i64>,
    pub(crate) computed_at: Option<i64>,
    /// When the first cycle ends.
    pub(crate) next_change: i64,
    pub(crate) sessions_at: Option<i64>,
}

impl SharePool {
    pub fn new(rules: ShareRules) -> Self {
        Self {
            rules,
            accounts: Vec::new(),
            members: HashMap::new(),
            classes: [ClassState::default(), ClassState::default()],
            running: 0.0,
            books_since: None,
            computed_at: None,
            next_change: i64::MAX,
            sessions_at: None,
        }
    }

    pub fn set_rules(&mut self, rules: ShareRules) {
        self.rules = rules;
        self.computed_at = None;
    }

    /// Replaces the accounts, each with its stop lines in percent, in the order of [`WindowClass::ALL`]. What is known of those
    /// that stay is kept.
    pub fn set_accounts(&mut self, accounts: impl Iterator<Item = (Uuid, [f64; 2])>) {
        let mut known = std::mem::take(&mut self.accounts);
        for (id, stops) in accounts {
            let index = known.iter().position(|account| account.id == id);
            let mut account = index.map_or_else(
                || Account {
                    id,
                    stops,
                    windows: [None, None],
                    outside: [0.0; 2],
                },
                |index| known.swap_remove(index),
            );
            account.stops = stops.map(|stop| stop.clamp(1.0, 100.0));
            self.accounts.push(account);
        }
        self.computed_at = None;
    }

    /// Replaces the users and their weights. What a removed user has used in the current cycles still counts.
    pub fn set_members(&mut self, members: impl Iterator<Item = MemberWeight>) {
        for member in self.members.values_mut() {
            member.is_active = false;
        }
        for weight in members {
            let member = self.members.entry(weight.user);
            let member = member.or_insert_with(|| Member::new(weight));
            member.weight = weight;
            member.is_active = true;
        }
        self.computed_at = None;
    }

    /// Replaces the users who are admitted above their shares, each until a time in seconds since 1970.
    pub fn set_overrides(&mut self, overrides: impl Iterator<Item = (Uuid, i64)>) {
        for member in self.members.values_mut() {
            member.override_until = None;
        }
        for (user, until) in overrides {
            if let Some(member) = self.members.get_mut(&user) {
                member.override_until = Some(until);
            }
        }
    }

    /// Adds what a user used at an earlier time, to the books only. Oldest first.
    pub fn load_use(&mut self, user: Uuid, at: i64, units: f64, requests: u32) {
        self.books_since.get_or_insert(at);
        if let Some(member) = self.members.get_mut(&user) {
            member.books.add(at, units);
            if requests > 0 {
                let size = units / f64::from(requests);
                let typical = member.typical.get_or_insert(size);
                *typical += (size - *typical) * TYPICAL_STEP;
            }
        }
        self.computed_at = None;
    }

    /// Adds what a user used in the current cycles of an account, to its windows only.
    pub fn load_cycle(
        &mut self,
        account: Uuid,
        class: WindowClass,
        user: Uuid,
        units: f64,
        at: i64,
    ) {
        let counted = self.members.contains_key(&user).then_some(user);
        if let Some(window) = self.window_mut(account, class) {
            window.charge(counted, units, at);
        }
        self.computed_at = None;
    }

    /// Forgets what was used, to load it again. Requests in flight still count.
    pub fn forget_use(&mut self) {
        for account in &mut self.accounts {
            account.windows = [None, None];
            account.outside = [0.0; 2];
        }
        for member in self.members.values_mut() {
            member.books = Books::default();
            (member.typical, member.session) = (None, None);
        }
        for class in &mut self.classes {
            class.outside = Books::default();
        }
        (self.books_since, self.computed_at, self.sessions_at) = (None, None, None);
    }

    /// Takes a reading of a window into account.
    pub fn read(&mut self, account: Uuid, class: WindowClass, reading: LevelReading, now: i64) {
        let Some(window) = self.window_mut(account, class) else {
            return;
        };
        let has_ended = window.read(reading, now);
        if has_ended {
            self.computed_at = None;
        } else {
            self.update_capacity(now);
        }
    }

    /// Decides about a request. The caller starts it with [`SharePool::begin`].
    pub fn admit(&mut self, user: Uuid, now: i64) -> ShareDecision {
        self.prepare(user, now);
        let left = self.left();
        let typical = self.typical(user);
        let mut basis = AdmissionBasis::Unknown;
        let mut refusal = None;
        for class in WindowClass::ALL {
            if !self.class(class).is_known {
                continue;
            }
            match self.check(class, user, typical, left, now) {
                Ok(found) if basis == AdmissionBasis::Unknown || found == AdmissionBasis::Lent => {
                    basis = found;
                }
                Ok(_) => {}
                Err(refused) => {
                    refusal = Some(refused);
                    break;
                }
            }
        }
        let Some(refusal) = refusal else {
            return ShareDecision::Admitted(basis);
        };
        let member = self.members.get(&user);
        let until = member.and_then(|member| member.override_until);
        if until.is_some_and(|until| now < until) {
            return ShareDecision::Admitted(AdmissionBasis::Override);
        }
        ShareDecision::Refused(refusal)
    }

    /// Brings everything up to date that the decision about a user needs.
    fn prepare(&mut self, user: Uuid, now: i64) {
        let member = self.members.entry(user).or_insert_with(|| {
            self.computed_at = None;
            Member::new(MemberWeight {
                user,
                weight: DEFAULT_WEIGHT,
                group: None,
                group_weight: 1.0,
                joined_at: now,
            })
        });
        member.last_seen = Some(now);
        let is_due = self
            .computed_at
            .is_none_or(|at| now - at >= RECOMPUTE || now < at);
        if is_due || member.is_dormant || now >= self.next_change {
            self.recompute(now);
        }
    }

    /// Compares the use in one class with the share, and with what is free.
    fn check(
        &mut self,
        class: WindowClass,
        user: Uuid,
        typical: f64,
        left: [f64; 2],
        now: i64,
    ) -> Result<AdmissionBasis, ShareRefusal> {
        let index = class.index();
        let state = self.class(class);
        let (capacity, lowest) = (state.capacity, state.lowest);
        let Some(member) = self.members.get(&user) else {
            return Ok(AdmissionBasis::Unknown);
        };
        let numbers = member.numbers(index);
        let (share, running) = (member.share, member.running);
        if numbers.used + running + typical <= share * capacity {
            self.set_waiting(user, index, false);
            return Ok(AdmissionBasis::Share);
        }
        let kept = (state.kept - numbers.kept).max(0.0);
        let left = left.get(index).copied().unwrap_or(0.0);
        let free = left - self.running - kept - state.kept_aside;
        let margin = if numbers.is_waiting {
            HYSTERESIS * capacity
        } else {
            0.0
        };
        let needed = typical + margin;
        let must_wait = if free < needed {
            Some(RefusalReason::Kept)
        } else {
            let ahead = match lowest {
                Some(lowest) if share > 0.0 => numbers.used - lowest * share,
                Some(_) => f64::INFINITY,
                None => 0.0,
            };
            (free < TIGHT * capacity && ahead > QUANTUM * capacity).then_some(RefusalReason::Turn)
        };
        self.set_waiting(user, index, must_wait.is_some());
        let Some(reason) = must_wait else {
            return Ok(AdmissionBasis::Lent);
        };
        let percent = |units: f64| 100.0 * units / capacity.max(f64::MIN_POSITIVE);
        let retry_after = match reason {
            RefusalReason::Turn => TURN,
            RefusalReason::Kept => self.retry_after(class, needed - free, now),
        };
        Err(ShareRefusal {
            class,
            reason,
            share_percent: 100.0 * share,
            used_percent: percent(numbers.used + running),
            kept_percent: percent(kept),
            retry_after: retry_after.max(1),
        })
    }

    /// Counts a request that starts.
    pub fn begin(&mut self, user: Uuid) -> RunningShare {
        let units = self.typical(user);
        self.change_running(user, units);
        RunningShare { user, units }
    }

    /// Counts the end of a request. Its use is added by [`SharePool::charge`] when the account is known.
    pub fn end(&mut self, held: RunningShare) {
        self.change_running(held.user, -held.units);
    }

    /// Adds the use of a request that has ended. Use through an account of another pool counts nowhere, and use by others than
    /// the pool's users as use elsewhere.
    pub fn charge(&mut self, user: Uuid, account: Uuid, units: f64, now: i64) {
        if !self.correct(user, account, units, now) || units <= 0.0 {
            return;
        }
        self.books_since.get_or_insert(now);
        if let Some(member) = self.members.get_mut(&user) {
            member.books.add(now, units);
            let typical = member.typical.get_or_insert(units);
            *typical += (units - *typical) * TYPICAL_STEP;
        }
    }

    /// Changes the use of the current cycles by an amount that became known late; it may be negative. Returns whether the
    /// account is one of the pool.
    pub fn correct(&mut self, user: Uuid, account: Uuid, units: f64, now: i64) -> bool {
        let Some(account) = self.accounts.iter_mut().find(|known| known.id == account) else {
            return false;
        };
        let member = self.members.get_mut(&user);
        let counted = member.as_ref().map(|_| user);
        for window in account.windows.iter_mut().flatten() {
            window.charge(counted, units, now);
        }
        if let Some(member) = member {
            for numbers in &mut member.classes {
                numbers.used = (numbers.used + units).max(0.0);
            }
        }
        self.update_kept(user);
        true
    }

    fn change_running(&mut self, user: Uuid, units: f64) {
        self.running = (self.running + units).max(0.0);
        if let Some(member) = self.members.get_mut(&user) {
            member.running = (member.running + units).max(0.0);
        }
        self.update_kept(user);
    }

    fn update_kept(&mut self, user: Uuid) {
        let Some(member) = self.members.get_mut(&user) else {
            return;
        };
        let [five_hours, week] = &self.classes;
        let capacities = [five_hours.capacity, week.capacity];
        let changes = member.update_kept(capacities, week.is_known);
        for (class, change) in self.classes.iter_mut().zip(changes) {
            class.kept += change;
        }
    }

    /// The usual units of a user's request.
    fn typical(&self, user: Uuid) -> f64 {
        let member = self.members.get(&user);
        let own = member.and_then(|member| member.typical);
        own.unwrap_or(0.001 * self.class(WindowClass::FiveHours).capacity)
    }

    /// The units that the accounts can still give in each class: an account gives no more of its five hours than remains of its week.
    pub(crate) fn left(&self) -> [f64; 2] {
        let mut left = [0.0; 2];
        for account in &self.accounts {
            let five_hours = self.room(account, WindowClass::FiveHours);
            let week = self.room(account, WindowClass::Week);
            let smaller = match (five_hours, week) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            left[0] += smaller.unwrap_or(0.0);
            left[1] += week.unwrap_or(0.0);
        }
        left
    }

    /// The percentage that an account can still give, by the window that has the least left; `None` while unknown.
    pub fn account_room(&self, account: Uuid, now: i64) -> Option<f64> {
        let account = self.accounts.iter().find(|known| known.id == account)?;
        let windows = account.windows.iter().zip(account.stops);
        let known = windows.filter_map(|(window, stop)| Some((window.as_ref()?, stop)));
        let open = known.filter(|(window, _)| window.next_change().is_some_and(|end| now < end));
        let rooms = open.map(|(window, stop)| stop - window.level());
        rooms.min_by(f64::total_cmp)
    }

    /// The units until the stop line; `None` while unknown.
    fn room(&self, account: &Account, class: WindowClass) -> Option<f64> {
        let window = account.windows.get(class.index())?.as_ref()?;
        let rate = window.rate().or_else(|| self.usual_rate(class))?;
        let stop = account.stops.get(class.index())?;
        Some(((stop - window.level()) / rate).max(0.0))
    }

    /// The average of what one unit uses in the windows of a class, in percent.
    pub(crate) fn usual_rate(&self, class: WindowClass) -> Option<f64> {
        let windows = self.windows(class);
        let rates = windows.filter_map(|(_, window)| window.rate());
        let (sum, count) = rates.fold((0.0, 0.0), |(sum, count), rate| (sum + rate, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    pub(crate) fn windows(&self, class: WindowClass) -> impl Iterator<Item = (&Account, &Window)> {
        let accounts = self.accounts.iter();
        accounts.filter_map(move |account| {
            let window = account.windows.get(class.index())?.as_ref()?;
            Some((account, window))
        })
    }

    fn window_mut(&mut self, account: Uuid, class: WindowClass) -> Option<&mut Window> {
        let mut accounts = self.accounts.iter_mut();
        let account = accounts.find(|known| known.id == account)?;
        let window = account.windows.get_mut(class.index())?;
        Some(window.get_or_insert_with(|| Window::new(class)))
    }

    pub(crate) fn class(&self, class: WindowClass) -> &ClassState {
        let [five_hours, week] = &self.classes;
        match class {
            WindowClass::FiveHours => five_hours,
            WindowClass::Week => week,
        }
    }

    fn set_waiting(&mut self, user: Uuid, class: usize, is_waiting: bool) {
        let member = self.members.get_mut(&user);
        let numbers = member.and_then(|member| member.classes.get_mut(class));
        if let Some(numbers) = numbers {
            numbers.is_waiting = is_waiting;
        }
    }
}
