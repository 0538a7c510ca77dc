//! Fair shares of the windows of a subscription: who is admitted, who is refused, and what is counted.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use entity::{
    provider_account::{ProviderKind, SubscriptionWindow},
    share_pool::ShareMode,
    window_reading::ReadingSource,
};
use futures_util::future::join_all;
use proxypal_server::{
    clock::Clock as _,
    domain::{
        account_groups::{AccessSubject, NewAccountGroup},
        provider_accounts::ProviderAccountChanges,
        window_readings::WindowReport,
    },
};
use serde_json::Value;
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::{ManualClock, Options, test_context};

const USERS: usize = 20;
/// Requests of each user at the same time.
const BURST: usize = 25;

/// One subscription that is shared by users with a key each.
struct SharedSubscription {
    managed: Managed,
    clock: Arc<ManualClock>,
    account: Uuid,
    keys: Vec<String>,
}

impl SharedSubscription {
    /// One request of these users uses one percent of the five hours.
    async fn start(users: usize) -> Self {
        let clock = Arc::new(ManualClock::default());
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        let managed = Managed::start_with(options).await;
        managed.app.without_rate_limit().await;
        let account = managed.account_of(ProviderKind::Claude).await;
        let mut keys = Vec::new();
        for _ in 0..users {
            keys.push(managed.app.issue_key().await);
        }
        let shared = Self {
            managed,
            clock,
            account,
            keys,
        };
        shared.set_mode(ShareMode::Observe).await;
        shared.read(0).await;
        let five = shared.send(&shared.managed.key, 500).await;
        assert_eq!(five.status(), 200);
        shared.settled(&five).await;
        shared.clock.advance(TimeDelta::minutes(2));
        shared.read(5).await;
        shared
    }

    async fn set_mode(&self, mode: ShareMode) {
        self.set_mode_of(None, mode).await;
    }

    async fn set_mode_of(&self, group: Option<Uuid>, mode: ShareMode) {
        let shares = &self.managed.app.services.shares;
        let set = shares.set_mode(test_context(), group, mode, true);
        set.await.unwrap();
    }

    /// The provider reports a level of the five-hour window.
    async fn read(&self, used_percent: i32) {
        self.read_of(self.account, used_percent).await;
    }

    async fn read_of(&self, account_id: Uuid, used_percent: i32) {
        let services = &self.managed.app.services;
        let now = self.clock.now();
        let report = WindowReport {
            account_id,
            observed_at: now,
            source: ReadingSource::Answer,
            windows: vec![SubscriptionWindow {
                name: "five_hour".to_owned(),
                used_percent,
                resets_at: Some("2026-06-01T16:30:00Z".parse().unwrap()),
                length_seconds: Some(18_000),
            }],
        };
        services
            .provider_accounts
            .windows()
            .record(report)
            .await
            .unwrap();
        services.shares.refresh().await.unwrap();
    }

    async fn send(&self, key: &str, output: u32) -> reqwest::Response {
        let protocol = Protocol::Messages;
        let script = format!("usage:input=0,output={output}");
        let body = protocol.body(Delivery::Whole, &script);
        let app = &self.managed.app;
        let request = app.http.post(app.url(protocol.path(Delivery::Whole)));
        request.bearer_auth(key).json(&body).send().await.unwrap()
    }

    /// The account that served.
    async fn settled(&self, response: &reqwest::Response) -> Uuid {
        let id = response.headers()["x-request-id"].to_str().unwrap();
        let record = self.managed.reconciled(id.parse().unwrap()).await;
        record.account_id.unwrap()
    }

    /// Lets the user of a key use these groups alone.
    async fn permit(&self, key: &str, groups: &[Uuid]) {
        let app = &self.managed.app;
        let user = AccessSubject::User(app.caller(key).user_id);
        let access = &app.services.account_groups;
        let set = access.set_access(test_context(), user, None, Some(groups));
        set.await.unwrap();
    }

