//! Answers are read as hyper's client reads them, or more strictly: the seeds of the fuzzer, and random answers with random mutations
//! in random pieces.

use std::{collections::BTreeMap, env, fs, path::Path};

use http::Method;
use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::SmallRng, seq::IndexedRandom as _};

use self::properties::{Difference, compare, http1_answers};

#[path = "../../../fuzz/src/http1.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzzers")]
mod properties;

/// `ANSWERS` and `SEED` in the environment choose others.
const ANSWERS: u64 = 20_000;

const METHODS: [Method; 4] = [Method::POST, Method::POST, Method::GET, Method::HEAD];
const STATUS_LINES: [&str; 12] = [
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 \r\n",
    "HTTP/1.1 429 Slow down\r\n",
    "HTTP/1.1 500 Internal Server Error\n",
    "HTTP/1.0 200 OK\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 304 Not Modified\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 404 Not Found\r\n",
    "HTTP/1.1 999 Odd\r\n",
];
const HEADERS: [&str; 14] = [
    "content-type: text/event-stream\r\n",
    "x-empty:\r\n",
    "x-blank:  padded \t\r\n",
    "x-latin: caf\u{e9}\r\n",
    "Set-Cookie: a=1\r\n",
    "set-cookie: b=2\r\n",
    "connection: close\r\n",
    "Connection: keep-alive\r\n",
    "connection: x, Close\r\n",
    "trailer: x-sum\r\n",
    "content-length: 3\r\n",
    "content-length: 0\r\n",
    "transfer-encoding: gzip\r\n",
    "x-bare: feed\n",
];
const TOKENS: [&str; 26] = [
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    " ",
    "\t",
    "\0",
    ":",
    ";",
    ",",
    "0",
    "00000000000000000",
    "f",
    "ffffffffffffffff",
    "0\r\n\r\n",
    "1\r\nx\r\n",
    "a: b\r\n",
    " folded\r\n",
    "content-length: 3\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "transfer-encoding: chunked\r\n",
    "connection: close\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/0.9",
];

#[test]
fn every_property_holds_for_every_seed() {
    let seeds = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fuzz/seeds/http1_answers"
    ));
    let mut count = 0;
    for seed in fs::read_dir(seeds).unwrap() {
        http1_answers(&fs::read(seed.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0);
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of a long run")]
#[expect(clippy::disallowed_methods, reason = "the length of a run")]
fn random_answers_are_read_as_hyper_reads_them_or_refused() {
    let number =
        |name, default| env::var(name).map_or(default, |text: String| text.parse().unwrap());
    let (answers, seed) = (
        number("ANSWERS", ANSWERS),
        number("SEED", rand::rng().random()),
    );
    println!("SEED={seed}");
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut stricter: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..answers {
        let answer = mutated(&mut rng);
        let method = METHODS.choose(&mut rng).unwrap();
        let pieces = pieces(&mut rng, &answer);
        let closes = rng.random();
        let verdict = std::panic::catch_unwind(|| compare(method, &pieces, closes));
        let Ok(verdict) = verdict else {
            let text = String::from_utf8_lossy(&answer);
            panic!("SEED={seed}: {method} {closes} {text:?}");
        };
        if let Difference::Stricter(error) = verdict {
            *stricter.entry(error.to_string()).or_default() += 1;
        }
    }
    println!("{answers} answers; refused only here: {stricter:#?}");
}

fn mutated(rng: &mut SmallRng) -> Vec<u8> {
    let mut answer = answer(rng);
    if rng.random_bool(0.4) {
        return answer;
    }
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..=answer.len());
        let end = (at + rng.random_range(0..12)).min(answer.len());
        match rng.random_range(0..5) {
            0 => drop(answer.drain(at..end)),
            1 => {
                let token = one_of(&TOKENS, rng);
                answer.splice(at..at, token.bytes());
            }
            2 if at < answer.len() => answer[at] = rng.random(),
            3 => {
                let copy = answer[at..end].to_vec();
                answer.splice(at..at, copy);
            }
            4 => answer.truncate(at),
            _ => {}
        }
    }
    answer
}

fn answer(rng: &mut SmallRng) -> Vec<u8> {
    let mut answer = one_of(&STATUS_LINES, rng).as_bytes().to_vec();
    for _ in 0..rng.random_range(0..4) {
        answer.extend(one_of(&HEADERS, rng).bytes());
    }
    let mut body = vec![0; rng.random_range(0..300)];
    rng.fill_bytes(&mut body);
    match rng.random_range(0..5) {
        0 => {
            answer.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
            answer.extend(body);
        }
        1 => {
            answer.extend(b"\r\n");
            answer.extend(body);
        }
        _ => {
            answer.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            chunked(rng, &body, &mut answer);
        }
    }
    if rng.random_bool(0.1) {
        answer.extend(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    }
    answer
}

fn chunked(rng: &mut SmallRng, mut body: &[u8], answer: &mut Vec<u8>) {
    while !body.is_empty() {
        let (chunk, rest) = body.split_at(rng.random_range(1..=body.len().min(90)));
        let size = match rng.random_range(0..6) {
            0 => format!("{:X}", chunk.len()),
            1 => format!("{:05x}", chunk.len()),
            2 => format!("{:x} \t", chunk.len()),
            3 => format!("{:x} ;name=\"value\"", chunk.len()),
            _ => format!("{:x}", chunk.len()),
        };
        answer.extend(format!("{size}\r\n").bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
        body = rest;
    }
    answer.extend(b"0\r\n");
    if rng.random_bool(0.2) {
        answer.extend(b"x-sum: 1\r\nX-Other:2\r\n");
    }
    answer.extend(b"\r\n");
}

fn pieces<'a>(rng: &mut SmallRng, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let longest = *one_of(&[1, 10, 100, 1000], rng);
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(rng.random_range(1..=longest.min(bytes.len())));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fn one_of<'a, T>(choices: &'a [T], rng: &mut SmallRng) -> &'a T {
    &choices[rng.random_range(0..choices.len())]
}
