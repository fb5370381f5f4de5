//! Where everything on the spool is that is not committed yet. In memory only:
//! made from the headers of the files at the start, then kept up to date by
//! writer and reader, which share it.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::record::{HEADER_BYTES, HEADER_LEN, Header};
use crate::domain::units::At;

/// What waits on the spool. Watched by the storing stage and the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub records: usize,
    pub items: i64,
    pub bytes: u64,
    /// When the oldest of them was taken.
    pub oldest: Option<At>,
}

#[derive(Debug)]
pub(super) struct Shared {
    index: Mutex<Index>,
    backlog: watch::Sender<Backlog>,
}

impl Shared {
    pub(super) fn new(index: Index) -> Self {
        Self {
            backlog: watch::Sender::new(index.backlog()),
            index: Mutex::new(index),
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<Backlog> {
        self.backlog.subscribe()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn publish(&self, index: &Index) {
        let now = index.backlog();
        self.backlog
            .send_if_modified(|backlog| std::mem::replace(backlog, now) != now);
    }
}

/// The segments, oldest first.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) segments: VecDeque<Segment>,
    /// The writer is between its first byte and its fsync.
    pub(super) writing: bool,
    /// Sums over all pending entries.
    records: usize,
    items: i64,
    bytes: u64,
}

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) file: Arc<File>,
    pub(super) pending: VecDeque<Entry>,
    /// The writer appends to it.
    pub(super) active: bool,
}

/// One record of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) header: Header,
}

impl Entry {
    pub(super) fn end(&self) -> u64 {
        self.offset + HEADER_BYTES + u64::from(self.header.sealed_bytes)
    }

    pub(super) fn read(&self, file: &File) -> io::Result<Vec<u8>> {
        let size = usize::try_from(self.header.sealed_bytes).map_err(io::Error::other)?;
        let mut sealed = vec![0; size];
        file.read_exact_at(&mut sealed, self.offset + HEADER_BYTES)?;
        Ok(sealed)
    }
}

impl Index {
    pub(super) fn add(&mut self, segment: Segment) {
        for entry in &segment.pending {
            self.records += 1;
            self.items += i64::from(entry.header.items);
            self.bytes += entry.end() - entry.offset;
        }
        self.segments.push_back(segment);
    }

    /// Appends to a segment that is there.
    pub(super) fn push(&mut self, number: u64, entry: Entry) {
        if let Some(segment) = self.segments.iter_mut().find(|s| s.number == number) {
            segment.pending.push_back(entry);
            self.records += 1;
            self.items += i64::from(entry.header.items);
            self.bytes += entry.end() - entry.offset;
        }
    }

    /// Removes the oldest record.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let mut pending = self.segments.iter_mut().map(|s| &mut s.pending);
        let entry = pending.find_map(VecDeque::pop_front)?;
        self.records -= 1;
        self.items -= i64::from(entry.header.items);
        self.bytes -= entry.end() - entry.offset;
        Some(entry)
    }

    pub(super) fn pending(&self) -> impl Iterator<Item = (&Segment, &Entry)> {
        self.segments
            .iter()
            .flat_map(|s| s.pending.iter().map(move |entry| (s, entry)))
    }

    pub(super) fn backlog(&self) -> Backlog {
        Backlog {
            records: self.records,
            items: self.items,
            bytes: self.bytes,
            oldest: self.pending().next().map(|(_, e)| e.header.taken_at),
        }
    }
}

/// Finds the records of a file and cuts off a torn tail. Reads headers only.
pub(super) fn scan(file: &File) -> io::Result<(Vec<Entry>, u64)> {
    let size = file.metadata()?.len();
    let mut entries = Vec::new();
    let mut offset = 0;
    while offset + HEADER_BYTES <= size {
        let mut bytes = [0; HEADER_LEN];
        file.read_exact_at(&mut bytes, offset)?;
        let Some(header) = Header::decode(&bytes) else {
            break;
        };
        let entry = Entry { offset, header };
        if entry.end() > size {
            break;
        }
        offset = entry.end();
        entries.push(entry);
    }
    if offset < size {
        file.set_len(offset)?;
    }
    Ok((entries, size - offset))
}
