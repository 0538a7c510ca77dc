//! `SECURITY.md` names tests that exist.

use std::{fs, path::Path};

#[test]
fn the_tests_that_security_md_names_exist() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let page = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut tests = String::new();
    gather(&root.join("server/tests/it"), &mut tests);
    gather(&root.join("server/src"), &mut tests);

    let is_name = |code: &&str| {
        code.matches('_').count() >= 3
            && code
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(is_name).collect();

    assert!(named.len() > 30, "{}", named.len());
    for name in named {
        assert!(
            tests.contains(&format!("fn {name}(")),
            "there is no test {name}"
        );
    }
}

fn gather(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, text);
        } else {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
