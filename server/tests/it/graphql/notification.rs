//! Notifications: recipients, frequency, and failing channels.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode};
use chrono::TimeDelta;
use entity::admin::Role;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proxypal_server::{
    domain::notifications::Message,
    notify::{AlertSources, Watcher},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
};

use crate::{
    alerting,
    support::{Caller, ControlPlane, MailServer, code, soon},
};

const CREATE: &str = "mutation($input: CreateNotificationChannelInput!) {
    createNotificationChannel(input: $input) { channel { id target problem } signingSecret } }";
const RULE: &str = "mutation($input: CreateNotificationRuleInput!) {
    createNotificationRule(input: $input) { rule { id percents quietMinutes channels { name } } } }";
const TEST: &str = "mutation($id: ID!) { testNotificationChannel(id: $id) { delivered problem } }";

/// The requests that a receiver got.
struct Posted {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A receiver of webhooks, which responds as configured.
struct Receiver {
    address: SocketAddr,
    posted: mpsc::UnboundedReceiver<Posted>,
    answer: Arc<Mutex<(StatusCode, &'static str)>>,
}

impl Receiver {
    async fn start() -> Self {
        type Shared = (
            mpsc::UnboundedSender<Posted>,
            Arc<Mutex<(StatusCode, &'static str)>>,
        );
        async fn take(
            State((sender, answer)): State<Shared>,
            uri: axum::http::Uri,
            headers: HeaderMap,
            body: Bytes,
        ) -> (StatusCode, [(&'static str, &'static str); 1]) {
            let path = uri.path().to_owned();
            let _ = sender.send(Posted {
                path,
                headers,
                body,
            });
            let (status, location) = *answer.lock().await;
            (status, [("location", location)])
        }
        let (sender, posted) = mpsc::unbounded_channel();
        let answer = Arc::new(Mutex::new((StatusCode::NO_CONTENT, "")));
        let app = Router::new()
            .fallback(take)
            .with_state((sender, Arc::clone(&answer)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            posted,
            answer,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/hook/secret-path", self.address)
    }

    async fn next(&mut self) -> (HeaderMap, Value) {
        let posted = soon("a notification", self.posted.recv()).await.unwrap();
        let body = serde_json::from_slice(&posted.body).unwrap();
        (posted.headers, body)
    }

    fn is_silent(&mut self) -> bool {
        self.posted.try_recv().is_err()
    }
}

pub(super) async fn channel(admin: &Caller, name: &str, settings: Value) -> (Value, Value) {
    let input = json!({ "input": { "name": name, "settings": settings } });
    let created = admin.ask_with(CREATE, input).await;
    assert_eq!(code(&created), "", "{created}");
    let created = &created["data"]["createNotificationChannel"];
    (
        created["channel"]["id"].clone(),
        created["signingSecret"].clone(),
    )
}

async fn try_out(admin: &Caller, id: &Value) -> Value {
    let tested = admin.ask_with(TEST, json!({ "id": id })).await;
    assert_eq!(code(&tested), "", "{tested}");
    tested["data"]["testNotificationChannel"].clone()
}

pub(super) async fn rule(admin: &Caller, event: &str, channel: &Value, more: Value) -> Value {
    let mut input = json!({ "event": event, "channelIds": [channel] });
    for (key, value) in more.as_object().unwrap() {
        input[key] = value.clone();
    }
    let created = admin.ask_with(RULE, json!({ "input": input })).await;
    assert_eq!(code(&created), "", "{created}");
    created["data"]["createNotificationRule"]["rule"].clone()
}

pub(super) fn watcher(plane: &ControlPlane) -> Watcher {
    let services = &plane.services;
    let sources = AlertSources {
        api_keys: plane.services.api_keys.clone(),
        quotas: services.quotas.clone(),
        users: services.users.clone(),
        accounts: services.provider_accounts.clone(),
        requests: services.requests.clone(),
        alerts: services.alerts.clone(),
        engine: services.engine.clone(),
        clock: services.clock.clone(),
    };
    Watcher::new(services.notifications.clone(), sources)
}

#[tokio::test]
async fn a_webhook_is_signed() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut receiver = Receiver::start().await;
    let settings = json!({ "webhook": { "url": receiver.url() } });
    let (id, secret) = channel(&admin, "ops", settings).await;

    assert_eq!(
        try_out(&admin, &id).await,
        json!({ "delivered": true, "problem": null })
    );

    let posted = soon("the test", receiver.posted.recv()).await.unwrap();
    let timestamp = posted.headers["x-proxypal-timestamp"].to_str().unwrap();
    let mut hmac =
        Hmac::<sha2::Sha256>::new_from_slice(secret.as_str().unwrap().as_bytes()).unwrap();
    hmac.update(timestamp.as_bytes());
    hmac.update(b".");
    hmac.update(&posted.body);
    let expected = format!("sha256={}", hex::encode(hmac.finalize().into_bytes()));
    assert_eq!(posted.headers["x-proxypal-signature"], expected.as_str());
    let now = plane.services.clock.now().timestamp().to_string();
    assert_eq!(timestamp, now);
    let body: Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!(body["event"], "test");
}

#[tokio::test]
async fn chat_services_get_their_message_formats() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut receiver = Receiver::start().await;
    let url = receiver.url();
    let server = format!("http://{}/", receiver.address);

    for (settings, field, path) in [
        (
            json!({ "slack": { "url": url } }),
            "text",
            "/hook/secret-path",
        ),
        (
            json!({ "discord": { "url": url } }),
            "content",
            "/hook/secret-path",
        ),
        (
            json!({ "telegram": { "botToken": "12:ab-c", "chatId": "-100", "server": server } }),
            "text",
            "/bot12:ab-c/sendMessage",
        ),
    ] {
        let (id, _) = channel(
            &admin,
            field.repeat(settings.to_string().len() % 7 + 1).as_str(),
            settings,
        )
        .await;
        assert_eq!(try_out(&admin, &id).await["delivered"], true);
        let posted = soon("the test", receiver.posted.recv()).await.unwrap();
        assert_eq!(posted.path, path);
        let body: Value = serde_json::from_slice(&posted.body).unwrap();
        assert!(body[field].as_str().unwrap().contains("works"), "{body}");
    }
}

#[tokio::test]
async fn webhooks_reach_no_private_addresses_and_follow_no_redirects() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut receiver = Receiver::start().await;
    let inner = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let inner = inner.local_addr().unwrap();
    *receiver.answer.lock().await = (StatusCode::FOUND, "http://169.254.169.254/latest");

