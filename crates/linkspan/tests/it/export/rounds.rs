//! Random edits on both sides, round after round: it never loops, and both sides end equal.
