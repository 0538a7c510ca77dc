//! Prices updated from a published list: compared, approved, refused.

use proxypal_server::{
    clock::{Clock as _, SystemClock},
    domain::prices::PriceFilter,
};
use serde_json::{Value, json};

use crate::support::{
    Caller, Options, PASSWORD, TestApp, TestDatabase, code,
    price_list::PriceListServer,
    programs::server_binary,
    server::{bare_server, run},
};

const CHECK: &str = "{ priceUpdate { source date changeCount unchanged digest
    changes { before { inputPerMillion source } after { modelPattern inputPerMillion } }
    removed { modelPattern } kept { modelPattern } } }";
const APPLY: &str =
    "mutation($digest: String!) { applyPriceUpdate(input: { digest: $digest }) { added } }";

struct Updated {
    app: TestApp,
    admin: Caller,
    lists: PriceListServer,
}

impl Updated {
    async fn start() -> Self {
        let lists = PriceListServer::start().await;
        let mut options = Options::default()
            .with("--engine=demo")
            .with(&format!("--price-list-url={}", lists.url()));
        options.secrets.admin_password = Some(PASSWORD.into());
        let app = TestApp::start(options, TestDatabase::create().await).await;
        let mut admin = Caller::new(app.address);
        admin.sign_in(PASSWORD).await;
        Self { app, admin, lists }
    }

    async fn check(&self) -> Value {
        self.admin.ask(CHECK).await
    }

    async fn digest(&self) -> String {
        let answer = self.check().await;
        let digest = &answer["data"]["priceUpdate"]["digest"];
        digest
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    async fn apply(&self, digest: &str) -> Value {
        self.admin
            .ask_with(APPLY, json!({ "digest": digest }))
            .await
    }

    fn stored(&self) -> usize {
        self.app.services.prices.count(&PriceFilter::default())
    }
}

fn today() -> String {
    SystemClock.now().date_naive().to_string()
}

fn entry(model: &str, input: &str) -> Value {
    json!({ "model": model, "input": input, "output": "8" })
}

#[tokio::test]
async fn a_difference_is_shown_approved_once_and_recorded_once() {
    let updated = Updated::start().await;
    let prices = json!([entry("acme-1", "2"), entry("claude-opus-5", "7")]);
    updated.lists.publish(&today(), &prices);
    let before = updated.stored();

    let shown = updated.check().await["data"]["priceUpdate"].clone();
    assert_eq!(shown["changeCount"], 2, "{shown}");
    let changes = &shown["changes"];
    assert_eq!(changes[0]["before"], Value::Null);
    assert_eq!(changes[0]["after"]["modelPattern"], "acme-1");
    assert_eq!(changes[1]["before"]["inputPerMillion"], "5");
    assert_eq!(changes[1]["after"]["inputPerMillion"], "7");
    assert_eq!(updated.stored(), before);
    let digest = shown["digest"].as_str().unwrap();
    let (one, other) = tokio::join!(updated.apply(digest), updated.apply(digest));

    let codes = [code(&one), code(&other)];
    assert!(
        codes.contains(&"") && codes.contains(&"CONFLICT"),
        "{codes:?}"
    );
    assert_eq!(updated.stored(), before + 2);
    let events = updated.app.database.audit_events().await.into_iter();
    let applied = events.filter(|event| event.action == "applyPriceUpdate");
    let errors: Vec<_> = applied.map(|event| event.error).collect();
    assert_eq!(errors.iter().filter(|error| error.is_none()).count(), 1);
    let again = updated.check().await["data"]["priceUpdate"].clone();
    assert_eq!(
        (&again["changeCount"], &again["unchanged"]),
        (&json!(0), &json!(2))
    );
}

#[tokio::test]
async fn a_list_or_a_price_that_changed_meanwhile_is_a_conflict() {
    let updated = Updated::start().await;
    updated
        .lists
        .publish(&today(), &json!([entry("acme-1", "2")]));
    let digest = updated.digest().await;
    let before = updated.stored();

    updated
        .lists
        .publish(&today(), &json!([entry("acme-1", "20")]));
    assert_eq!(code(&updated.apply(&digest).await), "CONFLICT");
    let digest = updated.digest().await;
    let create = "mutation { createPrice(input: { modelPattern: \"acme-1\", inputPerMillion: \"1\", \
        outputPerMillion: \"1\" }) { price { id } } }";
    assert_eq!(code(&updated.admin.ask(create).await), "");
    assert_eq!(code(&updated.apply(&digest).await), "CONFLICT");

    assert_eq!(updated.stored(), before + 1);
    let kept = updated.check().await["data"]["priceUpdate"].clone();
    assert_eq!(kept["kept"][0]["modelPattern"], "acme-1");
    assert_eq!(kept["changeCount"], 0);
}

#[tokio::test]
async fn prices_that_a_list_no_longer_has_stay_in_force() {
    let updated = Updated::start().await;
    let both = json!([entry("acme-1", "2"), entry("acme-2", "2")]);
    updated.lists.publish(&today(), &both);
    assert_eq!(code(&updated.apply(&updated.digest().await).await), "");

    updated
        .lists
        .publish(&today(), &json!([entry("acme-1", "3")]));
    let shown = updated.check().await["data"]["priceUpdate"].clone();

    assert_eq!(shown["removed"], json!([{ "modelPattern": "acme-2" }]));
    assert_eq!(shown["changes"][0]["before"]["inputPerMillion"], "2");
    assert_eq!(code(&updated.apply(&updated.digest().await).await), "");
    let current = updated.app.services.prices.current();
    assert!(current.find("acme-2", None, SystemClock.now()).is_some());
}

#[tokio::test]
async fn invalid_lists_are_refused_with_their_reason_and_nothing_is_stored() {
    let updated = Updated::start().await;
    let before = updated.stored();
    let lists = &updated.lists;
    let problem = async |expected: &str, part: &str| {
        let answer = updated.check().await;
        assert_eq!(code(&answer), expected, "{part}: {answer}");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(part), "{message}");
    };

