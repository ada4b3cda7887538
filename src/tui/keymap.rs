//! Which key does what: the table of keys, with what the configuration changes of it.

use super::action::Action;
use super::key::Key;
use super::keys::{BINDINGS, Binding, KeyContext};

/// The keys of each line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keymap(Vec<Vec<Key>>);

impl Default for Keymap {
    fn default() -> Self {
        Self(BINDINGS.iter().map(|binding| binding.keys.to_vec()).collect())
    }
}

impl Keymap {
    /// Gives the binding at this place of the table other keys.
    pub(super) fn bind(&mut self, at: usize, keys: Vec<Key>) {
        if let Some(bound) = self.0.get_mut(at) {
            *bound = keys;
        }
    }

    /// Every binding with its keys.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        BINDINGS.iter().zip(self.0.iter().map(Vec::as_slice))
    }

    /// The bindings of a place.
    pub(super) fn of(&self, place: KeyContext) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        self.all().filter(move |(binding, _)| binding.places.contains(&place))
    }

    /// What a key means in a place.
    pub(super) fn action(&self, place: KeyContext, key: Key) -> Option<Action> {
        self.of(place).find(|(_, keys)| keys.contains(&key)).map(|(binding, _)| binding.action)
    }

    /// The first key for an action, as people write it.
    pub(super) fn key(&self, action: Action) -> String {
        let bound = self.all().find(|(binding, _)| binding.action == action);
        bound.and_then(|(_, keys)| keys.first()).map(ToString::to_string).unwrap_or_default()
    }

    /// A key that means two things in one place: the key, the names of both, the place.
    pub(super) fn conflict(&self) -> Option<(Key, [&'static str; 2], KeyContext)> {
        KeyContext::ALL.into_iter().find_map(|place| {
            let mut seen: Vec<(Key, &'static str)> = Vec::new();
            for (binding, keys) in self.of(place) {
                for key in keys {
                    if let Some((_, other)) = seen.iter().find(|(known, _)| known == key) {
                        return Some((*key, [other, binding.name], place));
                    }
                    seen.push((*key, binding.name));
                }
            }
            None
        })
    }
}

/// The keys of a binding, as people write them.
pub(super) fn names(keys: &[Key]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    #[test]
    fn no_key_means_two_things_in_one_place() {
        assert_eq!(Keymap::default().conflict(), None);
    }

    #[test]
    fn the_table_dispatches() {
        let keymap = Keymap::default();
        assert_eq!(keymap.action(KeyContext::Session, Key::char('n')), Some(Action::NextFinding));
        assert_eq!(keymap.action(KeyContext::Sessions, Key::char('v')), None);
        let interrupt = Key::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action(KeyContext::Page, interrupt), Some(Action::Quit));
        assert_eq!(keymap.key(Action::Quit), "Q");
    }
}
