//! The e-mail address of a user for warnings about their own quotas: how it is confirmed, and what is sent to it.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{admin::Role, alert_address_request};
use futures_util::future::join_all;
use proxypal_server::{
    domain::{patch::Patch, users::api_keys::ApiKeyChanges},
    notify::Watcher,
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    EntityTrait as _, IntoActiveModel as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::notification::watcher;
use crate::support::{
    Caller, ControlPlane, MailServer, code,
    mail::{REFUSED, code_in},
    test_context,
};

const ADDRESS: &str = "ada@home.example";
const STATE: &str = "{ viewer { ... on KeyHolder { alertAddress { isAllowed percents address
    pending { address attemptsLeft } } } } }";
const REQUEST: &str =
    "mutation($address: String!) { requestOwnAlertAddress(address: $address) { alertAddress {
    address pending { address attemptsLeft } } } }";
const CONFIRM: &str =
    "mutation($code: String!) { confirmOwnAlertAddress(code: $code) { alertAddress {
    address pending { address } } } }";
const REMOVE: &str =
    "mutation { removeOwnAlertAddress { alertAddress { address pending { address } } } }";
const REMOVE_OF_USER: &str = "mutation($id: ID!) { removeUserAlertAddress(userId: $id) { user {
    alertAddress alertAddressConfirmedAt } } }";
const OF_USER: &str = "query($id: ID!) { user(id: $id) { alertAddress alertAddressConfirmedAt } }";

/// A server that allows users to set addresses and sends mail, and Ada with a key.
struct Own {
    plane: ControlPlane,
    admin: Caller,
    mails: MailServer,
    channel: Value,
    ada: Uuid,
    tool: Caller,
}

impl Own {
    async fn start() -> Self {
        let plane = ControlPlane::start().await;
        let admin = plane.script(Role::Admin).await;
        allow(&plane, true).await;
        let mails = MailServer::start().await;
        let channel = mails.create_channel(&admin, "mail").await;
        let (ada, tool) = plane.key_holder("ada").await;
        Self {
            plane,
            admin,
            mails,
            channel,
            ada,
            tool,
        }
    }

    /// The code that is sent to an address of this user.
    async fn code_for(&mut self, tool: &Caller, address: &str) -> String {
        let requested = request(tool, address).await;
        assert_eq!(code(&requested), "", "{requested}");
        code_in(&self.mails.next().await)
    }

    /// Ada's confirmed address.
    async fn confirmed(&mut self) {
        let tool = self.tool.clone();
        let sent = self.code_for(&tool, ADDRESS).await;
        let confirmed = confirm(&tool, &sent).await;
        assert_eq!(code(&confirmed), "", "{confirmed}");
    }

    /// Sets one quota of ten requests.
    async fn quota(&self, window: &str) {
        let set = "mutation($user: ID!, $window: QuotaWindow!) { setQuotas(input: { userId: $user, quotas: [
            { metric: REQUESTS, limit: 10, window: $window }] }) { user { id } } }";
        let variables = json!({ "user": self.ada, "window": window });
        let answer = self.admin.ask_with(set, variables).await;
        assert_eq!(code(&answer), "", "{answer}");
    }

    /// Records requests of Ada.
    async fn use_up(&self, requests: usize) {
        for _ in 0..requests {
            self.plane.record(self.ada, "m").await;
        }
    }

    /// The subjects of the mails to Ada after the quotas were evaluated and messages sent.
    async fn warnings(&mut self) -> Vec<String> {
        let watcher: Watcher = watcher(&self.plane);
        watcher.evaluate().await.unwrap();
        watcher.evaluate().await.unwrap();
        let sender = &self.plane.services.notification_sender;
        sender.pass().await.unwrap();
        let mails = self.mails.received();
        assert!(
            mails
                .iter()
                .all(|mail| mail.contains(&format!("To: {ADDRESS}"))),
            "{mails:?}"
        );
        let subject = |mail: &String| {
            mail.lines()
                .find_map(|line| Some(line.strip_prefix("Subject: ")?.to_owned()))
        };
        mails.iter().filter_map(subject).collect()
    }
}

