//! One compressed chunk to [`Pixels`](crate::pixels::Pixels) and back.
//!
//! A codec must never open a file, and never knows what an image's other chunks hold.

pub mod jpeg;