    /// Each user sends one request, so that its size is known.
    async fn warm_up(&self) {
        let first = join_all(self.keys.iter().map(|key| self.send(key, 100))).await;
        for response in &first {
            assert_eq!(response.status(), 200);
            self.settled(response).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_requests_at_the_same_time_leave_each_user_the_guaranteed_share() {
    let shared = SharedSubscription::start(USERS).await;
    shared.warm_up().await;
    shared.set_mode(ShareMode::Enforce).await;

    let shared = &shared;
    let keys = shared.keys.iter();
    let keys = keys.flat_map(|key| std::iter::repeat_n(key, BURST));
    let requests = keys.map(|key| async move { (key.clone(), shared.send(key, 100).await) });
    let responses = join_all(requests).await;

    // 95 % are left for 21 users: each share is 4.7 %, of which one request used 1 %.
    let mut admitted: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, response) in &responses {
        if response.status() == 200 {
            *admitted.entry(key).or_default() += 1;
        } else {
            assert_eq!(response.status(), 429);
            let wait = response.headers()["retry-after"].to_str().unwrap();
            assert!(wait.parse::<u64>().unwrap() >= 1);
        }
    }
    let counts: Vec<usize> = admitted.into_values().collect();
    assert_eq!(counts, [3; USERS]);
    let (_, refused) = responses
        .into_iter()
        .find(|(_, response)| response.status() == 429)
        .unwrap();
    let refused: Value = refused.json().await.unwrap();
    let text = refused.to_string();
    assert!(text.contains("your share is 5 %"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn observing_refuses_nothing_and_counts_what_would_be_refused() {
    let shared = SharedSubscription::start(1).await;
    let service = &shared.managed.app.services.shares;
    let key = &shared.keys[0];
    let first = shared.send(key, 6000).await;
    shared.settled(&first).await;

    let second = shared.send(key, 100).await;
    assert_eq!(second.status(), 200);
    shared.settled(&second).await;

    let user_id = shared.managed.app.caller(key).user_id;
    let report = service.report(None, shared.clock.now() - TimeDelta::days(1));
    let report = report.await.unwrap();
    let of_user = report.iter().find(|row| row.user_id == user_id).unwrap();
    assert_eq!(
        (of_user.admitted, of_user.would_refuse, of_user.refused),
        (1, 1, 0)
    );
    shared.set_mode(ShareMode::Enforce).await;
    assert_eq!(shared.send(key, 100).await.status(), 429);

    // An override admits above the share, and its end does not outlive a restart of the pool.
    let until = shared.clock.now() + TimeDelta::minutes(10);
    let allowed = service.allow_above(test_context(), (None, user_id), Some(until), "release");
    allowed.await.unwrap();
    assert_eq!(shared.send(key, 100).await.status(), 200);
    shared.clock.advance(TimeDelta::minutes(11));
    assert_eq!(shared.send(key, 100).await.status(), 429);
    shared.set_mode(ShareMode::Off).await;
    assert_eq!(shared.send(key, 100).await.status(), 200);
}

/// Two users of two subscriptions, each in a group of its own. The first is preferred. One percent is 100 tokens.
async fn two_subscriptions() -> (SharedSubscription, [Uuid; 2], [Uuid; 2]) {
    let clock = Arc::new(ManualClock::default());
    let options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    let managed = Managed::start_with(options).await;
    managed.app.without_rate_limit().await;
    let accounts = managed.two_of_claude().await;
    let keys = vec![managed.app.issue_key().await, managed.app.issue_key().await];
    let shared = SharedSubscription {
        managed,
        clock,
        account: accounts[0],
        keys,
    };
    let services = &shared.managed.app.services;
    let preferred = ProviderAccountChanges {
        priority: Some(5),
        ..ProviderAccountChanges::default()
    };
    let updated = services
        .provider_accounts
        .update(test_context(), accounts[0], None, preferred);
    updated.await.unwrap();
    let mut groups = [Uuid::nil(); 2];
    for (index, account) in accounts.into_iter().enumerate() {
        let new = NewAccountGroup {
            name: format!("Team {index}"),
            account_ids: vec![account],
            is_default: false,
        };
        let group = services.account_groups.create(test_context(), new).await;
        groups[index] = group.unwrap().id;
        let mode = ShareMode::Observe;
        shared.set_mode_of(Some(groups[index]), mode).await;
        shared.managed.is_dedicated(account).await;
        shared.read_of(account, 0).await;
    }
    shared.permit(&shared.keys[0], &groups[..1]).await;
    shared.permit(&shared.keys[1], &groups[1..]).await;
    for (key, account) in shared.keys.iter().zip(accounts) {
        let answer = shared.send(key, 500).await;
        assert_eq!(shared.settled(&answer).await, account);
    }
    shared.clock.advance(TimeDelta::minutes(2));
    for account in accounts {
        shared.read_of(account, 5).await;
    }
    for key in &shared.keys {
        shared.permit(key, &groups).await;
    }
    services.shares.refresh().await.unwrap();
    (shared, accounts, groups)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_to_an_account_in_which_its_user_has_a_share_left() {
    let (shared, [first, second], groups) = two_subscriptions().await;
    let [one, two] = [&shared.keys[0], &shared.keys[1]];
    let served_by = async |key: &str, output: u32| {
        let answer = shared.send(key, output).await;
        assert_eq!(answer.status(), 200);
        shared.settled(&answer).await
    };
    assert_eq!(served_by(one, 6000).await, first);
    for group in groups {
        shared.set_mode_of(Some(group), ShareMode::Enforce).await;
    }

    for _ in 0..3 {
        assert_eq!(
            served_by(one, 10).await,
            second,
            "no share of the first is left"
        );
    }
    assert_eq!(served_by(two, 10).await, first);
    assert_eq!(served_by(one, 6000).await, second);
    let answer = shared.send(one, 10).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.text().await.unwrap().contains("your share of Team"));
    assert_eq!(served_by(two, 10).await, first, "others go on");
}
