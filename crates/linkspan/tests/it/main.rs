//! Integration tests of the program.

mod adapter;
