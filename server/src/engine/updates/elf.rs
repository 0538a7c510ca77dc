//! Reads from the header of a program whether this machine can execute it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

const MAGIC: [u8; 4] = [0x7f, b'E', b'L', b'F'];
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;
/// `e_machine` of the machines that the engine is released for.
const MACHINES: [(u16, &str); 2] = [(62, "x86_64"), (183, "aarch64")];

/// Fails with what the program is instead.
pub(super) fn check(program: &Path) -> Result<(), String> {
    let mut header = [0; 20];
    let read = File::open(program).and_then(|mut file| file.read_exact(&mut header));
    read.map_err(|error| format!("its header cannot be read: {error}"))?;
    check_header(&header, std::env::consts::ARCH)
}

fn check_header(header: &[u8; 20], wanted: &str) -> Result<(), String> {
    if header[..4] != MAGIC {
        return Err("it is no ELF program".to_owned());
    }
    if (header[4], header[5]) != (CLASS_64, LITTLE_ENDIAN) {
        return Err("it is no 64-bit little-endian program".to_owned());
    }
    let number = u16::from_le_bytes([header[18], header[19]]);
    let machine = MACHINES.iter().find(|(known, _)| *known == number);
    match machine {
        Some((_, name)) if *name == wanted => Ok(()),
        Some((_, name)) => Err(format!("it is for {name}, and this machine is {wanted}")),
        None => Err(format!("it is for another machine (number {number})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_programs_for_other_machines() {
        let mut header = [0; 20];
        header[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        header[18] = 183;

        assert!(check_header(&header, "aarch64").is_ok());
        assert!(
            check_header(&header, "x86_64")
                .unwrap_err()
                .contains("for aarch64")
        );
        header[18] = 3;
        assert!(check_header(&header, "x86_64").is_err());
        header[4] = 1;
        assert!(check_header(&header, "x86_64").is_err());
        assert!(check_header(&[0; 20], "x86_64").is_err());
    }
}
