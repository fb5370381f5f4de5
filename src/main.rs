//! Hands arguments and environment to the command line; the outcome becomes the
//! exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cpamp::heap::keep_freed_memory();
    cpamp::cli::run(std::env::args_os(), &cpamp::config::of_process())
}
