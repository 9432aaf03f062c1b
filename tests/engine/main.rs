//! The engine through its public interface, in one binary: each more would link all of it once more.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

mod channels;
mod damaged;
mod image_refs;
mod kept;
mod made;
mod outside;
mod planes;
mod raster;
mod sidecar;
mod sidecar_begun;
mod slides;
mod sources;
mod strangers;
mod tidy;
mod web;
