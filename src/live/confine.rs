//! Leaves the process nothing but what it has open, so that hostile bytes cannot make it open anything else.
//!
//! Three layers, each of which the kernel enforces until the process ends: no capabilities and no new privileges;
//! Landlock, which refuses to open files and to connect; and a system call filter, which refuses to make sockets, to run
//! programs and to look into other processes. It holds for the thread that calls it and for those that this one starts from
//! then on. A thread that has to connect is started before, and confines itself.

use super::error::LiveError;
#[cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What may still be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Folders in which files may be made, written and removed.
    pub writable: Vec<PathBuf>,
    /// A folder whose files may be read as well: of those that are written first and read back.
    pub scratch: Option<PathBuf>,
    /// Interfaces of which libpcap reads, time and again, how many packets they dropped.
    pub interfaces: Vec<String>,
    /// Ports that may be connected to by TCP, at any address: the kernel has no rule for addresses. Where there are none, no
    /// socket can be made.
    pub ports: Vec<u16>,
}

/// Confines this thread, and those that it starts later. On kernels that know less, as far as they can.
///
/// # Errors
/// The kernel refuses what it says it can do.
#[cfg(target_os = "linux")]
pub fn confine(confinement: &Confinement) -> Result<(), LiveError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| LiveError::Confine(format!("{what}: {error}"));
    drop_capabilities().map_err(|error| failed("capabilities", &error))?;
    refuse_files(confinement).map_err(|error| failed("files", &error))?;
    refuse_calls(confinement).map_err(|error| failed("system calls", &error))
}

/// Nothing is known here that could be used for it.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn confine(_confinement: &Confinement) -> Result<(), LiveError> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn drop_capabilities() -> rustix::io::Result<()> {
    use rustix::thread::{
        CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
    };
    set_no_new_privs(true)?;
    // Kernels before 4.3 have none.
    let _ = clear_ambient_capability_set();
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

#[cfg(target_os = "linux")]
fn refuse_files(confinement: &Confinement) -> Result<(), landlock::RulesetError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, NetPort, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreatedAttr, Scope,
    };
    /// The newest that is asked for; of an older kernel, what it has.
    const NEWEST: ABI = ABI::V6;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    let files = AccessFs::MakeReg | AccessFs::WriteFile | AccessFs::RemoveFile | AccessFs::Truncate;
    // What is not there needs no rule.
    for folder in confinement.writable.iter().filter_map(|folder| PathFd::new(folder).ok()) {
        rules = rules.add_rule(PathBeneath::new(folder, files))?;
    }
    for folder in confinement.scratch.iter().filter_map(|folder| PathFd::new(folder).ok()) {
        rules = rules.add_rule(PathBeneath::new(folder, files | AccessFs::ReadFile))?;
    }
    // Without these, libpcap would read nothing instead of a number, and count the difference as dropped.
    let statistics = |name: &String| PathFd::new(format!("/sys/class/net/{name}/statistics")).ok();
    for folder in confinement.interfaces.iter().filter_map(statistics) {
        rules = rules.add_rule(PathBeneath::new(folder, AccessFs::ReadFile))?;
    }
    for port in &confinement.ports {
        rules = rules.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
    }
    rules.restrict_self().map(drop)
}

/// What no part of wsight calls once packets come.
#[cfg(target_os = "linux")]
const REFUSED: [libc::c_long; 21] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_open_by_handle_at,
];

#[cfg(target_os = "linux")]
fn refuse_calls(confinement: &Confinement) -> seccompiler::Result<()> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
    // Processors whose system calls the library does not know go without a filter.
    let Ok(processor) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(()) };
    let mut refused: BTreeMap<_, _> = REFUSED.into_iter().map(|call| (call, Vec::new())).collect();
    let sockets = if confinement.ports.is_empty() { Vec::new() } else { sockets_but_tcp()? };
    refused.insert(libc::SYS_socket, sockets);
    let refusal = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let program: BpfProgram =
        SeccompFilter::new(refused, SeccompAction::Allow, refusal, processor)?.try_into()?;
    apply_filter(&program)
}

/// Sockets that TCP does not need: of another family than IP, or of another type than the standard library asks for.
#[cfg(target_os = "linux")]
fn sockets_but_tcp() -> seccompiler::Result<Vec<seccompiler::SeccompRule>> {
    use seccompiler::{SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};
    let is_not = |argument, value: libc::c_int| {
        let value = u64::from(value.unsigned_abs());
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
    };
    let family = vec![is_not(0, libc::AF_INET)?, is_not(0, libc::AF_INET6)?];
    let kind = vec![is_not(1, libc::SOCK_STREAM | libc::SOCK_CLOEXEC)?];
    Ok(vec![SeccompRule::new(family)?, SeccompRule::new(kind)?])
}
