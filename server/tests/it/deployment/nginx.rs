//! nginx as the page on reverse proxies configures it, in front of the whole server.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use entity::admin::Role;
use futures_util::StreamExt as _;
use proxypal_server::{config::SecretsConfig, engine::EngineState};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{block, read};
use crate::support::test_context;
use crate::{
    oauth::identity::{Decision, Identity, OWN_CLIENT, OWN_SECRET},
    support::{
        Caller, Options, Socket, TestApp, TestDatabase, cookie_lines, eventually,
        server::{ENCRYPTION_KEY, PASSWORD, run, server},
    },
};

/// nginx that passes on to a server; it ends with the test.
struct Nginx {
    url: String,
    _child: Child,
    _home: TempDir,
}

impl Nginx {
    /// With the written configuration, changed where it must differ here.
    async fn start(port: u16, to: &str, change: impl Fn(String) -> String) -> Self {
        let home = tempfile::tempdir().unwrap();
        let place = change(written(port, to));
        let file = home.path().join("nginx.conf");
        std::fs::write(&file, whole(home.path(), &place)).unwrap();
        let child = Command::new(program().unwrap())
            .arg("-e")
            .arg("stderr")
            .arg("-p")
            .arg(home.path())
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let below = place.split("location ").nth(1).unwrap();
        let below = below.split(" {").next().unwrap().trim_end_matches('/');
        let url = format!("http://127.0.0.1:{port}{below}");
        let health = format!("{url}/healthz");
        eventually("nginx", async || {
            reqwest::get(&health)
                .await
                .ok()?
                .status()
                .is_success()
                .then_some(())
        })
        .await;
        Self {
            url,
            _child: child,
            _home: home,
        }
    }
}

const BELOW: &str = "location /proxypal/ {";

/// With the two lines for a server below a path.
fn below_a_path(text: &str, to: &str) -> String {
    text.replace("location / {", BELOW)
        .replace(&format!("{to};"), &format!("{to}/;"))
}

/// The documented configuration, for this machine and without TLS.
fn written(port: u16, to: &str) -> String {
    let written = block("docs/deploy/reverse-proxy.md", "nginx");
    let lines = written.lines();
    let here: Vec<&str> = lines
        .filter(|line| !line.trim_start().starts_with("ssl_"))
        .collect();
    here.join("\n")
        .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"))
        .replace("http://127.0.0.1:3000", to)
}

/// The configuration around it.
fn whole(home: &Path, place: &str) -> String {
    let path = home.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {path}/{name};\n"))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {path}/pid;\nerror_log stderr warn;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}\n{place}\n}}\n"
    )
}

/// `make test` installs it; a machine without it leaves this to others.
fn program() -> Option<PathBuf> {
    let places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];
    places
        .iter()
        .map(PathBuf::from)
        .find(|path| Path::is_file(path))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn behind(public_url: &str) -> TestApp {
    behind_with(public_url, SecretsConfig::default()).await
}

async fn behind_with(public_url: &str, secrets: SecretsConfig) -> TestApp {
    let secrets = SecretsConfig {
        encryption_key: Some(ENCRYPTION_KEY.into()),
        ..secrets
    };
    let options = Options {
        secrets,
        ..Options::default()
    };
    let options = options
        .with("--engine=demo")
        .with(&format!("--public-url={public_url}"));
    let app = TestApp::start(options, TestDatabase::create().await).await;
    app.engine_is(EngineState::Running).await;
    app
}