    problem("PROVIDER_ERROR", "404").await;
    lists.publish_text("{ \"source\": ");
    problem("BAD_USER_INPUT", "line 1").await;
    lists.publish(&today(), &json!([entry("m", "1"), entry("M", "2")]));
    problem("BAD_USER_INPUT", "price 2 (M): contradicts").await;
    lists.publish(&today(), &json!([entry("m", "-1")]));
    problem("BAD_USER_INPUT", "price 1 (m): input must not be negative").await;
    lists.publish(&today(), &json!([entry("m", "1000000")]));
    problem("BAD_USER_INPUT", "price 1 (m)").await;
    lists.publish("2020-01-01", &json!([entry("m", "1")]));
    problem("BAD_USER_INPUT", "older than stored prices").await;
    lists.publish("2999-01-01", &json!([entry("m", "1")]));
    problem("BAD_USER_INPUT", "in the future").await;
    lists.publish(&today(), &json!([entry("m", "1")]));
    lists.put("/prices.json.sha256", 200, "0".repeat(64).as_bytes());
    problem("BAD_USER_INPUT", "has the SHA-256").await;
    lists.put("/prices.json.sha256", 404, b"");
    problem("PROVIDER_ERROR", "checksum").await;
    lists.put("/prices.json", 200, &vec![b' '; 9 * 1024 * 1024]);
    problem("PROVIDER_ERROR", "larger than").await;

    assert_eq!(updated.stored(), before);
    assert_eq!(code(&updated.apply("00").await), "PROVIDER_ERROR");
}

#[tokio::test]
async fn redirects_are_bounded_and_lead_to_no_private_address() {
    let updated = Updated::start().await;
    let lists = &updated.lists;
    let message = async |target: &str| {
        lists.put("/prices.json", 302, target.as_bytes());
        let answer = updated.check().await;
        assert_eq!(code(&answer), "PROVIDER_ERROR", "{answer}");
        answer["errors"][0]["message"].as_str().unwrap().to_owned()
    };

    assert!(
        message("/prices.json")
            .await
            .contains("more than 3 redirects")
    );
    let inner = message("https://127.0.0.2/prices.json").await;
    assert!(inner.contains("not a global address"), "{inner}");
    let plain = message("http://169.254.169.254/latest").await;
    assert!(plain.contains("https://"), "{plain}");
}

#[tokio::test]
async fn without_a_list_there_is_no_update() {
    let mut options = Options::default().with("--engine=demo");
    options.secrets.admin_password = Some(PASSWORD.into());
    let app = TestApp::start(options, TestDatabase::create().await).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;

    assert_eq!(admin.ask(CHECK).await["data"]["priceUpdate"], Value::Null);
    let answer = admin.ask_with(APPLY, json!({ "digest": "00" })).await;
    assert_eq!(code(&answer), "BAD_USER_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_the_difference_and_stores_it_when_approved() {
    assert!(server_binary().exists());
    let home = TestDatabase::create().await;
    let lists = PriceListServer::start().await;
    lists.publish(
        &today(),
        &json!([entry("acme-1", "2"), entry("claude-opus-5", "7")]),
    );
    let update = async |arguments: &[&str]| {
        let mut command = bare_server(&home);
        command.args(["prices", "update"]).args(arguments);
        let ended = run(&mut command).await;
        let output = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(output).unwrap())
    };
    let url = lists.url();

    let (status, asked) = update(&[&url]).await;
    assert_eq!(status, Some(64), "{asked}");
    assert!(asked.contains("+ acme-1: 2/2/2/2/8/8/0"), "{asked}");
    assert!(
        asked.contains("~ claude-opus-5: 5/0.5/6.25/10/25/25/0/0/0 "),
        "{asked}"
    );
    assert!(asked.contains(" -> 7/7/7/7/8/8/0"), "{asked}");
    assert!(asked.contains("--yes"), "{asked}");
    let (status, wrong) = update(&[&url, "--yes", "--sha256", &"0".repeat(64)]).await;
    assert_eq!(status, Some(1), "{wrong}");
    let (status, stored) = update(&[&url, "--yes"]).await;
    assert_eq!(status, Some(0), "{stored}");
    assert!(stored.contains("Prices added: 2."), "{stored}");
    let (status, again) = update(&[&url]).await;
    assert_eq!(status, Some(0), "{again}");
    assert!(again.contains("unchanged: 2"), "{again}");
}
