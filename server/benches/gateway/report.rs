//! The table, and whether the targets were met.

use std::{fmt, time::Duration};

use crate::{
    load::{Case, Kind, Measure, Measures, Plan},
    streams::OPEN_STREAMS,
};

const SMALLEST_JSON_RATIO: f64 = 0.4;
const SMALLEST_SSE_RATIO: f64 = 0.7;
const LARGEST_ADDED_RATIO: f64 = 10.0;
const LARGEST_IDLE_MEGABYTES: f64 = 60.0;
const LARGEST_STREAMING_MEGABYTES: f64 = 150.0;
const LARGEST_START_SECONDS: f64 = 0.5;
/// Below this, a difference of two medians is noise.
const SMALLEST_ADDED_MICROS: f64 = 1.0;

/// Everything that one run measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) plan: Plan,
    pub(crate) measures: Measures,
    pub(crate) to_first_answer: Duration,
    pub(crate) memory_idle: u64,
    pub(crate) memory_streaming: u64,
    pub(crate) memory_after: u64,
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
    /// Direct, nginx, gateway; empty where there is nothing to say.
    values: [String; 3],
    compared: String,
    target: String,
    verdict: &'static str,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| measured | direct | nginx | gateway | gateway to nginx | target | |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|---|---|")?;
        let loads = self
            .measures
            .iter()
            .flat_map(|(case, measures)| rows(*case, measures));
        for row in loads.chain(self.other_rows()) {
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
    fn other_rows(&self) -> [Row; 4] {
        let idle = megabytes(self.memory_idle);
        let streaming = megabytes(self.memory_streaming);
        let start = self.to_first_answer.as_secs_f64();
        [
            Row::alone("memory, idle", format!("{idle:.0} MB")).held(
                idle,
                Bound::AtMost(LARGEST_IDLE_MEGABYTES),
                "MB",
            ),
            Row::alone(
                &format!("memory, {OPEN_STREAMS} open streams"),
                format!("{streaming:.0} MB"),
            )
            .held(streaming, Bound::AtMost(LARGEST_STREAMING_MEGABYTES), "MB"),
            Row::alone(
                "memory, after the load",
                format!("{:.0} MB", megabytes(self.memory_after)),
            ),
            Row::alone("start to first answer", format!("{start:.2} s")).held(
                start,
                Bound::AtMost(LARGEST_START_SECONDS),
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
    let [direct, nginx, gateway] = measures else {
        return Vec::new();
    };
    let all = [direct, nginx, gateway];
    let name = format!("{} at {}", case.kind, case.connections);
    let speed = gateway.requests_per_second / nginx.requests_per_second;
    let p99 = gateway.p99_micros / nginx.p99_micros;
    let added_by_nginx = nginx.p50_micros - direct.p50_micros;
    let added = gateway.p50_micros - direct.p50_micros;
    let added_ratio = added / added_by_nginx.max(SMALLEST_ADDED_MICROS);

    let speeds = Row {
        what: format!("{name}: requests/s"),
        values: all.map(|one| format!("{:.0}", one.requests_per_second)),
        ..Row::compared(format!("{speed:.2} ×"))
    };
    let medians = Row {
        what: format!("{name}: p50"),
        values: all.map(|one| micros(one.p50_micros)),
        ..Row::compared(format!("{:.2} ×", gateway.p50_micros / nginx.p50_micros))
    };
    let tails = Row {
        what: format!("{name}: p99"),
        values: all.map(|one| micros(one.p99_micros)),
        ..Row::compared(format!("{p99:.2} ×"))
    };
    let addition = Row {
        what: format!("{name}: added p50"),
        values: [String::new(), micros(added_by_nginx), micros(added)],
        ..Row::compared(if added_by_nginx < SMALLEST_ADDED_MICROS {
            "–".to_owned()
        } else {
            format!("{added_ratio:.1} ×")
        })
    };
    vec![
        match (case.kind, case.connections) {
            (Kind::Json, 64) => speeds.held(speed, Bound::AtLeast(SMALLEST_JSON_RATIO), "×"),
            (Kind::Sse, 64) => speeds.held(speed, Bound::AtLeast(SMALLEST_SSE_RATIO), "×"),
            (Kind::Json | Kind::Sse, _) => speeds,
        },
        medians,
        tails,
        match (case.kind, case.connections) {
            (Kind::Json, 1) => addition.held(added_ratio, Bound::AtMost(LARGEST_ADDED_RATIO), "×"),
            (Kind::Json | Kind::Sse, _) => addition,
        },
    ]
}

impl Row {
    fn compared(compared: String) -> Self {
        Self {
            what: String::new(),
            values: Default::default(),
            compared,
            target: String::new(),
            verdict: "",
        }
    }

    fn alone(what: &str, gateway: String) -> Self {
        Self {
            what: what.to_owned(),
            values: [String::new(), String::new(), gateway],
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
            values: [direct, nginx, gateway],
            compared,
            target,
            verdict,
        } = self;
        write!(
            f,
            "| {what} | {direct} | {nginx} | {gateway} | {compared} | {target} | {verdict} |"
        )
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
