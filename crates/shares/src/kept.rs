//! The kept parts: how much of their shares users are likely to need before the windows end.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    books::Books,
    member::{Member, Need},
    pool::{ACTIVE, Account, ClassState, SharePool},
    seconds,
    window::{Window, WindowClass},
};

const DAY: i64 = 86_400;
/// A user who used nothing for so long has no share until the next request.
const DORMANT: i64 = 14 * DAY;
/// A new user is not dormant for so long.
const NEW: i64 = 7 * DAY;
/// No user is dormant before the pool is so old.
const YOUNG_POOL: i64 = 8 * DAY;
/// A session is the last to be kept; not when the windows end so soon, in seconds.
const LAST_SESSION: f64 = 600.0;
/// The largest session that is kept, in parts of the five-hour windows.
const MAX_SESSION: f64 = 0.02;
/// The session of a user whose sessions are not known, in parts of the share.
const UNKNOWN_SESSION: f64 = 0.25;
/// The kept part without books, relative to the time that is left.
const BY_CLOCK: f64 = 1.3;
/// How often sessions are measured, in seconds.
const SESSIONS: i64 = 3600;

/// Times after which a refused request may be admitted, in seconds.
fn checkpoints(class: WindowClass) -> [i64; 8] {
    match class {
        WindowClass::FiveHours => [60, 180, 300, 600, 1200, 2400, 4800, 9600],
        WindowClass::Week => [300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400],
    }
}

/// Earlier periods that are like the rest of a window, in seconds before it.
fn shifts(class: WindowClass) -> impl DoubleEndedIterator<Item = i64> {
    let (length, count) = match class {
        WindowClass::FiveHours => (DAY, 7),
        WindowClass::Week => (7 * DAY, 4),
    };
    (1..=count).map(move |number| number * length)
}

/// The rest of the windows of a class, seen from a time.
struct Outlook<'a> {
    pool: &'a SharePool,
    class: WindowClass,
    at: i64,
    end: i64,
    capacity: f64,
    /// The part of the usual activity of a window that is still to come.
    coming: f64,
    /// Whether the books reach back far enough to know what users need.
    has_books: bool,
}

impl<'a> Outlook<'a> {
    fn new(pool: &'a SharePool, class: WindowClass, at: i64, end: i64) -> Self {
        let known = shifts(class).filter(|shift| pool.knows(at - shift)).count();
        let enough = match class {
            WindowClass::FiveHours => 5,
            WindowClass::Week => 1,
        };
        let mut outlook = Self {
            pool,
            class,
            at,
            end,
            capacity: pool.class(class).capacity,
            coming: seconds(end - at) / seconds(class.length()),
            has_books: known >= enough,
        };
        if let Some(coming) = outlook.usual_activity().filter(|_| outlook.has_books) {
            outlook.coming = coming;
        }
        outlook.coming = outlook.coming.clamp(0.0, 1.0);
        outlook
    }

    fn usual_activity(&self) -> Option<f64> {
        let (mut ahead, mut whole) = (0.0, 0.0);
        let begin = self.end - self.class.length();
        for shift in shifts(self.class).filter(|shift| self.pool.knows(begin - shift)) {
            for member in self.pool.members.values() {
                let books = &member.books;
                ahead += books.span(self.at - shift, self.end - shift);
                whole += books.span(begin - shift, self.end - shift);
            }
        }
        (whole > 0.0).then(|| ahead / whole)
    }

    /// A high value of what was used in the same span of earlier periods: of days the second highest, of weeks the highest.
    fn earlier(&self, books: &Books) -> f64 {
        let (mut highest, mut second) = (0.0_f64, 0.0_f64);
        for shift in shifts(self.class).filter(|shift| self.pool.knows(self.at - shift)) {
            let used = books.span(self.at - shift, self.end - shift);
            second = second.max(used.min(highest));
            highest = highest.max(used);
        }
        match self.class {
            WindowClass::FiveHours => second,
            WindowClass::Week => highest,
        }
    }

    fn need(&self, member: &Member) -> Need {
        if !self.has_books {
            return Need::PartOfRest((BY_CLOCK * self.coming).min(1.0));
        }
        let rules = self.pool.rules;
        let entitled = member.share * self.capacity;
        let likely = rules.safety * self.earlier(&member.books);
        let floor = rules.floor * entitled * self.coming;
        let session = member.session.unwrap_or(UNKNOWN_SESSION * entitled);
        Need::Units(likely.max(floor).max(session.min(self.max_session())))
    }

    /// The most that is kept for one session, in units.
    fn max_session(&self) -> f64 {
        if seconds(self.end - self.at) <= LAST_SESSION {
            return 0.0;
        }
        MAX_SESSION * self.pool.class(WindowClass::FiveHours).capacity
    }
}

