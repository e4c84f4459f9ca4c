//! The name by which a group knows this box across restarts.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::{durable, own_file, random};

/// In the agent's folder: who has its offsets has its name.
const FILE: &str = "hub_member";
/// Longer ones are none of ours.
const MOST: u64 = 64;

/// The name of this box, which is made once.
///
/// # Errors
/// When the file can't be read or written.
pub fn member_name(folder: &Path) -> io::Result<String> {
    let path = folder.join(FILE);
    let mut text = String::new();
    match own_file::read(&path) {
        Ok(file) => {
            file.take(MOST).read_to_string(&mut text)?;
            let name = text.trim();
            let fits = |byte: u8| byte.is_ascii_alphanumeric();
            if !name.is_empty() && name.bytes().all(fits) {
                return Ok(name.to_owned());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let bytes = random::bytes::<8>().map_err(io::Error::other)?;
    let name = random::hex(&bytes);
    fs::create_dir_all(folder)?;
    durable::replace(&path, name.as_bytes())?;
    Ok(name)
}
