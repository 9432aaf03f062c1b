//! Decoded tiles under one byte budget, and the loader that fills a screen by a request queue.
//!
//! Nothing here decides what to load or knows the window: finished work calls a closure.

mod library;
mod loader;
mod parts;
mod planes;
mod tiles;

pub use library::{Cached, Library};
pub use loader::{CancelToken, Loader, LoaderStatus};
pub use tiles::{TileCache, TileKey};
