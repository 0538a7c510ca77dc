//! Clients that mean harm, or are broken: each attack meets its bound.

mod decompression;
