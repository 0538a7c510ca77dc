//! Reads the configuration, builds the server, runs it until told to stop.

fn main() {}
