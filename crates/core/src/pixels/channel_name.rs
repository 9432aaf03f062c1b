//! [`ChannelName`]: the name and color of a channel.

/// What a file says of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelName {
    /// Empty where the file gives none.
    pub name: String,
    pub color: Option<[u8; 3]>,
}
