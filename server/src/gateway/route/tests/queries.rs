//! Credentials in queries, and what changes their meaning.

use super::super::query::{credential, has_unknown_alt, without_credentials};

#[test]
fn takes_credentials_out_of_a_query() {
    let cases = [
        ("alt=sse&key=s", "alt=sse"),
        ("key=s", ""),
        ("k%65y=s&a=%20+;&&b", "a=%20+;&&b"),
        ("auth_token&x=1&key=t", "x=1"),
        ("Key=a&keys=b&key2", "Key=a&keys=b&key2"),
        ("", ""),
    ];
    for (query, kept) in cases {
        assert_eq!(without_credentials(query), kept);
    }
    assert_eq!(
        credential("auth_token=b&k%65y=a%2Bb+c").as_deref(),
        Some("a+b c")
    );
    assert_eq!(credential("auth_token=b").as_deref(), Some("b"));
    assert_eq!(credential("key=&x"), None);
}

#[test]
fn alt_may_be_one_of_two() {
    for query in [
        "",
        "alt=sse",
        "$alt=json",
        "alt",
        "alt=",
        "a=alt&beta=true",
        "malt=x",
    ] {
        assert!(!has_unknown_alt(query), "{query}");
    }
    for query in [
        "alt=responses/compact",
        "a=b&%24alt=responses%2Fcompact",
        "alt=sse&alt=proto",
        "%61lt=x",
    ] {
        assert!(has_unknown_alt(query), "{query}");
    }
}
