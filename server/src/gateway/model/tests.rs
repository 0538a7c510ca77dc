//! How much of a body is read before it is forwarded.

use axum::http::Method;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use uuid::Uuid;

use super::*;
use crate::gateway::{body::UploadError, memory::Memory, route};

const MEBIBYTE: usize = 1024 * 1024;
const GEMINI: &str = "/v1beta/models/m:generateContent";

/// How a body goes on after its pieces.
#[derive(Clone, Copy)]
enum Then {
    Pauses,
    Ends,
    Breaks,
}

/// The request as read from such a body without waiting; `None` if the reader would wait.
fn asked(
    path: &str,
    pieces: &[&str],
    then: Then,
    needs_bound: bool,
) -> Option<Result<(ModelRequest, Upload), ReadError>> {
    let headers = HeaderMap::new();
    let route = route::classify(&Method::POST, path, &headers).unwrap();
    let memory = Memory::with_kib(64 * 1024).of(Uuid::nil(), 64 * MEBIBYTE as u64);
    let limits = ReadLimits {
        max_body_bytes: 64 * MEBIBYTE as u64,
        memory: &memory,
        is_restricted: false,
        needs_bound,
    };
    read(&route, &headers, body(pieces, then), limits).now_or_never()
}

fn body(pieces: &[&str], then: Then) -> Body {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok((*piece).to_owned())).collect();
    let pieces = stream::iter(pieces);
    match then {
        Then::Pauses => Body::from_stream(pieces.chain(stream::pending())),
        Then::Ends => Body::from_stream(pieces),
        Then::Breaks => {
            let error = std::io::Error::other("gone");
            Body::from_stream(pieces.chain(stream::iter([Err(error)])))
        }
    }
}

fn bound(max_output_tokens: u64, choices: u64) -> Bound {
    Bound {
        max_output_tokens: Some(max_output_tokens),
        choices,
        video_seconds: None,
        is_certain: true,
    }
}

