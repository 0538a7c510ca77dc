//! The deployment documentation matches the program: variables, ports, paths, commands.

mod nginx;
mod systemd;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::ControlPlane;

#[tokio::test]
async fn the_blueprint_of_render_fits_the_program() {
    let blueprint = yaml("render.yaml");
    let services = blueprint["services"].as_array().unwrap();
    let [service] = services.as_slice() else {
        panic!("one service has the disk");
    };

    let variables = service["envVars"].as_array().unwrap();
    let value = |key: &str| {
        let found = variables.iter().find(|variable| variable["key"] == key);
        found.unwrap_or_else(|| panic!("{key} is not set"))
    };
    for variable in variables {
        assert_known(variable["key"].as_str().unwrap());
    }
    assert_eq!(value("PORT")["value"], from_dockerfile("EXPOSE "));
    assert_eq!(value("DATA_DIR")["value"], service["disk"]["mountPath"]);
    assert_eq!(service["disk"]["mountPath"], from_dockerfile("VOLUME "));
    assert_eq!(value("ADMIN_PASSWORD")["sync"], false);
    assert_eq!(value("ENCRYPTION_KEY")["generateValue"], true);
    let grace = value("SHUTDOWN_GRACE")["value"].as_str().unwrap();
    let delay = service["maxShutdownDelaySeconds"].as_u64().unwrap();
    assert!(grace.parse::<u64>().unwrap() < delay && delay <= 300);
    let context = root().join(service["dockerfilePath"].as_str().unwrap());
    assert!(context.is_file());

    let plane = ControlPlane::start().await;
    let path = service["healthCheckPath"].as_str().unwrap();
    let health = plane.anonymous().get(path).await;
    let health: Value = health.json().await.unwrap();
    assert_eq!(health["ok"], true);
}

#[test]
fn compose_fits_the_program() {
    let compose = yaml("docker-compose.yml");
    let server = &compose["services"]["server"];

    for variable in server["environment"].as_object().unwrap().keys() {
        assert_known(variable);
    }
    let port = from_dockerfile("EXPOSE ");
    assert_eq!(server["ports"][0], format!("127.0.0.1:{port}:{port}"));
    assert_eq!(
        server["volumes"][0],
        format!("data:{}", from_dockerfile("VOLUME "))
    );
    assert_eq!(server["read_only"], true);
    assert_eq!(server["cap_drop"][0], "ALL");
    assert_eq!(server["security_opt"][0], "no-new-privileges:true");
    let grace = server["environment"]["SHUTDOWN_GRACE"].as_str().unwrap();
    assert!(
        grace.parse::<u64>().unwrap() < 60,
        "stop_grace_period is a minute"
    );
    assert_eq!(server["stop_grace_period"], "1m");
}

#[test]
fn the_dockerfile_fits_the_program() {
    let dockerfile = read("Dockerfile");
    let (_, last) = dockerfile.rsplit_once("\nFROM ").unwrap();

    assert!(last.lines().next().unwrap().ends_with(":nonroot"));
    let environment = from_dockerfile("ENV HOST");
    for assignment in format!("HOST{environment}").split_whitespace() {
        assert_known(assignment.split_once('=').unwrap().0);
    }
    assert!(environment.contains(&format!("PORT={}", from_dockerfile("EXPOSE "))));
    assert!(environment.contains(&format!("DATA_DIR={}", from_dockerfile("VOLUME "))));
    for (line, words) in [
        (
            "CMD [\"proxypal-server\", \"healthcheck\"]",
            ["healthcheck"].as_slice(),
        ),
        (
            "ENTRYPOINT [\"proxypal-server\"]\nCMD [\"serve\"]",
            &["serve"],
        ),
        (
            "proxypal-server engine install --data-dir /out",
            &["engine", "install"],
        ),
    ] {
        assert!(dockerfile.contains(line), "{line}");
        help(words);
    }
    assert!(help(&["engine", "install"]).contains("--data-dir"));
    let rust = read("Cargo.toml");
    let rust = rust.split("rust-version = \"").nth(1).unwrap();
    let rust = rust.split('"').next().unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{rust}-slim")));
    assert!(dockerfile.contains(&format!("RUSTUP_TOOLCHAIN={rust}.")));
}

/// Whatever the image is made of is there, and whatever the workspace needs is in the image.
#[test]
fn the_dockerfile_copies_what_there_is() {
    let dockerfile = read("Dockerfile");
    let instructions = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "));
    let copied: BTreeSet<&str> = instructions
        .filter(|line| !line.starts_with("--"))
        .flat_map(|line| {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            words.pop();
            words
        })
        .collect();

    for path in &copied {
        assert!(
            root().join(path).exists(),
            "{path} is copied and is not there"
        );
    }
    let workspace = read("Cargo.toml");
    let members = workspace.split("members = [").nth(1).unwrap();
    for member in members.split(']').next().unwrap().split(", ") {
        let folder = member.trim_matches('"').trim_end_matches("/*");
        assert!(copied.contains(folder), "{member} is not copied");
    }
}

#[test]
fn the_pages_on_deploying_name_variables_that_exist() {
    for page in fs::read_dir(root().join("docs/deploy")).unwrap() {
        let text = fs::read_to_string(page.unwrap().path()).unwrap();
        for code in text.split('`').skip(1).step_by(2) {
            let name = code.split('=').next().unwrap();
            let is_variable = name.contains('_')
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            if is_variable && name != "POSTGRES_PASSWORD" {
                assert_known(name);
            }
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap()
}

/// The rest of the first line of the Dockerfile with this beginning.
fn from_dockerfile(start: &str) -> String {
    let dockerfile = read("Dockerfile");
    let found = dockerfile.lines().find_map(|line| line.strip_prefix(start));
    found.unwrap().to_owned()
}

/// Insists that the program reads a variable.
fn assert_known(variable: &str) {
    let manual = help(&[]);
    // Long lines are wrapped.
    let words: Vec<&str> = manual.split_whitespace().collect();
    let words = words.join(" ");
    let is_option = ["=", "]"]
        .iter()
        .any(|end| words.contains(&format!("[env: {variable}{end}")));
    let is_secret = manual
        .lines()
        .any(|line| line.trim_start().starts_with(&format!("{variable} ")));
    assert!(is_option || is_secret, "{variable} is not used");
}

fn help(words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proxypal-server"));
    let output = command
        .args(words)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first block of a page in this language.
fn block(page: &str, language: &str) -> String {
    let text = read(page);
    let start = format!("```{language}\n");
    let block = text.split(&start).nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}
