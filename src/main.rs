//! The `wsight` program.

fn main() {}
