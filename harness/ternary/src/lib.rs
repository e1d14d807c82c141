//! ternary
