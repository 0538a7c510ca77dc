//! install stub
