//! From a sample to a byte: a channel's window and curve, by tables for integers and by arithmetic for floats.

use super::Channel;

/// The byte of each value of one channel's type.
pub(super) trait Curve<S> {
    fn byte(&self, value: S) -> u8;
}

impl Channel {
    /// The byte of a sample value: 0 at `low`, 255 at `high`, rounded to the nearest; NaN is 0.
    pub fn byte(&self, value: f32) -> u8 {
        let part = f64::from(part((value - self.low) / (self.high - self.low).max(f32::MIN_POSITIVE)));
        let part = if self.is_straight() { part } else { part.powf(1.0 / f64::from(self.gamma.max(0.01))) };
        let byte = (part * 255.0 + 0.5) as u8;
        if self.inverted { 255 - byte } else { byte }
    }

    fn is_straight(&self) -> bool {
        (self.gamma - 1.0).abs() < 1e-4
    }
}

/// Between 0 and 1; NaN is 0.
#[inline]
#[expect(clippy::manual_clamp, reason = "clamp would leave what is no number as it is")]
fn part(value: f32) -> f32 {
    value.max(0.0).min(1.0)
}

/// For bytes and for 16 bits: one entry for each value.
pub(super) struct Table<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Table<N> {
    /// The curve of `channel`. It only rises or only falls, so stretches that end in the same byte are filled at once.
    pub(super) fn new(channel: &Channel) -> Self {
        fn fill(channel: &Channel, from: usize, entries: &mut [u8]) {
            let last = entries.len() - 1;
            let (a, b) = (channel.byte(from as f32), channel.byte((from + last) as f32));
            if a == b {
                return entries.fill(a);
            }
            if last == 1 {
                return entries.copy_from_slice(&[a, b]);
            }
            let (left, right) = entries.split_at_mut(entries.len() / 2);
            let middle = from + left.len();
            fill(channel, from, left);
            fill(channel, middle, right);
        }
        let mut entries = Box::new([0; N]);
        fill(channel, 0, &mut *entries);
        Self(entries)
    }

    /// Whether every value is shown as itself.
    pub(super) fn is_identity(&self) -> bool {
        self.0.iter().enumerate().all(|(value, byte)| value == usize::from(*byte))
    }
}

impl Curve<u8> for Table<256> {
    #[inline]
    fn byte(&self, value: u8) -> u8 {
        self.0[usize::from(value)]
    }
}

impl Curve<u16> for Table<65536> {
    #[inline]
    fn byte(&self, value: u16) -> u8 {
        self.0[usize::from(value)]
    }
}

/// For floats.
pub(super) struct Floats {
    low: f32,
    scale: f32,
    /// The byte of each 65535th of the window, where that takes more than a product.
    bent: Option<Box<[u8; 65536]>>,
}

impl Floats {
    pub(super) fn new(channel: &Channel) -> Self {
        let scale = 1.0 / (channel.high - channel.low).max(f32::MIN_POSITIVE);
        let bent = (!channel.is_straight() || channel.inverted).then(|| {
            let unit = Channel { low: 0.0, high: 65535.0, ..channel.clone() };
            Table::<65536>::new(&unit).0
        });
        Self { low: channel.low, scale, bent }
    }
}

impl Curve<f32> for Floats {
    #[inline]
    fn byte(&self, value: f32) -> u8 {
        let part = part((value - self.low) * self.scale);
        match &self.bent {
            None => (part * 255.0 + 0.5) as u8,
            Some(table) => table[usize::from((part * 65535.0 + 0.5) as u16)],
        }
    }
}
