//! Files of i16 in QEMU's working directory.

use core::ffi::CStr;

use bytemuck::{cast_slice, cast_slice_mut};
use semihosting::fs::File;
use semihosting::io::{Read, Write};

/// Reads `samples` from the front of `file`. Says whether there were enough.
pub(crate) fn fill(file: &mut File, samples: &mut [i16]) -> bool {
    file.read_exact(cast_slice_mut(samples)).is_ok()
}

/// Opens what the host has written.
pub(crate) fn open(name: &CStr) -> File {
    File::open(name).expect("the host writes the inputs")
}

/// Creates a file for the host.
pub(crate) fn create(name: &CStr) -> File {
    File::create(name).expect("a file for the host")
}

/// Appends to a file for the host.
pub(crate) fn append<T: bytemuck::NoUninit>(file: &mut File, items: &[T]) {
    file.write_all(cast_slice(items)).expect("room for what the host reads");
}
