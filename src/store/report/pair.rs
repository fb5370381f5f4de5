//! Counting many rows with two threads: this one reads columns and tests rows,
//! and counts a chunk itself whenever the other one is still busy. All of it is
//! one read of one connection, so the answer belongs to one moment.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, TrySendError, sync_channel};
use std::thread;

use diesel::sqlite::SqliteConnection;

use crate::store::error::{Result, StoreError};
use crate::store::fold::{Counted, Fold};
use crate::store::scan::keys::KeyRange;
use crate::store::scan::picked::Picked;
use crate::store::scan::predicate::Predicate;
use crate::store::scan::{self, Taken, segments};

/// Segments from which on a second thread is worth its start.
const SEGMENTS: usize = 4;
/// Whether a range is long, and there is a second processor.
pub(super) fn is_worth_it(c: &mut SqliteConnection, range: KeyRange) -> Result<bool> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    Ok(processors > 1 && segments::overlapping(c, range)?.len() >= SEGMENTS)
}

/// Counts the rows of `range` that pass. `fold` makes one that keeps at least the
/// bars it shares.
pub(super) fn count<'a>(
    c: &mut SqliteConnection,
    range: KeyRange,
    predicate: &Predicate,
    fold: impl Fn() -> Fold<'a>,
) -> Result<Counted> {
    let (mut own, other) = (fold(), fold());
    thread::scope(|scope| {
        let (send, receive) = sync_channel(1);
        let other = scope.spawn(move || help(other, &receive));
        let scanned = scan::all(c, range, predicate, |chunk, picked| {
            let wanted = own.columns(&*chunk);
            let taken = chunk.take(&wanted)?;
            match send.try_send((taken, picked.clone())) {
                Ok(()) => Ok(()),
                Err(TrySendError::Full((mut rows, picked))) => own.rows(&mut rows, &picked),
                // The other one failed, and says why when it is joined.
                Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
            }
        });
        drop(send);
        let counted = other.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        scanned?;
        Ok(own.finish().plus(counted))
    })
}

fn help(mut fold: Fold<'_>, chunks: &Receiver<(Taken, Picked)>) -> Result<Counted> {
    for (mut rows, picked) in chunks {
        fold.rows(&mut rows, &picked)?;
    }
    Ok(fold.finish())
}
