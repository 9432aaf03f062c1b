//! The program: arguments to the window or to a command.

fn main() {}
