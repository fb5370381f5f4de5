//! Taken items on their way to the database: sealed, on the disk, in order.
//! What [`Writer::append`] returned from survives a crash; what was committed
//! is deleted. Nothing here knows what an item means, and no item is ever on
//! the disk in clear.
//!
//! Files are `<number>.spool`, read in the order of their numbers. A new
//! process never appends to an old file.

mod index;
mod record;

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::aead::LessSafeKey;
use tokio::sync::watch;

pub use index::Backlog;
use index::{Entry, Index, Segment, Shared, scan};
pub use record::Record;
use record::Unreadable;

/// A file is not appended to beyond this size.
const SEGMENT_BYTES: u64 = 4 << 20;

/// What opening found that a person should know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Bytes of a record that was being written when the process died.
    pub torn: u64,
    /// Files sealed under another data key; they are kept.
    pub other_key: Vec<PathBuf>,
}

/// Opens the spool directory, or makes it. One writer, one reader.
pub fn open(dir: &Path, key: LessSafeKey) -> io::Result<(Writer, Reader, Found)> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)?;
    let mut found = Found::default();
    let mut index = Index::default();
    let mut last_number = 0;
    for (number, path) in segments(dir)? {
        last_number = number;
        let file = Arc::new(OpenOptions::new().read(true).write(true).open(&path)?);
        let (records, torn) = scan(&file)?;
        found.torn += torn;
        let foreign = match records.first() {
            Some(first) => {
                let bytes = first.read(&file)?;
                record::open(&key, &first.header, bytes) == Err(Unreadable::OtherKey)
            }
            None => false,
        };
        if foreign {
            found.other_key.push(path);
        } else if records.is_empty() {
            fs::remove_file(&path)?;
        } else {
            index.add(Segment {
                number,
                path,
                file,
                pending: records.into(),
                active: false,
            });
        }
    }
    let shared = Arc::new(Shared::new(index));
    let writer = Writer {
        shared: Arc::clone(&shared),
        dir: dir.to_owned(),
        key: key.clone(),
        next_number: last_number + 1,
        active: None,
        #[cfg(test)]
        failures: 0,
    };
    Ok((writer, Reader { shared, key }, found))
}

/// The taking stage's side.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    dir: PathBuf,
    key: LessSafeKey,
    next_number: u64,
    active: Option<Active>,
    /// How many of the next writes fail.
    #[cfg(test)]
    failures: u32,
}

#[derive(Debug)]
struct Active {
    number: u64,
    file: Arc<File>,
}

impl Writer {
    /// Blocks until the records are on the disk. After a failed write or fsync
    /// a file is never trusted again: the records go to a new one, once. An
    /// error means that they are nowhere; the caller still has them.
    pub fn append(&mut self, records: &[Record]) -> io::Result<()> {
        self.try_append(records).or_else(|_| {
            self.abandon();
            self.try_append(records).inspect_err(|_| self.abandon())
        })
    }

    fn try_append(&mut self, records: &[Record]) -> io::Result<()> {
        let (number, file) = self.active()?;
        let mut bytes = Vec::new();
        let mut headers = Vec::new();
        for record in records {
            headers.push(record::seal(&self.key, record, &mut bytes)?);
        }
        #[cfg(test)]
        let written = self.fail_or_write(&file, &bytes);
        #[cfg(not(test))]
        let written = write(&file, &bytes);
        let mut index = self.shared.lock();
        index.writing = false;
        written?;
        // Written in append mode: the end of the file is the end of `bytes`.
        let mut offset = file.metadata()?.len() - u64::try_from(bytes.len()).unwrap_or(0);
        for header in headers {
            let entry = Entry { offset, header };
            offset = entry.end();
            index.push(number, entry);
        }
        if offset >= SEGMENT_BYTES {
            self.active = None;
            index.segments.iter_mut().for_each(|s| s.active = false);
        }
        self.shared.publish(&index);
        Ok(())
    }

    #[cfg(test)]
    fn fail_or_write(&mut self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        if self.failures == 0 {
            return write(file, bytes);
        }
        self.failures -= 1;
        file.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
        Err(io::Error::other("injected"))
    }