async fn allow(plane: &ControlPlane, is_allowed: bool) {
    let settings = &plane.services.settings;
    let version = settings.current().version;
    let changed = settings.update(test_context(), version, |gateway| {
        gateway.own_alert_addresses = is_allowed;
    });
    changed.await.unwrap();
}

async fn request(tool: &Caller, address: &str) -> Value {
    tool.ask_with(REQUEST, json!({ "address": address })).await
}

async fn confirm(tool: &Caller, code: &str) -> Value {
    tool.ask_with(CONFIRM, json!({ "code": code })).await
}

/// Another code of eight digits.
fn other_than(code: &str, number: u32) -> String {
    let code: u32 = code.parse().unwrap();
    format!("{:08}", (code + number) % 100_000_000)
}

#[tokio::test]
async fn users_set_no_alert_address_unless_it_is_allowed_and_mail_can_be_sent() {
    let mut own = Own::start().await;
    own.confirmed().await;
    let enable = "mutation($id: ID!, $on: Boolean!) { updateNotificationChannel(id: $id, input: { enabled: $on }) {
        channel { id } } }";
    let tool = own.tool.clone();
    let sent = own.code_for(&tool, "ada@work.example").await;

    for (is_allowed, has_mail) in [(false, true), (true, false)] {
        allow(&own.plane, is_allowed).await;
        let variables = json!({ "id": own.channel, "on": has_mail });
        own.admin.ask_with(enable, variables).await;
        let state = own.tool.ask(STATE).await;
        assert_eq!(state["data"]["viewer"]["alertAddress"]["isAllowed"], false);
        for refused in [
            request(&own.tool, "ada@other.example").await,
            confirm(&own.tool, &sent).await,
        ] {
            assert_eq!(code(&refused), "FEATURE_DISABLED", "{refused}");
        }
    }
    assert!(own.mails.received().is_empty());
    // What is there can be removed nevertheless.
    let removed = own.tool.ask(REMOVE).await;
    assert_eq!(
        removed["data"]["removeOwnAlertAddress"]["alertAddress"],
        json!({ "address": null, "pending": null })
    );
}

#[tokio::test]
async fn an_address_is_used_once_its_code_was_entered_and_administrators_see_it() {
    let mut own = Own::start().await;
    let of_user = json!({ "id": own.ada });

    let requested = request(&own.tool, " ada@home.example ").await;
    let mail = own.mails.next().await;
    let before = own.admin.ask_with(OF_USER, of_user.clone()).await;
    let sent = code_in(&mail);
    let confirmed = confirm(&own.tool, &format!(" {}-{} ", &sent[..4], &sent[4..])).await;
    let after = own.admin.ask_with(OF_USER, of_user.clone()).await;

    assert_eq!(
        requested["data"]["requestOwnAlertAddress"]["alertAddress"],
        json!({ "address": null, "pending": { "address": ADDRESS, "attemptsLeft": 5 } })
    );
    assert!(mail.contains("To: ada@home.example"), "{mail}");
    assert!(mail.contains("http://proxypal.test"), "{mail}");
    assert_eq!(before["data"]["user"]["alertAddress"], Value::Null);
    assert_eq!(
        confirmed["data"]["confirmOwnAlertAddress"]["alertAddress"],
        json!({ "address": ADDRESS, "pending": null })
    );
    assert_eq!(after["data"]["user"]["alertAddress"], ADDRESS);
    assert!(after["data"]["user"]["alertAddressConfirmedAt"].is_string());
    let again = request(&own.tool, ADDRESS).await;
    assert_eq!(code(&again), "CONFLICT", "{again}");
    let events = own
        .admin
        .ask("{ auditEvents(first: 50) { nodes { action before after actor { name } } } }")
        .await;
    assert!(events.to_string().contains("confirmOwnAlertAddress"));
    assert!(!events.to_string().contains(ADDRESS), "{events}");
    let removed = own.admin.ask_with(REMOVE_OF_USER, of_user).await;
    assert_eq!(
        removed["data"]["removeUserAlertAddress"]["user"],
        json!({ "alertAddress": null, "alertAddressConfirmedAt": null })
    );
}

