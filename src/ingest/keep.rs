//! From an answer onto the spool. What the gateway gave away exists only here
//! until the disk has it, so nothing else is taken before.

use std::sync::{Arc, PoisonError};

use super::outage::gap;
use super::pace::{Backoff, chance};
use super::spool::Record;
use super::storer::blocking;
use super::taker::Taker;
use crate::domain::collection::{LONGEST_ITEM, Reason, State, Transport};
use crate::domain::units::{At, Ms};

/// A record holds at most so many items, and about so many bytes.
const RECORD_ITEMS: usize = 1_000;
const RECORD_BYTES: usize = 1 << 20;

impl Taker {
    /// Puts items on the spool; returns when they are on the disk. While that
    /// fails nothing more is taken, and they are kept in memory.
    pub(super) async fn spool(&mut self, items: Vec<Vec<u8>>, transport: Transport) {
        let now = self.clock.now();
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let records = Arc::new(records(items, now, transport));
        let mut backoff = Backoff::new(self.tuning.store_retry_first, self.tuning.store_retry_most);
        loop {
            let (writer, batch) = (Arc::clone(&self.writer), Arc::clone(&records));
            let append = move || {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.append(&batch)
            };
            let Err(error) = blocking(append).await else {
                break;
            };
            log::error!(items = count; "cannot write to the spool, nothing more is taken: {error}");
            let reason = match error.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    Reason::DiskFull
                }
                _ => Reason::StoreFailing,
            };
            self.say(State::Retrying, Some(reason), None);
            if self.stop.is_cancelled() {
                log::error!(items = count; "shut down with items that could not be written, they are lost");
                return self.record_gaps(gap(now, self.clock.now() + Ms(1), "answer_lost"));
            }
            tokio::time::sleep(backoff.failed(chance())).await;
        }
        self.taken += count;
        self.memory.last_taken_at = Some(now);
        let backlog = *self.backlog.borrow();
        self.board.update(|facts| {
            facts.last_taken_at = Some(now);
            facts.backlog = backlog;
        });
    }
}

/// Cuts an answer into records of a bounded size.
fn records(items: Vec<Vec<u8>>, now: At, transport: Transport) -> Vec<Record> {
    let mut records = Vec::new();
    let mut group = Vec::new();
    let mut bytes = 0;
    for mut item in items {
        // It will be a reject, but one that fits.
        item.truncate(LONGEST_ITEM + 1);
        if group.len() == RECORD_ITEMS || (bytes + item.len() > RECORD_BYTES && !group.is_empty()) {
            records.push(Record::new(now, transport, std::mem::take(&mut group)));
            bytes = 0;
        }
        bytes += item.len();
        group.push(item);
    }
    if !group.is_empty() {
        records.push(Record::new(now, transport, group));
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_bounded_and_keep_the_order() {
        let items: Vec<_> = (0..2_500_u32).map(|n| n.to_le_bytes().to_vec()).collect();
        let cut = records(items.clone(), At(1), Transport::Resp);
        let sizes: Vec<_> = cut.iter().map(|r| r.items.len()).collect();
        assert_eq!(sizes, [1000, 1000, 500]);
        let back: Vec<_> = cut.into_iter().flat_map(|r| r.items).collect();
        assert_eq!(back, items);

        let large = vec![vec![0; 900_000], vec![1; 900_000], vec![2; 20 << 20]];
        let sizes: Vec<_> = records(large, At(1), Transport::Resp)
            .iter()
            .map(|r| r.items[0].len())
            .collect();
        assert_eq!(sizes, [900_000, 900_000, LONGEST_ITEM + 1]);
    }
}
