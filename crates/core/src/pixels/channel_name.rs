//! [`ChannelName`]: the name and color of a channel.

/// What a file says of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelName {
    /// Empty where the file gives none.
    pub name: String,
    pub color: Option<[u8; 3]>,
}

impl ChannelName {
    /// Red, green and blue, and further channels that have no color and are not shown at first: infrared, for one.
    pub fn rgb_and_more(channels: usize) -> Vec<Self> {
        let named = |name: &str, color| Self { name: name.into(), color: Some(color) };
        let mut all = vec![named("Red", [255, 0, 0]), named("Green", [0, 255, 0]), named("Blue", [0, 0, 255])];
        all.extend((3..channels).map(|at| named(&format!("Channel {}", at + 1), [0; 3])));
        all
    }

    /// Whether `names` are those of red, green and blue with further channels.
    pub fn are_rgb_and_more(names: &[Self]) -> bool {
        names.len() > 3 && Self::rgb_and_more(names.len())[..3] == names[..3]
    }
}