#[tokio::test]
async fn a_code_is_for_one_user_and_address_and_works_once_within_half_an_hour() {
    let mut own = Own::start().await;
    let (_, eve) = own.plane.key_holder("eve").await;
    let ada = own.tool.clone();

    let first = own.code_for(&ada, "first@home.example").await;
    let second = own.code_for(&ada, ADDRESS).await;
    own.code_for(&eve, "eve@home.example").await;
    let of_eve = confirm(&eve, &second).await;
    let replaced = confirm(&ada, &first).await;
    let confirmed = confirm(&ada, &second).await;
    let again = confirm(&ada, &second).await;
    let late = own.code_for(&ada, "late@home.example").await;
    own.plane.advance(TimeDelta::minutes(30));
    let expired = confirm(&ada, &late).await;

    assert_eq!(code(&of_eve), "BAD_USER_INPUT", "{of_eve}");
    assert_eq!(code(&replaced), "BAD_USER_INPUT", "{replaced}");
    assert_eq!(code(&confirmed), "", "{confirmed}");
    assert_eq!(code(&again), "CONFLICT", "{again}");
    assert_eq!(code(&expired), "CONFLICT", "{expired}");
    let state = ada.ask(STATE).await;
    assert_eq!(state["data"]["viewer"]["alertAddress"]["address"], ADDRESS);
}

#[tokio::test]
async fn five_codes_can_be_guessed_also_at_the_same_time() {
    let mut own = Own::start().await;
    let tool = own.tool.clone();
    let sent = own.code_for(&tool, ADDRESS).await;

    let guesses: Vec<String> = (1..=20).map(|number| other_than(&sent, number)).collect();
    let answers = join_all(guesses.iter().map(|guess| confirm(&tool, guess))).await;
    let right = confirm(&tool, &sent).await;

    let tried = answers
        .iter()
        .filter(|answer| code(answer) == "BAD_USER_INPUT");
    assert_eq!(tried.count(), 5, "{answers:?}");
    assert_eq!(code(&right), "CONFLICT", "{right}");
    let of_user = own.admin.ask_with(OF_USER, json!({ "id": own.ada })).await;
    assert_eq!(of_user["data"]["user"]["alertAddress"], Value::Null);
}

#[tokio::test]
async fn only_a_few_codes_are_sent_for_a_user_and_to_an_address() {
    let mut own = Own::start().await;
    let ada = own.tool.clone();
    let addresses = |count: usize| (0..count).map(|number| format!("a{number}@home.example"));
    let limited = |answer: &Value| code(answer) == "RATE_LIMITED";

    // Also concurrent requests, and those whose address was removed or refused.
    let many: Vec<String> = addresses(10).collect();
    let answers = join_all(many.iter().map(|address| request(&ada, address))).await;
    let sent = answers.iter().filter(|answer| code(answer).is_empty());
    assert!(sent.count() <= 3, "{answers:?}");
    ada.ask(REMOVE).await;
    while !limited(&request(&ada, ADDRESS).await) {}
    assert!(own.mails.received().len() <= 3);

    // A day has ten.
    let mut sent = 3;
    for _ in 0..9 {
        own.plane.advance(TimeDelta::minutes(61));
        while !limited(&request(&ada, ADDRESS).await) {
            sent += 1;
        }
    }
    assert_eq!(sent, 10);
    own.mails.received();

    // One address gets three an hour from all users together.
    own.plane.advance(TimeDelta::hours(25));
    let mut to_address = 0;
    for name in ["bob", "eve", "joe", "kim"] {
        let (_, tool) = own.plane.key_holder(name).await;
        to_address += usize::from(!limited(&request(&tool, ADDRESS).await));
    }
    assert_eq!((to_address, own.mails.received().len()), (3, 3));
}

