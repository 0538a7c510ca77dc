//! The measures of a run.

use crate::{
    demand::Kind,
    provider::{SimulatedAccount, WEEK_PP},
    run::Scenario,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct UserOutcome {
    /// pp.
    pub(crate) wanted: f64,
    pub(crate) served: f64,
    pub(crate) requests: u32,
    /// Requests that were refused at least once.
    pub(crate) refused: u32,
}

#[derive(Debug)]
pub(crate) struct Outcome {
    /// The level of the weekly windows at their resets, in percent, by the size of the account.
    pub(crate) week_percent: f64,
    /// Jain's index of what was served, relative to the weighted max-min share.
    pub(crate) jain: f64,
    pub(crate) worst: f64,
    pub(crate) provider_refusals: u32,
    pub(crate) users: Vec<UserOutcome>,
    kinds: Vec<Kind>,
}

impl Outcome {
    pub(crate) fn new(
        scenario: &Scenario,
        users: Vec<UserOutcome>,
        accounts: &[SimulatedAccount],
        (weeks, provider_refusals): (f64, u32),
    ) -> Self {
        let size: f64 = accounts.iter().map(|account| account.size).sum();
        let fair = max_min(&users, &scenario.weights, size * WEEK_PP * weeks);
        let wanting = users
            .iter()
            .zip(&fair)
            .filter(|(user, _)| user.wanted > 0.0);
        let parts = wanting.map(|(user, fair)| (user.served / fair).min(1.0));
        let parts: Vec<f64> = parts.collect();
        let sum: f64 = parts.iter().sum();
        let squares: f64 = parts.iter().map(|part| part * part).sum();
        let level = accounts.iter().map(|account| {
            let measured = account.weeks.iter().skip(1);
            let count = measured.clone().count();
            let sum: f64 = measured.sum();
            account.size * sum / f64::from(u32::try_from(count.max(1)).unwrap_or(1))
        });
        Self {
            week_percent: level.sum::<f64>() / size,
            jain: sum * sum / (count_of(&parts) * squares),
            worst: parts.iter().copied().fold(1.0, f64::min),
            provider_refusals,
            kinds: scenario.team.clone(),
            users,
        }
    }

    /// The percentage of requests of such users that were refused at least once.
    pub(crate) fn refused_percent(&self, kinds: &[Kind]) -> f64 {
        let users = self.users.iter().zip(&self.kinds);
        let users = users.filter(|(_, kind)| kinds.contains(kind));
        let (refused, requests) = users.fold((0, 0), |(refused, requests), (user, _)| {
            (refused + user.refused, requests + user.requests)
        });
        100.0 * f64::from(refused) / f64::from(requests.max(1))
    }

    pub(crate) fn quiet_refused(&self) -> f64 {
        self.refused_percent(&[Kind::Quiet, Kind::Returning])
    }
}

fn count_of(parts: &[f64]) -> f64 {
    f64::from(u32::try_from(parts.len()).unwrap_or(1))
}

/// The weighted max-min allocation.
fn max_min(users: &[UserOutcome], weights: &[f64], capacity: f64) -> Vec<f64> {
    let mut shares = vec![0.0; users.len()];
    let mut open: Vec<usize> = (0..users.len()).collect();
    let mut left = capacity;
    while !open.is_empty() {
        let total: f64 = open.iter().map(|user| weights[*user]).sum();
        let level = left / total;
        let (full, rest): (Vec<usize>, Vec<usize>) = open
            .iter()
            .partition(|user| users[**user].wanted <= level * weights[**user]);
        if full.is_empty() {
            for user in rest {
                shares[user] = level * weights[user];
            }
            break;
        }
        for user in full {
            shares[user] = users[user].wanted;
            left -= users[user].wanted;
        }
        open = rest;
    }
    shares
}
