//! A plugin for QEMU that counts how often each instruction is executed, and writes addresses and counts to the file that it is given as `out`:
//! for the example `profile`. Built as a library by `cargo build --release --package golf --examples`.

#![allow(unsafe_code)]

/// As QEMU's `qemu-plugin.h` declares them (plugins/api of QEMU 7.2, version 1 of the interface).
#[cfg(target_os = "linux")]
mod plugin {
    use std::collections::BTreeMap;
    use std::ffi::{CStr, c_char, c_int, c_void};
    use std::fmt::Write;
    use std::sync::Mutex;

    type Id = u64;

    unsafe extern "C" {
        fn qemu_plugin_register_vcpu_tb_trans_cb(id: Id, call: extern "C" fn(Id, *mut c_void));
        fn qemu_plugin_register_atexit_cb(id: Id, call: extern "C" fn(Id, *mut c_void), data: *mut c_void);
        fn qemu_plugin_tb_n_insns(block: *const c_void) -> usize;
        fn qemu_plugin_tb_get_insn(block: *const c_void, index: usize) -> *mut c_void;
        fn qemu_plugin_insn_vaddr(instruction: *const c_void) -> u64;
        fn qemu_plugin_register_vcpu_insn_exec_inline(
            instruction: *mut c_void,
            kind: c_int,
            counter: *mut u64,
            by: u64,
        );
    }

    #[unsafe(no_mangle)]
    static qemu_plugin_version: c_int = 1;

    /// Adds to a counter; the only kind there is.
    const ADD: c_int = 0;

    /// A counter for each address, which lives as long as QEMU does, as its address.
    static COUNTERS: Mutex<BTreeMap<u64, usize>> = Mutex::new(BTreeMap::new());
    static OUT: Mutex<String> = Mutex::new(String::new());

    extern "C" fn translated(_: Id, block: *mut c_void) {
        let mut counters = COUNTERS.lock().expect("nobody panics");
        // SAFETY: QEMU lends the block and its instructions, and the counters are never freed.
        unsafe {
            for index in 0..qemu_plugin_tb_n_insns(block) {
                let instruction = qemu_plugin_tb_get_insn(block, index);
                let address = qemu_plugin_insn_vaddr(instruction);
                let counter =
                    *counters.entry(address).or_insert_with(|| std::ptr::from_mut(Box::leak(Box::new(0u64))).addr());
                qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD, counter as *mut u64, 1);
            }
        }
    }

    extern "C" fn done(_: Id, _: *mut c_void) {
        let mut text = String::new();
        for (address, &counter) in COUNTERS.lock().expect("nobody panics").iter() {
            // SAFETY: a counter that was never freed, and nothing runs any more.
            let count = unsafe { *(counter as *const u64) };
            let _ = writeln!(text, "{address} {count}");
        }
        if let Err(fault) = std::fs::write(&*OUT.lock().expect("nobody panics"), text) {
            eprintln!("the counts can't be written: {fault}");
        }
    }

    /// Called by QEMU with its arguments, `out=FILE` among them.
    ///
    /// # Safety
    /// There must be as many arguments as it says, each of which ends with a zero.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn qemu_plugin_install(
        id: Id,
        _: *const c_void,
        count: c_int,
        arguments: *const *const c_char,
    ) -> c_int {
        for index in 0..usize::try_from(count).unwrap_or(0) {
            // SAFETY: up to the caller.
            let argument = unsafe { CStr::from_ptr(*arguments.add(index)) }.to_string_lossy();
            if let Some(path) = argument.strip_prefix("out=") {
                *OUT.lock().expect("nobody panics") = path.to_owned();
            }
        }
        // SAFETY: the functions live as long as QEMU does.
        unsafe {
            qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
            qemu_plugin_register_atexit_cb(id, done, std::ptr::null_mut());
        }
        0
    }
}
