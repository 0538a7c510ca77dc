//! The table, and whether the targets were met.

use std::{fmt, time::Duration};

use crate::{
    SIGN_INS,
    load::{Case, Kind, Measure, Measures, Plan},
    streams::OPEN_STREAMS,
};

const MAX_ADDED_RATIO: f64 = 2.0;
const MAX_P99_RATIO: f64 = 3.0;
const MAX_CPU_RATIO: f64 = 2.7;
const MAX_SIGNED_IN_MEGABYTES: f64 = 35.0;
const MAX_STREAMING_MEGABYTES: f64 = 60.0;
const MAX_LOADED_MEGABYTES: f64 = 55.0;
const MAX_START_SECONDS: f64 = 0.5;
/// Differences of medians below this are noise.
const SMALLEST_ADDED_MICROS: f64 = 1.0;

/// Everything that one run measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) plan: Plan,
    pub(crate) measures: Measures,
    pub(crate) to_first_answer: Duration,
    /// The names of the targets, in the order of the measures.
    pub(crate) columns: Vec<&'static str>,
    pub(crate) memory: Memory,
}

/// Resident memory of the gateway in bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) idle: u64,
    pub(crate) signed_in: u64,
    pub(crate) streaming: u64,
    pub(crate) after: u64,
}

/// A bound on one number.
#[derive(Clone, Copy, Debug)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Debug)]
struct Row {
    what: String,
    /// By target; empty where it does not apply.
    values: Vec<String>,
    compared: String,
    target: String,
    verdict: &'static str,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.columns.join(" | ");
        let lines = "--:|".repeat(self.columns.len());
        writeln!(f, "\n| measured | {names} | gateway to nginx | target | |")?;
        writeln!(f, "|---|{lines}--:|---|---|")?;
        let loads = self
            .measures
            .iter()
            .flat_map(|(case, measures)| rows(*case, measures));
        for mut row in loads.chain(self.other_rows()) {
            row.values.resize(self.columns.len(), String::new());
            writeln!(f, "{row}")?;
        }
        writeln!(
            f,
            "\nMedians of {} rounds of {} s; the rounds of one cell differ by up to {:.0} %.",
            self.plan.rounds,
            self.plan.round.as_secs(),
            (self.largest_spread() - 1.0) * 100.0
        )
    }
}

impl Report {
    fn other_rows(&self) -> Vec<Row> {
        let start = self.to_first_answer.as_secs_f64();
        let memory = |what: &str, bytes| {
            let megabytes = megabytes(bytes);
            let row = Row::alone(&format!("memory, {what}"), format!("{megabytes:.0} MB"));
            (row, megabytes)
        };
        let held =
            |(row, megabytes): (Row, f64), limit| row.held(megabytes, Bound::AtMost(limit), "MB");
        vec![
            memory("idle", self.memory.idle).0,
            held(
                memory(&format!("after {SIGN_INS} sign-ins"), self.memory.signed_in),
                MAX_SIGNED_IN_MEGABYTES,
            ),
            held(
                memory(
                    &format!("{OPEN_STREAMS} open streams"),
                    self.memory.streaming,
                ),
                MAX_STREAMING_MEGABYTES,
            ),
            held(
                memory("after the load", self.memory.after),
                MAX_LOADED_MEGABYTES,
            ),
            Row::alone("start to first answer", format!("{start:.2} s")).held(
                start,
                Bound::AtMost(MAX_START_SECONDS),
                "s",
            ),
        ]
    }

    fn largest_spread(&self) -> f64 {
        self.measures
            .values()
            .flatten()
            .map(|measure| measure.spread)
            .fold(1.0, f64::max)
    }
}