impl SharePool {
    /// Computes shares and kept parts again. [`SharePool::admit`] does so each minute, and when a cycle has ended.
    pub fn recompute(&mut self, now: i64) {
        self.computed_at = Some(now);
        for account in &mut self.accounts {
            for (window, outside) in account.windows.iter_mut().zip(&mut account.outside) {
                if window.as_mut().is_some_and(|window| window.roll(now)) {
                    *outside = 0.0;
                }
            }
        }
        let ends = WindowClass::ALL.map(|class| {
            let windows = self.windows(class);
            windows.filter_map(|(_, window)| window.next_change()).min()
        });
        self.next_change = ends.into_iter().flatten().min().unwrap_or(i64::MAX);
        self.count_use();
        self.members.retain(|_, member| !member.is_gone());
        self.measure_sessions(now);
        self.divide(now);
        self.update_capacity(now);
        for class in WindowClass::ALL {
            self.update_needs(class, now);
        }
        self.update_all_kept();
    }

    /// Whether the books reach back to a time.
    fn knows(&self, at: i64) -> bool {
        self.books_since.is_some_and(|since| since <= at)
    }

    /// Sums what members used in the current cycles of all windows.
    fn count_use(&mut self) {
        let Self {
            accounts, members, ..
        } = self;
        for member in members.values_mut() {
            member
                .classes
                .iter_mut()
                .for_each(|numbers| numbers.used = 0.0);
        }
        for account in accounts {
            for (index, window) in account.windows.iter().enumerate() {
                let uses = window.iter().flat_map(Window::used_by);
                for (user, units) in uses {
                    let member = members.get_mut(&user);
                    if let Some(numbers) = member.and_then(|member| member.classes.get_mut(index)) {
                        numbers.used += units;
                    }
                }
            }
        }
    }

    fn measure_sessions(&mut self, now: i64) {
        if self
            .sessions_at
            .is_some_and(|at| (0..SESSIONS).contains(&(now - at)))
        {
            return;
        }
        self.sessions_at = Some(now);
        for member in self.members.values_mut() {
            let mut sessions = member.books.sessions(now - DORMANT);
            sessions.sort_by(f64::total_cmp);
            member.session = sessions.get(sessions.len() * 9 / 10).copied();
        }
    }

    /// Divides the pool among the users who are not dormant, by the weights of groups and of users in their group.
    fn divide(&mut self, now: i64) {
        let is_young = !self.knows(now - YOUNG_POOL);
        let mut groups: HashMap<Option<Uuid>, (f64, f64)> = HashMap::new();
        let mut awake = 0.0;
        for member in self.members.values_mut() {
            let is_recent = |at: Option<i64>, span| at.is_some_and(|at| (now - at).abs() < span);
            member.is_dormant = !is_young
                && !is_recent(member.last_seen, DAY)
                && !is_recent(Some(member.weight.joined_at), NEW)
                && member.books.span(now - DORMANT, now) <= 0.0;
            if member.is_active && !member.is_dormant {
                awake += 1.0;
                let weight = member.weight;
                let (of_group, of_users) = groups.entry(weight.group).or_default();
                *of_group = weight.group_weight.max(0.0);
                *of_users += weight.weight.max(0.0);
            }
        }
        groups.retain(|_, (of_group, of_users)| *of_group > 0.0 && *of_users > 0.0);
        let of_groups: f64 = groups.values().map(|(of_group, _)| of_group).sum();
        for member in self.members.values_mut() {
            member.share = if !member.is_active || member.is_dormant {
                0.0
            } else if groups.is_empty() {
                // Without any weight all are equal.
                1.0 / awake
            } else {
                let group = groups.get(&member.weight.group);
                group.map_or(0.0, |(of_group, of_users)| {
                    of_group / of_groups * member.weight.weight.max(0.0) / of_users
                })
            };
        }
    }

    /// Computes what the pool's users may use of the windows, from their levels and what one percent buys.
    pub(crate) fn update_capacity(&mut self, now: i64) {
        for class in WindowClass::ALL {
            let usual = self.usual_rate(class);
            let Some(state) = self.classes.get_mut(class.index()) else {
                continue;
            };
            let (mut capacity, mut remaining, mut sizes) = (0.0, 0.0, 0.0);
            let mut is_known = false;
            for account in &mut self.accounts {
                let window = account.windows.get(class.index()).and_then(Option::as_ref);
                let rate = window.and_then(Window::rate).or(usual);
                let stop = account.stops.get(class.index());
                let (Some(window), Some(rate), Some(stop)) = (window, rate, stop) else {
                    continue;
                };
                let outside = window.outside(rate);
                capacity += (stop - outside).max(1.0) / rate;
                remaining += window.remaining(now) / rate;
                sizes += 1.0 / rate;
                is_known |= !window.is_stale(now);
                note_outside(account, class, outside, (rate, now), &mut state.outside);
            }
            state.capacity = capacity;
            state.is_known = is_known;
            state.remaining = if sizes > 0.0 {
                remaining / sizes
            } else {
                seconds(class.length())
            };
        }
    }

