//! Names of what operators define and grants name.

/// Takes `name` if it is sound: 1 to 64 of a-z, A-Z, 0-9, `_`, `.` and `-`. `what` is what it is to name.
pub(super) fn sound(name: String, what: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        Ok(name)
    } else {
        Err(format!("{name:?} is no name of a {what}: it has 1 to 64 of a-z, A-Z, 0-9, `_`, `.` and `-`"))
    }
}