fn rows(case: Case, measures: &[Measure]) -> Vec<Row> {
    let [direct, nginx, gateway, ..] = measures else {
        return Vec::new();
    };
    let name = format!("{} at {}", case.kind, case.connections);
    let row = |what: &str, of: fn(&Measure) -> f64, text: fn(f64) -> String| {
        let ratio = of(gateway) / of(nginx);
        let row = Row {
            what: format!("{name}: {what}"),
            values: measures.iter().map(|one| text(of(one))).collect(),
            ..Row::compared(format!("{ratio:.2} ×"))
        };
        (row, ratio)
    };
    let (speeds, speed) = row("requests/s", |one| one.requests_per_second, rounded);
    let (medians, _) = row("p50", |one| one.p50_micros, micros);
    let (tails, tail) = row("p99", |one| one.p99_micros, micros);
    let (cpu, cpu_ratio) = row("CPU per request", |one| one.cpu_micros, micros_if_any);
    let (addition, added) = addition(&name, direct, measures);
    let is_one_json = (case.kind, case.connections) == (Kind::Json, 1);
    vec![
        match smallest_ratio(case) {
            Some(ratio) => speeds.held(speed, Bound::AtLeast(ratio), "×"),
            None => speeds,
        },
        medians,
        if is_one_json {
            tails.held(tail, Bound::AtMost(MAX_P99_RATIO), "×")
        } else {
            tails
        },
        if is_one_json {
            addition.held(added, Bound::AtMost(MAX_ADDED_RATIO), "×")
        } else {
            addition
        },
        if (case.kind, case.connections) == (Kind::Json, 64) {
            cpu.held(cpu_ratio, Bound::AtMost(MAX_CPU_RATIO), "×")
        } else {
            cpu
        },
    ]
}

/// Requests per second relative to nginx.
fn smallest_ratio(case: Case) -> Option<f64> {
    match (case.kind, case.connections) {
        (Kind::Json, 64) => Some(0.6),
        (Kind::Bursts, 1) => Some(0.85),
        (Kind::Bursts, 64) => Some(0.95),
        (Kind::Sse, 64) => Some(1.0),
        (Kind::Json | Kind::Bursts | Kind::Sse, _) => None,
    }
}

/// The median latency that each proxy adds, and its ratio to nginx's.
fn addition(name: &str, direct: &Measure, measures: &[Measure]) -> (Row, f64) {
    let added: Vec<f64> = measures
        .iter()
        .skip(1)
        .map(|one| one.p50_micros - direct.p50_micros)
        .collect();
    let (by_nginx, by_gateway) = (added[0], added[1]);
    let ratio = by_gateway / by_nginx.max(SMALLEST_ADDED_MICROS);
    let values = added.into_iter().map(micros);
    let row = Row {
        what: format!("{name}: added p50"),
        values: std::iter::once(String::new()).chain(values).collect(),
        ..Row::compared(if by_nginx < SMALLEST_ADDED_MICROS {
            "–".to_owned()
        } else {
            format!("{ratio:.1} ×")
        })
    };
    (row, ratio)
}

impl Row {
    fn compared(compared: String) -> Self {
        Self {
            what: String::new(),
            values: Vec::new(),
            compared,
            target: String::new(),
            verdict: "",
        }
    }

    fn alone(what: &str, gateway: String) -> Self {
        Self {
            what: what.to_owned(),
            values: vec![String::new(), String::new(), gateway],
            ..Self::compared(String::new())
        }
    }

    fn held(self, value: f64, bound: Bound, unit: &str) -> Self {
        let (sign, limit, met) = match bound {
            Bound::AtLeast(limit) => ("≥", limit, value >= limit),
            Bound::AtMost(limit) => ("≤", limit, value <= limit),
        };
        Self {
            target: format!("{sign} {limit} {unit}"),
            verdict: if met { "PASS" } else { "MISS" },
            ..self
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            values,
            compared,
            target,
            verdict,
        } = self;
        write!(
            f,
            "| {what} | {} | {compared} | {target} | {verdict} |",
            values.join(" | ")
        )
    }
}

fn rounded(value: f64) -> String {
    format!("{value:.0}")
}

fn micros_if_any(value: f64) -> String {
    if value > 0.0 {
        micros(value)
    } else {
        String::new()
    }
}

fn micros(value: f64) -> String {
    if value.abs() < 1000.0 {
        format!("{value:.0} µs")
    } else {
        format!("{:.2} ms", value / 1000.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a memory size is far from 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
