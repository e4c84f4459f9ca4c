#[cfg(test)] mod nothing {}