    /// The file to append to, marked as being written.
    fn active(&mut self) -> io::Result<(u64, Arc<File>)> {
        if self.active.is_none() {
            let number = self.next_number;
            let path = self.dir.join(format!("{number:016}.spool"));
            let file = OpenOptions::new()
                .read(true)
                .append(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            self.next_number += 1;
            File::open(&self.dir)?.sync_all()?;
            let file = Arc::new(file);
            self.shared.lock().segments.push_back(Segment {
                number,
                path,
                file: Arc::clone(&file),
                pending: VecDeque::new(),
                active: true,
            });
            self.active = Some(Active { number, file });
        }
        let active = self.active.as_ref();
        let active = active.ok_or_else(|| io::Error::other("no active segment"))?;
        self.shared.lock().writing = true;
        Ok((active.number, Arc::clone(&active.file)))
    }

    /// Leaves a file behind after a failure, cut to what was good in it.
    fn abandon(&mut self) {
        // An attempt to make a new file must not meet the same name again.
        self.next_number += 1;
        let Some(active) = self.active.take() else {
            return;
        };
        let mut index = self.shared.lock();
        index.writing = false;
        if let Some(segment) = index
            .segments
            .iter_mut()
            .find(|s| s.number == active.number)
        {
            segment.active = false;
            let good = segment.pending.back().map_or(0, Entry::end);
            if let Err(error) = active.file.set_len(good) {
                log::warn!("cannot cut a damaged spool file, its tail will be skipped: {error}");
            }
        }
        index.segments.retain(|segment| {
            let keep = segment.active || !segment.pending.is_empty();
            if !keep {
                remove(&segment.path);
            }
            keep
        });
    }
}

/// The storing stage's side.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    key: LessSafeKey,
}

/// The oldest records.
#[derive(Debug, Default)]
pub struct Batch {
    pub records: Vec<Record>,
    /// How many records these are for [`Reader::commit`], unreadable ones
    /// included.
    pub count: usize,
    pub damaged: usize,
}

impl Reader {
    /// Reads the oldest records without removing them: at least one if there is
    /// any, more until `items` are together. Blocks.
    pub fn read(&self, items: usize, bytes: u64) -> io::Result<Batch> {
        let mut batch = Batch::default();
        let mut together = (0_usize, 0_u64);
        for (file, entry) in self.oldest(items) {
            let size = usize::try_from(entry.header.items).map_err(io::Error::other)?;
            let next = (together.0 + size, together.1 + entry.end() - entry.offset);
            if batch.count > 0 && (next.0 > items || next.1 > bytes) {
                break;
            }
            together = next;
            batch.count += 1;
            match entry.read(&file) {
                Ok(sealed) => match record::open(&self.key, &entry.header, sealed) {
                    Ok(record) => batch.records.push(record),
                    Err(_) => batch.damaged += 1,
                },
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => batch.damaged += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(batch)
    }

    /// Entries of the oldest records, without holding the lock while reading.
    fn oldest(&self, limit: usize) -> Vec<(Arc<File>, Entry)> {
        let index = self.shared.lock();
        let oldest = index.pending().take(limit.max(1));
        oldest
            .map(|(segment, entry)| (Arc::clone(&segment.file), *entry))
            .collect()
    }

    /// Forgets the `count` oldest records and deletes what is no longer needed.
    pub fn commit(&self, count: usize) {
        let mut index = self.shared.lock();
        for _ in 0..count {
            index.pop();
        }
        let writing = index.writing;
        index.segments.retain(|segment| {
            let done = segment.pending.is_empty();
            if done && segment.active {
                // In append mode the next write starts at the new end. Should a
                // crash bring the bytes back, their records are known as
                // committed.
                if !writing && let Err(error) = segment.file.set_len(0) {
                    log::warn!("cannot empty a spool file: {error}");
                }
            } else if done {
                remove(&segment.path);
            }
            !done || segment.active
        });
        self.shared.publish(&index);
    }

    /// Follows what waits on the spool.
    #[must_use]
    pub fn backlog(&self) -> watch::Receiver<Backlog> {
        self.shared.watch()
    }
}

fn write(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_data()
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        log::warn!("cannot delete a spool file: {error}");
    }
}

/// The spool files of a directory, oldest first.
fn segments(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".spool")?.parse().ok());
        segments.extend(number.map(|number: u64| (number, path)));
    }
    segments.sort();
    Ok(segments)
}

#[cfg(test)]
mod tests;
