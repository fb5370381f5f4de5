//! What can go wrong with a gateway, on demand. A fault changes when or
//! whether an answer arrives, never what it says.

use std::time::Duration;

/// All off by default; set through [`super::Gateway::set_faults`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Wait before every RESP reply and every HTTP answer.
    pub delay: Duration,
    /// Answers to HTTP requests with this line are made, and then wait until it
    /// is another one.
    pub held: Option<&'static str>,
    /// Connections are accepted and read; nothing is ever answered.
    pub half_open: bool,
    /// That many more non-empty pops take their items out of the queue, and the
    /// connection is then reset instead of answered.
    pub reset_after_pop: u32,
    /// A proxy in front that speaks only HTTP: RESP bytes get its 400 page.
    pub http_only: bool,
}
