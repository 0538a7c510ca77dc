//! The engine module, with the double in the engine's place, or a real engine when `TEST_ENGINE_BINARY`
//! names one.

mod configuration;
mod contract;
mod demo;
mod external;
mod installation;
mod lifecycle;
mod secrecy;
mod support;
mod upstream;
mod usage;
