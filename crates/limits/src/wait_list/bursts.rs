//! Bursts of agents at a limit on concurrent requests, with the retries of their tools: how many agents fail.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    sync::{Arc, Mutex},
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::{RateLimit, RequestSlot, UserLimits};

const SECOND: u64 = 1_000_000;
const BURSTS: u64 = 60;
const AGENTS: u64 = 10;
/// Requests of an agent.
const REQUESTS: u32 = 5;

/// The reaction of a tool to a 429.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// It fails.
    Codex,
    /// It tries again up to ten times, after longer and longer pauses.
    ClaudeCode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A request that is followed by these, after these refusals.
    Ask {
        left: u32,
        tries: u32,
    },
    End {
        left: u32,
    },
    TimeOut,
}

type Slot = RequestSlot<()>;

struct Waiting {
    ticket: WaitTicket,
    slot: Arc<Mutex<Option<Slot>>>,
    left: u32,
    tries: u32,
}

struct Simulation {
    random: StdRng,
    tool: Tool,
    max_wait: u64,
    account: Arc<UserLimits<()>>,
    now: u64,
    /// By time, in microseconds, and number.
    events: BinaryHeap<Reverse<(u64, u64, What)>>,
    number: u64,
    running: BTreeMap<u64, Slot>,
    waiting: BTreeMap<u64, Waiting>,
    failed: u32,
    done: u32,
}

impl Simulation {
    fn new(tool: Tool, max_wait: u64, seed: u64) -> Self {
        let account = Arc::new(UserLimits::new(|| Duration::ZERO));
        let limit = RateLimit {
            concurrent_requests: Some(4),
            ..RateLimit::default()
        };
        account.set_rate_limits(Some(limit), std::iter::empty());
        let mut simulation = Self {
            random: StdRng::seed_from_u64(seed),
            tool,
            max_wait: max_wait * SECOND,
            account,
            now: 0,
            events: BinaryHeap::new(),
            number: 0,
            running: BTreeMap::new(),
            waiting: BTreeMap::new(),
            failed: 0,
            done: 0,
        };
        for burst in 0..BURSTS {
            for _ in 0..AGENTS {
                let at = burst * 900 * SECOND + simulation.random.random_range(0..3 * SECOND);
                simulation.plan(
                    at,
                    What::Ask {
                        left: REQUESTS,
                        tries: 0,
                    },
                );
            }
        }
        simulation
    }

    fn plan(&mut self, at: u64, what: What) -> u64 {
        self.number += 1;
        self.events.push(Reverse((at, self.number, what)));
        self.number
    }

    /// The share of the agents that failed, in percent.
    fn run(mut self) -> f64 {
        while let Some(Reverse((now, number, what))) = self.events.pop() {
            self.now = now;
            match what {
                What::Ask { left, tries } => self.ask(left, tries),
                What::TimeOut => {
                    if let Some(waiting) = self.waiting.remove(&number) {
                        self.refuse(waiting.left, waiting.tries);
                    }
                }
                What::End { left } => self.end(number, left),
            }
        }
        assert!(self.running.is_empty() && self.account.waiting().is_empty());
        100.0 * f64::from(self.failed) / f64::from(self.failed + self.done)
    }

    fn ask(&mut self, left: u32, tries: u32) {
        let slot = Arc::new(Mutex::new(None));
        let (kept, account) = (Arc::clone(&slot), Arc::clone(&self.account));
        let attempt = move || {
            let start = account.start(Uuid::nil(), RateLimit::default());
            match start.slot {
                Ok(slot) => {
                    *kept.lock().unwrap() = Some(slot);
                    AttemptResult::Ended
                }
                Err(error) => AttemptResult::Blocked(error.blocked().unwrap()),
            }
        };
        let waiter = Waiter {
            rank: 0,
            api_key_id: Uuid::nil(),
            uses_tokens: true,
        };
        let rules = self.account.wait_rules(Uuid::nil(), RateLimit::default());
        let list = self.account.waiting().clone();
        match list.join(waiter, rules.most, Box::new(attempt)) {
            Some(ticket) if ticket.has_ended() => self.begin(left, &slot),
            Some(ticket) if self.max_wait > 0 => {
                let number = self.plan(self.now + self.max_wait, What::TimeOut);
                let waiting = Waiting {
                    ticket,
                    slot,
                    left,
                    tries,
                };
                self.waiting.insert(number, waiting);
            }
            _ => self.refuse(left, tries),
        }
    }

    fn begin(&mut self, left: u32, slot: &Mutex<Option<Slot>>) {
        let slot = slot.lock().unwrap().take().unwrap();
        // Log-normal, about 20 s.
        let [u, v]: [f64; 2] = [self.random.random(), self.random.random()];
        let normal = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let answer = Duration::from_secs_f64(20.0 * (0.5 * normal).exp());
        let number = self.plan(self.now + micros(answer), What::End { left });
        self.running.insert(number, slot);
    }

    fn end(&mut self, number: u64, left: u32) {
        drop(self.running.remove(&number));
        let admitted: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.ticket.has_ended())
            .map(|(number, _)| *number)
            .collect();
        for number in admitted {
            let waiting = self.waiting.remove(&number).unwrap();
            self.begin(waiting.left, &waiting.slot);
        }
        if left == 1 {
            self.done += 1;
            return;
        }
        let uniform: f64 = self.random.random();
        let pause = Duration::from_secs_f64(-4.0 * (1.0 - uniform).ln());
        let next = What::Ask {
            left: left - 1,
            tries: 0,
        };
        self.plan(self.now + micros(pause), next);
    }

    fn refuse(&mut self, left: u32, tries: u32) {
        if self.tool == Tool::Codex || tries >= 10 {
            self.failed += 1;
            return;
        }
        let pause = 0.5 * f64::from(1 << tries.min(6));
        let pause = (pause.min(32.0) * self.random.random_range(0.75..1.0)).max(1.0);
        let again = What::Ask {
            left,
            tries: tries + 1,
        };
        self.plan(self.now + micros(Duration::from_secs_f64(pause)), again);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap()
}

fn failed(tool: Tool, max_wait: u64) -> f64 {
    let runs = (0..3).map(|seed| Simulation::new(tool, max_wait, seed).run());
    runs.sum::<f64>() / 3.0
}

#[test]
fn agents_that_fail_without_waiting_succeed_with_it() {
    // In percent, from an independent simulation in another language.
    let expected = [
        (Tool::Codex, 0, 60.0),
        (Tool::Codex, 30, 31.7),
        (Tool::Codex, 60, 0.5),
        (Tool::Codex, 120, 0.0),
        (Tool::ClaudeCode, 0, 20.7),
        (Tool::ClaudeCode, 30, 0.0),
    ];
    for (tool, max_wait, percent) in expected {
        let failed = failed(tool, max_wait);
        assert!(
            (failed - percent).abs() <= 3.0,
            "{max_wait} s: {failed:.1} % instead of {percent} %"
        );
    }
}
