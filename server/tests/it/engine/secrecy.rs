//! Secrets do not appear in arguments, environment, files and logs.

use proxypal_server::engine::EngineHandle;
use uuid::Uuid;

use super::support::{TestEngine, compatible, engine_binary, script};
use crate::support::eventually;

fn internal_key(engine: &EngineHandle) -> String {
    let authorization = engine.endpoint().unwrap().authorization.clone();
    authorization
        .to_str()
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_masks_every_secret() {
    let test_engine = TestEngine::with(vec![compatible("stub-gpt", "http://127.0.0.1:9/v1")]).await;

    let preview = test_engine.engine.config_preview().unwrap();

    assert!(
        preview.contains("stub-gpt") && preview.contains("127.0.0.1"),
        "{preview}"
    );
    assert!(
        !preview.contains("-canary\"")
            && !preview.contains("sk-upstream")
            && !preview.contains("header-canary")
    );
    assert!(!preview.contains(&internal_key(&test_engine.engine)));
}

/// The engine keeps what it stores under a session id of the client's choice apart by key.
#[tokio::test(flavor = "multi_thread")]
async fn each_user_has_a_key_of_the_engine_and_each_key_opens_it() {
    let test_engine = TestEngine::with(vec![compatible("stub-gpt", "http://127.0.0.1:9/v1")]).await;
    let endpoint = test_engine.engine.endpoint().unwrap();
    let url = format!("{}://{}/v1/models", endpoint.scheme, endpoint.authority);
    let [ada, eve] = [1, 2].map(|user| endpoint.authorization_of(Uuid::from_u128(user)));

    assert_ne!(ada, eve);
    for key in [ada, eve] {
        let request = test_engine.http.get(&url).header("authorization", key);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let wrong = test_engine.http.get(&url).bearer_auth("another");
    assert_eq!(wrong.send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_arguments_and_little_in_the_environment() {
    let test_engine = TestEngine::with(Vec::new()).await;
    let process = format!("/proc/{}", test_engine.engine.status().pid.unwrap());

    let arguments = std::fs::read_to_string(format!("{process}/cmdline")).unwrap();
    let environment = std::fs::read_to_string(format!("{process}/environ")).unwrap();

    assert!(
        arguments.contains("-config") && !arguments.contains(&internal_key(&test_engine.engine))
    );
    let mut names: Vec<_> = environment
        .split_terminator('\0')
        .filter_map(|pair| pair.split('=').next())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["HOME", "MANAGEMENT_PASSWORD", "PATH", "TZ", "WRITABLE_PATH"]
    );
    let management = environment
        .split('\0')
        .find_map(|pair| pair.strip_prefix("MANAGEMENT_PASSWORD="))
        .unwrap();
    assert!(management.len() >= 32 && !arguments.contains(management));
}

/// An engine that prints all its secrets on both pipes.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log() {
    let credential = compatible("stub-gpt", "http://127.0.0.1:9/v1");
    let test_engine = TestEngine::launch(vec![credential], |options| {
        let engine = engine_binary();
        let text = format!(
            "cat $2; echo $MANAGEMENT_PASSWORD; cat $2 >&2; exec {} \"$@\"",
            engine.display()
        );
        options.binary = Some(script(&options.data_dir, &text));
    });
    test_engine.running().await;
    let lines = test_engine.engine.logs().tail(usize::MAX);
    let written: String = lines.into_iter().map(|line| line.message + "\n").collect();
    let process = format!("/proc/{}/environ", test_engine.engine.status().pid.unwrap());
    let environment = std::fs::read_to_string(process).unwrap();
    let management = environment
        .split('\0')
        .find_map(|pair| pair.strip_prefix("MANAGEMENT_PASSWORD="))
        .unwrap();

    assert!(
        written.contains("api-keys:") && written.contains("[redacted]"),
        "{written}"
    );
    assert!(!written.contains(&internal_key(&test_engine.engine)) && !written.contains(management));
    assert!(
        !written.contains("sk-upstream-canary") && !written.contains("header-canary"),
        "{written}"
    );
}

/// The engine may log a token that it has refreshed before the server renders its configuration again.
#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_token_is_redacted_as_soon_as_its_file_is_seen() {
    let test_engine = TestEngine::launch(Vec::new(), |options| {
        let engine = engine_binary();
        let text = format!(
            "echo the token is now fresh-token-canary; exec {} \"$@\"",
            engine.display()
        );
        options.binary = Some(script(&options.data_dir, &text));
    });
    test_engine.running().await;
    let line = || {
        let lines = test_engine.engine.logs().tail(usize::MAX).into_iter();
        let mut lines = lines.map(|line| line.message);
        lines.find(|line| line.contains("the token is now"))
    };
    assert_eq!(line().unwrap(), "the token is now fresh-token-canary");

    // Nothing is rendered: the source of credentials keeps nothing of the file.
    let file = r#"{"type":"xai","email":"ada@example.org","access_token":"fresh-token-canary"}"#;
    std::fs::write(test_engine.folder.path().join("auths/xai-ada.json"), file).unwrap();

    eventually("a redacted line", async || {
        (line()? == "the token is now [redacted]").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_the_engine_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let test_engine = TestEngine::with(Vec::new()).await;
    let mode = |path: &str| {
        std::fs::metadata(test_engine.folder.path().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };

    let process = format!("/proc/{}/status", test_engine.engine.status().pid.unwrap());
    let status = std::fs::read_to_string(process).unwrap();

    assert!(status.contains("Umask:\t0077"), "{status}");
    assert_eq!(mode("engine/run"), 0o700);
    assert_eq!(mode("auths"), 0o700);
    assert_eq!(mode("engine/run/config.yaml"), 0o600);
}
