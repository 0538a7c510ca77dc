//! Bodies that are compressed, or no JSON.

use http::HeaderMap;

use super::super::Verdict;
use super::{found, headers, verdict};
use crate::gateway::route::BodyForm;

const FORM: &str = "multipart/form-data; boundary=\"b b\"";

fn multipart(body: &str) -> Verdict {
    let headers = headers(FORM, "");
    verdict(BodyForm::ImageEdit, &headers, body.as_bytes())
}

/// A form with these parts: headers and content.
fn form(parts: &[(&str, &str)]) -> String {
    let parts = parts.iter().map(|(headers, content)| {
        format!("--b b\r\nContent-Disposition: form-data; {headers}\r\n\r\n{content}\r\n")
    });
    parts.chain(["--b b--\r\n".to_owned()]).collect()
}

#[test]
fn finds_the_part_that_is_the_model() {
    let body = form(&[
        (
            "name=\"image\"; filename=\"a.png\"; filename*=utf-8''a.png\r\nContent-Type: image/png",
            "\r\n--b\r\r\n--b",
        ),
        ("name=prompt", "{\"model\":\"x\"}"),
        ("NAME=\"model\"", " m\r"),
        ("name=\"model\"", "m"),
    ]);

    assert_eq!(multipart(&body), found("m"));
}

#[test]
fn says_absent_when_no_part_is_the_model() {
    assert_eq!(
        multipart(&form(&[("name=\"prompt\"", "p")])),
        Verdict::Absent
    );
    assert_eq!(multipart(&form(&[("name=\"model\"", "")])), Verdict::Absent);
}

#[test]
fn refuses_parts_that_could_be_read_in_two_ways() {
    let parts: [&[(&str, &str)]; 8] = [
        &[("name=\"model\"", "m"), ("name=\"model\"", "n")],
        &[("name=\"Model\"", "m")],
        &[("name=\"model\"; filename=\"\"", "m")],
        &[("name*=utf-8''model", "m")],
        &[("name=\"a\"; name=\"model\"", "m")],
        &[(
            "name=\"model\"\r\nContent-Transfer-Encoding: quoted-printable",
            "=6d",
        )],
        &[(
            "name=\"a\"\r\nContent-Disposition: form-data; name=\"model\"",
            "m",
        )],
        &[("name=\"model\"\r\n x: y", "m")],
    ];
    for parts in parts {
        assert_eq!(multipart(&form(parts)), Verdict::Ambiguous, "{parts:?}");
    }
}

#[test]
fn refuses_forms_that_are_not_well_formed() {
    let bodies = [
        "preamble\r\n--b b--\r\n",
        "--b b\n\n",
        "--b b \r\n\r\n",
        "--b b\r\nno colon\r\n\r\n",
        "--b b\r\nContent-Disposition: form-data; name=\"model\"\n\nm\r\n\r\n\r\n--b b--",
    ];
    for body in bodies {
        assert_eq!(multipart(body), Verdict::Ambiguous, "{body:?}");
    }
    let endless = format!("--b b\r\nX: {}", "x".repeat(5000));
    assert_eq!(multipart(&endless), Verdict::Ambiguous);
}

#[test]
fn reads_compressed_json_where_the_engine_does() {
    let json = format!(r#"{{"input":"{}","model":"m"}}"#, "x".repeat(300_000));
    let body = zstd::encode_all(json.as_bytes(), 3).unwrap();
    let two_frames = [
        zstd::encode_all(br#"{"model":"#.as_slice(), 1).unwrap(),
        zstd::encode_all(br#""m"}"#.as_slice(), 1).unwrap(),
    ]
    .concat();

    let zstd = headers("application/json", "ZSTD");
    assert_eq!(verdict(BodyForm::Json, &zstd, &body), found("m"));
    assert_eq!(verdict(BodyForm::Json, &zstd, &two_frames), found("m"));
    assert_eq!(
        verdict(BodyForm::PlainJson, &zstd, &body),
        Verdict::Ambiguous
    );
    assert_eq!(
        verdict(BodyForm::Json, &zstd, json.as_bytes()),
        Verdict::Ambiguous
    );
    assert_eq!(
        verdict(BodyForm::PlainJson, &zstd, json.as_bytes()),
        found("m")
    );
}

#[test]
fn refuses_a_bomb() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let piece = vec![b'x'; 1 << 20];
    std::io::Write::write_all(&mut encoder, b"{\"a\":\"").unwrap();
    for _ in 0..257 {
        std::io::Write::write_all(&mut encoder, &piece).unwrap();
    }
    let body = encoder.finish().unwrap();

    let mut scanner = super::ModelScanner::for_request(BodyForm::Json, &headers("", "zstd"));
    scanner.observe(&body);

    assert_eq!(scanner.verdict(), Verdict::Ambiguous);
}

#[test]
fn refuses_encodings_that_it_cannot_read() {
    for encoding in ["gzip", "br", "zstd, zstd", "zstd, gzip"] {
        let headers = headers("application/json", encoding);
        assert_eq!(verdict(BodyForm::Json, &headers, b"{}"), Verdict::Ambiguous);
    }
}

#[test]
fn reads_a_form_only_where_the_engine_does() {
    let body = form(&[("name=\"model\"", "m")]);
    let form_headers = headers(FORM, "");
    let read = |form, headers: &HeaderMap| verdict(form, headers, body.as_bytes());

    assert_eq!(read(BodyForm::Video, &form_headers), found("m"));
    assert_eq!(read(BodyForm::Json, &form_headers), Verdict::Ambiguous);
    let json = headers("application/json", "");
    assert_eq!(read(BodyForm::ImageEdit, &json), Verdict::Ambiguous);
    let fields = headers("application/x-www-form-urlencoded", "");
    assert_eq!(read(BodyForm::Video, &fields), Verdict::Ambiguous);
    let unbounded = headers("multipart/form-data", "");
    assert_eq!(read(BodyForm::Video, &unbounded), Verdict::Ambiguous);
}
