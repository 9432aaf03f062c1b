//! [`each_picture!`]: the types of samples that filters work on.

/// Run `$body` with `$name` standing for the samples, for each type that pictures have. A [`Filtered`](crate::Filtered) takes no
/// source of another type, so code is made for three types, not for all: kernels that read one and write another are many.
macro_rules! each_picture {
    ($value:expr, $name:ident => $body:expr) => {
        match $value {
            $crate::pixels::Samples::U8($name) => $body,
            $crate::pixels::Samples::U16($name) => $body,
            $crate::pixels::Samples::F32($name) => $body,
            _ => unreachable!("filters are given the types of pictures"),
        }
    };
}
pub(crate) use each_picture;
