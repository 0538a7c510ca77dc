//! Whether one key may do no more than another one, so that its holder may manage that one.

use chrono::{DateTime, Utc};
use entity::{ClientFamilies, ModelPatterns, Networks, RateLimit, api_key, quota};
use ipnet::IpNet;

use super::networks::NetworkSet;
use crate::domain::models;

/// A key with its own quotas.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyBounds<'a> {
    pub(super) key: &'a api_key::Model,
    /// The quotas of the user and of all keys.
    pub(super) quotas: &'a [quota::Model],
}

impl KeyBounds<'_> {
    /// Whether this key may do no more than the other one.
    pub(super) fn is_within(self, other: Self) -> bool {
        self.key.id == other.key.id
            || (models_are_within(
                self.key.allowed_models.as_ref(),
                other.key.allowed_models.as_ref(),
            ) && networks_are_within(
                self.key.allowed_networks.as_ref(),
                other.key.allowed_networks.as_ref(),
            ) && clients_are_within(
                self.key.allowed_clients.as_ref(),
                other.key.allowed_clients.as_ref(),
            ) && expiry_is_within(self.key.expires_at, other.key.expires_at)
                && rate_is_within(self.key.rate_limit, other.key.rate_limit)
                && other
                    .own()
                    .all(|theirs| self.own().any(|mine| quota_is_within(mine, theirs))))
    }

    fn own(&self) -> impl Iterator<Item = &quota::Model> {
        let id = self.key.id;
        let own = self.quotas.iter();
        own.filter(move |quota| quota.api_key_id == Some(id))
    }
}

/// The first pattern that none of the other patterns covers.
pub(super) fn uncovered<'a>(
    patterns: &'a ModelPatterns,
    others: &ModelPatterns,
) -> Option<&'a String> {
    // A pattern that matches another one as text matches every name that the other one matches.
    let mut patterns = patterns.0.iter();
    patterns.find(|pattern| !models::matches(others, pattern))
}

/// Whether a key that ends at `end` ends no later than one that ends at `other`; `None` is never.
pub(super) fn expiry_is_within(end: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> bool {
    other.is_none_or(|other| end.is_some_and(|end| end <= other))
}

fn models_are_within(mine: Option<&ModelPatterns>, theirs: Option<&ModelPatterns>) -> bool {
    match (mine, theirs) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(mine), Some(theirs)) => uncovered(mine, theirs).is_none(),
    }
}

fn networks_are_within(mine: Option<&Networks>, theirs: Option<&Networks>) -> bool {
    match (mine, theirs) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(mine), Some(theirs)) => uncovered_network(mine, theirs).is_none(),
    }
}

/// The first network that has addresses which none of the other networks have.
pub(super) fn uncovered_network(networks: &Networks, others: &Networks) -> Option<IpNet> {
    NetworkSet::new(networks).outside(&NetworkSet::new(others))
}

fn clients_are_within(mine: Option<&ClientFamilies>, theirs: Option<&ClientFamilies>) -> bool {
    match (mine, theirs) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(mine), Some(theirs)) => mine.0.iter().all(|name| theirs.0.contains(name)),
    }
}

fn rate_is_within(mine: Option<RateLimit>, theirs: Option<RateLimit>) -> bool {
    let (mine, theirs) = (mine.unwrap_or_default(), theirs.unwrap_or_default());
    is_at_most(mine.requests_per_minute, theirs.requests_per_minute)
        && is_at_most(mine.tokens_per_minute, theirs.tokens_per_minute)
        && is_at_most(mine.concurrent_requests, theirs.concurrent_requests)
        && is_at_most(mine.concurrent_sockets, theirs.concurrent_sockets)
        && is_at_most(mine.max_wait_seconds, theirs.max_wait_seconds)
}

/// `None` is no limit.
fn is_at_most<T: Ord + Copy>(mine: Option<T>, theirs: Option<T>) -> bool {
    theirs.is_none_or(|theirs| mine.is_some_and(|mine| mine <= theirs))
}

/// Whether a quota limits the same usage at least as much.
fn quota_is_within(mine: &quota::Model, theirs: &quota::Model) -> bool {
    let subject = |quota: &quota::Model| {
        (
            quota.metric,
            quota.window,
            quota.rolling_seconds,
            quota.timezone.clone(),
            quota.provider,
            quota.model_pattern.clone(),
        )
    };
    subject(mine) == subject(theirs)
        && mine.limit <= theirs.limit
        && mine.strict >= theirs.strict
        && mine.unpriced >= theirs.unpriced
        && mine.free_models >= theirs.free_models
}

