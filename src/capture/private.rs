//! Files that only their owner may read.

use std::fs::File;

/// From now on only the owner of `file` may open it: secrets come into it. Whoever may write to a file that belongs to
/// somebody else cannot decide that, and a pipe or a device is whose it is.
#[cfg(unix)]
pub(crate) fn keep_private(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    let Some(about) = file.metadata().ok().filter(std::fs::Metadata::is_file) else { return };
    let mut permissions = about.permissions();
    permissions.set_mode(permissions.mode() & !OTHERS);
    // See above.
    let _ = file.set_permissions(permissions);
}

/// Elsewhere the folder decides.
#[cfg(not(unix))]
pub(crate) const fn keep_private(_file: &File) {}
