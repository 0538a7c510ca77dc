//! Credentials in queries.

use super::super::query::{credential, without_credentials};

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
