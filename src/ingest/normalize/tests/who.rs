//! Which account and whose key an event names.

use super::*;

#[test]
fn accounts_have_a_name_or_a_mask() {
    let check = |changes: Value, label: &str| {
        let event = read(changes.clone());
        assert_eq!(event.account.label, label, "{changes}");
        assert_eq!(event.account.identity, "0123456789abcdef");
    };
    check(json!({"source": "dev@example.com"}), "dev@example.com");
    check(
        json!({"source": "dev@example.com", "auth_type": "unknown"}),
        "dev@example.com",
    );
    check(json!({"source": "qwen of anna"}), "qwen of anna");
    check(
        json!({"source": "my-project-1", "provider": "vertex", "auth_type": null}),
        "my-project-1",
    );
    check(
        json!({"source": "plain upstream key", "auth_type": "apikey"}),
        "plai… key",
    );
    check(
        json!({"source": "looks@like.mail", "auth_type": "apikey"}),
        "lo…il",
    );
    check(
        json!({"source": "plain upstream key", "auth_type": "unknown"}),
        "plai… key",
    );
    check(json!({"source": "sk-ant-0123456789"}), "sk-a…6789");
    check(json!({"source": "client-key-of-test"}), "clie…test");
    check(json!({"source": "short", "auth_type": "apikey"}), "…");
    check(json!({"source": ""}), "");
    check(
        json!({"source": "sk-\u{202e}ab\u{0}cdefghijklm", "auth_type": "apikey"}),
        "sk-a…jklm",
    );
}

#[test]
fn an_account_without_index_is_known_by_its_source() {
    let identity = |changes| read(changes).account.identity;
    let a = identity(json!({"auth_index": "", "source": "sk-a-upstream-0001"}));
    assert!(a.starts_with("source:") && a.len() == 23, "{a}");
    assert_eq!(
        identity(json!({"auth_index": null, "source": "sk-a-upstream-0001"})),
        a
    );
    assert_ne!(
        identity(json!({"auth_index": "", "source": "sk-b-upstream-0001"})),
        a
    );
    assert_eq!(identity(json!({"auth_index": "", "source": ""})), "");
}

#[test]
fn client_keys_are_hashed_and_masked() {
    let key = |changes| read(changes).client_key;
    let of_test = key(json!({}));
    assert_eq!(of_test.hash.len(), 16);
    assert_eq!(of_test.mask, "clie…test");
    assert_ne!(key(json!({"api_key": "client-key-or-test"})), of_test);
    assert_eq!(key(json!({"api_key": ""})), ClientKey::default());
    assert_eq!(key(json!({"api_key": null})), ClientKey::default());
}
