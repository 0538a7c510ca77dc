//! Checks the engine: installed, of a supported version, running, reachable from this machine only.

use std::{net::IpAddr, path::Path};

use secrecy::SecretString;
use url::{Host, Url};

use super::{Check, Context, display_url, server::ProbeAnswers};
use crate::{
    config,
    engine::{self, EngineAddress, ExternalEngine, TESTED_VERSION},
};

const ENGINE: &str = "engine";
const VERSION: &str = "engine's version";
const PORT: &str = "engine's port";

/// Checks the engine that is configured.
pub(super) async fn examine(context: &Context, answers: &ProbeAnswers) -> Vec<Check> {
    let mut checks = match &context.config.engine {
        config::EngineConfig::Managed { binary } => managed(context, binary.as_deref()).await,
        config::EngineConfig::External {
            url,
            api_key,
            management_key,
        } => external(url, api_key, management_key.as_ref()).await,
        config::EngineConfig::Demo => vec![Check::warning(
            ENGINE,
            "demo mode returns canned text",
            "for real models, run `proxypal-server engine install` and set ENGINE=managed",
        )],
    };
    checks.extend(state(answers));
    checks
}

/// The state that the running server reports.
fn state(answers: &ProbeAnswers) -> Option<Check> {
    let state = answers.running()?.engine_state.as_deref()?;
    let remedy = "see the engine page of the web app for its last error and its log";
    Some(match state {
        "RUNNING" => Check::ok(ENGINE, "running"),
        "STOPPED" | "STARTING" => Check::warning(ENGINE, format!("state: {state}"), remedy),
        _ => Check::problem(ENGINE, format!("state: {state}"), remedy),
    })
}

async fn managed(context: &Context, binary: Option<&Path>) -> Vec<Check> {
    let data_dir = &context.config.storage.data_dir;
    let mut checks = Vec::new();
    match engine::find_program(binary, &context.search_path, data_dir).await {
        Ok(program) => {
            checks.push(Check::ok(ENGINE, program.path.display().to_string()));
            checks.push(version(program.version.as_deref()));
        }
        Err(reason) => {
            let remedy = "do one of these; until then no models are available";
            checks.push(Check::problem(ENGINE, reason, remedy));
        }
    }
    let places = engine::places(data_dir, context.config.auth_dir.as_deref());
    let door = places
        .ok()
        .and_then(|(file, _)| engine::listen_address(&file));
    checks.extend(door.map(|door| port(&door)));
    checks
}

/// Compares the version with the tested one. Other releases of the same major version are expected to work.
fn version(reported: Option<&str>) -> Check {
    let remedy = format!(
        "install {TESTED_VERSION} with `proxypal-server engine install`, and unset ENGINE_BINARY"
    );
    let Some(version) = reported else {
        let observed = "the program does not identify itself as CLIProxyAPI";
        return Check::problem(VERSION, observed, remedy);
    };
    let observed = format!("{version}; this server was tested with {TESTED_VERSION}");
    let found: Vec<&str> = version.split('.').collect();
    let tested: Vec<&str> = TESTED_VERSION.split('.').collect();
    if version == TESTED_VERSION {
        Check::ok(VERSION, version)
    } else if found.first() == tested.first() {
        Check::warning(VERSION, observed, remedy)
    } else if found[0].parse::<u32>().is_ok() {
        Check::problem(VERSION, observed, remedy)
    } else {
        // Custom builds have arbitrary version names.
        Check::warning(VERSION, observed, remedy)
    }
}

/// Checks that other machines cannot reach the engine and its management API.
fn port(door: &EngineAddress) -> Check {
    let remedy = "restart the server: it configures the engine to listen on 127.0.0.1; if this persists, another \
                program listens on that port";
    let is_loopback = |address: IpAddr| address.is_loopback();
    if !door.host.parse().is_ok_and(is_loopback) {
        let observed = format!("the engine is configured to listen on {:?}", door.host);
        return Check::problem(PORT, observed, remedy);
    }
    let exposed = listening_on(door.port)
        .into_iter()
        .find(|address| !address.is_loopback());
    match exposed {
        Some(address) => Check::problem(PORT, format!("{address}:{} is open", door.port), remedy),
        None => Check::ok(
            PORT,
            format!("{} is reachable from this machine only", door.port),
        ),
    }
}

/// The addresses of listening sockets with this port, from the kernel.
fn listening_on(port: u16) -> Vec<IpAddr> {
    let lists = [procfs::net::tcp(), procfs::net::tcp6()];
    let sockets = lists.into_iter().flatten().flatten();
    sockets
        .filter(|socket| socket.state == procfs::net::TcpState::Listen)
        .filter(|socket| socket.local_address.port() == port)
        .map(|socket| socket.local_address.ip())
        .collect()
}

async fn external(
    url: &Url,
    api_key: &SecretString,
    management_key: Option<&SecretString>,
) -> Vec<Check> {
    let engine = ExternalEngine {
        url: url.clone(),
        api_key: api_key.clone(),
        management_key: management_key.cloned(),
    };
    let shown = display_url(url);
    let reached = match engine::examine_external(&engine).await {
        Ok(()) => Check::ok(ENGINE, format!("{shown} accepts our keys")),
        Err(reason) => Check::problem(
            ENGINE,
            format!("{shown}: {reason}"),
            "check ENGINE_URL, ENGINE_API_KEY, ENGINE_MANAGEMENT_KEY and that the engine runs",
        ),
    };
    let is_near = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_private(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
        Some(Host::Domain(name)) => !name.contains('.'),
        None => true,
    };
    if url.scheme() == "https" || is_near {
        return vec![reached];
    }
    let observed = format!("{shown} has no TLS: prompts and keys are sent unencrypted");
    let remedy = "use https, or an address of a private network";
    vec![reached, Check::warning(PORT, observed, remedy)]
}

#[cfg(test)]
mod tests {
    use super::{super::CheckResult, *};

    #[test]
    fn only_the_tested_version_is_ok() {
        let (major, _) = TESTED_VERSION.split_once('.').unwrap();
        for (reported, result) in [
            (Some(TESTED_VERSION), CheckResult::Ok),
            (Some(&*format!("{major}.0.1")), CheckResult::Warning),
            (Some("dev"), CheckResult::Warning),
            (Some("6.9.0"), CheckResult::Problem),
            (None, CheckResult::Problem),
        ] {
            assert_eq!(version(reported).result, result, "{reported:?}");
        }
    }

    #[test]
    fn an_engine_reachable_from_other_machines_is_a_problem() {
        let public = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let local = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = |host: &str, listener: &std::net::TcpListener| EngineAddress {
            host: host.to_owned(),
            port: listener.local_addr().unwrap().port(),
        };

        assert_eq!(port(&address("127.0.0.1", &local)).result, CheckResult::Ok);
        assert_eq!(
            port(&address("127.0.0.1", &public)).result,
            CheckResult::Problem
        );
        assert_eq!(port(&address("", &local)).result, CheckResult::Problem);
    }
}
