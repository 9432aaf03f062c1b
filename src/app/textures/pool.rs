//! [`Pool`]: the textures there are, the least recently drawn out first, under a byte budget.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use egui::TextureHandle;

use super::make::Image;
use super::request::{State, TileId};

struct Texture {
    handle: TextureHandle,
    state: State,
    bytes: u64,
    /// The frame that drew it last.
    used: Cell<u64>,
}

pub(super) struct Pool {
    textures: HashMap<TileId, Texture>,
    budget: u64,
    bytes: u64,
    frame: u64,
}

impl Pool {
    /// An empty pool of up to `budget` bytes, plus the textures of one frame.
    pub(super) fn new(budget: u64) -> Self {
        Self { textures: HashMap::new(), budget, bytes: 0, frame: 0 }
    }

    /// A new frame begins.
    pub(super) fn begin(&mut self) {
        self.frame += 1;
    }

    /// The texture of a tile, if it is there. It counts as used.
    pub(super) fn get(&self, tile: TileId) -> Option<egui::TextureId> {
        let texture = self.textures.get(&tile)?;
        texture.used.set(self.frame);
        Some(texture.handle.id())
    }

    /// The texture of a tile, if it is there. It does not count as used.
    pub(super) fn peek(&self, tile: TileId) -> Option<egui::TextureId> {
        self.textures.get(&tile).map(|texture| texture.handle.id())
    }

    /// The state of a tile's texture.
    pub(super) fn state(&self, tile: TileId) -> Option<State> {
        self.textures.get(&tile).map(|texture| texture.state)
    }

    /// Uploads an image as the texture of a tile, replacing the old one. Returns its bytes.
    pub(super) fn put(&mut self, context: &egui::Context, tile: TileId, state: State, image: Image) -> u64 {
        let Image { image, options } = image;
        let bytes = image.pixels.len() as u64 * 4;
        self.bytes += bytes;
        if let Some(texture) = self.textures.get_mut(&tile) {
            self.bytes -= texture.bytes;
            texture.handle.set(image, options);
            (texture.state, texture.bytes) = (state, bytes);
        } else {
            let handle = context.load_texture("tile", image, options);
            self.textures.insert(tile, Texture { handle, state, bytes, used: Cell::new(self.frame) });
        }
        bytes
    }

    /// If the budget is exceeded, frees the least recently drawn textures, down to three quarters of it.
    pub(super) fn shrink(&mut self) {
        if self.bytes <= self.budget {
            return;
        }
        let unused = self.textures.iter().filter(|(_, texture)| texture.used.get() < self.frame);
        let mut unused: Vec<(u64, TileId)> = unused.map(|(tile, texture)| (texture.used.get(), *tile)).collect();
        unused.sort_unstable_by_key(|(used, _)| *used);
        for (_, tile) in unused {
            if self.bytes <= self.budget * 3 / 4 {
                break;
            }
            if let Some(texture) = self.textures.remove(&tile) {
                self.bytes -= texture.bytes;
            }
        }
    }

    /// Free those of these pictures.
    pub(super) fn remove(&mut self, pictures: &HashSet<u32>) {
        let bytes = &mut self.bytes;
        self.textures.retain(|tile, texture| {
            let is_kept = !pictures.contains(&tile.picture);
            if !is_kept {
                *bytes -= texture.bytes;
            }
            is_kept
        });
    }

    /// Free all.
    pub(super) fn clear(&mut self) {
        self.textures.clear();
        self.bytes = 0;
    }

    /// Bytes held, and the most it may hold.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.bytes, self.budget)
    }

    /// How many textures there are.
    pub(super) fn count(&self) -> usize {
        self.textures.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(column: u32) -> TileId {
        TileId { picture: 1, level: 0, column, row: 0 }
    }

    #[test]
    fn least_recently_drawn_textures_are_freed_first() {
        let context = egui::Context::default();
        let image = || Image {
            image: egui::ColorImage::filled([16, 16], egui::Color32::RED),
            options: egui::TextureOptions::LINEAR,
        };
        let state = |revision| State { revision, settings: 1 };
        let mut pool = Pool::new(4 * 1024);
        for column in 0..6 {
            pool.begin();
            pool.put(&context, tile(column), state(0), image());
        }
        pool.begin();
        pool.get(tile(0));
        pool.shrink();
        assert_eq!((pool.bytes().0, pool.count()), (3 * 1024, 3));
        assert_eq!([0, 3, 4, 5].map(|column| pool.state(tile(column)).is_some()), [true, false, true, true]);
        pool.put(&context, tile(0), state(7), image());
        assert_eq!(
            (pool.bytes().0, pool.state(tile(0))),
            (3 * 1024, Some(state(7))),
            "a new state takes the old one's place"
        );
    }
}
