//! [`SoftwareRenderer`]: paints a window's triangles in memory, the same on every machine and without a graphics driver.

use std::collections::HashMap;

use egui::epaint::{ClippedPrimitive, ImageData, Primitive, Vertex};
use egui::{Color32, ColorImage, Context, FullOutput, Pos2, Rect, TextureFilter, TextureId, TexturesDelta};
use egui_kittest::TestRenderer;
use image::RgbaImage;

/// What is behind everything.
const GROUND: [f32; 4] = [0.0, 0.0, 0.0, 255.0];

/// The textures of a window.
#[derive(Default)]
pub(super) struct SoftwareRenderer {
    textures: HashMap<TextureId, (ColorImage, TextureFilter)>,
}

impl TestRenderer for SoftwareRenderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let set = std::mem::take(&mut delta.set).into_iter();
        for (id, change) in set.flat_map(|(id, changes)| changes.into_iter().map(move |change| (id, change))) {
            let ImageData::Color(image) = change.image;
            match change.pos {
                None => drop(self.textures.insert(id, ((*image).clone(), change.options.magnification))),
                Some([left, top]) => {
                    let (whole, _) = self.textures.get_mut(&id).expect("a texture that is there is changed");
                    for (y, row) in image.pixels.chunks_exact(image.size[0]).enumerate() {
                        let at = (top + y) * whole.size[0] + left;
                        whole.pixels[at..at + row.len()].copy_from_slice(row);
                    }
                }
            }
        }
        let freed = std::mem::take(&mut delta.free);
        self.textures.retain(|id, _| !freed.contains(id));
    }

    fn render(&mut self, context: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = context.content_rect().size() * scale;
        let mut canvas = Canvas::new(size.x.round() as usize, size.y.round() as usize);
        for ClippedPrimitive { clip_rect, primitive } in context.tessellate(output.shapes.clone(), scale) {
            let Primitive::Mesh(mesh) = primitive else { return Err("a paint callback".into()) };
            let Some((texture, filter)) = self.textures.get(&mesh.texture_id) else {
                return Err(format!("texture {:?} is not there", mesh.texture_id));
            };
            for corners in mesh.indices.as_chunks::<3>().0 {
                let corners = corners.map(|index| mesh.vertices[index as usize]);
                let corners = corners.map(|vertex| Vertex { pos: (vertex.pos.to_vec2() * scale).to_pos2(), ..vertex });
                canvas.triangle(clip_rect * scale, corners, texture, *filter);
            }
        }
        Ok(canvas.into_image())
    }
}

/// The picture: premultiplied red, green, blue and alpha, 0 to 255.
struct Canvas {
    width: usize,
    pixels: Vec<[f32; 4]>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, pixels: vec![GROUND; width * height] }
    }

    /// Blend one triangle over what is there. A pixel belongs to the triangle its center lies in; on an edge, to the one
    /// right of or below it.
    fn triangle(&mut self, clip: Rect, [a, mut b, mut c]: [Vertex; 3], texture: &ColorImage, filter: TextureFilter) {
        let area = cross(a.pos, b.pos, c.pos);
        if area == 0.0 {
            return;
        }
        if area < 0.0 {
            (b, c) = (c, b);
        }
        let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]);
        let (height, width) = (self.pixels.len() / self.width, self.width);
        // The clip as the graphics card's scissors have it: rounded to whole pixels.
        let range = |low: f32, high: f32, from: f32, to: f32, most: usize| {
            let (from, to) = (from.round().max(low.floor()), to.round().min(high.ceil()));
            (from.max(0.0) as usize)..(to.max(0.0) as usize).min(most)
        };
        let columns = range(bounds.left(), bounds.right(), clip.left(), clip.right(), width);
        let rows = range(bounds.top(), bounds.bottom(), clip.top(), clip.bottom(), height);
        let plain = a.uv == b.uv && b.uv == c.uv;
        let area = area.abs();
        for y in rows {
            for x in columns.clone() {
                let center = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
                let inside = |from: Pos2, to: Pos2| {
                    let side = cross(from, to, center);
                    let keeps_edge = to.y < from.y || to.y <= from.y && to.x > from.x;
                    (side > 0.0 || side == 0.0 && keeps_edge).then_some(side / area)
                };
                let (Some(of_a), Some(of_b), Some(of_c)) =
                    (inside(b.pos, c.pos), inside(c.pos, a.pos), inside(a.pos, b.pos))
                else {
                    continue;
                };
                let uv = if plain {
                    a.uv
                } else {
                    let along = |of: fn(Pos2) -> f32| {
                        let [a, b, c] = [a.uv, b.uv, c.uv].map(|uv| f64::from(of(uv)));
                        (a * of_a + b * of_b + c * of_c) as f32
                    };
                    Pos2::new(along(|uv| uv.x), along(|uv| uv.y))
                };
                let texel = sample(texture, uv, filter);
                let below = &mut self.pixels[y * width + x];
                let channel = |at: usize| {
                    let color = |vertex: &Vertex| f64::from(vertex.color.to_array()[at]);
                    let color = color(&a) * of_a + color(&b) * of_b + color(&c) * of_c;
                    color as f32 * texel[at] / 255.0
                };
                let over = [0, 1, 2, 3].map(channel);
                let through = 1.0 - over[3] / 255.0;
                *below = [0, 1, 2, 3].map(|at| over[at] + below[at] * through);
            }
        }
    }

    fn into_image(self) -> RgbaImage {
        let height = self.pixels.len() / self.width;
        let bytes = self.pixels.iter().flatten().map(|value| (value + 0.5) as u8).collect();
        RgbaImage::from_raw(self.width as u32, height as u32, bytes).expect("as many bytes as pixels need")
    }
}

/// Twice the area of the triangle, positive where its corners go round with the clock. So exact that of two triangles with a common
/// edge just one has each pixel on it, as on a graphics card.
fn cross(a: Pos2, b: Pos2, c: Pos2) -> f64 {
    let [a, b, c] = [a, b, c].map(|at| (f64::from(at.x), f64::from(at.y)));
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// The texture's color at `uv`, its edge beyond it.
fn sample(texture: &ColorImage, uv: Pos2, filter: TextureFilter) -> [f32; 4] {
    let [width, height] = texture.size;
    let at = |x: f32, y: f32| {
        let clamped = |value: f32, side: usize| (value.max(0.0) as usize).min(side - 1);
        let texel: Color32 = texture.pixels[clamped(y, height) * width + clamped(x, width)];
        texel.to_array().map(f32::from)
    };
    let (x, y) = (uv.x * width as f32, uv.y * height as f32);
    if filter == TextureFilter::Nearest {
        return at(x.floor(), y.floor());
    }
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (right, low) = (x - left, y - top);
    let corners = [at(left, top), at(left + 1.0, top), at(left, top + 1.0), at(left + 1.0, top + 1.0)];
    [0, 1, 2, 3].map(|channel| {
        let [a, b, c, d] = corners.map(|texel| texel[channel]);
        (a * (1.0 - right) + b * right) * (1.0 - low) + (c * (1.0 - right) + d * right) * low
    })
}
