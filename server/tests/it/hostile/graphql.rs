//! Documents that cost more than they look like, on every transport, from callers without an administrator's
//! rights. Each is refused by a named bound, and the server goes on answering.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use entity::{admin::Role, audit_event};
use futures_util::future::join_all;
use reqwest::StatusCode;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{ControlPlane, Events, Socket, code};

/// A document, and what is said of it to each caller without an administrator's rights.
struct Attack {
    name: &'static str,
    document: String,
    bound: &'static str,
}

fn attack(name: &'static str, document: impl Into<String>, bound: &'static str) -> Attack {
    Attack {
        name,
        document: document.into(),
        bound,
    }
}

/// `open` and `close` so many times around nothing.
fn nested(open: &str, close: &str, times: usize) -> String {
    format!("{}{}", open.repeat(times), close.repeat(times))
}

/// So many fragments, each of which spreads the next one so many times.
fn chain(fragments: usize, spreads: usize) -> String {
    let mut text = String::new();
    for number in 0..fragments {
        let next = format!("...f{} ", number + 1).repeat(spreads);
        let _ = write!(text, "fragment f{number} on Query{{{next}}}");
    }
    let _ = write!(text, "fragment f{fragments} on Query{{__typename}}");
    text
}

/// A text for each number up to this.
fn numbered(count: usize, each: &dyn Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn attacks() -> Vec<Attack> {
    let login = |value: &str| format!("mutation{{login(password:{value}){{session{{id}}}}}}");
    vec![
        attack(
            "lists in a value",
            login(&nested("[", "]", 1_600)),
            "nested too deep",
        ),
        attack(
            "objects in a value",
            login(&nested("{a:[", "]}", 800)),
            "nested too deep",
        ),
        attack(
            "lists in a default",
            format!(
                "query($a:[Int]={}){{viewer{{__typename}}}}",
                nested("[", "]", 1_600)
            ),
            "nested too deep",
        ),
        attack(
            "a type of lists",
            format!(
                "query($a:{}){{viewer{{__typename}}}}",
                nested("[", "]", 1_600).replace("[]", "[Int]")
            ),
            "nested too deep",
        ),
        attack("selections", nested("{a", "}", 1_600), "nested too deep"),
        attack(
            "brackets behind a string that does not end",
            format!("{{viewer(a:[\"\"\"\" {}", "[".repeat(1_600)),
            "a string that does not end",
        ),
        attack(
            "an unused chain of fragments",
            format!("{{__typename}}{}", chain(40, 1)),
            "too many fragments",
        ),
        attack(
            "fragments spread many times",
            format!("{{...f0}}{}", chain(7, 8)),
            "too many root fields",
        ),
        attack(
            "a fragment that spreads itself",
            "{...a} fragment a on Query{...b} fragment b on Query{...a}",
            "a fragment that spreads itself",
        ),
        attack(
            "many items of a list",
            login(&format!("[{}]", "0,".repeat(1_100))),
            "too many tokens",
        ),
        attack(
            "many fields",
            format!("{{{}}}", "viewer ".repeat(1_100)),
            "too many tokens",
        ),
        attack(
            "arguments that nothing takes",
            format!(
                "{{viewer({}){{__typename}}}}",
                numbered(60, &|number| format!("a{number}:1 "))
            ),
            "too many arguments",
        ),
        attack(
            "fields of one name with other arguments",
            format!(
                "{{session({}){{id}} {}}}",
                numbered(14, &|number| format!("a{number}:1 ")),
                "session{id}".repeat(140)
            ),
            "too many",
        ),
        attack(
            "aliases",
            format!(
                "{{{}}}",
                numbered(60, &|number| format!("a{number}:__typename "))
            ),
            "too many",
        ),
        attack(
            "directives",
            format!(
                "{{viewer{{__typename {}}}}}",
                "...@include(if:true){__typename}".repeat(40)
            ),
            "too many",
        ),
        attack(
            "variables",
            format!(
                "query({}){{viewer{{__typename}}}}",
                numbered(60, &|number| format!("$a{number}:Int "))
            ),
            "too many variables",
        ),
        attack(
            "root fields",
            format!("mutation{{{}}}", "logout{signedOut} ".repeat(3)),
            "too many root fields",
        ),
        attack(
            "streams in one subscription",
            "subscription{a:engineChanged{state} b:engineChanged{state}}",
            "more than one root field",
        ),
        attack(
            "a long name",
            format!("{{{}}}", "a".repeat(5_000)),
            "a name that is too long",
        ),
        attack(
            "a default of an unknown type, at which the library panics",
            "query($a:[Nothing]=[1]){viewer{__typename}}",
            "Unknown type",
        ),
        attack(
            "the schema",
            "{__schema{types{name}}}",
            "the introspection is too large",
        ),
        attack(
            "the schema, over and over",
            "{__type(name:\"Query\"){fields{type{fields{type{fields{name}}}}}}}",
            "the introspection is too large",
        ),
    ]
}

#[tokio::test]
async fn hostile_documents_are_refused_on_post_and_event_streams() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;

    for Attack {
        name,
        document,
        bound,
    } in attacks()
    {
        for caller in [&plane.anonymous(), &key_holder] {
            let posted = caller.ask(&document).await;
            refused(name, &posted, bound);
            let mut events = Events::open(caller, &document).await;
            refused(name, &events.data().await, bound);
        }
    }

    assert_eq!(
        plane.anonymous().get("/livez").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn hostile_documents_are_refused_on_sockets() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let mut socket = Socket::greet(&key_holder, Value::Null).await;

    for Attack {
        name,
        document,
        bound,
    } in attacks()
    {
        socket.start("1", &document).await;
        refused(name, &socket.result("1").await, bound);
        assert_eq!(socket.next().await.unwrap()["type"], "complete");
    }
}

#[tokio::test]
async fn viewers_have_bounds_too() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let aliases = numbered(1_000, &|number| {
        format!("a{number}:usage{{totals{{requests}}}}")
    });
    let sums = numbered(110, &|number| format!("a{number}:totals{{requests}}"));
    let fields = "type{fields{".repeat(4);

    for (name, document, bound) in [
        ("aliases of sums", format!("{{{aliases}}}"), "too many"),
        (
            "aliases of sums in one field",
            format!("{{usage{{{sums}}}}}"),
            "points",
        ),
        (
            "28 fragments, four spreads each",
            format!("{{...f0}}{}", chain(28, 4)),
            "too many root fields",
        ),
        (
            "a chain of 1,500 fragments",
            format!("{{__typename}}{}", chain(1_500, 1)),
            "too many tokens",
        ),
        (
            "a long chain",
            format!("{{...f0}}{}", chain(60, 1)),
            "nested too deep",
        ),
        (
            "the schema, over and over",
            format!("{{__schema{{types{{fields{{{fields}name{}", "}".repeat(12)),
            "the introspection is too large",
        ),
    ] {
        refused(name, &viewer.ask(&document).await, bound);
    }
}

