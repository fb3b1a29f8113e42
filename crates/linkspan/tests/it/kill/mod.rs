//! Whatever happens to a run at whatever moment, the runs after it end where an undisturbed one would have.

mod cut;
mod random;
