//! The engine: whether there is one, whether it is one that we know, and who can reach it.

use std::{net::IpAddr, path::Path};

use secrecy::SecretString;
use url::{Host, Url};

use super::{Check, Context, place, server::ProbeAnswers};
use crate::{
    config,
    engine::{self, EngineAddress, ExternalEngine, TESTED_VERSION},
};

const ENGINE: &str = "engine";
const VERSION: &str = "engine's version";
const PORT: &str = "engine's port";

/// Looks at the kind of engine that is configured.
pub(super) async fn examine(context: &Context, answers: &ProbeAnswers) -> Vec<Check> {
    let mut findings = match &context.config.engine {
        config::EngineConfig::Managed { binary } => managed(context, binary.as_deref()).await,
        config::EngineConfig::External {
            url,
            api_key,
            management_key,
        } => external(url, api_key, management_key.as_ref()).await,
        config::EngineConfig::Demo => vec![Check::warning(
            ENGINE,
            "the demo answers with canned text",
            "for real models: proxypal-server engine install, and ENGINE=managed",
        )],
    };
    findings.extend(state(answers));
    findings
}

/// What the server says that runs.
fn state(answers: &ProbeAnswers) -> Option<Check> {
    let state = answers.running()?.engine_state.as_deref()?;
    let remedy = "see the engine's page of the web app for its last error and its log";
    Some(match state {
        "RUNNING" => Check::ok(ENGINE, "it runs"),
        "STOPPED" | "STARTING" => Check::warning(ENGINE, format!("it is {state}"), remedy),
        _ => Check::problem(ENGINE, format!("it is {state}"), remedy),
    })
}

async fn managed(context: &Context, binary: Option<&Path>) -> Vec<Check> {
    let data_dir = &context.config.storage.data_dir;
    let mut findings = Vec::new();
    match engine::find_program(binary, &context.search_path, data_dir).await {
        Ok(program) => {
            findings.push(Check::ok(ENGINE, program.path.display().to_string()));
            findings.push(version(program.version.as_deref()));
        }
        Err(reason) => {
            let remedy = "do one of these; until then there are no models";
            findings.push(Check::problem(ENGINE, reason, remedy));
        }
    }
    let places = engine::places(data_dir, context.config.auth_dir.as_deref());
    let door = places.ok().and_then(|(file, _)| engine::door(&file));
    findings.extend(door.map(|door| port(&door)));
    findings
}

/// Whether it is a version that was tested, or one that keeps its contract as far as we know.
fn version(said: Option<&str>) -> Check {
    let remedy = format!(
        "get {TESTED_VERSION} with `proxypal-server engine install`, and take ENGINE_BINARY away"
    );
    let Some(version) = said else {
        let seen = "the program does not say that it is CLIProxyAPI";
        return Check::problem(VERSION, seen, remedy);
    };
    let seen = format!("{version}; this server was made for {TESTED_VERSION}");
    let said: Vec<&str> = version.split('.').collect();
    let tested: Vec<&str> = TESTED_VERSION.split('.').collect();
    if version == TESTED_VERSION {
        Check::ok(VERSION, version)
    } else if said.first() == tested.first() {
        Check::warning(VERSION, seen, remedy)
    } else if said[0].parse::<u32>().is_ok() {
        Check::problem(VERSION, seen, remedy)
    } else {
        // A build of one's own calls itself as it likes.
        Check::warning(VERSION, seen, remedy)
    }
}

/// Whether others than this machine can reach the engine, and with it its management.
fn port(door: &EngineAddress) -> Check {
    let remedy = "restart the server: it writes a configuration with 127.0.0.1; if this stays, something else \
                listens on that port";
    let is_loopback = |address: IpAddr| address.is_loopback();
    if !door.host.parse().is_ok_and(is_loopback) {
        let seen = format!("the engine is told to listen on {:?}", door.host);
        return Check::problem(PORT, seen, remedy);
    }
    let exposed = listening_on(door.port)
        .into_iter()
        .find(|address| !address.is_loopback());
    match exposed {
        Some(address) => Check::problem(PORT, format!("{address}:{} is open", door.port), remedy),
        None => Check::ok(
            PORT,
            format!("{} is reached from this machine only", door.port),
        ),
    }
}

/// The addresses on which somebody listens on this port, as the kernel tells.
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
    let place = place(url);
    let reached = match engine::examine_external(&engine).await {
        Ok(()) => Check::ok(ENGINE, format!("{place} lets us in")),
        Err(reason) => Check::problem(
            ENGINE,
            format!("{place}: {reason}"),
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
    let seen = format!("{place} is reached without TLS: prompts and keys travel in the clear");
    let remedy = "use https, or an address of an inner network";
    vec![reached, Check::warning(PORT, seen, remedy)]
}

#[cfg(test)]
mod tests {
    use super::{super::CheckResult, *};

    #[test]
    fn knows_which_versions_it_knows() {
        let (major, _) = TESTED_VERSION.split_once('.').unwrap();
        for (said, verdict) in [
            (Some(TESTED_VERSION), CheckResult::Ok),
            (Some(&*format!("{major}.0.1")), CheckResult::Warning),
            (Some("dev"), CheckResult::Warning),
            (Some("6.9.0"), CheckResult::Problem),
            (None, CheckResult::Problem),
        ] {
            assert_eq!(version(said).verdict, verdict, "{said:?}");
        }
    }

    #[test]
    fn an_engine_that_others_reach_is_a_problem() {
        let others = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let only_us = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let door = |host: &str, listener: &std::net::TcpListener| EngineAddress {
            host: host.to_owned(),
            port: listener.local_addr().unwrap().port(),
        };

        assert_eq!(port(&door("127.0.0.1", &only_us)).verdict, CheckResult::Ok);
        assert_eq!(
            port(&door("127.0.0.1", &others)).verdict,
            CheckResult::Problem
        );
        assert_eq!(port(&door("", &only_us)).verdict, CheckResult::Problem);
    }
}