#[tokio::test]
async fn a_long_list_of_mistakes_is_answered_briefly() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let unknown = numbered(180, &|number| format!("unknown{number} "));
    // Objects without a selection.
    let leaves = numbered(45, &|number| format!("a{number}: serverInfo "));
    let line = "x".repeat(10_000);

    let unknown = viewer
        .ask(&format!("{{ serverInfo {{ {unknown} }} }}"))
        .await;
    let wrong = viewer.ask(&format!("{{ {leaves} }}")).await;
    let quoted = viewer
        .ask(&format!("{{ viewer(a: \"{line}\") {{ __typename }} ) }}"))
        .await;

    refused(
        "unknown fields",
        &unknown,
        "fields and arguments are unknown",
    );
    assert_eq!(wrong["errors"].as_array().unwrap().len(), 20);
    assert!(wrong.to_string().len() < 10_000);
    assert!(quoted.to_string().len() < 1_000, "{quoted}");
}

#[tokio::test]
async fn variables_nest_within_bounds_and_count_as_often_as_they_are_used() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let query = "query($a: RequestFilter) { viewer { ... on KeyHolder { requests(filter: $a) { nodes { id } } } } }";
    let deep: Value = serde_json::from_str(&nested("[", "]", 20)).unwrap();
    let uses = numbered(40, &|number| {
        format!("a{number}: requests(filter: $a, first: 1) {{ nodes {{ id }} }} ")
    });
    let uses = format!("query($a: RequestFilter) {{ viewer {{ ... on KeyHolder {{ {uses} }} }} }}");

    let deep = key_holder.ask_with(query, json!({ "a": deep })).await;
    let long = key_holder
        .ask_with(query, json!({ "a": { "models": ["x".repeat(9_000)] } }))
        .await;
    let often = key_holder
        .ask_with(&uses, json!({ "a": { "models": ["x".repeat(7_000)] } }))
        .await;

    refused("deep variables", &deep, "variables nested too deep");
    refused("long variables", &long, "the variables are longer");
    refused("variables used often", &often, "too large arguments");
}

