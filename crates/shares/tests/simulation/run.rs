//! Plays weeks of a team against the real rule, with a clock of its own.

use std::{cmp::Reverse, collections::BinaryHeap};

use shares::{LevelReading, MemberWeight, RunningShare, SharePool, ShareRules, WindowClass};
use uuid::Uuid;

use crate::{
    demand::{Kind, sessions},
    outcome::{Outcome, UserOutcome},
    provider::SimulatedAccount,
    random::Random,
};

/// The simulation begins on a day of its own.
const ORIGIN: i64 = 1_700_000_000;
/// Weeks before the measurement.
const WARM_UP_DAYS: u32 = 7;

/// The conditions of a run.
#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) team: Vec<Kind>,
    pub(crate) weights: Vec<f64>,
    /// How much more one user wants than usual.
    pub(crate) boosts: Vec<f64>,
    pub(crate) sizes: Vec<f64>,
    pub(crate) scale: f64,
    /// Mean pp of one use elsewhere.
    pub(crate) outside: f64,
    /// Minutes between readings.
    pub(crate) reading_interval: f64,
    pub(crate) days: u32,
    /// Whether requests above the share are refused.
    pub(crate) enforces: bool,
    /// Whether our prices weigh each user's requests differently from the provider.
    pub(crate) is_biased: bool,
}

struct Agent {
    user: usize,
    costs: Vec<f64>,
    next: usize,
    pause: f64,
    is_unattended: bool,
    /// The account of the session.
    account: Option<usize>,
    /// When the current request was first refused.
    since: Option<f64>,
}

enum Event {
    Start(usize),
    End {
        user: usize,
        account: usize,
        cost: f64,
        held: RunningShare,
    },
    Outside(f64),
}

pub(crate) struct Run {
    scenario: Scenario,
    random: Random,
    pool: SharePool,
    accounts: Vec<SimulatedAccount>,
    agents: Vec<Agent>,
    /// Time in milliseconds, what goes first at the same time, and the number of the event.
    queue: BinaryHeap<Reverse<(i64, u8, usize)>>,
    events: Vec<Option<Event>>,
    last_readings: Vec<f64>,
    biases: Vec<f64>,
    users: Vec<UserOutcome>,
    provider_refusals: u32,
}

fn id(number: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap_or(0) + 1)
}

