//! Whatever is wrong with what comes in: a definite exit code, and a message that says what, where, and what to do.

mod busy;
mod configuration;
mod connection;
mod dead_letters;
mod rights;
mod shop_answers;
mod values;
