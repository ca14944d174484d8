//! Running functions.

pub(super) mod pool;
