//! Commands that operators run beside the server.

use std::process::Stdio;

use nix::sys::signal::Signal;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{begin, engine};
use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    programs::Program,
    scripted,
    server::{ENCRYPTION_KEY, PASSWORD, Server, bare_server, before, run, server},
    soon,
};

#[tokio::test(flavor = "multi_thread")]
async fn healthcheck_reports_by_its_exit_code() {
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let port = running.address().port().to_string();
    let check = || {
        let mut command = bare_server(&home);
        command.args(["healthcheck", "--port", &port]);
        command
    };

    let well = run(&mut check()).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    let gone = run(&mut check()).await;

    assert_eq!(well.status.code(), Some(0));
    assert_eq!(gone.status.code(), Some(1));
    assert!(
        String::from_utf8(gone.stderr)
            .unwrap()
            .contains("no response from")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_seals_every_secret_with_the_new_key() {
    const NEW_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let add = "mutation { addProviderApiKey(input: {kind: CLAUDE, apiKey: \"sk-ant-0123456789\"}) { __typename } }";
    operator.ask(add, json!({})).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    let rotate = |previous: &str| {
        let mut command = bare_server(&home);
        command
            .arg("rotate-encryption-key")
            .env("ENCRYPTION_KEY", NEW_KEY)
            .env("ENCRYPTION_KEY_PREVIOUS", previous);
        command
    };

    let without = run(&mut rotate("")).await;
    let rotated = run(&mut rotate(ENCRYPTION_KEY)).await;
    let again = run(&mut rotate(ENCRYPTION_KEY)).await;
    let mut command = server(&home);
    let mut running =
        Server::start(command.env("ENGINE", "demo").env("ENCRYPTION_KEY", NEW_KEY)).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let export =
        "mutation($password: String!) { exportProviderAccounts(password: $password) { content } }";
    let wrong = operator.answer(export, json!({"password": "wrong"})).await;
    let right = operator.ask(export, json!({"password": PASSWORD})).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;

    let output_of = |output: &std::process::Output| {
        String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
    };
    assert!(!without.status.success());
    assert!(
        output_of(&without).contains("ENCRYPTION_KEY_PREVIOUS"),
        "{}",
        output_of(&without)
    );
    assert!(rotated.status.success(), "{}", output_of(&rotated));
    assert!(
        output_of(&rotated).contains("Re-encrypted 2 secrets"),
        "{}",
        output_of(&rotated)
    );
    assert!(
        output_of(&again).contains("Re-encrypted 0 secrets; 2 already"),
        "{}",
        output_of(&again)
    );
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let content = right["exportProviderAccounts"]["content"].as_str().unwrap();
    assert!(content.contains("sk-ant-0123456789"), "{content}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_reset_from_a_pipe_and_sessions_end() {
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;

    let mut reset = bare_server(&home)
        .arg("reset-password")
        .env("ENCRYPTION_KEY", ENCRYPTION_KEY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = reset.stdin.take().unwrap();
    pipe.write_all(b"a-brand-new-password\n").await.unwrap();
    drop(pipe);
    let done = soon("the reset", reset.wait_with_output()).await.unwrap();

    let said = String::from_utf8(done.stdout).unwrap();
    assert!(said.contains("1 sessions were signed out"), "{said}");
    let again = Server::start(server(&home).env("ENGINE", "demo")).await;
    let old = operator
        .at(&again.url)
        .answer("{ requests { nodes { id } } }", json!({}))
        .await;
    assert_eq!(
        old["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{old}"
    );
    assert!(Operator::sign_in(&again.url, PASSWORD).await.is_err());
    assert!(
        Operator::sign_in(&again.url, "a-brand-new-password")
            .await
            .is_ok()
    );
}

/// The output of a command with these lines as input.
async fn typed(command: &mut tokio::process::Command, lines: &str) -> String {
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = running.stdin.take().unwrap();
    pipe.write_all(lines.as_bytes()).await.unwrap();
    drop(pipe);
    let done = soon("the end", running.wait_with_output()).await.unwrap();
    String::from_utf8([done.stdout, done.stderr].concat()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_removed_from_the_terminal() {
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let enrol = "mutation($password: String!) { enrolTotp(password: $password) { secret } }";
    let enrolled = operator.ask(enrol, json!({ "password": PASSWORD })).await;
    let secret = enrolled["enrolTotp"]["secret"].as_str().unwrap();
    let app = totp_rs::Builder::new()
        .with_secret(totp_rs::Secret::try_from_base32(secret).unwrap())
        .with_account_name("x")
        .build()
        .unwrap();
    let confirm = "mutation($code: String!) { confirmTotp(code: $code) { recoveryCodes } }";
    let code = app.generate_current().to_string();
    operator.ask(confirm, json!({ "code": code })).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    let reset = |arguments: &[&str]| {
        let mut reset = bare_server(&home);
        reset
            .arg("reset-password")
            .args(arguments)
            .env("ENCRYPTION_KEY", ENCRYPTION_KEY);
        reset
    };

    let kept = typed(&mut reset(&[]), "a-brand-new-password\n").await;
    let gone = typed(
        &mut reset(&["--without-second-factor"]),
        "a-brand-new-password\n",
    )
    .await;

    assert!(kept.contains("still required"), "{kept}");
    assert!(!gone.contains("still required"), "{gone}");
    let again = Server::start(server(&home).env("ENGINE", "demo")).await;
    let signed_in = Operator::sign_in(&again.url, "a-brand-new-password").await;
    let reported = "{ auditEvents(filter: { actions: [\"resetPassword\"] }) { nodes { actor { kind } subject { kind } before after } } }";
    let reported = signed_in
        .unwrap()
        .ask(reported, json!({}))
        .await
        .to_string();
    assert!(
        reported.contains("\"CLI\"") && !reported.contains("brand-new"),
        "{reported}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_a_forged_audit_event() {
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    operator.issue_key().await;
    let verify = async |arguments: &[&str]| {
        let ended = run(bare_server(&home).args(["audit", "verify"]).args(arguments)).await;
        let output = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(output).unwrap())
    };

    let while_running = verify(&[]).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    let whole = verify(&[]).await;
    let hash = whole.1.trim().rsplit(' ').next().unwrap().to_owned();
    let known = verify(&["--expect", &hash]).await;
    let unknown = verify(&["--expect", &"0".repeat(64)]).await;
    let database = sea_orm::Database::connect(&home.url).await.unwrap();
    let forge = "UPDATE audit_event SET actor_name = 'unknown' WHERE sequence = 2";
    sea_orm::ConnectionTrait::execute_unprepared(&database, forge)
        .await
        .unwrap();
    database.close().await.unwrap();
    let forged = verify(&[]).await;

    assert_eq!(while_running.0, Some(0), "{}", while_running.1);
    assert_eq!(while_running.1, whole.1);
    assert_eq!(whole.0, Some(0), "{}", whole.1);
    assert!(whole.1.contains("3 events"), "{}", whole.1);
    assert_eq!(known.0, Some(0), "{}", known.1);
    assert_eq!(unknown.0, Some(1));
    assert!(unknown.1.contains("cut off"), "{}", unknown.1);
    assert_eq!(forged.0, Some(1));
    assert!(forged.1.contains("broken at event 2"), "{}", forged.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_imported_and_listed_while_the_server_is_stopped() {
    let home = TestDatabase::create().await;
    let file = home.directory.path().join("prices.json");
    let write = |input: &str| {
        let text = format!(
            r#"{{ "source": "a contract", "date": "2026-01-02",
                "prices": [{{ "model": "Acme-*", "input": {input}, "output": "8" }}] }}"#
        );
        std::fs::write(&file, text).unwrap();
    };
    let prices = async |arguments: &[&str]| {
        let mut command = bare_server(&home);
        command.arg("prices").args(arguments);
        let ended = run(&mut command).await;
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(said).unwrap())
    };
    let import = ["import", file.to_str().unwrap()];

    write("0.01875");
    let first = prices(&import).await;
    let again = prices(&import).await;
    write("0.5");
    let changed = prices(&import).await;
    write("-1");
    let wrong = prices(&import).await;
    let (_, listed) = prices(&["list"]).await;

    assert_eq!(first.0, Some(0), "{}", first.1);
    assert!(first.1.contains("Prices added: 1;"), "{}", first.1);
    assert!(again.1.contains("Prices added: 0; already stored: 1."));
    assert_eq!(changed.0, Some(1));
    assert!(
        changed.1.contains("prices are never changed"),
        "{}",
        changed.1
    );
    assert_eq!(wrong.0, Some(1));
    assert!(
        wrong
            .1
            .contains("price 1 (Acme-*): input must not be negative")
    );
    let line = listed.lines().find(|line| line.starts_with("acme-*"));
    let line = line.unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(line[1..4], ["any", "2026-01-02", "0.01875"]);
    assert!(listed.contains("claude-sonnet-4-5*"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_price_list_is_imported_with_the_day_of_its_prices() {
    let home = TestDatabase::create().await;
    let file = home.directory.path().join("list.json");
    let list = r#"{ "acme-large": { "litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1.5e-05,
        "input_cost_per_token_above_272k_tokens": 5e-06, "output_cost_per_token_priority": 3e-05 } }"#;
    std::fs::write(&file, list).unwrap();
    let prices = async |arguments: &[&str]| {
        let mut command = bare_server(&home);
        command.arg("prices").args(arguments);
        let ended = run(&mut command).await;
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(said).unwrap())
    };
    let file = file.to_str().unwrap();

    let without = prices(&["import", file]).await;
    let imported = prices(&["import", file, "--date", "2026-07-24"]).await;
    let (_, listed) = prices(&["list"]).await;

    assert_eq!(without.0, Some(1), "{}", without.1);
    assert!(without.1.contains("this list has no date"), "{}", without.1);
    assert_eq!(imported.0, Some(0), "{}", imported.1);
    let lines = listed.lines();
    let mut lines = lines.skip_while(|line| !line.starts_with("acme-large"));
    let mut next = || -> Vec<&str> { lines.next().unwrap().split_whitespace().collect() };
    assert_eq!(next()[1..5], ["any", "2026-07-24", "2.5", "2.5"]);
    assert_eq!(next()[..4], ["above", "272000", "tokens", "5"]);
    assert_eq!(next()[..6], ["PRIORITY", "2.5", "2.5", "2.5", "2.5", "30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_imported_from_files_of_coding_agents_while_the_server_is_stopped() {
    let home = TestDatabase::create().await;
    let path = |name: &str| home.directory.path().join(name);
    let claude =
        r#"{ "claudeAiOauth": { "accessToken": "canary-a", "refreshToken": "canary-r" } }"#;
    std::fs::write(path("claude.json"), claude).unwrap();
    std::fs::write(path("broken.json"), "{ \"canary").unwrap();
    let import = async |names: &[&str]| {
        let mut command = bare_server(&home);
        command.args(["accounts", "import"]);
        command.args(names.iter().map(|name| path(name)));
        let ended = run(&mut command).await;
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(said).unwrap())
    };

    let imported = import(&["claude.json"]).await;
    let broken = import(&["broken.json", "claude.json"]).await;
    let missing = import(&["missing.json"]).await;

    assert_eq!(imported.0, Some(0), "{}", imported.1);
    assert!(imported.1.contains("Imported: claude, "), "{}", imported.1);
    assert_eq!(broken.0, Some(1), "{}", broken.1);
    assert!(broken.1.contains("neither JSON nor YAML") && broken.1.contains("Imported: claude, "));
    assert_eq!(missing.0, Some(1));
    assert!(missing.1.contains("cannot read") && missing.1.contains("missing.json"));
    for said in [imported.1, broken.1, missing.1] {
        assert!(!said.contains("canary"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_of_a_running_server_can_be_listed_but_not_imported() {
    let home = TestDatabase::create().await;
    let file = home.directory.path().join("prices.json");
    let table = r#"{ "source": "x", "date": "2026-01-02", "prices": [{ "model": "acme", "input": 1, "output": 2 }] }"#;
    std::fs::write(&file, table).unwrap();
    let running = Server::start(server(&home).env("ENGINE", "demo")).await;

    let listed = run(bare_server(&home).args(["prices", "list"])).await;
    let imported = run(bare_server(&home).args(["prices", "import"]).arg(&file)).await;

    let errors = String::from_utf8(listed.stderr).unwrap();
    assert_eq!(listed.status.code(), Some(0), "{errors}");
    let prices = String::from_utf8(listed.stdout).unwrap();
    assert!(prices.contains("claude-sonnet-4-5*"), "{prices}");
    assert_eq!(imported.status.code(), Some(1));
    let errors = String::from_utf8(imported.stderr).unwrap();
    assert!(
        errors.contains("stop it first") && errors.contains("createPrice"),
        "{errors}"
    );
    drop(running);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_shows_a_request_as_it_happens() {
    let home = TestDatabase::create().await;
    let (_go_on, script) = engine();
    let running = Server::start(before(scripted(script).await, &mut server(&home))).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let (key, token) = (operator.issue_key().await, operator.issue_token().await);
    begin(&running, &key, "short-before")
        .await
        .read_until("[DONE]")
        .await;
    let mut command = bare_server(&home);
    command
        .args(["logs", "--follow", "--url", &running.url])
        .env("PROXYPAL_TOKEN", token);
    let mut logs = Program::start(&mut command);
    logs.output.line_with("short-before").await;

    begin(&running, &key, "short-after")
        .await
        .read_until("[DONE]")
        .await;

    let line = logs.output.line_with("short-after").await;
    assert!(line.contains("Ada") && line.contains("COMPLETED"), "{line}");
    assert!(line.contains("in 10 cached 0 out 5"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_exported_beside_the_running_server_and_without_it() {
    let home = TestDatabase::create().await;
    let (_go_on, script) = engine();
    let mut running = Server::start(before(scripted(script).await, &mut server(&home))).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    begin(&running, &key, "short-one")
        .await
        .read_until("[DONE]")
        .await;
    let file = home.directory.path().join("requests.csv");
    let export = async |arguments: &[&str]| {
        let mut command = bare_server(&home);
        command.arg("export").args(arguments);
        let ended = run(&mut command).await;
        let said = String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap();
        (ended.status.code(), said)
    };
    let to_file = [
        "requests",
        "--user",
        "Ada",
        "--output",
        file.to_str().unwrap(),
    ];

    // The end of an answer is in the journal first.
    let beside = eventually("the row", async || {
        let done = export(&to_file).await;
        assert_eq!(done.0, Some(0), "{}", done.1);
        let text = std::fs::read_to_string(&file).unwrap();
        text.contains("short-one").then_some(text)
    })
    .await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    let lines = export(&["requests", "--format", "jsonl"]).await;
    let usage = export(&["usage", "--every", "hour"]).await;
    let unknown = export(&["usage", "--user", "unknown"]).await;
    let wrong = export(&["requests", "--from", "yesterday"]).await;
    let nowhere = export(&["requests", "--output", "/nowhere/requests.csv"]).await;

    assert!(
        beside.starts_with("id,") && beside.contains(",Ada,"),
        "{beside}"
    );
    let row: serde_json::Value = serde_json::from_str(lines.1.lines().next().unwrap()).unwrap();
    assert_eq!(row["input_tokens"], 10);
    assert_eq!(usage.0, Some(0), "{}", usage.1);
    assert_eq!(usage.1.lines().count(), 2, "{}", usage.1);
    assert_eq!(unknown.0, Some(64));
    assert!(unknown.1.contains("not found"), "{}", unknown.1);
    assert_eq!(wrong.0, Some(64));
    assert_eq!(nowhere.0, Some(1));
    let left: Vec<_> = std::fs::read_dir(home.directory.path())
        .unwrap()
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().ends_with(".partial")
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_does_not_create_a_database() {
    let home = TestDatabase::empty().await;

    let ended = run(bare_server(&home).args(["export", "requests"])).await;

    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stdout.is_empty());
}
