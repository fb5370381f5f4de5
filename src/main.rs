//! Parses the arguments, runs the sub-command, maps the outcome to an exit code.

fn main() {}