    for (number, url) in [
        format!("http://{inner}/"),
        format!("http://[::ffff:127.0.0.2]:{}/", inner.port()),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://[::1]/".to_owned(),
        "http://2130706434/".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let settings = json!({ "webhook": { "url": url } });
        let (id, _) = channel(&admin, &format!("c{number}"), settings).await;
        let tried = try_out(&admin, &id).await;
        assert_eq!(tried["delivered"], false, "{url}");
        let problem = tried["problem"].as_str().unwrap();
        assert!(
            problem.contains("NOTIFICATION_NETWORKS"),
            "{url}: {problem}"
        );
    }
    let (id, _) = channel(
        &admin,
        "redirect",
        json!({ "slack": { "url": receiver.url() } }),
    )
    .await;
    let tried = try_out(&admin, &id).await;

    assert!(
        tried["problem"].as_str().unwrap().contains("redirect"),
        "{tried}"
    );
    assert!(!tried.to_string().contains("secret-path"), "{tried}");
    receiver.next().await;
    assert!(receiver.is_silent());
    for url in ["ftp://example.org/", "http://u:p@example.org/", "nonsense"] {
        let input = json!({ "input": { "name": "x", "settings": { "slack": { "url": url } } } });
        assert_eq!(
            code(&admin.ask_with(CREATE, input).await),
            "BAD_USER_INPUT",
            "{url}"
        );
    }
}

#[tokio::test]
async fn mail_is_delivered_and_a_rejection_is_reported() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut mails = MailServer::start().await;
    let id = mails.create_channel(&admin, "mail").await;
    let (mut away, mut tls) = (mails.channel(), mails.channel());
    away["email"]["port"] = json!(9);
    tls["email"]["security"] = json!("START_TLS");
    let (away, _) = channel(&admin, "away", away).await;
    let (tls, _) = channel(&admin, "tls", tls).await;

    let sent = try_out(&admin, &id).await;
    let mail = mails.next().await;
    let refused = try_out(&admin, &away).await;
    let unprotected = try_out(&admin, &tls).await;

