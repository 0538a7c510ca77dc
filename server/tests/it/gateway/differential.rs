//! Compares how admission and how the engine read a request.
//!
//! Whatever the engine forwards to a provider must carry the model that was admitted, and no greater bound. Tens of
//! thousands of odd requests go to the real engine when `TEST_ENGINE_BINARY` names it; what it made of the most
//! interesting ones is kept in a file, which admission is held to without it.

mod arrival;
mod cases;
mod corpus;
mod engine;
mod generator;

use futures_util::{StreamExt as _, stream};
use proxypal_server::fuzzing::{AdmissionReading, read_request};
use serde_json::{Value, json};

use self::{arrival::Arrival, cases::Case, engine::RealEngine, generator::Generator};
use crate::support::{hold_to, number, programs::is_engine_double};

/// Concurrent requests to the engine.
const CONCURRENCY: usize = 24;
const CORPUS: &str = "server/tests/it/gateway/differential/corpus.json";

/// How one case went.
enum Outcome {
    RefusedHere,
    RefusedByEngine,
    Forwarded,
    Different(String),
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_forwards_what_was_admitted() {
    if is_engine_double() {
        return;
    }
    let engine = RealEngine::start().await;
    let (cases, seed) = (
        number("DIFFERENTIAL_CASES", 20_000),
        number("DIFFERENTIAL_SEED", 1),
    );
    let generator = Generator::new(seed);
    let numbers = 0..cases;
    let outcomes = stream::iter(generator.take(usize::try_from(cases).unwrap()).zip(numbers))
        .map(async |(case, number)| judge(&engine, &case, number).await)
        .buffer_unordered(CONCURRENCY);
    let mut counts = [0_u64; 3];
    let mut differences = Vec::new();
    tokio::pin!(outcomes);
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Outcome::RefusedHere => counts[0] += 1,
            Outcome::RefusedByEngine => counts[1] += 1,
            Outcome::Forwarded => counts[2] += 1,
            Outcome::Different(what) => differences.push(what),
        }
    }
    let [here, by_engine, forwarded] = counts;
    let found = differences.len();
    let summary = format!(
        "{cases} cases: {here} refused here, {by_engine} by the engine, {forwarded} forwarded alike, {found} differ"
    );
    std::fs::write(std::env::temp_dir().join("differential.txt"), &summary).unwrap();
    assert!(
        differences.is_empty(),
        "{summary}\n{}",
        differences.join("\n")
    );
    assert!(
        forwarded * 5 > cases,
        "only {forwarded} of {cases} were forwarded"
    );
}

async fn judge(engine: &RealEngine, case: &Case, number: u64) -> Outcome {
    let Some(reading) = read(case).await else {
        return Outcome::RefusedHere;
    };
    let Some(arrival) = engine.send(case, number).await else {
        return Outcome::RefusedByEngine;
    };
    match arrival.contradicts(&reading, &case.path) {
        Some(what) => Outcome::Different(format!(
            "case {number}: {what}\n  {}\n  {reading:?}\n  {}",
            case.printed(),
            arrival.printed()
        )),
        None => Outcome::Forwarded,
    }
}

async fn read(case: &Case) -> Option<AdmissionReading> {
    read_request(
        &case.method,
        &case.path_alone(),
        case.headers(),
        case.body.clone(),
    )
    .await
}

/// How admission reads each case of the corpus. With the real engine, the file is also updated with its reading.
#[tokio::test(flavor = "multi_thread")]
async fn the_corpus_is_read_as_recorded() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../server/tests/it/gateway/differential/corpus.json"
    );
    let text = std::fs::read_to_string(file).unwrap_or_else(|_| "[]".to_owned());
    let known: Vec<Value> = serde_json::from_str(&text).unwrap();
    let engine = if is_engine_double() {
        None
    } else {
        Some(RealEngine::start().await)
    };
    let mut lines = Vec::new();
    for (number, (name, case)) in corpus::cases().into_iter().enumerate() {
        let reading = read(&case).await;
        let forwarded = match &engine {
            Some(engine) => {
                let arrival = engine.send(&case, number as u64).await;
                arrival.map(|arrival| printed(name, arrival))
            }
            None => remembered(&known, name),
        };
        if let (Some(reading), Some(arrived)) = (&reading, &forwarded) {
            let contradiction = Arrival::read(arrived).contradicts(reading, &case.path);
            assert_eq!(contradiction, None, "{name}");
        }
        lines.push(json!({
            "name": name,
            "request": case.printed(),
            "admitted": reading.map(|reading| json!({
                "model": reading.model,
                "max_output_tokens": reading.max_output_tokens,
                "choices": reading.choices,
            })),
            "forwarded": forwarded,
        }));
    }
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    hold_to(CORPUS, &format!("[\n{}\n]\n", lines.join(",\n")));
}

/// Which model the engine takes for "auto" changes with each start.
fn printed(name: &str, arrival: Arrival) -> Value {
    if name.to_lowercase().contains("auto") {
        return "whichever model it lists first".into();
    }
    arrival.printed()
}

fn remembered(known: &[Value], name: &str) -> Option<Value> {
    let line = known.iter().find(|line| line["name"] == name)?;
    Some(line["forwarded"].clone()).filter(|forwarded| !forwarded.is_null())
}