#[tokio::test]
async fn bodies_are_as_long_as_the_role_needs() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let long = |bytes: usize| format!("{{ viewer {{ __typename }} }} #{}", "x".repeat(bytes));

    for (caller, fits, too_long) in [
        (plane.anonymous(), 15_000, 17_000),
        (key_holder, 30_000, 35_000),
        (plane.script(Role::Viewer).await, 60_000, 70_000),
        (plane.script(Role::Admin).await, 1_000_000, 1_100_000),
    ] {
        let fits = caller.ask(&long(fits)).await;
        assert_eq!(code(&fits), "", "{fits}");
        let answer = caller.post(&long(too_long), json!({})).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test]
async fn sockets_are_closed_on_clients_that_send_too_much() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let id = "x".repeat(200);

    for message in [
        json!({ "type": "ping", "payload": "x".repeat(100_000) }),
        json!({ "type": "connection_init", "payload": { "authorization": "x".repeat(9_000) } }),
        json!({ "type": "x".repeat(9_000) }),
    ] {
        let mut socket = Socket::open(&plane.anonymous()).await.unwrap();
        let _ = socket.try_send(message).await;
        assert!(socket.next().await.is_err());
    }
    let mut named = Socket::greet(&key_holder, Value::Null).await;
    named.start(&id, "{ viewer { __typename } }").await;
    assert_eq!(named.next().await, Err(1002));

    let mut flood = Socket::greet(&key_holder, Value::Null).await;
    let mut closed = None;
    for _ in 0..2_000 {
        if flood.try_send(json!({ "type": "pong" })).await.is_err() {
            break;
        }
    }
    while closed.is_none() {
        closed = flood.next().await.err();
    }
    assert!(closed.is_some());
}

#[tokio::test]
async fn anonymous_clients_have_a_budget_and_administrators_are_served_meanwhile() {
    let plane = ControlPlane::start().await;
    let admin = plane.admin().await;
    let anonymous = plane.anonymous();
    let long = format!("{{ viewer {{ __typename }} }} #{}", "x".repeat(15_000));
    let mut refused = None;

    for _ in 0..2_000 {
        let answer = anonymous.post(&long, json!({})).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }

    let refused = refused.expect("a refusal");
    assert!(refused.headers().contains_key("retry-after"));
    let body: Value = refused.json().await.unwrap();
    assert_eq!(code(&body), "RATE_LIMITED");
    assert!(body["errors"][0]["extensions"]["retryAfterSeconds"].is_number());
    assert_eq!(code(&admin.ask("{ viewer { __typename } }").await), "");
}