#[tokio::test]
async fn the_server_sends_a_hundred_codes_an_hour() {
    let own = Own::start().await;
    let now = own.plane.services.clock.now();
    for number in 0..100 {
        let row = alert_address_request::Model {
            id: Uuid::now_v7(),
            user_id: own.plane.key_holder(&format!("user {number}")).await.0,
            address: format!("a{number}@home.example"),
            digest: vec![0; 32],
            created_at: now,
            expires_at: now + TimeDelta::minutes(30),
            attempts: 0,
            ended_at: None,
        };
        let row = row.into_active_model().reset_all();
        row.insert(own.plane.db.writer()).await.unwrap();
    }

    let beyond = request(&own.tool, ADDRESS).await;
    own.plane.advance(TimeDelta::minutes(61));
    let later = request(&own.tool, ADDRESS).await;

    assert_eq!(code(&beyond), "RATE_LIMITED", "{beyond}");
    assert_eq!(code(&later), "", "{later}");
}

#[tokio::test]
async fn a_user_is_warned_once_of_each_threshold_in_a_window_of_their_own_quotas() {
    let mut own = Own::start().await;
    own.confirmed().await;
    own.quota("DAY").await;
    let (eve, _) = own.plane.key_holder("eve").await;
    for _ in 0..9 {
        own.plane.record(eve, "m").await;
    }

    own.use_up(7).await;
    assert!(own.warnings().await.is_empty());
    own.use_up(1).await;
    let at_80 = own.warnings().await;
    own.use_up(2).await;
    let at_100 = own.warnings().await;
    // A higher limit and the same share again within the day.
    own.quota("DAY").await;
    assert!(own.warnings().await.is_empty());
    own.plane.advance(TimeDelta::days(1));
    assert!(own.warnings().await.is_empty());
    own.use_up(10).await;
    let next_day = own.warnings().await;

    assert_eq!(at_80, ["ProxyPal: 80 % of one of your quotas used"]);
    assert_eq!(at_100, ["ProxyPal: 100 % of one of your quotas used"]);
    assert_eq!(next_day, ["ProxyPal: 100 % of one of your quotas used"]);
}

#[tokio::test]
async fn a_lifetime_quota_warns_again_after_its_usage_was_reset() {
    let mut own = Own::start().await;
    own.confirmed().await;
    own.quota("LIFETIME").await;

    own.use_up(10).await;
    assert_eq!(own.warnings().await.len(), 1);
    own.plane.advance(TimeDelta::days(400));
    assert!(own.warnings().await.is_empty());
    let reset = "mutation($id: ID!) { resetUserUsage(id: $id) { user { id } } }";
    own.admin.ask_with(reset, json!({ "id": own.ada })).await;
    own.plane.advance(TimeDelta::hours(2));
    assert!(own.warnings().await.is_empty());
    own.use_up(8).await;

    assert_eq!(own.warnings().await.len(), 1);
}

#[tokio::test]
async fn warnings_that_wait_are_not_sent_once_they_are_unwanted() {
    let disable =
        "mutation($id: ID!) { updateUser(id: $id, input: { enabled: false }) { user { id } } }";
    let archive = "mutation($id: ID!) { archiveUser(id: $id) { user { id } } }";

    for unwanted in [Some(disable), Some(archive), Some(REMOVE_OF_USER), None] {
        let mut own = Own::start().await;
        own.confirmed().await;
        own.quota("DAY").await;
        own.use_up(8).await;
        assert_eq!(watcher(&own.plane).evaluate().await.unwrap(), 1);
        match unwanted {
            Some(change) => {
                let changed = own.admin.ask_with(change, json!({ "id": own.ada })).await;
                assert_eq!(code(&changed), "", "{changed}");
            }
            None => allow(&own.plane, false).await,
        }
        assert!(own.warnings().await.is_empty(), "{unwanted:?}");
        // Nor after it is wanted again.
        allow(&own.plane, true).await;
        let sender = &own.plane.services.notification_sender;
        assert_eq!(sender.pass().await.unwrap(), 0, "{unwanted:?}");
    }
}