#[test]
fn waits_for_the_bound_only_where_it_is_needed() {
    let pieces = [r#"{"model":"m","#];
    let read = |needs_bound| asked("/v1/messages", &pieces, Then::Pauses, needs_bound);

    let (asked, _) = read(false).unwrap().unwrap();

    assert_eq!(asked.model, RequestedModel::Named("m".to_owned()));
    assert_eq!(asked.bound, Bound::default());
    assert_eq!(asked.body_bytes, None);
    assert!(read(true).is_none());
}

#[test]
fn finds_a_bound_wherever_it_stands() {
    let pieces = [
        r#"{"max_tokens":7,"model":"m","#,
        r#""n":2,"max_completion_tokens":5}"#,
    ];
    let path = "/v1/chat/completions";

    let (asked, _) = asked(path, &pieces, Then::Pauses, true).unwrap().unwrap();

    assert_eq!(asked.model, RequestedModel::Named("m".to_owned()));
    assert_eq!(asked.bound, bound(7, 2));
}

#[test]
fn returns_the_output_limit_with_the_model() {
    let pieces = [r#"{"max_tokens":7,"model":"m","#];

    let (asked, _) = asked("/v1/messages", &pieces, Then::Pauses, false)
        .unwrap()
        .unwrap();

    assert_eq!(asked.bound, bound(7, 1));
}

#[test]
fn reads_the_bound_where_the_path_names_the_model() {
    let pieces = ["{\"generationConfig\":", "{\"maxOutputTokens\":7}}"];

    let (with, _) = asked(GEMINI, &pieces, Then::Pauses, true).unwrap().unwrap();
    let (without, _) = asked(GEMINI, &[], Then::Pauses, false).unwrap().unwrap();

    assert_eq!(with.model, RequestedModel::Named("m".to_owned()));
    assert_eq!(with.bound, bound(7, 1));
    assert_eq!(without.bound, Bound::default());
    assert!(asked(GEMINI, &["{"], Then::Pauses, true).is_none());
}

#[test]
fn reads_a_long_body_to_its_end_for_a_bound() {
    let long = "x".repeat(2 * MEBIBYTE);
    let pieces = [r#"{"model":"m","a":""#, &long, r#"","max_tokens":7}"#];

    let (asked, _) = asked("/v1/messages", &pieces, Then::Pauses, true)
        .unwrap()
        .unwrap();

    assert_eq!(asked.bound, bound(7, 1));
}

#[tokio::test]
async fn what_contradicts_the_beginning_breaks_the_upload_off() {
    for (needs_bound, rest) in [
        (false, r#""model":"n"}"#),
        (false, r#""Model":"m"}"#),
        (false, r#""a":1}{}"#),
        (true, r#""a":1}{}"#),
    ] {
        let pieces = [r#"{"model":"m","max_tokens":7,"#, rest];
        let read = asked("/v1/messages", &pieces, Then::Ends, needs_bound);
        let (asked, upload) = read.unwrap().unwrap();

        let refused = |error: UploadError| {
            matches!(error, UploadError::Refused(GatewayError::ModelAmbiguous))
        };
        let is_refused =
            asked.model == RequestedModel::Ambiguous || upload.collect().await.is_err_and(refused);
        assert!(is_refused, "{rest}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_read_whole() {
    let plain = format!(
        r#"{{"model":"m","max_tokens":7,"a":"{}"}}"#,
        "x".repeat(99_999)
    );
    let body = zstd::encode_all(plain.as_bytes(), 3).unwrap();
    let read = |body: Vec<u8>, max_body_bytes| {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", "zstd".parse().unwrap());
        let route = route::classify(&Method::POST, "/v1/chat/completions", &headers).unwrap();
        let memory = Memory::with_kib(1024);
        async move {
            let limits = ReadLimits {
                max_body_bytes,
                memory: &memory.of(Uuid::nil(), max_body_bytes),
                is_restricted: false,
                needs_bound: false,
            };
            let read = read(&route, &headers, body.into(), limits).await;
            assert_eq!(memory.free_kib(), 1024);
            read
        }
    };

    let (asked, upload) = read(body.clone(), 200_000).await.unwrap();
    assert_eq!(asked.body_bytes, Some(plain.len() as u64));
    assert_eq!(asked.bound, bound(7, 1));
    assert_eq!(upload.collect().await.unwrap().to_bytes(), body);
    let too_large = read(body.clone(), 50_000).await.unwrap_err();
    assert!(matches!(
        too_large,
        ReadError::Refused(GatewayError::BodyTooLarge { limit: 50_000 })
    ));
    let cut = read(body[..body.len() - 1].to_vec(), 200_000)
        .await
        .unwrap_err();
    assert!(matches!(
        cut,
        ReadError::Refused(GatewayError::BodyUnreadable)
    ));
}

#[test]
fn knows_the_length_of_a_body_that_has_ended() {
    // Broken JSON, whose end is that of the body.
    let (asked, _) = asked(GEMINI, &["{", "\"a\":"], Then::Ends, true)
        .unwrap()
        .unwrap();

    assert_eq!(asked.body_bytes, Some(5));
    assert_eq!(asked.bound, Bound::default());
}

#[tokio::test]
async fn loses_nothing_that_was_read() {
    let pieces = [r#"{"model":"#, r#""m","a":"#, "1}", "\n"];

    let (_, upload) = asked("/v1/messages", &pieces, Then::Ends, true)
        .unwrap()
        .unwrap();

    let sent = upload.collect().await.unwrap().to_bytes();
    assert_eq!(sent, pieces.concat());
}

#[test]
fn reports_a_disconnected_client() {
    let read = asked("/v1/messages", &["{"], Then::Breaks, false).unwrap();

    assert!(matches!(read, Err(ReadError::ClientGone)));
}

#[tokio::test]
async fn a_service_tier_behind_what_was_read_is_found_while_the_body_is_sent() {
    for (path, pieces) in [
        (
            "/v1/messages",
            [r#"{"model":"m","#, r#""service_tier":"flex"}"#],
        ),
        (GEMINI, [r#"{"contents":[],"#, r#""serviceTier":"flex"}"#]),
    ] {
        let (asked, upload) = asked(path, &pieces, Then::Ends, false).unwrap().unwrap();
        let progress = upload.progress();
        assert_eq!(asked.tier, RequestedTier::default(), "{path}");

        upload.collect().await.unwrap();

        assert_eq!(progress.service_tier(), Some("flex"), "{path}");
    }
}

#[test]
fn a_service_tier_is_known_where_a_limit_depends_on_it() {
    let cut = [r#"{"model":"m","max_tokens":7"#];
    let whole = [
        r#"{"model":"m","max_tokens":7"#,
        r#","service_tier":"flex"}"#,
    ];
    let tier = |pieces: &[&str]| {
        let read = asked("/v1/messages", pieces, Then::Ends, true);
        read.unwrap().unwrap().0.tier
    };

    assert_eq!(tier(&whole).name.as_deref(), Some("flex"));
    assert!(!tier(&whole).is_uncertain);
    assert!(tier(&cut).is_uncertain);
}