#[tokio::test]
async fn wrong_credentials_count_against_the_budget_of_anonymous_clients() {
    let plane = ControlPlane::start().await;
    let guesser = plane.anonymous().with_bearer("sk-guessed");
    let mut statuses = Vec::new();

    for _ in 0..500 {
        let answer = guesser.post("{ viewer { __typename } }", json!({})).await;
        statuses.push(answer.status());
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }

    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

/// So many sums of a key holder's own usage.
fn own_sums(count: usize) -> String {
    let sums = numbered(count, &|number| format!("a{number}:totals{{requests}}"));
    format!("{{ viewer {{ ... on KeyHolder {{ user {{ usage {{ {sums} }} }} }} }} }}")
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_of_the_most_expensive_queries_of_a_key_holder_do_not_delay_an_administrator() {
    let plane = ControlPlane::start().await;
    let (_, key_holder) = plane.key_holder("ada").await;
    let admin = plane.admin().await;
    let dear = own_sums(25);
    let (answered, first) = (AtomicUsize::new(0), Notify::new());
    let key_holders = async || {
        let answer = key_holder.ask(&dear).await;
        answered.fetch_add(1, Ordering::Relaxed);
        first.notify_one();
        answer
    };
    let admins = async {
        // By now all the others have arrived.
        first.notified().await;
        let query = "{ users { nodes { id } } usage { totals { requests } } }";
        let answer = admin.ask(query).await;
        (answer, answered.load(Ordering::Relaxed))
    };

    let (answers, (asked, earlier)) =
        tokio::join!(join_all((0..30).map(|_| key_holders())), admins);

    assert_eq!(code(&asked), "", "{asked}");
    assert!(
        earlier <= 15,
        "the administrator waited for {earlier} of 30"
    );
    for answer in answers {
        assert_eq!(code(&answer), "", "{answer:.300}");
    }
    let dearer = key_holder.ask(&own_sums(45)).await;
    refused("45 sums", &dearer, "points");
}

#[tokio::test]
async fn a_key_holder_who_queries_sums_repeatedly_is_rate_limited() {
    let plane = ControlPlane::start().await;
    let (_, greedy) = plane.key_holder("ada").await;
    let (_, other) = plane.key_holder("eve").await;
    let dear = own_sums(25);
    let mut refused = None;

    for _ in 0..200 {
        let answer = greedy.ask(&dear).await;
        if !code(&answer).is_empty() {
            refused = Some(answer);
            break;
        }
    }

    let refused = refused.expect("a refusal");
    assert_eq!(code(&refused), "RATE_LIMITED", "{refused}");
    assert!(refused["errors"][0]["extensions"]["retryAfterSeconds"].is_number());
    assert_eq!(code(&other.ask(&dear).await), "");
}

#[tokio::test]
async fn refusals_by_role_leave_few_events_without_arguments() {
    let plane = ControlPlane::start().await;
    let viewer = plane.script(Role::Viewer).await;
    let mutation = |count: usize| -> String {
        let field = |number: usize| {
            let note = "x".repeat(500);
            format!("a{number}:createUser(input:{{name:\"a\",note:\"{note}\"}}){{secret}}")
        };
        format!("mutation{{{}}}", (0..count).map(field).collect::<String>())
    };

    refused(
        "1,500 aliases",
        &viewer.ask(&mutation(60)).await,
        "too many root fields",
    );
    for _ in 0..30 {
        assert_eq!(code(&viewer.ask(&mutation(15)).await), "FORBIDDEN");
    }

    let events = audit_event::Entity::find()
        .all(plane.db.reader())
        .await
        .unwrap();
    let refusals: Vec<_> = events
        .iter()
        .filter(|event| event.error.is_some())
        .collect();
    assert_eq!(refusals.len(), 21);
    assert!(
        refusals
            .iter()
            .all(|event| event.action == "createUser" || event.action == "furtherFailures")
    );
    let last = refusals.last().unwrap();
    assert_eq!(last.action, "furtherFailures");
    assert!(last.after.as_ref().unwrap().contains("notRecordedUntil"));
    assert!(
        events
            .iter()
            .all(|event| !format!("{event:?}").contains("xxxx"))
    );
}

#[tokio::test]
async fn an_event_is_not_about_an_id_that_is_no_id() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let remove = "mutation($id: ID!) { removeProviderAccount(id: $id) { account { id } } }";

    admin
        .ask_with(remove, json!({ "id": "x".repeat(10_000) }))
        .await;

    let events = audit_event::Entity::find()
        .all(plane.db.reader())
        .await
        .unwrap();
    let failed = events
        .iter()
        .find(|event| event.action == "removeProviderAccount");
    assert_eq!(failed.unwrap().subject_id, None);
}

fn refused(name: &str, answer: &Value, bound: &str) {
    let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains(bound), "{name}: {answer:.300}");
    assert_eq!(code(answer), "BAD_USER_INPUT", "{name}");
    assert_eq!(answer["data"], Value::Null, "{name}");
}
