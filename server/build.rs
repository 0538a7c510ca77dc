//! Compiles the program again when the front end was built again: its pages are embedded, and the
//! compiler does not see new files.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../frontend/dist");
}
