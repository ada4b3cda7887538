//! Names in the configuration, and what they stand for.

use super::clock::ZoneChoice;
use super::columns::SessionColumn;
use super::key::Key;
use super::keys::BINDINGS;
use super::theme::{Background, COLORED, Depth, Role};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// Something that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named<T>(pub(super) T);

/// Things with names.
pub(super) trait HasNames: Sized + 'static {
    /// What they are, with an article.
    const WHAT: &'static str;

    /// All of them.
    fn all() -> Vec<(&'static str, Self)>;

    /// The one of this name, or which names there are.
    fn named(name: &str) -> Result<Self, String> {
        let all = Self::all();
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let words = format!("`{name}` is not {}; there are {}", Self::WHAT, names.join(", "));
        all.into_iter().find(|(known, _)| *known == name).map(|(_, it)| it).ok_or(words)
    }
}

impl<'de, T: HasNames> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        T::named(&name).map(Self).map_err(de::Error::custom)
    }
}

/// A place in [`BINDINGS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BindingPlace(pub(super) usize);

impl HasNames for BindingPlace {
    const WHAT: &'static str = "something that a key does";

    fn all() -> Vec<(&'static str, Self)> {
        BINDINGS.iter().enumerate().map(|(at, binding)| (binding.name, Self(at))).collect()
    }
}

impl HasNames for SessionColumn {
    const WHAT: &'static str = "a column";

    fn all() -> Vec<(&'static str, Self)> {
        Self::ALL.into_iter().map(|column| (column.name(), column)).collect()
    }
}

impl HasNames for ZoneChoice {
    const WHAT: &'static str = "a way to show times";

    fn all() -> Vec<(&'static str, Self)> {
        Self::ALL.into_iter().map(|zone| (zone.name(), zone)).collect()
    }
}

impl HasNames for Depth {
    const WHAT: &'static str = "a number of colours";

    fn all() -> Vec<(&'static str, Self)> {
        Self::ALL.into_iter().map(|depth| (depth.name(), depth)).collect()
    }
}

impl HasNames for Background {
    const WHAT: &'static str = "a background";

    fn all() -> Vec<(&'static str, Self)> {
        Self::ALL.into_iter().map(|background| (background.name(), background)).collect()
    }
}

/// What can be said about the theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ThemeKey {
    Background,
    Colors,
    /// The colour of a role.
    Role(Role),
}

impl HasNames for ThemeKey {
    const WHAT: &'static str = "part of the theme";

    fn all() -> Vec<(&'static str, Self)> {
        let roles = COLORED.into_iter().map(|(name, role)| (name, Self::Role(role)));
        [("background", Self::Background), ("colors", Self::Colors)].into_iter().chain(roles).collect()
    }
}

/// One key, or several.
#[derive(Clone, Debug)]
pub(super) struct Keys(pub(super) Vec<Key>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct KeysVisitor;
        impl<'de> Visitor<'de> for KeysVisitor {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key such as \"n\", or a list of keys")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Keys, E> {
                text.parse().map(|key| Keys(vec![key])).map_err(de::Error::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(text) = seq.next_element::<String>()? {
                    keys.push(text.parse().map_err(de::Error::custom)?);
                }
                Ok(Keys(keys))
            }
        }
        from.deserialize_any(KeysVisitor)
    }
}
