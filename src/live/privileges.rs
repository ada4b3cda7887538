//! Gives up root: opening interfaces needs it, and parsing what strangers send must not have it.

use super::error::LiveError;

/// Goes on as `user` (a name or a number), or as the user who called sudo, for good. Where the process is not root, or
/// nobody else is known, nothing happens.
///
/// # Errors
/// There is no such user, or the system does not allow it.
#[cfg(unix)]
pub fn give_up_root(user: Option<&str>) -> Result<(), LiveError> {
    use nix::unistd::{Gid, Uid, User, getuid, initgroups, setgid, setgroups, setuid};
    use std::env;
    use std::ffi::CString;

    if !getuid().is_root() {
        return Ok(());
    }
    let number = |name| env::var(name).ok()?.parse::<u32>().ok();
    let sudo = number("SUDO_UID").zip(number("SUDO_GID"));
    let shown = user.map_or_else(|| sudo.map_or(String::new(), |(uid, _)| uid.to_string()), str::to_owned);
    let failed = |reason: String| LiveError::User { user: crate::model::escape(shown.as_bytes()), reason };
    let refused = |error: nix::errno::Errno| failed(error.desc().to_owned());
    let known = match (user, sudo) {
        (Some(user), _) => match user.parse().map(Uid::from_raw) {
            Ok(uid) => User::from_uid(uid),
            Err(_) => User::from_name(user),
        }
        .map_err(refused)?
        .ok_or_else(|| failed("there is no such user".to_owned()))
        .map(Some)?,
        (None, Some((uid, _))) => User::from_uid(Uid::from_raw(uid)).map_err(refused)?,
        (None, None) => return Ok(()),
    };
    let (uid, gid) = match (&known, sudo) {
        (Some(known), _) => (known.uid, known.gid),
        (None, Some((uid, gid))) => (Uid::from_raw(uid), Gid::from_raw(gid)),
        (None, None) => return Ok(()),
    };
    if uid.is_root() {
        return Ok(());
    }
    // Groups first: without root they can no longer be changed.
    match known.and_then(|known| CString::new(known.name).ok()) {
        Some(name) => initgroups(&name, gid),
        None => setgroups(&[gid]),
    }
    .and_then(|()| setgid(gid))
    .and_then(|()| setuid(uid))
    .map_err(refused)?;
    if setuid(Uid::from_raw(0)).is_ok() {
        return Err(failed("the system gives it back".to_owned()));
    }
    Ok(())
}

/// There is no such thing here.
#[cfg(not(unix))]
pub fn give_up_root(_user: Option<&str>) -> Result<(), LiveError> {
    Ok(())
}
