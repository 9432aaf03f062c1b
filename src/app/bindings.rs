//! Keyboard shortcuts: the table of actions with the user's keys.

use std::collections::BTreeMap;

use egui::{Event, InputState, Key, KeyboardShortcut, Modifiers};

use super::Command;
use super::actions::{Action, groups};

/// The shortcuts a user has changed, by the action's identifier. Others have their defaults.
pub(super) type Changes = BTreeMap<String, Vec<String>>;

/// A key that is about to be given to an action.
#[derive(Clone, Copy)]
pub(super) struct Rebinding {
    pub(super) action: &'static Action,
    /// The key pressed, while the user decides whether another action loses it.
    pub(super) pressed: Option<KeyboardShortcut>,
}

/// Every action, in the order of the sheet.
pub(super) fn actions() -> impl Iterator<Item = &'static Action> {
    groups().flat_map(|group| group.actions)
}

/// The action of that identifier.
pub(super) fn action_of(id: &str) -> Option<&'static Action> {
    actions().find(|action| action.id == id)
}

/// The keys of an action.
pub(super) fn keys_of(action: &Action, changes: &Changes) -> Vec<KeyboardShortcut> {
    match changes.get(action.id) {
        Some(changed) => changed.iter().filter_map(|name| parse(name)).collect(),
        None => action.keys.to_vec(),
    }
}

/// The actions that have this key.
pub(super) fn holders(shortcut: KeyboardShortcut, changes: &Changes) -> Vec<&'static Action> {
    actions().filter(|action| keys_of(action, changes).contains(&shortcut)).collect()
}

/// Assigns these keys to `action` and removes them from other actions.
pub(super) fn assign(changes: &mut Changes, action: &Action, keys: &[KeyboardShortcut]) {
    for key in keys {
        for holder in holders(*key, changes).into_iter().filter(|holder| holder.id != action.id) {
            let others: Vec<_> = keys_of(holder, changes).into_iter().filter(|other| other != key).collect();
            put(changes, holder, &others);
        }
    }
    put(changes, action, keys);
}

fn put(changes: &mut Changes, action: &Action, keys: &[KeyboardShortcut]) {
    if *keys == *action.keys {
        changes.remove(action.id);
    } else {
        changes.insert(action.id.to_owned(), keys.iter().map(|key| name(*key)).collect());
    }
}

/// The key of a command, for menus and hints; empty if it has none.
pub(super) fn key_text(command: &Command, changes: &Changes) -> String {
    let action = actions().find(|action| action.command() == *command);
    action.and_then(|action| keys_of(action, changes).first().copied()).map_or_else(String::new, shown)
}

/// The commands whose keys were pressed in this frame; those keys are taken. `is_held`: a button or slider has the keyboard, and the
/// keys that these use are left to it.
pub(super) fn pressed(input: &mut InputState, changes: &Changes, is_held: bool) -> Vec<Command> {
    let mut all: Vec<_> =
        actions().flat_map(|action| keys_of(action, changes).into_iter().map(move |key| (key, action))).collect();
    all.retain(|(key, _)| !is_held || !is_of_widgets(*key));
    // Shift and Alt are ignored where a shortcut does not name them, so shortcuts with more modifiers come first.
    all.sort_by_key(|(key, _)| std::cmp::Reverse(weight(key.modifiers)));
    // Some systems say "copy" instead of naming the keys.
    for event in &mut input.events {
        let key = match event {
            Event::Copy => Key::C,
            Event::Cut => Key::X,
            _ => continue,
        };
        *event = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::COMMAND };
    }
    all.into_iter().filter(|(key, _)| input.consume_shortcut(key)).map(|(_, action)| action.command()).collect()
}

/// Whether buttons, sliders and lists use the key.
fn is_of_widgets(shortcut: KeyboardShortcut) -> bool {
    use Key::{ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Enter, Space};
    let is_theirs = matches!(shortcut.logical_key, ArrowLeft | ArrowRight | ArrowUp | ArrowDown | Enter | Space);
    is_theirs && !shortcut.modifiers.any()
}

