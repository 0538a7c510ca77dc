//! Drives wrk against the targets in turns, so that a slow minute affects all of them.

use std::{
    collections::BTreeMap,
    fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tokio::process::Command;

use crate::{process::Process, stub};

/// A wrk script that prints the results as JSON, with percentiles in microseconds.
const SCRIPT: &str = r#"
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
wrk.body = os.getenv("BENCH_BODY")

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"#;

/// The numbers of connections.
pub(crate) const CONNECTIONS: [usize; 2] = [1, 64];

const WARM_UP: Duration = Duration::from_secs(1);

/// The kind of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Kind {
    Json,
    /// Events that arrive together, as those of engines and providers often do.
    Bursts,
    /// Events that arrive one by one.
    Sse,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Json, Self::Bursts, Self::Sse];

    fn request(self) -> String {
        match self {
            Self::Json => stub::request(false, "hello"),
            Self::Bursts => stub::request(true, stub::BURST),
            Self::Sse => stub::request(true, "hello"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::Bursts => "SSE in bursts",
            Self::Sse => "SSE one by one",
        })
    }
}

/// Duration and number of rounds.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) kinds: Vec<Kind>,
}

impl Plan {
    pub(crate) fn new(quick: bool, only: Option<Kind>) -> Self {
        Self {
            rounds: 3,
            round: Duration::from_secs(if quick { 1 } else { 4 }),
            kinds: only.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]),
        }
    }

    /// The cases of each round.
    pub(crate) fn cases(&self) -> impl Iterator<Item = Case> {
        self.kinds
            .iter()
            .flat_map(|&kind| CONNECTIONS.map(|connections| Case { kind, connections }))
    }
}

/// One load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) connections: usize,
}

/// The target of the load.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) name: &'static str,
    url: String,
    key: String,
    /// The process whose CPU time is counted.
    process: Option<&'a Process>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(
        name: &'static str,
        address: SocketAddr,
        key: &str,
        process: Option<&'a Process>,
    ) -> Self {
        Self {
            name,
            process,
            url: format!("http://{address}/v1/chat/completions"),
            key: key.to_owned(),
        }
    }

    fn cpu_micros(&self) -> anyhow::Result<u64> {
        self.process.map_or(Ok(0), Process::cpu_micros)
    }
}

/// Medians over the rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub(crate) requests_per_second: f64,
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
    /// CPU time per request; 0 where it is not measured.
    pub(crate) cpu_micros: f64,
    /// The fastest round over the slowest: how quiet the machine was.
    pub(crate) spread: f64,
}

/// The measures of each case, in the order of the targets.
pub(crate) type Measures = BTreeMap<Case, Vec<Measure>>;

#[derive(Clone, Copy, Debug, Deserialize)]
struct Round {
    requests: f64,
    micros: f64,
    p50: f64,
    p99: f64,
    errors: u64,
    /// Of the target's process.
    #[serde(default)]
    cpu_micros: u32,
}

impl Round {
    fn requests_per_second(self) -> f64 {
        self.requests * 1e6 / self.micros
    }

    fn cpu_micros_per_request(self) -> f64 {
        f64::from(self.cpu_micros) / self.requests
    }
}

/// Loads every target with every case of the plan, round by round.
pub(crate) async fn run(
    plan: &Plan,
    targets: &[Target<'_>],
    home: &Path,
) -> anyhow::Result<Measures> {
    let script = home.join("post.lua");
    fs::write(&script, SCRIPT)?;
    let wrk = Wrk { script };
    for case in plan.cases().filter(|case| case.connections > 1) {
        for target in targets {
            wrk.load(target, case, WARM_UP).await?;
        }
    }
    let mut rounds: BTreeMap<Case, Vec<Vec<Round>>> = BTreeMap::new();
    for number in 1..=plan.rounds {
        for case in plan.cases() {
            eprintln!(
                "round {number} of {}: {} at {}",
                plan.rounds, case.kind, case.connections
            );
            let of_case = rounds
                .entry(case)
                .or_insert_with(|| vec![Vec::new(); targets.len()]);
            for (target, of_target) in targets.iter().zip(of_case) {
                of_target.push(wrk.load(target, case, plan.round).await?);
            }
        }
    }
    let summarised = rounds.into_iter().map(|(case, targets)| {
        (
            case,
            targets.iter().map(|rounds| summarise(rounds)).collect(),
        )
    });
    Ok(summarised.collect())
}

fn summarise(rounds: &[Round]) -> Measure {
    let mut speeds: Vec<f64> = rounds
        .iter()
        .map(|round| round.requests_per_second())
        .collect();
    speeds.sort_by(f64::total_cmp);
    Measure {
        requests_per_second: median(rounds, Round::requests_per_second),
        p50_micros: median(rounds, |round| round.p50),
        p99_micros: median(rounds, |round| round.p99),
        cpu_micros: median(rounds, Round::cpu_micros_per_request),
        spread: speeds[speeds.len() - 1] / speeds[0],
    }
}

fn median(rounds: &[Round], of: fn(Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().copied().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[derive(Debug)]
struct Wrk {
    script: PathBuf,
}

impl Wrk {
    async fn load(&self, target: &Target<'_>, case: Case, time: Duration) -> anyhow::Result<Round> {
        let cpu_before = target.cpu_micros()?;
        let output = Command::new("wrk")
            .args(["--threads", "1", "--timeout", "30s"])
            .args(["--connections", &case.connections.to_string()])
            .args(["--duration", &format!("{}s", time.as_secs())])
            .arg("--script")
            .arg(&self.script)
            .arg(&target.url)
            .env("BENCH_KEY", &target.key)
            .env("BENCH_BODY", case.kind.request())
            .kill_on_drop(true)
            .output()
            .await
            .context("wrk cannot be started; scripts/need wrk installs it")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let mut round: Round = serde_json::from_str(result.context("wrk printed no result")?)?;
        ensure!(
            round.errors == 0 && round.requests > 0.0,
            "{} of {} answers of {} were errors ({} at {})",
            round.errors,
            round.requests,
            target.name,
            case.kind,
            case.connections
        );
        round.cpu_micros = u32::try_from(target.cpu_micros()? - cpu_before)?;
        Ok(round)
    }
}
