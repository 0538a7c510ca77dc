//! One user of a pool.

use uuid::Uuid;

use crate::books::Books;

/// The weight of a user in the shares of a pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemberWeight {
    pub user: Uuid,
    /// 0 guarantees nothing: the user only borrows.
    pub weight: f64,
    /// The group of users that the weight counts in; users without one are a group together.
    pub group: Option<Uuid>,
    /// The weight of that group among the groups.
    pub group_weight: f64,
    /// Seconds since 1970; a new user counts although nothing is used yet.
    pub joined_at: i64,
}

/// The likely use of a user before the reset.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    Units(f64),
    /// This part of what remains of the share, while there are too few books to know.
    PartOfRest(f64),
}

impl Need {
    /// The kept part if this remains of the share.
    pub(crate) fn of(self, rest: f64) -> f64 {
        match self {
            Self::Units(units) => units.min(rest),
            Self::PartOfRest(part) => rest * part,
        }
    }
}

impl Default for Need {
    fn default() -> Self {
        Self::Units(0.0)
    }
}

/// The numbers of a member in windows of one class, in units.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClassNumbers {
    /// In the current cycles.
    pub(crate) used: f64,
    pub(crate) need: Need,
    /// Kept for the member: no more than the need, and no more than remains of the share.
    pub(crate) kept: f64,
    /// The last request was refused.
    pub(crate) is_waiting: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) weight: MemberWeight,
    /// False for a user who may not use the pool any more; the use in the current cycles still counts.
    pub(crate) is_active: bool,
    /// A dormant user has no share until the next request.
    pub(crate) is_dormant: bool,
    /// The part of the pool, 0 to 1.
    pub(crate) share: f64,
    pub(crate) books: Books,
    /// Seconds since 1970.
    pub(crate) last_seen: Option<i64>,
    /// Units reserved by requests in flight.
    pub(crate) running: f64,
    /// The usual units of a request; `None` before the first one.
    pub(crate) typical: Option<f64>,
    /// The usual units of a session.
    pub(crate) session: Option<f64>,
    pub(crate) classes: [ClassNumbers; 2],
    /// Seconds since 1970; admitted above the share until then.
    pub(crate) override_until: Option<i64>,
}

impl Member {
    pub(crate) fn new(weight: MemberWeight) -> Self {
        Self {
            weight,
            is_active: true,
            is_dormant: false,
            share: 0.0,
            books: Books::default(),
            last_seen: None,
            running: 0.0,
            typical: None,
            session: None,
            classes: [ClassNumbers::default(); 2],
            override_until: None,
        }
    }

    /// Whether the member can be forgotten.
    pub(crate) fn is_gone(&self) -> bool {
        let uses = self.classes.iter().any(|numbers| numbers.used > 0.0);
        !self.is_active && !uses && self.running <= 0.0
    }

    pub(crate) fn numbers(&self, class: usize) -> ClassNumbers {
        self.classes.get(class).copied().unwrap_or_default()
    }

    /// The unused share of windows with this capacity.
    pub(crate) fn rest(&self, class: usize, capacity: f64) -> f64 {
        let used = self.numbers(class).used + self.running;
        (self.share * capacity - used).max(0.0)
    }

    /// Computes the kept parts again after the use or the need has changed; returns the changes. What is kept of the five-hour
    /// windows is no more than what remains of the share of the week: the guarantee holds for both.
    pub(crate) fn update_kept(&mut self, capacities: [f64; 2], is_week_known: bool) -> [f64; 2] {
        let rests = [self.rest(0, capacities[0]), self.rest(1, capacities[1])];
        let bound = if is_week_known {
            rests[1]
        } else {
            f64::INFINITY
        };
        let mut changes = [0.0; 2];
        let classes = self.classes.iter_mut().zip(rests);
        for ((numbers, rest), change) in classes.zip(&mut changes) {
            let kept = numbers.need.of(rest).min(bound);
            *change = kept - numbers.kept;
            numbers.kept = kept;
        }
        changes
    }
}