fn millis(minutes: f64) -> i64 {
    let duration = std::time::Duration::from_secs_f64(minutes.max(0.0) * 60.0);
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn clock(minutes: f64) -> i64 {
    ORIGIN + millis(minutes) / 1000
}

impl Run {
    pub(crate) fn new(scenario: Scenario, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut pool = SharePool::new(ShareRules::default());
        let accounts = (0..scenario.sizes.len()).map(|index| (id(index), [100.0; 2]));
        pool.set_accounts(accounts);
        let members = scenario.weights.iter().enumerate();
        pool.set_members(members.map(|(index, weight)| MemberWeight {
            user: id(index),
            weight: *weight,
            group: None,
            group_weight: 1.0,
            joined_at: ORIGIN,
        }));
        let users = scenario.team.len();
        let biases = (0..users).map(|_| random.log_normal(0.0, 0.12));
        let biases = biases.map(|bias| if scenario.is_biased { bias } else { 1.0 });
        let biases = biases.collect();
        let sizes = scenario.sizes.iter().copied();
        let mut run = Self {
            accounts: sizes.map(SimulatedAccount::new).collect(),
            last_readings: vec![f64::NEG_INFINITY; scenario.sizes.len()],
            users: vec![UserOutcome::default(); users],
            scenario,
            random,
            pool,
            agents: Vec::new(),
            queue: BinaryHeap::new(),
            events: Vec::new(),
            biases,
            provider_refusals: 0,
        };
        run.plan();
        run
    }

    fn plan(&mut self) {
        for user in 0..self.scenario.team.len() {
            let kind = self.scenario.team[user];
            let scale = self.scenario.scale * self.scenario.boosts[user];
            for session in sessions(&mut self.random, kind, self.scenario.days, scale) {
                let mean_of_log = session.cost.ln() - 0.32;
                let costs = (0..session.requests).map(|_| self.random.log_normal(mean_of_log, 0.8));
                let costs: Vec<f64> = costs.collect();
                if is_measured(session.at) {
                    self.users[user].wanted += costs.iter().sum::<f64>();
                }
                self.agents.push(Agent {
                    user,
                    costs,
                    next: 0,
                    pause: session.pause / 60.0,
                    is_unattended: session.is_unattended,
                    account: None,
                    since: None,
                });
                self.push(session.at, 0, Event::Start(self.agents.len() - 1));
            }
        }
        if self.scenario.outside > 0.0 {
            self.plan_outside();
        }
    }

    fn plan_outside(&mut self) {
        for day in 0..self.scenario.days {
            for _ in 0..self.random.poisson(3.0) {
                let at = f64::from(day) * 1440.0 + self.random.uniform(9.0, 20.0) * 60.0;
                for step in 0..self.random.number(10, 40) {
                    let gamma = self.random.exponential(0.5) + self.random.exponential(0.5);
                    let event = Event::Outside(self.scenario.outside * gamma);
                    self.push(at + f64::from(step), 1, event);
                }
            }
        }
    }

    fn push(&mut self, at: f64, order: u8, event: Event) {
        self.queue
            .push(Reverse((millis(at), order, self.events.len())));
        self.events.push(Some(event));
    }

    pub(crate) fn play(mut self) -> Outcome {
        let horizon = f64::from(self.scenario.days) * 1440.0;
        while let Some(Reverse((at, _, number))) = self.queue.pop() {
            let seconds = f64::from(i32::try_from(at / 1000).unwrap_or(i32::MAX));
            let rest = f64::from(i32::try_from(at % 1000).unwrap_or(0));
            let now = (seconds + rest / 1000.0) / 60.0;
            if now >= horizon {
                break;
            }
            match self.events[number].take() {
                Some(Event::Outside(pp)) if self.accounts[0].blocked_until(now).is_none() => {
                    self.accounts[0].charge(now, pp);
                }
                Some(Event::End {
                    user,
                    account,
                    cost,
                    held,
                }) => {
                    self.end(now, (user, account), cost, held);
                }
                Some(Event::Start(agent)) => self.start(now, agent),
                Some(Event::Outside(_)) | None => {}
            }
        }
        let measured = f64::from(self.scenario.days - WARM_UP_DAYS) / 7.0;
        for account in &mut self.accounts {
            account.roll(horizon);
        }
        Outcome::new(
            &self.scenario,
            self.users,
            &self.accounts,
            (measured, self.provider_refusals),
        )
    }

    fn end(&mut self, now: f64, (user, account): (usize, usize), cost: f64, held: RunningShare) {
        let units = cost * self.biases[user];
        self.accounts[account].charge(now, cost);
        self.accounts[account].count(now, units);
        self.pool.end(held);
        self.pool.charge(id(user), id(account), units, clock(now));
        if is_measured(now) {
            self.users[user].served += cost;
        }
    }

    fn start(&mut self, now: f64, number: usize) {
        let agent = &self.agents[number];
        let (user, since, is_unattended) = (agent.user, agent.since, agent.is_unattended);
        if agent.next >= agent.costs.len() {
            return;
        }
        let is_measured = is_measured(now);
        if since.is_none() && is_measured {
            self.users[user].requests += 1;
        }
        let decision = self.pool.admit(id(user), clock(now));
        let mut retry = 1.0;
        if let shares::ShareDecision::Refused(refusal) = decision {
            retry = f64::from(i32::try_from(refusal.retry_after).unwrap_or(i32::MAX)) / 60.0;
        }
        let is_admitted = decision.is_admitted() || !self.scenario.enforces;
        if is_admitted {
            let account = self.choose(now, number);
            match self.accounts[account].blocked_until(now) {
                None => return self.forward(now, number, account),
                Some(until) => {
                    retry = until - now;
                    self.provider_refusals += u32::from(is_measured);
                    self.read(now, account);
                }
            }
        }
        if since.is_none() && is_measured {
            self.users[user].refused += 1;
        }
        self.retry_later(now, number, retry, is_unattended);
    }

    /// A refused agent tries again for hours if no user watches it, else for a quarter of an hour.
    fn retry_later(&mut self, now: f64, number: usize, retry: f64, is_unattended: bool) {
        let since = *self.agents[number].since.get_or_insert(now);
        let (at, most_minutes) = if is_unattended {
            (now + retry.clamp(1.0, 30.0), 720.0)
        } else {
            (now + 2.0, 15.0)
        };
        if at - since <= most_minutes {
            let jitter = self.random.uniform(0.0, 1.2);
            self.push(at + jitter, 2, Event::Start(number));
        }
    }

    /// The account of the session, if it can serve, else the one with the most left, in percent.
    fn choose(&mut self, now: f64, number: usize) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for index in 0..self.accounts.len() {
            let left = self
                .pool
                .account_room(id(index), clock(now))
                .unwrap_or(100.0);
            if self.agents[number].account == Some(index) && left > 0.5 {
                return index;
            }
            if left > best.1 {
                best = (index, left);
            }
        }
        best.0
    }

    fn forward(&mut self, now: f64, number: usize, account: usize) {
        self.accounts[account].open(now);
        if now - self.last_readings[account] >= self.scenario.reading_interval {
            self.read(now, account);
        } else {
            self.note_first_use(now, account);
        }
        let agent = &mut self.agents[number];
        let (user, cost, pause) = (agent.user, agent.costs[agent.next], agent.pause);
        agent.next += 1;
        agent.since = None;
        agent.account = Some(account);
        let held = self.pool.begin(id(user));
        let end = now + self.random.log_normal(30.0_f64.ln(), 0.6) / 60.0;
        self.push(
            end,
            1,
            Event::End {
                user,
                account,
                cost,
                held,
            },
        );
        let next = end + self.random.exponential(pause);
        self.push(next, 2, Event::Start(number));
    }

    fn read(&mut self, now: f64, account: usize) {
        self.last_readings[account] = now;
        let reports = self.accounts[account].report(now);
        for class in WindowClass::ALL {
            let window = usize::from(class == WindowClass::Week);
            let (percent, end) = reports[window];
            let reading = LevelReading {
                percent,
                ends_at: end.map(clock),
                percent_per_unit: Some(self.accounts[account].rate(window)),
            };
            self.pool.read(id(account), class, reading, clock(now));
        }
    }

    /// The gateway knows that the first request after a reset opens the window.
    fn note_first_use(&mut self, now: f64, account: usize) {
        if let Some(end) = self.accounts[account].just_opened() {
            let reading = LevelReading {
                percent: 0.0,
                ends_at: Some(clock(end)),
                percent_per_unit: Some(self.accounts[account].rate(0)),
            };
            self.pool
                .read(id(account), WindowClass::FiveHours, reading, clock(now));
        }
    }
}

/// The first week teaches the rule.
fn is_measured(at: f64) -> bool {
    at >= f64::from(WARM_UP_DAYS) * 1440.0
}