/// The doctor's result on streams.
async fn streams(app: &TestApp, public_url: &str) -> String {
    let mut command = server(&app.database);
    command
        .env("ENGINE", "demo")
        .env("PORT", app.address.port().to_string())
        .env("PUBLIC_URL", public_url)
        .args(["doctor", "--json"]);
    let report: Value = serde_json::from_slice(&run(&mut command).await.stdout).unwrap();
    let mut checks = report["checks"].as_array().unwrap().iter();
    let found = checks.find(|check| check["topic"] == "streams");
    let found = found.unwrap_or_else(|| panic!("{report:#}"));
    found["result"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_written_configuration_passes_streams_and_sockets() {
    if program().is_none() {
        return;
    }
    let port = free_port();
    let app = behind(&format!("http://127.0.0.1:{port}")).await;
    let nginx = Nginx::start(port, &format!("http://{}", app.address), |same| same).await;
    let key = app.issue_key().await;

    assert_eq!(streams(&app, &nginx.url).await, "ok");
    let asked = json!({ "model": "demo-gpt", "stream": true, "messages": [{ "role": "user", "content": "hi" }] });
    let answer = app.http.post(format!("{}/v1/chat/completions", nginx.url));
    let answer = answer.bearer_auth(&key).json(&asked).send().await.unwrap();
    let parts: Vec<_> = answer.bytes_stream().collect().await;
    let text = parts
        .into_iter()
        .flat_map(Result::unwrap)
        .collect::<Vec<u8>>();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("[DONE]"), "{text}");

    let token = app
        .services
        .api_tokens
        .create(test_context(), "script", Role::Owner, None);
    let secret = token.await.unwrap().secret;
    let address = nginx.url.trim_start_matches("http://").parse().unwrap();
    let caller = Caller::new(address).with_bearer(secret.expose_secret());
    let mut socket = Socket::greet(&caller, json!({})).await;
    socket.start("1", "{ serverInfo { version } }").await;
    assert_eq!(socket.next().await.unwrap()["type"], "next");
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_path_the_two_written_lines_are_enough() {
    if program().is_none() {
        return;
    }
    let written = read("docs/deploy/reverse-proxy.md");
    let (_, below) = written.split_once("## Below a path").unwrap();
    let lines = [BELOW, "proxy_pass http://127.0.0.1:3000/;"];
    assert!(lines.iter().all(|line| below.contains(line)));
    let port = free_port();
    let public_url = format!("http://127.0.0.1:{port}/proxypal");
    let app = behind(&public_url).await;
    let to = format!("http://{}", app.address);

    let nginx = Nginx::start(port, &to, |text| below_a_path(&text, &to)).await;

    assert_eq!(nginx.url, public_url);
    assert_eq!(streams(&app, &public_url).await, "ok");
    let page = reqwest::get(format!("{public_url}/")).await.unwrap();
    assert_eq!(page.status(), 200);
}

/// Follows nothing, and sends what browsers send with a link of another site.
async fn visit(url: &str, cookie: &str, site: &str) -> reqwest::Response {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = http.get(url).header("cookie", cookie);
    request.header("sec-fetch-site", site).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_by_redirect_comes_back_below_a_path() {
    if program().is_none() {
        return;
    }
    let identity = Identity::start().await;
    let mut secrets = SecretsConfig {
        admin_password: Some(PASSWORD.into()),
        ..SecretsConfig::default()
    };
    secrets.oauth.extend(identity.settings());
    for (setting, value) in [("CLIENT_ID", OWN_CLIENT), ("CLIENT_SECRET", OWN_SECRET)] {
        let variable = format!("OAUTH_CLAUDE_{setting}");
        secrets.oauth.insert(variable, value.into());
    }
    let port = free_port();
    let public_url = format!("http://127.0.0.1:{port}/proxypal");
    let app = behind_with(&public_url, secrets).await;
    let to = format!("http://{}", app.address);
    let _nginx = Nginx::start(port, &to, |text| below_a_path(&text, &to)).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;
    let session = admin.headers["cookie"].to_str().unwrap();

    let start = format!("{public_url}/oauth/claude/start");
    let answer = visit(&start, session, "same-origin").await;
    let line = cookie_lines(&answer)[0].clone();
    let away = answer.headers()["location"].to_str().unwrap();
    let back: url::Url = identity
        .consent(away, Decision::Allow)
        .await
        .parse()
        .unwrap();
    // As a browser does: the cookie comes along to addresses below its path.
    let path = line
        .split("Path=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let is_sent = back.path().starts_with(path);
    let cookie = is_sent.then(|| line.split(';').next().unwrap());
    let answer = visit(back.as_str(), cookie.unwrap_or_default(), "cross-site").await;

    let target = answer.headers()["location"].to_str().unwrap();
    assert!(target.starts_with("/proxypal/providers?login="), "{target}");
    assert!(!target.contains("loginError"), "{target}");
    let accounts = app.services.provider_accounts.list().await.unwrap();
    assert_eq!(accounts.len(), 1);
}