    fn update_needs(&mut self, class: WindowClass, now: i64) {
        let outlook = Outlook::new(self, class, now, self.end_of(class, now));
        let needs: Vec<(Uuid, Need)> = self
            .members
            .values()
            .map(|member| (member.weight.user, outlook.need(member)))
            .collect();
        let outside = self.rules.safety * outlook.earlier(&self.class(class).outside);
        let has_dormant = self.members.values().any(|member| member.is_dormant);
        let session = if has_dormant {
            outlook.max_session()
        } else {
            0.0
        };
        let lowest = self.lowest(class, now);
        for (user, need) in needs {
            let member = self.members.get_mut(&user);
            if let Some(numbers) = member.and_then(|member| member.classes.get_mut(class.index())) {
                numbers.need = need;
            }
        }
        if let Some(state) = self.classes.get_mut(class.index()) {
            state.kept_aside = outside + session;
            state.lowest = lowest;
            state.later = None;
        }
    }

    fn update_all_kept(&mut self) {
        let [five_hours, week] = &mut self.classes;
        let capacities = [five_hours.capacity, week.capacity];
        (five_hours.kept, week.kept) = (0.0, 0.0);
        for member in self.members.values_mut() {
            member.update_kept(capacities, week.is_known);
            five_hours.kept += member.classes[0].kept;
            week.kept += member.classes[1].kept;
        }
    }

    /// The use, per share, of the active borrower who has used the least.
    fn lowest(&self, class: WindowClass, now: i64) -> Option<f64> {
        let capacity = self.class(class).capacity;
        let members = self.members.values();
        let borrowers = members.filter_map(|member| {
            let used = member.numbers(class.index()).used;
            let is_active = member.last_seen.is_some_and(|at| now - at < ACTIVE);
            let borrows = member.share > 0.0 && used > member.share * capacity;
            (is_active && borrows).then(|| used / member.share)
        });
        borrowers.min_by(f64::total_cmp)
    }

    fn end_of(&self, class: WindowClass, now: i64) -> i64 {
        let remaining = std::time::Duration::try_from_secs_f64(self.class(class).remaining);
        let remaining = remaining.map_or(class.length(), |remaining| {
            i64::try_from(remaining.as_secs()).unwrap_or(class.length())
        });
        now.saturating_add(remaining)
    }

    /// When so much more will be free that a refused request is admitted, in seconds from now, should none of the others use
    /// what is kept for them.
    pub(crate) fn retry_after(&mut self, class: WindowClass, missing: f64, now: i64) -> i64 {
        let remaining = self.end_of(class, now) - now;
        let state = self.class(class);
        let (kept, aside) = (state.kept, state.kept_aside);
        let known = state.later;
        let later = known.unwrap_or_else(|| {
            checkpoints(class).map(|after| self.kept_at(class, now + after, now + remaining))
        });
        if let Some(state) = self.classes.get_mut(class.index()) {
            state.later = Some(later);
        }
        let mut opens = checkpoints(class).into_iter().zip(later);
        let opens = opens.find(|(_, later)| kept + aside - later >= missing);
        opens.map_or(remaining, |(after, _)| after.min(remaining))
    }

    /// The kept parts at a later time before the end of the windows.
    fn kept_at(&self, class: WindowClass, at: i64, end: i64) -> f64 {
        if at >= end {
            return 0.0;
        }
        let outlook = Outlook::new(self, class, at, end);
        let outside = self.rules.safety * outlook.earlier(&self.class(class).outside);
        let members = self.members.values();
        let kept = members.map(|member| {
            let rest = member.rest(class.index(), outlook.capacity);
            outlook.need(member).of(rest)
        });
        outside + kept.sum::<f64>()
    }
}

/// Adds an increase of use elsewhere to the books.
fn note_outside(
    account: &mut Account,
    class: WindowClass,
    outside: f64,
    (rate, now): (f64, i64),
    books: &mut Books,
) {
    let Some(known) = account.outside.get_mut(class.index()) else {
        return;
    };
    if outside > *known {
        books.add(now, (outside - *known) / rate);
        *known = outside;
    }
}

impl ClassState {
    /// The kept parts of all users together, and that for use elsewhere.
    pub(crate) fn kept_in_all(&self) -> f64 {
        self.kept + self.kept_aside
    }
}
