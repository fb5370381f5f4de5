//! What a new list of credentials changes in what is known. Pure: the store
//! writes exactly these changes, so a list that says nothing new costs no write.
//!
//! A credential is the same while the gateway gives it the same `auth_index`
//! and it is of the same account and person. The index changes when a file is
//! renamed or moved, or made anew by a log-in; the provider's account id, who
//! logged in, or where nobody says either, the unchanged file then tells whose
//! history goes on. An account id may be shared (a workspace has many members),
//! so it only decides when one credential is missing and one is new.

use std::collections::{HashMap, HashSet};

use super::{Known, Listed};

/// One change, in the order in which they are to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Met for the first time.
    New(Listed),
    /// Known, and something of it is different, or it is back.
    Changed { id: i64, listed: Listed },
    /// Listed no longer.
    Gone { id: i64 },
    /// Listed no longer, and another one is the same account: after a log-in
    /// that made a new file, the old one was removed.
    Joined { id: i64, into: i64 },
}

/// Compares what is known with what the gateway lists now.
#[must_use]
pub fn diff(known: &[Known], listed: Vec<Listed>) -> Vec<Change> {
    let mut by_index: HashMap<&str, &Known> = HashMap::new();
    for known in known.iter().rev() {
        // Another account may have had it before.
        let held = known.indexes.iter().filter(|index| known.holds(index));
        for index in held {
            by_index.insert(index, known);
        }
    }
    let mut found = HashSet::new();
    let mut seen = HashSet::new();
    let mut strangers = Vec::new();
    let mut changes = Vec::new();
    for listed in listed {
        // One key that is configured twice has one index.
        if !seen.insert(listed.auth_index.clone()) {
            continue;
        }
        match by_index.get(listed.auth_index.as_str()) {
            Some(known) if same_account(known, &listed) && found.insert(known.id) => {
                if known.listed != listed || known.is_gone() {
                    changes.push(Change::Changed {
                        id: known.id,
                        listed,
                    });
                }
            }
            _ => strangers.push(listed),
        }
    }
    for listed in &strangers {
        let alike = |other: &&Listed| names_the_same(other, listed);
        let mut missing = known
            .iter()
            .filter(|known| !found.contains(&known.id) && names_the_same(&known.listed, listed));
        let heir = match (missing.next(), missing.next()) {
            (Some(heir), None) if strangers.iter().filter(alike).count() == 1 => Some(heir.id),
            _ => None,
        };
        changes.push(match heir {
            Some(id) => {
                found.insert(id);
                Change::Changed {
                    id,
                    listed: listed.clone(),
                }
            }
            None => Change::New(listed.clone()),
        });
    }
    let missing = known
        .iter()
        .filter(|known| !found.contains(&known.id) && !known.is_gone());
    for gone in missing {
        let mut others = known
            .iter()
            .filter(|other| found.contains(&other.id) && is_twin(&gone.listed, &other.listed));
        changes.push(match (others.next(), others.next()) {
            (Some(twin), None) => Change::Joined {
                id: gone.id,
                into: twin.id,
            },
            _ => Change::Gone { id: gone.id },
        });
    }
    changes
}

/// Whether the file still holds the account it held. Old versions do not say
/// whose it is.
fn same_account(known: &Known, listed: &Listed) -> bool {
    let before = &known.listed;
    match compare(&before.provider_account, &listed.provider_account) {
        // Who logged in may have got another address.
        Told::Same => true,
        Told::Other => false,
        Told::Nothing => compare(&before.person, &listed.person) != Told::Other,
    }
}

/// Whether a credential that is new is one that is missing.
fn names_the_same(a: &Listed, b: &Listed) -> bool {
    let account = compare(&a.provider_account, &b.provider_account);
    let person = compare(&a.person, &b.person);
    let alike = match (account, person) {
        (Told::Other, _) | (_, Told::Other) => false,
        (Told::Same, _) | (_, Told::Same) => true,
        (Told::Nothing, Told::Nothing) => compare(&a.stamp, &b.stamp) == Told::Same,
    };
    alike && (&a.provider, a.kind) == (&b.provider, b.kind)
}

/// Whether two credentials are one account, whatever else there is.
fn is_twin(a: &Listed, b: &Listed) -> bool {
    compare(&a.person, &b.person) == Told::Same && names_the_same(a, b)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Same,
    Other,
    /// One of them does not say.
    Nothing,
}

