//! Bodies that are no JSON.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use super::super::ScanResult;
use super::{FormError, found, headers, scanner, verdict};
use crate::BodyForm;

const FORM: &str = "multipart/form-data; boundary=\"b b\"";
const FIELDS: &str = "application/x-www-form-urlencoded; charset=utf-8";

fn multipart(body: &str) -> ScanResult {
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
        ScanResult::Absent
    );
    assert_eq!(
        multipart(&form(&[("name=\"model\"", "")])),
        ScanResult::Absent
    );
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
        assert_eq!(multipart(&form(parts)), ScanResult::Ambiguous, "{parts:?}");
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
        assert_eq!(multipart(body), ScanResult::Ambiguous, "{body:?}");
    }
    let endless = format!("--b b\r\nX: {}", "x".repeat(5000));
    assert_eq!(multipart(&endless), ScanResult::Ambiguous);
}

#[test]
fn refuses_encodings_that_the_engine_does_not_open() {
    let reads = |form, kind, encoding| scanner(form, &headers(kind, encoding)).is_ok();

    for encoding in ["", " ", "identity", "IDENTITY"] {
        for form in [
            BodyForm::Json,
            BodyForm::PlainJson,
            BodyForm::ImageEdit,
            BodyForm::Video,
        ] {
            assert!(reads(form, "", encoding), "{encoding:?} {form:?}");
        }
    }
    for encoding in [
        "gzip",
        "br",
        "deflate",
        "zstd, zstd",
        "zstd, gzip",
        "identity, zstd",
        "x",
    ] {
        for form in [
            BodyForm::Json,
            BodyForm::PlainJson,
            BodyForm::ImageEdit,
            BodyForm::Video,
        ] {
            assert!(
                !reads(form, "application/json", encoding),
                "{encoding:?} {form:?}"
            );
        }
    }
    assert!(reads(BodyForm::Json, "", " zstd "));
    assert!(reads(BodyForm::ImageEdit, "application/json", "zstd"));
    assert!(reads(BodyForm::Video, "application/json", "zstd"));
    assert!(!reads(BodyForm::PlainJson, "", "zstd"));
    assert!(!reads(BodyForm::ImageEdit, FORM, "zstd"));
    assert!(!reads(BodyForm::Video, FIELDS, "zstd"));
}

#[test]
fn headers_that_are_there_twice_say_nothing() {
    for name in [CONTENT_TYPE, CONTENT_ENCODING] {
        let mut headers = headers("application/json", "identity");
        headers.append(name, HeaderValue::from_static("identity"));
        assert_eq!(
            scanner(BodyForm::Json, &headers).err(),
            Some(FormError::Headers)
        );
    }
}

#[test]
fn reads_the_fields_of_a_form_in_one_line() {
    let fields = |body: &str| verdict(BodyForm::Video, &headers(FIELDS, ""), body.as_bytes());

    assert_eq!(
        fields("model=grok-imagine-video&prompt=a+b"),
        found("grok-imagine-video")
    );
    assert_eq!(fields("prompt=a&mod%65l=+m%2d1+&model=m-1"), found("m-1"));
    assert_eq!(fields("prompt=model%3Dm"), ScanResult::Absent);
    assert_eq!(fields(""), ScanResult::Absent);
    for body in [
        "model=a&model=b",
        "Model=a",
        "model=%zz",
        "model=%ff",
        "a;model=m",
        "model=a%",
    ] {
        assert_eq!(fields(body), ScanResult::Ambiguous, "{body}");
    }
}

#[test]
fn reads_a_form_only_where_the_engine_does() {
    let body = form(&[("name=\"model\"", "m")]);
    let form_headers = headers(FORM, "");
    let read = |form, headers: &HeaderMap| verdict(form, headers, body.as_bytes());

    assert_eq!(read(BodyForm::Video, &form_headers), found("m"));
    assert_eq!(read(BodyForm::Json, &form_headers), ScanResult::Ambiguous);
    let json = headers("application/json", "");
    assert_eq!(read(BodyForm::ImageEdit, &json), ScanResult::Ambiguous);
    let unbounded = headers("multipart/form-data", "");
    assert_eq!(read(BodyForm::Video, &unbounded), ScanResult::Ambiguous);
}