#[tokio::test]
async fn an_address_that_the_mail_server_refuses_fails_neither_the_channel_nor_is_it_named() {
    let mut own = Own::start().await;
    let refused_address = format!("{REFUSED}@home.example");

    let refused = request(&own.tool, &refused_address).await;
    own.confirmed().await;
    own.quota("DAY").await;
    own.use_up(8).await;
    let user = entity::user::ActiveModel {
        id: Unchanged(own.ada),
        alert_address: Set(Some(refused_address.clone())),
        ..Default::default()
    };
    user.update(own.plane.db.writer()).await.unwrap();
    assert!(own.warnings().await.is_empty());

    assert_eq!(code(&refused), "CONFLICT", "{refused}");
    assert!(!refused.to_string().contains(&refused_address), "{refused}");
    let channel = "{ notificationChannels { problem } notifications { problem } }";
    let shown = own.admin.ask(channel).await;
    assert_eq!(
        shown["data"],
        json!({ "notificationChannels": [{ "problem": null }], "notifications": [] })
    );
    let rows = entity::notification::Entity::find();
    let rows = rows.all(own.plane.db.reader()).await.unwrap();
    assert_eq!((rows.len(), rows[0].attempts), (1, 1));
    assert!(!rows[0].problem.as_ref().unwrap().contains(&refused_address));
}

#[tokio::test]
async fn a_user_is_warned_a_week_and_a_day_before_a_key_expires() {
    let mut own = Own::start().await;
    own.confirmed().await;
    let now = own.plane.services.clock.now();
    let keys = own.plane.services.api_keys.clone();
    let key = keys.of_users(&[own.ada]).await.unwrap().remove(0);
    let expire = async |at: DateTime<Utc>| {
        let changes = ApiKeyChanges {
            expires_at: Patch::Set(at),
            ..ApiKeyChanges::default()
        };
        let updated = keys.update(test_context(), key.id, None, changes).await;
        updated.unwrap();
    };
    let subject = |when: &str| {
        let last_four = &key.last_four;
        format!("ProxyPal: your API key that ends in {last_four} expires within {when}")
    };
    expire(now + TimeDelta::days(8)).await;

    assert!(own.warnings().await.is_empty());
    own.plane.advance(TimeDelta::days(1));
    let week = own.warnings().await;
    own.plane.advance(TimeDelta::days(5));
    assert!(own.warnings().await.is_empty());
    own.plane.advance(TimeDelta::days(1));
    let day = own.warnings().await;
    own.plane.advance(TimeDelta::days(1));
    assert!(own.warnings().await.is_empty());

    assert_eq!(week, [subject("7 days")]);
    assert_eq!(day, [subject("1 day")]);
}

#[tokio::test]
async fn a_key_whose_expiry_moved_is_reported_again_and_a_rotated_one_is_not() {
    let mut own = Own::start().await;
    own.confirmed().await;
    let now = own.plane.services.clock.now();
    let services = &own.plane.services;
    let key = services.api_keys.of_users(&[own.ada]).await.unwrap();
    let id = key[0].id;
    let expire = async |plane: &ControlPlane, days: i64| {
        let changes = ApiKeyChanges {
            expires_at: Patch::Set(now + TimeDelta::days(days)),
            ..ApiKeyChanges::default()
        };
        let keys = &plane.services.api_keys;
        keys.update(test_context(), id, None, changes)
            .await
            .unwrap();
    };
    expire(&own.plane, 3).await;
    assert_eq!(own.warnings().await.len(), 1);
    expire(&own.plane, 30).await;
    assert!(own.warnings().await.is_empty());
    own.plane.advance(TimeDelta::days(25));
    assert_eq!(own.warnings().await.len(), 1);

    let settings = &own.plane.services.settings;
    let version = settings.current().version;
    let limited = settings.update(test_context(), version, |gateway| {
        gateway.max_key_life_days = 26;
    });
    limited.await.unwrap();
    assert_eq!(own.warnings().await.len(), 1);
    let grace = TimeDelta::hours(1);
    let keys = &own.plane.services.api_keys;
    let rotated = keys.rotate(test_context(), id, grace).await.unwrap();

    // The replacement has the expiry of the key; the key itself is not reported.
    let last_four = &rotated.0.api_key.last_four;
    let of_replacement =
        format!("ProxyPal: your API key that ends in {last_four} expires within 7 days");
    assert_eq!(own.warnings().await, [of_replacement]);
}
