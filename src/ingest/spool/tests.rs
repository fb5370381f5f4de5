use std::os::unix::fs::PermissionsExt as _;

use ring::aead::{AES_256_GCM, UnboundKey};

use super::*;
use crate::domain::collection::Transport;
use crate::domain::units::At;

fn key(byte: u8) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[byte; 32]).unwrap())
}

fn record(items: &[&str]) -> Record {
    let items = items.iter().map(|i| i.as_bytes().to_vec()).collect();
    Record::new(At(1_000), Transport::Resp, items)
}

fn read_all(reader: &Reader) -> Vec<Record> {
    reader.read(usize::MAX, u64::MAX).unwrap().records
}

fn files(dir: &Path) -> Vec<PathBuf> {
    segments(dir).unwrap().into_iter().map(|(_, p)| p).collect()
}

#[test]
fn what_was_appended_is_read_back_in_order_until_it_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, reader, _) = open(dir.path(), key(1)).unwrap();
    let (a, b) = (record(&["one", ""]), record(&["two"]));
    writer.append(std::slice::from_ref(&a)).unwrap();
    writer.append(std::slice::from_ref(&b)).unwrap();
    assert_eq!(read_all(&reader), [a, b.clone()]);
    assert_eq!(reader.backlog().borrow().items, 3);
    assert_eq!(reader.backlog().borrow().oldest, Some(At(1_000)));

    reader.commit(1);
    assert_eq!(read_all(&reader), [b]);
    reader.commit(1);
    assert_eq!(read_all(&reader), []);
    assert_eq!(*reader.backlog().borrow(), Backlog::default());
    let left: u64 = files(dir.path())
        .iter()
        .map(|f| f.metadata().unwrap().len())
        .sum();
    assert_eq!(left, 0, "committed bytes are gone from the disk");

    let c = record(&["three"]);
    writer.append(std::slice::from_ref(&c)).unwrap();
    assert_eq!(read_all(&reader), [c]);
}

#[test]
fn a_file_is_not_emptied_while_it_is_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, reader, _) = open(dir.path(), key(1)).unwrap();
    writer.append(&[record(&["one"])]).unwrap();
    // Between its first byte and its fsync.
    let (_, file) = writer.active().unwrap();
    let size = file.metadata().unwrap().len();
    reader.commit(1);
    assert_eq!(file.metadata().unwrap().len(), size);
}

#[test]
fn nothing_on_the_disk_is_readable_by_others_or_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let (mut writer, _reader, _) = open(&spool, key(1)).unwrap();
    writer.append(&[record(&["sk-very-secret-key"])]).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&spool), 0o700);
    let [file] = files(&spool).try_into().unwrap();
    assert_eq!(mode(&file), 0o600);
    let bytes = fs::read(file).unwrap();
    assert!(!bytes.windows(4).any(|w| w == b"very"));
}

#[test]
fn a_new_process_replays_and_cuts_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (record(&["one"]), record(&["two"]));
    let (mut writer, _, _) = open(dir.path(), key(1)).unwrap();
    writer.append(std::slice::from_ref(&a)).unwrap();
    let [file] = files(dir.path()).try_into().unwrap();
    let whole = fs::read(&file).unwrap();
    drop(writer);

    for torn in 1..whole.len() {
        let mut bytes = whole.clone();
        bytes.extend(&whole[..torn]);
        fs::write(&file, bytes).unwrap();
        let (_, reader, found) = open(dir.path(), key(1)).unwrap();
        assert_eq!(found.torn, u64::try_from(torn).unwrap());
        assert_eq!(read_all(&reader), std::slice::from_ref(&a));
        assert_eq!(fs::read(&file).unwrap(), whole);
    }

    // The next record goes to a new file and comes after the old one.
    let (mut writer, reader, _) = open(dir.path(), key(1)).unwrap();
    writer.append(std::slice::from_ref(&b)).unwrap();
    assert_eq!(files(dir.path()).len(), 2);
    assert_eq!(read_all(&reader), [a, b]);
    reader.commit(2);
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn a_damaged_record_costs_no_neighbour() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, reader, _) = open(dir.path(), key(1)).unwrap();
    let records = [record(&["one"]), record(&["two"]), record(&["three"])];
    writer.append(&records).unwrap();
    let [file] = files(dir.path()).try_into().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let last_of_the_second = bytes.len() - (46 + 4 + 5 + 16) - 1;
    bytes[last_of_the_second] ^= 1;
    fs::write(&file, bytes).unwrap();
    let batch = reader.read(100, u64::MAX).unwrap();
    assert_eq!(batch.records, [records[0].clone(), records[2].clone()]);
    assert_eq!((batch.count, batch.damaged), (3, 1));
}

#[test]
fn files_of_another_key_are_kept_and_read_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let a = record(&["one"]);
    let (mut writer, _, _) = open(dir.path(), key(1)).unwrap();
    writer.append(std::slice::from_ref(&a)).unwrap();

    let (mut writer, reader, found) = open(dir.path(), key(2)).unwrap();
    assert_eq!(found.other_key, files(dir.path()));
    assert_eq!(read_all(&reader), []);
    writer.append(&[record(&["two"])]).unwrap();
    reader.commit(1);

    let (_, reader, found) = open(dir.path(), key(1)).unwrap();
    assert_eq!(found, Found::default());
    assert_eq!(read_all(&reader), [a]);
}

#[test]
fn a_failed_write_goes_to_a_new_file_once() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, reader, _) = open(dir.path(), key(1)).unwrap();
    let records: Vec<_> = (0..4).map(|n| record(&[&n.to_string()])).collect();
    writer.append(&records[..1]).unwrap();
    writer.failures = 1;
    writer.append(&records[1..2]).unwrap();
    assert_eq!(files(dir.path()).len(), 2);
    writer.failures = 2;
    assert!(writer.append(&records[2..3]).is_err());
    writer.append(&records[2..3]).unwrap();
    assert_eq!(read_all(&reader), records[..3]);

    // A restart sees the same.
    let (_, reader, found) = open(dir.path(), key(1)).unwrap();
    assert_eq!(found, Found::default());
    assert_eq!(read_all(&reader), records[..3]);
}

#[test]
fn a_batch_is_bounded_by_items_and_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (mut writer, reader, _) = open(dir.path(), key(1)).unwrap();
    let records: Vec<_> = (0..5).map(|_| record(&["x", "y"])).collect();
    writer.append(&records).unwrap();
    let count = |items, bytes| reader.read(items, bytes).unwrap().count;
    assert_eq!(count(1, u64::MAX), 1);
    assert_eq!(count(5, u64::MAX), 2);
    assert_eq!(count(99, 1), 1);
    assert_eq!(count(99, u64::MAX), 5);
}
