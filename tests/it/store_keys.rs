//! The data key: made once, never replaced silently, refused when others can
//! read it; and what is sealed under it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use cpamp::store::data_key::{KeyError, Source};
use cpamp::store::secret::Keyring;
use cpamp::store::secrets::{self, MANAGEMENT_KEY, Stored};
use cpamp::store::{Store, settings};
use secrecy::{ExposeSecret as _, SecretString};

use crate::support::database::Database;

const SECRET: &str = "mgmt-secret-0001";

fn key_file(database: &Database) -> PathBuf {
    database.directory().join("data.key")
}

fn source(database: &Database) -> Source {
    Source::File(key_file(database))
}

async fn put(open: &Store, keyring: &Keyring) {
    let keyring = keyring.clone();
    let value = SecretString::from(SECRET);
    open.write(move |c| secrets::put(c, &keyring, MANAGEMENT_KEY, &value))
        .await
        .unwrap();
}

async fn get(open: &Store, keyring: &Keyring) -> Stored {
    let keyring = keyring.clone();
    open.read(move |c| secrets::get(c, &keyring, MANAGEMENT_KEY))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_secret_survives_a_restart_and_is_nowhere_in_clear() {
    let database = Database::new();
    let open = database.open();
    let keyring = open.unlock(source(&database)).await.unwrap();
    assert!(matches!(get(&open, &keyring).await, Stored::Nothing));
    put(&open, &keyring).await;
    open.close().await;

    let mode = key_file(&database).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let bytes = fs::read(database.path()).unwrap();
    let clear = bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
    assert!(!clear, "the secret is in the database in clear");

    let open = database.open();
    let again = open.unlock(source(&database)).await.unwrap();
    assert_eq!(again.id(), keyring.id());
    let Stored::Secret(value) = get(&open, &again).await else {
        panic!("it must open");
    };
    assert_eq!(value.expose_secret(), SECRET);
}

#[tokio::test]
async fn a_lost_key_is_not_replaced_until_a_person_says_so() {
    let database = Database::new();
    let open = database.open();
    let keyring = open.unlock(source(&database)).await.unwrap();
    put(&open, &keyring).await;
    open.write(|c| settings::put(c, "kept", &1)).await.unwrap();
    fs::remove_file(key_file(&database)).unwrap();

    let lost = open.unlock(source(&database)).await.unwrap_err();
    assert!(
        matches!(&lost, KeyError::Missing(_)) && lost.is_lost_key(),
        "{lost}"
    );
    assert!(!key_file(&database).exists());

    let fresh = open.start_over(source(&database)).await.unwrap();
    assert_ne!(fresh.id(), keyring.id());
    assert!(matches!(get(&open, &fresh).await, Stored::Nothing));
    assert!(open.unlock(source(&database)).await.is_ok());
    let kept: Option<i32> = open.read(|c| settings::get(c, "kept")).await.unwrap();
    assert_eq!(kept, Some(1));
}

#[tokio::test]
async fn a_lost_key_nothing_was_sealed_under_is_made_anew() {
    let database = Database::new();
    let open = database.open();
    open.unlock(source(&database)).await.unwrap();
    fs::remove_file(key_file(&database)).unwrap();
    assert!(open.unlock(source(&database)).await.is_ok());
}

#[tokio::test]
async fn another_key_is_wrong_and_changes_nothing() {
    let database = Database::new();
    let open = database.open();
    let keyring = open.unlock(source(&database)).await.unwrap();
    put(&open, &keyring).await;

    let given = |text: &str| Source::Given(SecretString::from(text));
    let wrong = open.unlock(given("another passphrase")).await.unwrap_err();
    assert!(matches!(wrong, KeyError::Wrong), "{wrong}");
    let text = fs::read_to_string(key_file(&database)).unwrap();
    let right = open.unlock(given(&text)).await.unwrap();
    assert_eq!(right.id(), keyring.id());
    assert!(matches!(get(&open, &right).await, Stored::Secret(_)));
}

#[tokio::test]
async fn a_damaged_key_file_is_put_aside_when_starting_over() {
    let database = Database::new();
    let open = database.open();
    let keyring = open.unlock(source(&database)).await.unwrap();
    put(&open, &keyring).await;
    fs::write(key_file(&database), "garbage").unwrap();
    let error = open.unlock(source(&database)).await.unwrap_err();
    assert!(matches!(&error, KeyError::Malformed(_)) && error.is_lost_key());

    open.start_over(source(&database)).await.unwrap();
    let aside = database.directory().join("data.key.unreadable");
    assert_eq!(fs::read_to_string(aside).unwrap(), "garbage");
    assert!(open.unlock(source(&database)).await.is_ok());
}

#[tokio::test]
async fn a_key_file_others_can_read_is_refused() {
    let database = Database::new();
    let open = database.open();
    open.unlock(source(&database)).await.unwrap();
    fs::set_permissions(key_file(&database), Permissions::from_mode(0o640)).unwrap();
    let error = open.unlock(source(&database)).await.unwrap_err();
    assert!(matches!(&error, KeyError::Exposed(_)) && !error.is_lost_key());
    assert!(error.to_string().contains("chmod 600"), "{error}");
}
