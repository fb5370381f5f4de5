//! Where the data key comes from: `data.key` beside the database, or the
//! environment. A lost key is never replaced silently while something sealed
//! under it exists; a person decides, by [`start_over`].

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use diesel::sqlite::SqliteConnection;
use ring::hkdf;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::StoreError;
use super::secret::{KEY_LEN, Keyring};
use super::{rejects, secrets, settings};

/// Where to look for the data key.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, made when there is none and nothing was sealed yet.
    File(PathBuf),
    /// From the environment: 32 bytes in base64 or hexadecimal, or a passphrase.
    Given(SecretString),
}

/// Why there is no keyring. Everything else works without one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{} is missing, but values sealed under it exist", .0.display())]
    Missing(PathBuf),
    /// Present and well-formed, but not the one values were sealed under.
    #[error("the data key is not the one this database was sealed under")]
    Wrong,
    #[error("{} does not hold a data key (32 bytes in base64)", .0.display())]
    Malformed(PathBuf),
    #[error("{} can be read by others: run chmod 600 on it", .0.display())]
    Exposed(PathBuf),
    #[error("cannot {what} {}{}", path.display(), advice(source))]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyError {
    /// Whether entering the Management Key again, which starts over with a new
    /// data key, is the way out.
    #[must_use]
    pub fn is_lost_key(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Wrong | Self::Malformed(_))
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            " (it must belong to the user who runs the panel: change its owner)"
        }
        _ => "",
    }
}

/// A constant sealed at first use, which tells a wrong key from damage.
const CHECK: &str = "data_key_check";
const CHECK_PLACE: &str = "setting|value|data_key_check";

/// The keyring of this database. Makes a key file on the first start.
pub fn unlock(c: &mut SqliteConnection, source: &Source) -> Result<Keyring, KeyError> {
    let check: Option<String> = settings::get(c, CHECK)?;
    let keyring = match source {
        Source::Given(text) => Keyring::derive(&given(text)),
        Source::File(path) => match read(path)? {
            Some(key) => Keyring::derive(&key),
            None if check.is_some() && anything_sealed(c)? => {
                return Err(KeyError::Missing(path.clone()));
            }
            None => return adopt(c, Keyring::derive(&create(path)?)),
        },
    };
    match check {
        Some(sealed) if keyring.open(CHECK_PLACE, &sealed).is_ok() => Ok(keyring),
        Some(_) if anything_sealed(c)? => Err(KeyError::Wrong),
        _ => adopt(c, keyring),
    }
}

/// Gives up what was sealed under a lost key and goes on with the present one,
/// or with a new one. Only after a person entered the Management Key again.
pub fn start_over(c: &mut SqliteConnection, source: &Source) -> Result<Keyring, KeyError> {
    let keyring = match source {
        Source::Given(text) => Keyring::derive(&given(text)),
        Source::File(path) => match read(path) {
            Ok(Some(key)) => Keyring::derive(&key),
            Ok(None) => Keyring::derive(&create(path)?),
            Err(KeyError::Malformed(_)) => {
                let aside = path.with_extension("key.unreadable");
                fs::rename(path, &aside).map_err(failed("rename", path))?;
                Keyring::derive(&create(path)?)
            }
            Err(error) => return Err(error),
        },
    };
    secrets::forget_all(c)?;
    rejects::forget_originals(c)?;
    adopt(c, keyring)
}

fn adopt(c: &mut SqliteConnection, keyring: Keyring) -> Result<Keyring, KeyError> {
    settings::put(c, CHECK, &keyring.seal(CHECK_PLACE, b"cpamp"))?;
    Ok(keyring)
}

fn anything_sealed(c: &mut SqliteConnection) -> Result<bool, StoreError> {
    Ok(secrets::any(c)? || rejects::any_original(c)?)
}

/// A data key in text form, or derived from a passphrase.
fn given(text: &SecretString) -> [u8; KEY_LEN] {
    let text = text.expose_secret().trim();
    parse(text.as_bytes()).unwrap_or_else(|| {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"cpamp/v1/passphrase");
        let mut key = [0; KEY_LEN];
        salt.extract(text.as_bytes())
            .expand(&[b"data-key"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("HKDF-SHA256 gives 32 bytes");
        key
    })
}

/// 32 bytes as they are, in base64 (standard or URL alphabet), or in hex.
fn parse(bytes: &[u8]) -> Option<[u8; KEY_LEN]> {
    if let Ok(key) = bytes.try_into() {
        return Some(key);
    }
    let text = str::from_utf8(bytes).ok()?.trim();
    if let Ok(key) = text.as_bytes().try_into() {
        return Some(key);
    }
    [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|alphabet| alphabet.decode(text).ok()?.try_into().ok())
        .or_else(|| from_hex(text))
}

fn from_hex(text: &str) -> Option<[u8; KEY_LEN]> {
    let mut key = [0; KEY_LEN];
    if text.len() != 2 * KEY_LEN {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

/// `None` when there is no such file.
fn read(path: &Path) -> Result<Option<[u8; KEY_LEN]>, KeyError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("open", path)(e)),
    };
    let mode = file
        .metadata()
        .map_err(failed("examine", path))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(1024)
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    let key = parse(&bytes).ok_or_else(|| KeyError::Malformed(path.to_owned()))?;
    Ok(Some(key))
}

/// Makes a new key. It is complete on the disk before anything is sealed
/// under it, and an existing file is never overwritten.
fn create(path: &Path) -> Result<[u8; KEY_LEN], KeyError> {
    let mut key = [0; KEY_LEN];
    SystemRandom::new()
        .fill(&mut key)
        .expect("the system has random numbers");
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed("create", path))?;
    writeln!(file, "{}", STANDARD_NO_PAD.encode(key))
        .and_then(|()| file.sync_all())
        .map_err(failed("write", path))?;
    if let Some(directory) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(failed("sync", directory))?;
    }
    Ok(key)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::File { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_several_spellings() {
        let key: [u8; KEY_LEN] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        for text in [
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
            hex,
        ] {
            assert_eq!(parse(text.as_bytes()), Some(key), "{text}");
        }
        assert_eq!(parse(&key), Some(key));
    }

    #[test]
    fn anything_else_is_a_passphrase() {
        let key = |text: &str| given(&SecretString::from(text));
        assert_eq!(key("hunter2"), key("hunter2\n"));
        assert_ne!(key("hunter2"), key("hunter3"));
    }
}
