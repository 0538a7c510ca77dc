//! What must not be seen is not seen.

use proxypal_server::engine::Engine;
use uuid::Uuid;

use super::support::{Room, compatible};

fn internal_key(engine: &Engine) -> String {
    let authorization = engine.endpoint().unwrap().authorization.clone();
    authorization
        .to_str()
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_masks_every_secret() {
    let room = Room::with(vec![compatible("stub-gpt", "http://127.0.0.1:9/v1")]).await;

    let preview = room.engine.config_preview().unwrap();

    assert!(
        preview.contains("stub-gpt") && preview.contains("127.0.0.1"),
        "{preview}"
    );
    assert!(
        !preview.contains("-canary\"")
            && !preview.contains("sk-upstream")
            && !preview.contains("header-canary")
    );
    assert!(!preview.contains(&internal_key(&room.engine)));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_arguments_and_little_in_the_environment() {
    let room = Room::with(Vec::new()).await;
    let process = format!("/proc/{}", room.engine.status().pid.unwrap());

    let arguments = std::fs::read_to_string(format!("{process}/cmdline")).unwrap();
    let environment = std::fs::read_to_string(format!("{process}/environ")).unwrap();

    assert!(arguments.contains("-config") && !arguments.contains(&internal_key(&room.engine)));
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

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log() {
    let room = Room::with(vec![compatible("stub-gpt", "http://127.0.0.1:9/v1")]).await;
    let key = internal_key(&room.engine);
    let mut lines = room.engine.logs().subscribe();

    let path = format!("/v1/models?key={key}&auth_token=sk-upstream-canary-stub-gpt");
    room.request(reqwest::Method::GET, &path)
        .send()
        .await
        .unwrap();
    room.chat("stub-gpt", Uuid::now_v7()).await;
    while !lines
        .recv()
        .await
        .unwrap()
        .message
        .contains("/v1/chat/completions")
    {}

    let written: String = room
        .engine
        .logs()
        .tail(usize::MAX)
        .into_iter()
        .map(|line| line.message)
        .collect();
    assert!(
        !written.contains(&key) && !written.contains("sk-upstream-canary-stub-gpt"),
        "{written}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_the_engine_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = Room::with(Vec::new()).await;
    let mode = |path: &str| {
        std::fs::metadata(room.folder.path().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };

    let process = format!("/proc/{}/status", room.engine.status().pid.unwrap());
    let status = std::fs::read_to_string(process).unwrap();

    assert!(status.contains("Umask:\t0077"), "{status}");
    assert_eq!(mode("engine/run"), 0o700);
    assert_eq!(mode("engine/run/auths"), 0o700);
    assert_eq!(mode("engine/run/config.yaml"), 0o600);
}