/// The key pressed in this frame, if it can be one of an action.
pub(super) fn captured(input: &InputState) -> Option<KeyboardShortcut> {
    input.events.iter().find_map(|event| match event {
        Event::Key { key, pressed: true, modifiers, .. } => Some(KeyboardShortcut::new(plain(*modifiers), *key)),
        Event::Copy => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::C)),
        Event::Cut => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::X)),
        _ => None,
    })
}

/// The form in the settings file: `Ctrl+Shift+Z`, on every system.
fn name(shortcut: KeyboardShortcut) -> String {
    let Modifiers { command, alt, shift, .. } = shortcut.modifiers;
    let parts = [(command, "Ctrl"), (alt, "Alt"), (shift, "Shift")];
    let mut text: Vec<&str> = parts.into_iter().filter(|(held, _)| *held).map(|(_, name)| name).collect();
    text.push(shortcut.logical_key.name());
    text.join("+")
}

/// The form shown to the user.
pub(super) fn shown(shortcut: KeyboardShortcut) -> String {
    let key = match shortcut.logical_key {
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        key => key.symbol_or_name(),
    };
    let mac = cfg!(target_os = "macos");
    let names = if mac { egui::ModifierNames::SYMBOLS } else { egui::ModifierNames::NAMES };
    let held = names.format(&shortcut.modifiers, mac);
    if held.is_empty() { key.to_owned() } else { format!("{held}{}{key}", names.concat) }
}

fn parse(text: &str) -> Option<KeyboardShortcut> {
    let mut parts = text.split('+').rev();
    let key = Key::from_name(parts.next()?)?;
    let mut modifiers = Modifiers::NONE;
    for part in parts {
        modifiers |= match part {
            "Ctrl" => Modifiers::COMMAND,
            "Alt" => Modifiers::ALT,
            "Shift" => Modifiers::SHIFT,
            _ => return None,
        };
    }
    Some(KeyboardShortcut::new(modifiers, key))
}

/// The modifiers as the table has them.
fn plain(modifiers: Modifiers) -> Modifiers {
    let part = |held: bool, modifier: Modifiers| if held { modifier } else { Modifiers::NONE };
    part(modifiers.command, Modifiers::COMMAND)
        | part(modifiers.alt, Modifiers::ALT)
        | part(modifiers.shift, Modifiers::SHIFT)
}

fn weight(modifiers: Modifiers) -> usize {
    [modifiers.command, modifiers.alt, modifiers.shift].into_iter().filter(|held| *held).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_and_no_action_two_names() {
        let none = Changes::new();
        for action in actions() {
            let same = |of: fn(&Action) -> &str| actions().filter(|other| of(other) == of(action)).count();
            assert_eq!((same(|action| action.id), same(|action| action.text)), (1, 1), "{}", action.id);
            for key in action.keys {
                assert_eq!(holders(*key, &none).len(), 1, "{}: {}", action.id, name(*key));
                assert_eq!(parse(&name(*key)), Some(*key), "{}", name(*key));
            }
        }
    }

    #[test]
    fn actions_named_by_texts_of_older_versions_are_there() {
        for line in include_str!("../../assets/old-actions.txt").lines().filter(|line| !line.starts_with('#')) {
            let (_, id) = line.split_once('\t').unwrap();
            assert!(action_of(id).is_some(), "{id}");
        }
    }

    #[test]
    fn a_key_given_to_another_action_is_taken_from_the_first() {
        let of = |id: &str| action_of(id).unwrap();
        let (undo, fit) = (of("undo"), of("zoom-fit"));
        let mut changes = Changes::new();
        let key = undo.keys[0];
        assign(&mut changes, fit, &[key]);
        assert_eq!((keys_of(fit, &changes), keys_of(undo, &changes)), (vec![key], vec![]));
        assert_eq!(changes["zoom-fit"], ["Ctrl+Z"]);
        assign(&mut changes, undo, undo.keys);
        assign(&mut changes, fit, fit.keys);
        assert_eq!(changes, Changes::new(), "default again: nothing to remember");
        changes.insert("undo".into(), vec!["Ctrl+Nonsense".into(), "F9".into()]);
        assert_eq!(keys_of(undo, &changes), [KeyboardShortcut::new(Modifiers::NONE, Key::F9)]);
    }
}
