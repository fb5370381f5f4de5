//! What kind of file system a database lies on. Its log needs memory that
//! processes share and locks that hold; over a network neither is certain, and
//! a database is damaged there sooner or later. What the system does not tell
//! is taken to be fine.

use std::path::Path;

/// Kinds that reach over a network, as Linux calls them. `9p` is how Windows
/// drives look from inside WSL.
const NETWORKED: [&str; 20] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.ceph",
    "fuse.davfs2",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "orangefs",
    "smb3",
    "smbfs",
];

/// The kind of the network file system that a directory lies on, if it does.
pub(super) fn network(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = kind_of(&mounts, &directory)?;
    NETWORKED.contains(&kind).then(|| kind.to_owned())
}

/// The kind of what is mounted where this directory is. Of two mounts on one
/// place the later one is seen.
fn kind_of<'m>(mounts: &'m str, directory: &Path) -> Option<&'m str> {
    let mount = |line: &'m str| {
        let (place, about) = line.split_once(" - ")?;
        let place = unescaped(place.split(' ').nth(4)?);
        let kind = about.split(' ').next()?;
        directory.starts_with(&place).then_some((place.len(), kind))
    };
    let found = mounts.lines().filter_map(mount);
    found
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

/// Linux writes spaces and the like as three octal digits.
fn unescaped(place: &str) -> String {
    let mut pieces = place.split('\\');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece
            .get(..3)
            .and_then(|code| u8::from_str_radix(code, 8).ok());
        if let (Some(code), Some(rest)) = (code, piece.get(3..)) {
            plain.push(char::from(code));
            plain.push_str(rest);
        } else {
            plain.push('\\');
            plain.push_str(piece);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = r"
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /srv rw shared:9 - nfs4 nas:/export rw,vers=4.2
31 30 0:27 / /srv/local rw - xfs /dev/sdb1 rw
32 22 0:28 / /mnt/my\040share rw - cifs //nas/share rw
33 22 0:29 / /over rw - nfs nas:/old rw
34 22 0:30 / /over rw - tmpfs tmpfs rw
35 22 0:31 / /mnt/c rw - 9p C:\134 rw
garbage
";

    #[test]
    fn the_innermost_mount_counts() {
        for (place, kind) in [
            ("/", "ext4"),
            ("/var/data", "ext4"),
            ("/srv", "nfs4"),
            ("/srv/data", "nfs4"),
            ("/srv/local/data", "xfs"),
            ("/srvice", "ext4"),
            ("/mnt/my share/data", "cifs"),
            ("/over/data", "tmpfs"),
            ("/mnt/c/data", "9p"),
        ] {
            assert_eq!(kind_of(MOUNTS, Path::new(place)), Some(kind), "{place}");
        }
        assert_eq!(kind_of("", Path::new("/")), None);
    }

    #[test]
    fn where_tests_keep_their_data_is_no_network() {
        let here = tempfile::tempdir().unwrap();
        assert_eq!(network(here.path()), None);
    }
}
