//! The demand of the users of a team: sessions of requests.

use crate::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Several agents the whole day.
    Heavy,
    /// Bursts of eight agents.
    Bursty,
    Regular,
    /// A few short sessions a day, from late in the morning on.
    Quiet,
    /// Long batches at night.
    Night,
    Dormant,
    /// Quiet, from the middle of the last week on.
    Returning,
}

pub(crate) struct Session {
    /// Minutes.
    pub(crate) at: f64,
    pub(crate) requests: u32,
    /// The mean pause between requests, in seconds.
    pub(crate) pause: f64,
    pub(crate) is_unattended: bool,
    /// The mean cost of a request, in pp.
    pub(crate) cost: f64,
}

pub(crate) fn team() -> Vec<Kind> {
    use Kind::{Bursty, Heavy, Night, Quiet, Regular};
    vec![Heavy, Heavy, Bursty, Regular, Regular, Quiet, Quiet, Night]
}

pub(crate) fn sessions(random: &mut Random, kind: Kind, days: u32, scale: f64) -> Vec<Session> {
    let mut sessions = Vec::new();
    for day in 0..days {
        let is_weekend = day % 7 >= 5;
        if is_weekend && random.is_true(0.75) {
            continue;
        }
        let base = f64::from(day) * 1440.0;
        match kind {
            Kind::Heavy => heavy_day(random, base, scale, &mut sessions),
            Kind::Bursty => bursty_day(random, base, scale, &mut sessions),
            Kind::Night => night(random, base, scale, &mut sessions),
            Kind::Regular => {
                let count = random.poisson(4.0 * scale);
                attended_day(random, (base + 540.0, base + 1080.0), count, &mut sessions);
            }
            Kind::Quiet => quiet_day(random, base, &mut sessions),
            Kind::Returning if day >= 16 => quiet_day(random, base, &mut sessions),
            Kind::Returning | Kind::Dormant => {}
        }
    }
    sessions
}

/// The number of agents that work concurrently; below one, whether one does.
fn agents(random: &mut Random, agents: f64) -> u32 {
    if agents < 1.0 {
        return u32::from(random.is_true(agents));
    }
    let whole = (1..100).find(|count| f64::from(*count) + 0.5 > agents);
    whole.unwrap_or(100)
}

fn heavy_day(random: &mut Random, base: f64, scale: f64, sessions: &mut Vec<Session>) {
    let mut at = base + random.uniform(8.7, 10.0) * 60.0;
    let end = base + random.uniform(17.0, 19.0) * 60.0;
    while at < end {
        let minutes = random.number(30, 90);
        for _ in 0..agents(random, 3.0 * scale) {
            sessions.push(Session {
                at,
                requests: minutes * 80 / 60,
                pause: 12.0,
                is_unattended: true,
                cost: 0.12,
            });
        }
        at += f64::from(minutes) + random.uniform(10.0, 35.0);
    }
}

fn bursty_day(random: &mut Random, base: f64, scale: f64, sessions: &mut Vec<Session>) {
    for _ in 0..random.poisson(4.0 * scale) {
        let at = base + random.uniform(9.0, 18.0) * 60.0;
        for _ in 0..8 {
            sessions.push(Session {
                at: at + random.uniform(0.0, 1.0),
                requests: random.number(10, 18),
                pause: 8.0,
                is_unattended: true,
                cost: 0.12,
            });
        }
    }
}

fn night(random: &mut Random, base: f64, scale: f64, sessions: &mut Vec<Session>) {
    let at = base + random.uniform(21.5, 23.0) * 60.0;
    for _ in 0..agents(random, 2.0 * scale) {
        sessions.push(Session {
            at,
            requests: random.number(150, 300),
            pause: 10.0,
            is_unattended: true,
            cost: 0.12,
        });
    }
}

fn attended_day(
    random: &mut Random,
    (from, to): (f64, f64),
    count: u32,
    sessions: &mut Vec<Session>,
) {
    for _ in 0..count {
        sessions.push(Session {
            at: random.uniform(from, to),
            requests: random.number(20, 40),
            pause: 25.0,
            is_unattended: false,
            cost: 0.10,
        });
    }
}

fn quiet_day(random: &mut Random, base: f64, sessions: &mut Vec<Session>) {
    for _ in 0..random.poisson(1.5) {
        sessions.push(Session {
            at: base + random.uniform(630.0, 1080.0),
            requests: random.number(6, 14),
            pause: 45.0,
            is_unattended: false,
            cost: 0.10,
        });
    }
}