fn compare(a: &str, b: &str) -> Told {
    match (a, b) {
        ("", _) | (_, "") => Told::Nothing,
        _ if a == b => Told::Same,
        _ => Told::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::At;

    fn listed(index: &str, account: &str) -> Listed {
        Listed {
            auth_index: index.into(),
            provider: "codex".into(),
            provider_account: account.into(),
            ..Listed::default()
        }
    }

    fn known(id: i64, index: &str, account: &str) -> Known {
        Known {
            id,
            indexes: vec![index.into()],
            listed: listed(index, account),
            ..Known::default()
        }
    }

    #[test]
    fn the_same_list_changes_nothing() {
        let knowns = [known(1, "a", ""), known(2, "b", "acct-2")];
        let again = vec![listed("b", "acct-2"), listed("a", "")];
        assert_eq!(diff(&knowns, again), []);
    }

    #[test]
    fn a_renamed_file_goes_on_as_the_same_account() {
        let knowns = [known(1, "a", "acct-1")];
        let renamed = listed("b", "acct-1");
        let expected = Change::Changed {
            id: 1,
            listed: renamed.clone(),
        };
        assert_eq!(diff(&knowns, vec![renamed]), [expected]);
    }

    #[test]
    fn members_of_one_workspace_are_not_mixed_up() {
        let knowns = [known(1, "a", "team"), known(2, "b", "team")];
        let list = vec![listed("c", "team"), listed("d", "team")];
        let changes = diff(&knowns, list);
        assert_eq!(
            changes,
            [
                Change::New(listed("c", "team")),
                Change::New(listed("d", "team")),
                Change::Gone { id: 1 },
                Change::Gone { id: 2 },
            ]
        );
        // A copy of a file that is still there is another credential.
        let list = vec![
            listed("a", "team"),
            listed("b", "team"),
            listed("c", "team"),
        ];
        assert_eq!(diff(&knowns, list), [Change::New(listed("c", "team"))]);
    }

    #[test]
    fn a_file_with_another_account_in_it_is_another_account() {
        let knowns = [known(1, "a", "acct-1")];
        let changes = diff(&knowns, vec![listed("a", "acct-2")]);
        let new = Change::New(listed("a", "acct-2"));
        assert_eq!(changes, [new, Change::Gone { id: 1 }]);
        // An old version that does not say keeps what is known.
        assert!(matches!(
            diff(&knowns, vec![listed("a", "")]).as_slice(),
            [Change::Changed { id: 1, .. }]
        ));
    }

    fn of(index: &str, account: &str, person: &str) -> Listed {
        Listed {
            person: person.into(),
            ..listed(index, account)
        }
    }

    fn known_of(id: i64, listed: Listed) -> Known {
        Known {
            id,
            indexes: vec![listed.auth_index.clone()],
            listed,
            ..Known::default()
        }
    }

    #[test]
    fn who_logged_in_tells_where_the_provider_does_not() {
        let knowns = [
            known_of(1, of("a", "", "ann")),
            known_of(2, of("b", "", "")),
        ];
        let list = vec![of("c", "", "ann"), of("b", "", "")];
        let expected = Change::Changed {
            id: 1,
            listed: of("c", "", "ann"),
        };
        assert_eq!(diff(&knowns, list), [expected]);
        // The same file with somebody else in it.
        let list = vec![of("a", "", "bob"), of("b", "", "")];
        let expected = [Change::New(of("a", "", "bob")), Change::Gone { id: 1 }];
        assert_eq!(diff(&knowns, list), expected);
    }

    #[test]
    fn members_of_one_workspace_are_told_apart_by_who_they_are() {
        let knowns = [
            known_of(1, of("a", "team", "ann")),
            known_of(2, of("b", "team", "bob")),
        ];
        let list = vec![of("d", "team", "bob"), of("c", "team", "ann")];
        let again = |id, listed| Change::Changed { id, listed };
        assert_eq!(
            diff(&knowns, list),
            [
                again(2, of("d", "team", "bob")),
                again(1, of("c", "team", "ann"))
            ]
        );
        let list = vec![of("c", "team", "cid")];
        let changes = diff(&knowns, list);
        assert!(
            matches!(changes.as_slice(), [Change::New(_), ..]),
            "{changes:?}"
        );
    }

    #[test]
    fn a_file_that_names_nobody_is_known_by_itself() {
        let stamped = |index: &str, stamp: &str| Listed {
            stamp: stamp.into(),
            ..listed(index, "")
        };
        let knowns = [known_of(1, stamped("a", "172@t1"))];
        let moved = stamped("b", "172@t1");
        let expected = Change::Changed {
            id: 1,
            listed: moved.clone(),
        };
        assert_eq!(diff(&knowns, vec![moved]), [expected]);
        let other = stamped("b", "172@t2");
        let expected = [Change::New(other.clone()), Change::Gone { id: 1 }];
        assert_eq!(diff(&knowns, vec![other]), expected);
    }

    #[test]
    fn an_old_file_joins_the_one_that_a_log_in_made() {
        let knowns = [
            known_of(1, of("a", "acct", "ann")),
            known_of(2, of("b", "acct", "ann")),
        ];
        let joined = Change::Joined { id: 1, into: 2 };
        assert_eq!(diff(&knowns, vec![of("b", "acct", "ann")]), [joined]);
    }

    #[test]
    fn what_is_gone_is_said_once_and_can_come_back() {
        let mut gone = known(1, "a", "");
        let said = diff(std::slice::from_ref(&gone), Vec::new());
        assert_eq!(said, [Change::Gone { id: 1 }]);
        gone.gone_at = Some(At(5));
        assert_eq!(diff(std::slice::from_ref(&gone), Vec::new()), []);
        let back = diff(std::slice::from_ref(&gone), vec![listed("a", "")]);
        assert!(matches!(back.as_slice(), [Change::Changed { id: 1, .. }]));
    }

    #[test]
    fn a_key_configured_twice_is_one_account() {
        let changes = diff(&[], vec![listed("a", ""), listed("a", "")]);
        assert_eq!(changes, [Change::New(listed("a", ""))]);
    }
}