    assert_eq!(sent, json!({ "delivered": true, "problem": null }));
    assert!(mail.contains("Subject: ProxyPal: test"), "{mail}");
    assert!(mail.contains("To: ada@example.org"), "{mail}");
    assert_eq!(refused["delivered"], false);
    assert!(refused["problem"].as_str().unwrap().contains("127.0.0.1"));
    assert_eq!(unprotected["delivered"], false);
    let input = json!({ "email": { "host": "h", "security": "NONE", "password": "p", "from": "a@b.c", "to": ["a@b.c"] } });
    let input = json!({ "input": { "name": "x", "settings": input } });
    assert_eq!(code(&admin.ask_with(CREATE, input).await), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_quota_triggers_one_message_per_percentage() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut receiver = Receiver::start().await;
    let (id, _) = channel(
        &admin,
        "ops",
        json!({ "webhook": { "url": receiver.url() } }),
    )
    .await;
    let made = rule(&admin, "QUOTA", &id, json!({ "quietMinutes": 0 })).await;
    assert_eq!(made["percents"], json!([50, 80, 95, 100]));
    let (user, _) = plane.key_holder("ada").await;
    let set = "mutation($user: ID!) { setQuotas(input: { userId: $user, quotas: [{ metric: REQUESTS, limit: 10, window: DAY }] }) { user { id } } }";
    admin.ask_with(set, json!({ "user": user })).await;
    let (watcher, sender) = (watcher(&plane), plane.services.notification_sender.clone());
    let mut messages = Vec::new();

    for _ in 0..10 {
        plane.record(user, "m").await;
        assert_eq!(
            watcher.evaluate().await.unwrap(),
            watcher_received(&plane, messages.len()).await
        );
        watcher.evaluate().await.unwrap();
        sender.pass().await.unwrap();
        while let Ok(posted) = receiver.posted.try_recv() {
            let body: Value = serde_json::from_slice(&posted.body).unwrap();
            messages.push(body["title"].as_str().unwrap().to_owned());
        }
    }

    let percents: Vec<_> = messages
        .iter()
        .map(|title| title.split(' ').nth(1).unwrap())
        .collect();
    assert_eq!(percents, ["50", "80", "100"], "{messages:?}");
    assert!(messages[0].contains("ada"), "{messages:?}");
}

/// The number of messages beyond those that were received.
async fn watcher_received(plane: &ControlPlane, received: usize) -> usize {
    plane
        .services
        .notifications
        .latest(200)
        .await
        .unwrap()
        .len()
        - received
}

#[tokio::test]
async fn an_engine_failure_is_reported_once_until_it_recovers_and_the_quiet_time_is_over() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let receiver = Receiver::start().await;
    let (id, _) = channel(
        &admin,
        "ops",
        json!({ "webhook": { "url": receiver.url() } }),
    )
    .await;
    rule(&admin, "ENGINE_DOWN", &id, json!({ "quietMinutes": 60 })).await;
    let notifications = &plane.services.notifications;
    let rule = notifications.rules().await.unwrap().remove(0);
    let down = Message {
        subject: "engine".to_owned(),
        title: "down".to_owned(),
        body: String::new(),
    };
    let enqueue = async || notifications.enqueue(&rule, &down).await.unwrap();

    let first = enqueue().await;
    let again = enqueue().await;
    notifications
        .clear_conditions_except(&rule, &[])
        .await
        .unwrap();
    let flapping = enqueue().await;
    plane.advance(TimeDelta::minutes(61));
    let later = enqueue().await;
    plane.advance(TimeDelta::minutes(61));
    let still_down = enqueue().await;

    assert_eq!(
        [first, again, flapping, later, still_down],
        [true, false, false, true, false]
    );
}

#[tokio::test]
async fn an_unreachable_engine_is_reported() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut receiver = Receiver::start().await;
    let (id, _) = channel(
        &admin,
        "ops",
        json!({ "webhook": { "url": receiver.url() } }),
    )
    .await;
    rule(&admin, "ENGINE_DOWN", &id, json!({})).await;
    let mut engine = plane.services.engine.watch();
    let failing = engine.wait_for(|status| status.last_error.is_some());
    soon("the engine's failure", failing).await.unwrap();

    assert_eq!(watcher(&plane).evaluate().await.unwrap(), 1);
    assert_eq!(plane.services.notification_sender.pass().await.unwrap(), 1);

    let (_, body) = receiver.next().await;
    assert_eq!(body["event"], "engine_down");
}

