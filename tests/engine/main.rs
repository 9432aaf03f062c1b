//! The engine through its public interface, in one binary: each more would link all of it once more.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

mod channels;
mod image_refs;
mod made;
mod outside;
mod raster;
mod sidecar;
mod slides;
mod sources;
mod tidy;
mod web;