#[cfg(test)]
mod tests {
    use entity::quota::{FreeModelPolicy, Metric, Percents, UnpricedPolicy, WindowKind};

    use super::*;

    fn patterns(patterns: &[&str]) -> ModelPatterns {
        ModelPatterns(patterns.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn patterns_are_covered_by_wider_ones_and_by_no_others() {
        let covered = |mine: &[&str], theirs: &[&str]| {
            uncovered(&patterns(mine), &patterns(theirs)).is_none()
        };

        assert!(covered(&["gpt-5", "gpt-5-*"], &["gpt-*"]));
        assert!(covered(&["claude-*-4*"], &["o3", "claude-*4*"]));
        assert!(covered(&["*"], &["*"]));
        for (mine, theirs) in [
            (&["*"][..], &["gpt-5"][..]),
            (&["gpt-*"], &["gpt-*-mini"]),
            (&["gpt-5", "o3"], &["gpt-5"]),
            (&["g*5"], &["gpt-*"]),
            (&["GPT-5"], &["gpt-5"]),
            (&["gpt-**"], &["gpt-5"]),
            (&["*gpt-5*"], &["gpt-5*"]),
        ] {
            assert!(!covered(mine, theirs), "{mine:?} {theirs:?}");
        }
    }

    #[test]
    fn a_key_without_expiry_is_not_within_one_with_expiry() {
        let day = |number: i64| DateTime::from_timestamp(number * 86_400, 0);

        assert!(expiry_is_within(day(1), day(1)));
        assert!(expiry_is_within(day(1), None));
        assert!(expiry_is_within(None, None));
        assert!(!expiry_is_within(None, day(1)));
        assert!(!expiry_is_within(day(2), day(1)));
    }

    #[test]
    fn a_quota_with_a_more_lenient_policy_limits_less() {
        let quota = |unpriced, free_models| quota::Model {
            id: uuid::Uuid::nil(),
            user_id: uuid::Uuid::nil(),
            api_key_id: None,
            metric: Metric::Cost,
            limit: 1,
            window: WindowKind::Lifetime,
            rolling_seconds: None,
            timezone: "UTC".to_owned(),
            provider: None,
            model_pattern: None,
            soft_percents: Percents::default(),
            strict: false,
            unpriced,
            free_models,
            created_at: DateTime::UNIX_EPOCH,
            temporary_raise: None,
        };
        let usual = quota(UnpricedPolicy::Assume, FreeModelPolicy::Allow);
        let within = |unpriced, free_models| quota_is_within(&quota(unpriced, free_models), &usual);

        assert!(within(UnpricedPolicy::Assume, FreeModelPolicy::Allow));
        assert!(within(UnpricedPolicy::Refuse, FreeModelPolicy::Refuse));
        assert!(!within(UnpricedPolicy::Allow, FreeModelPolicy::Refuse));
        let refusing = quota(UnpricedPolicy::Refuse, FreeModelPolicy::Refuse);
        assert!(!quota_is_within(&usual, &refusing));
    }

    #[test]
    fn a_key_for_every_network_or_client_is_not_within_one_for_some() {
        let networks =
            |texts: &[&str]| Networks(texts.iter().map(|text| (*text).to_owned()).collect());
        let (wide, narrow) = (networks(&["10.0.0.0/8"]), networks(&["10.1.0.0/16"]));
        assert!(networks_are_within(Some(&narrow), Some(&wide)));
        assert!(networks_are_within(Some(&narrow), None));
        assert!(!networks_are_within(Some(&wide), Some(&narrow)));
        assert!(!networks_are_within(None, Some(&wide)));

        let clients =
            |names: &[&str]| ClientFamilies(names.iter().map(|name| (*name).to_owned()).collect());
        let (both, one) = (clients(&["codex", "curl"]), clients(&["curl"]));
        assert!(clients_are_within(Some(&one), Some(&both)));
        assert!(!clients_are_within(Some(&both), Some(&one)));
        assert!(!clients_are_within(None, Some(&both)));
    }

    #[test]
    fn each_part_of_a_rate_limit_is_compared() {
        let limit = |requests, sockets| {
            Some(RateLimit {
                requests_per_minute: requests,
                concurrent_sockets: sockets,
                ..RateLimit::default()
            })
        };

        assert!(rate_is_within(limit(Some(5), None), limit(Some(6), None)));
        assert!(rate_is_within(limit(Some(5), Some(1)), None));
        assert!(!rate_is_within(None, limit(Some(6), None)));
        assert!(!rate_is_within(limit(Some(5), None), limit(None, Some(1))));
        assert!(!rate_is_within(limit(Some(7), None), limit(Some(6), None)));
    }
}