#[tokio::test]
async fn a_model_in_use_without_a_price_is_reported_until_it_has_one() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let receiver = Receiver::start().await;
    let settings = json!({ "webhook": { "url": receiver.url() } });
    let (id, _) = channel(&admin, "ops", settings).await;
    let made = rule(&admin, "MODEL_UNPRICED", &id, json!({ "quietMinutes": 0 })).await;
    assert_eq!(made["percents"], json!([]));
    let (user, _) = plane.key_holder("ada").await;
    let (alerts, watcher) = (alerting::watcher(&plane.services), watcher(&plane));
    let evaluated = async || {
        alerts.evaluate().await.unwrap();
        watcher.evaluate().await.unwrap()
    };

    assert_eq!(evaluated().await, 0);
    plane.record(user, "acme-1").await;
    assert_eq!(evaluated().await, 1);
    assert_eq!(evaluated().await, 0);
    let create = "mutation { createPrice(input: { modelPattern: \"acme-*\", inputPerMillion: \"1\", outputPerMillion: \"1\" }) { price { id } } }";
    assert_eq!(code(&admin.ask(create).await), "");
    assert_eq!(evaluated().await, 0);

    let sent = plane.services.notifications.latest(10).await.unwrap();
    let titles: Vec<_> = sent.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(titles, ["ProxyPal: the model acme-1 has no price"]);
}

#[tokio::test]
async fn failed_messages_are_retried_with_pauses_and_eventually_given_up() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let mut receiver = Receiver::start().await;
    *receiver.answer.lock().await = (StatusCode::INTERNAL_SERVER_ERROR, "");
    let (id, _) = channel(
        &admin,
        "ops",
        json!({ "webhook": { "url": receiver.url() } }),
    )
    .await;
    rule(&admin, "ENGINE_DOWN", &id, json!({ "quietMinutes": 0 })).await;
    let notifications = &plane.services.notifications;
    let rule = notifications.rules().await.unwrap().remove(0);
    let sender = &plane.services.notification_sender;
    let message = |subject: &str| Message {
        subject: subject.to_owned(),
        title: "t".to_owned(),
        body: String::new(),
    };

    notifications.enqueue(&rule, &message("a")).await.unwrap();
    assert_eq!(sender.pass().await.unwrap(), 0);
    // Not again immediately.
    sender.pass().await.unwrap();
    receiver.next().await;
    assert!(receiver.is_silent());
    let state = "{ notifications { state attempts problem } notificationChannels { problem } }";
    let waiting = admin.ask(state).await;
    *receiver.answer.lock().await = (StatusCode::OK, "");
    plane.advance(TimeDelta::minutes(2));
    assert_eq!(sender.pass().await.unwrap(), 1);
    let sent = admin.ask(state).await;

    assert_eq!(waiting["data"]["notifications"][0]["state"], "WAITING");
    assert!(waiting.to_string().contains("500"), "{waiting}");
    assert_eq!(sent["data"]["notifications"][0]["state"], "SENT");
    assert_eq!(
        sent["data"]["notificationChannels"][0]["problem"],
        Value::Null
    );

    *receiver.answer.lock().await = (StatusCode::GONE, "");
    notifications.enqueue(&rule, &message("b")).await.unwrap();
    for _ in 0..12 {
        sender.pass().await.unwrap();
        plane.advance(TimeDelta::hours(2));
    }
    let given_up = admin.ask(state).await;
    let latest = &given_up["data"]["notifications"][0];
    assert_eq!(
        (&latest["state"], &latest["attempts"]),
        (&json!("GIVEN_UP"), &json!(10))
    );
}

#[tokio::test]
async fn a_channels_secrets_cannot_be_read() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let settings = json!({ "telegram": { "botToken": "12:canary", "chatId": "-100" } });
    let (id, _) = channel(&admin, "ops", settings).await;
    let update = "mutation($id: ID!) { updateNotificationChannel(id: $id, input: { name: \"new\", enabled: false }) { channel { name enabled } } }";
    let updated = admin.ask_with(update, json!({ "id": id })).await;

    let shown = admin
        .ask("{ notificationChannels { name target } auditEvents(first: 200) { nodes { action before after } } }")
        .await;

    assert_eq!(code(&updated), "");
    assert_eq!(shown["data"]["notificationChannels"][0]["target"], "-100");
    assert!(!shown.to_string().contains("canary"), "{shown}");
    let (channel, _) = {
        let id = id.as_str().unwrap().parse().unwrap();
        plane.services.notifications.open_channel(id).await.unwrap()
    };
    assert!(!channel.sealed.windows(6).any(|window| window == b"canary"));
}
