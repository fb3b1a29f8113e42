//! Linkspan
