//! [`FILTERS`]: one row for each filter: name, parameters with units and ranges, description.

use crate::spec::Value;

/// A row of the table of filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Smooth,
    Sharpen,
    Edges,
    Morphology,
    Threshold,
    Background,
    Tone,
    Color,
    Channels,
    Geometry,
    Convert,
}

impl Group {
    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Smooth => "Smoothing",
            Self::Sharpen => "Sharpening and custom kernels",
            Self::Edges => "Edges",
            Self::Morphology => "Morphology",
            Self::Threshold => "Threshold",
            Self::Background => "Background",
            Self::Tone => "Tone",
            Self::Color => "Color",
            Self::Channels => "Channels",
            Self::Geometry => "Geometry",
            Self::Convert => "Type",
        }
    }
}

/// A row of the table.
#[derive(Debug, PartialEq)]
pub struct Filter {
    pub name: &'static str,
    pub group: Group,
    /// One sentence.
    pub help: &'static str,
    /// The first one may be given without its name.
    pub params: &'static [Param],
}

/// A parameter of a filter.
#[derive(Debug, PartialEq)]
pub struct Param {
    pub name: &'static str,
    /// `px` of level 0, `°`, `gray levels`, or nothing.
    pub unit: &'static str,
    pub kind: ParamKind,
    pub help: &'static str,
}

/// The values of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParamKind {
    /// A number; where there is no default the filter chooses one (`auto`).
    Number {
        min: f64,
        max: f64,
        default: Option<f64>,
    },
    Whole {
        min: f64,
        max: f64,
        default: f64,
    },
    Odd {
        min: f64,
        max: f64,
        default: f64,
    },
    /// The first is the default.
    Choice {
        names: &'static [&'static str],
    },
    /// `RawSamples` or names in a form of its own.
    Text {
        default: &'static str,
        form: &'static str,
    },
}

impl ParamKind {
    /// The value where none is given.
    pub fn default(&self) -> Value {
        match *self {
            Self::Number { default, .. } => default.map_or(Value::Auto, Value::Number),
            Self::Whole { default, .. } | Self::Odd { default, .. } => Value::Number(default),
            Self::Choice { names } => Value::Text(names.first().copied().unwrap_or_default().to_owned()),
            Self::Text { default, .. } => Value::Text(default.to_owned()),
        }
    }

    /// The values, for display.
    pub fn range(&self) -> String {
        match self {
            Self::Number { min, max, .. } => format!("{min} to {max}"),
            Self::Whole { min, max, .. } => format!("whole, {min} to {max}"),
            Self::Odd { min, max, .. } => format!("odd, {min} to {max}"),
            Self::Choice { names } => names.join(", "),
            Self::Text { form, .. } => (*form).to_owned(),
        }
    }
}

/// The filter of that name.
pub fn find_filter(name: &str) -> Option<&'static Filter> {
    FILTERS.iter().find(|filter| filter.name == name)
}

const fn number(
    name: &'static str,
    unit: &'static str,
    (min, max): (f64, f64),
    default: f64,
    help: &'static str,
) -> Param {
    Param { name, unit, kind: ParamKind::Number { min, max, default: Some(default) }, help }
}

const fn auto(name: &'static str, unit: &'static str, (min, max): (f64, f64), help: &'static str) -> Param {
    Param { name, unit, kind: ParamKind::Number { min, max, default: None }, help }
}

const fn whole(
    name: &'static str,
    unit: &'static str,
    (min, max): (f64, f64),
    default: f64,
    help: &'static str,
) -> Param {
    Param { name, unit, kind: ParamKind::Whole { min, max, default }, help }
}

const fn odd(name: &'static str, (min, max): (f64, f64), default: f64, help: &'static str) -> Param {
    Param { name, unit: "px", kind: ParamKind::Odd { min, max, default }, help }
}

const fn choice(name: &'static str, names: &'static [&'static str], help: &'static str) -> Param {
    Param { name, unit: "", kind: ParamKind::Choice { names }, help }
}

const fn text(name: &'static str, default: &'static str, form: &'static str, help: &'static str) -> Param {
    Param { name, unit: "", kind: ParamKind::Text { default, form }, help }
}

const SIGMA: Param = number("sigma", "px", (0.1, 500.0), 1.0, "standard deviation");
const BORDER: Param = choice("border", &["replicate", "mirror"], "what lies outside the image");
const ALPHA: Param = choice("alpha", &["weight", "ignore"], "alpha weights the colors, or is a channel like any other");
const OFFSET: Param =
    auto("offset", "levels", (-1e9, 1e9), "added to signed results; auto: half of the range, 0 for floats");
const SCALE: Param = number("scale", "", (1e-6, 1e6), 1.0, "multiplies the result");
const LEVEL: (f64, f64) = (-1e12, 1e12);
const FACTOR: (f64, f64) = (0.0, 1000.0);
const RESAMPLE: Param = choice(
    "filter",
    &["lanczos3", "bicubic", "bilinear", "mean", "nearest", "mode"],
    "how a pixel is made of those it covers",
);

/// Every filter there is.
pub const FILTERS: &[Filter] = &[
    Filter {
        name: "gaussian",
        group: Group::Smooth,
        help: "Gaussian blur, cut at 3 sigma for bytes and 4 sigma for other types",
        params: &[SIGMA, BORDER, ALPHA],
    },
    Filter {
        name: "mean",
        group: Group::Smooth,
        help: "Mean of a square",
        params: &[odd("size", (3.0, 301.0), 3.0, "side of the square"), BORDER, ALPHA],
    },
    Filter {
        name: "median",
        group: Group::Smooth,
        help: "Median of a square; alpha stays, missing and fully transparent pixels do not count",
        params: &[odd("size", (3.0, 31.0), 3.0, "side of the square"), BORDER, ALPHA],
    },
    Filter {
        name: "bilateral",
        group: Group::Smooth,
        help: "Gaussian blur that keeps edges: neighbors of other color weigh less",
        params: &[
            number("sigma", "px", (0.5, 10.0), 2.0, "standard deviation in space, cut at 2 sigma"),
            number(
                "range",
                "% of full scale",
                (0.1, 1000.0),
                10.0,
                "standard deviation of color, summed over the channels",
            ),
            BORDER,
        ],
    },
    Filter {
        name: "unsharp",
        group: Group::Sharpen,
        help: "Unsharp mask: what a Gaussian blur takes away is added",
        params: &[
            SIGMA,
            number("amount", "", (0.0, 20.0), 1.0, "how much of it is added"),
            number("threshold", "levels", (0.0, 65535.0), 0.0, "smaller differences are left alone"),
            BORDER,
            ALPHA,
        ],
    },
    Filter {
        name: "sharpen",
        group: Group::Sharpen,
        help: "3×3 kernel: center 8 + 8/amount, neighbors -1, divided by 8/amount",
        params: &[number("amount", "", (0.01, 8.0), 1.0, "strength"), BORDER, ALPHA],
    },
    Filter {
        name: "kernel",
        group: Group::Sharpen,
        help: "Correlation with a kernel of your own; separable ones are found and computed as such",
        params: &[
            text("weights", "0 -1 0/-1 5 -1/0 -1 0", "3 to 31 rows between /, weights between blanks", "the kernel"),
            auto("divisor", "", (-1e9, 1e9), "divides the sum; auto: the sum of the weights, 1 where that is 0"),
            number("offset", "levels", (-1e9, 1e9), 0.0, "added to the result"),
            BORDER,
            ALPHA,
        ],
    },
    Filter {
        name: "highpass",
        group: Group::Sharpen,
        help: "The image minus its Gaussian blur",
        params: &[number("sigma", "px", (0.1, 500.0), 10.0, "standard deviation"), SCALE, OFFSET, BORDER, ALPHA],
    },
    Filter {
        name: "sobel",
        group: Group::Edges,
        help: "Gradient by the 3×3 Sobel kernels",
        params: &[
            choice("direction", &["magnitude", "x", "y"], "the length of the gradient, or one component"),
            number("scale", "", (1e-6, 1e6), 0.25, "multiplies the result; 0.25 makes a step its height"),
            auto("offset", "levels", (-1e9, 1e9), "added to a component; auto: half of the range, 0 for floats"),
            BORDER,
            ALPHA,
        ],
    },
    Filter {
        name: "canny",
        group: Group::Edges,
        help: "Canny edges, one channel of 0 and 255: the steepest color channel counts",
        params: &[
            number("low", "gradient", LEVEL, 50.0, "weak edges begin here, in units of the 3×3 Sobel gradient"),
            number("high", "gradient", LEVEL, 100.0, "strong edges begin here"),
            number("sigma", "px", (0.0, 50.0), 0.0, "of a Gaussian blur before; 0: none"),
            choice("norm", &["l2", "l1"], "length of the gradient"),
            whole(
                "reach",
                "px",
                (1.0, 4096.0),
                64.0,
                "weak edges count within this many pixels along the edge from a strong one",
            ),
            BORDER,
        ],
    },
    Filter {
        name: "log",
        group: Group::Edges,
        help: "Laplacian of Gaussian",
        params: &[SIGMA, SCALE, OFFSET, BORDER, ALPHA],
    },
    Filter {
        name: "dog",
        group: Group::Edges,
        help: "Difference of Gaussians: the narrow one minus the wide one",
        params: &[SIGMA, number("sigma2", "px", (0.1, 500.0), 1.6, "of the wide one"), SCALE, OFFSET, BORDER, ALPHA],
    },
    Filter { name: "erode", group: Group::Morphology, help: "The least value of a neighborhood", params: MORPHOLOGY },
    Filter {
        name: "dilate",
        group: Group::Morphology,
        help: "The largest value of a neighborhood",
        params: MORPHOLOGY,
    },
    Filter { name: "open", group: Group::Morphology, help: "Erosion, then dilation", params: MORPHOLOGY },
    Filter { name: "close", group: Group::Morphology, help: "Dilation, then erosion", params: MORPHOLOGY },
    Filter { name: "tophat", group: Group::Morphology, help: "The image minus its opening", params: MORPHOLOGY },
    Filter { name: "blackhat", group: Group::Morphology, help: "The closing minus the image", params: MORPHOLOGY },
    Filter {
        name: "threshold",
        group: Group::Threshold,
        help: "Full where a value is above the threshold, else 0",
        params: &[number("value", "levels", LEVEL, 128.0, "the threshold"), INVERT],
    },
    Filter {
        name: "otsu",
        group: Group::Threshold,
        help: "Otsu's threshold, each channel its own, from the histogram of the finest level of at most 64 Mpx",
        params: &[INVERT],
    },
    Filter {
        name: "local",
        group: Group::Threshold,
        help: "Full where a value is above the local mean minus an offset",
        params: &[
            odd("size", (3.0, 301.0), 51.0, "side of the square that the mean is of"),
            number("offset", "levels", LEVEL, 0.0, "taken from the mean"),
            choice("weight", &["mean", "gaussian"], "equal weights, or a Gaussian of sigma (size - 1) / 6"),
            INVERT,
            BORDER,
        ],
    },
    Filter {
        name: "background",
        group: Group::Background,
        help: "Subtract the background: a paraboloid rolled below the image, or a wide Gaussian blur",
        params: &[
            number("radius", "px", (1.0, 500.0), 50.0, "of the paraboloid's curvature, or sigma of the blur"),
            choice("method", &["paraboloid", "gaussian"], "what the background is"),
            choice("light", &["no", "yes"], "whether the background is lighter than what lies on it"),
            BORDER,
        ],
    },
    Filter {
        name: "levels",
        group: Group::Tone,
        help: "Values from black to white to the full range, with a gamma",
        params: &[
            number("black", "levels", LEVEL, 0.0, "becomes 0"),
            auto("white", "levels", LEVEL, "becomes full; auto: full"),
            number("gamma", "", (0.01, 100.0), 1.0, "the exponent is its reciprocal"),
            number("to-black", "levels", LEVEL, 0.0, "what black becomes"),
            auto("to-white", "levels", LEVEL, "what white becomes; auto: full"),
        ],
    },
    Filter {
        name: "gamma",
        group: Group::Tone,
        help: "Raise to the power of 1/gamma: above 1 lightens",
        params: &[number("gamma", "", (0.01, 100.0), 2.2, "the exponent is its reciprocal")],
    },
    Filter { name: "invert", group: Group::Tone, help: "Full minus each value; alpha stays", params: &[] },
    Filter {
        name: "curves",
        group: Group::Tone,
        help: "A monotone curve through points, the same for all colors",
        params: &[text("points", "0 0/1 1", "x y pairs between /, 0 to 1 of full", "the curve's points")],
    },
    Filter {
        name: "white-balance",
        group: Group::Color,
        help: "Multiply red, green and blue",
        params: &[
            number("red", "", FACTOR, 1.0, "factor"),
            number("green", "", FACTOR, 1.0, "factor"),
            number("blue", "", FACTOR, 1.0, "factor"),
        ],
    },
    Filter {
        name: "saturation",
        group: Group::Color,
        help: "Move colors away from (or to) their gray, by the luma of BT.601",
        params: &[number("factor", "", FACTOR, 1.0, "0 makes gray, 1 changes nothing")],
    },
    Filter {
        name: "gray",
        group: Group::Color,
        help: "Red, green and blue to one gray channel, by the luma of BT.601",
        params: &[],
    },
    Filter {
        name: "stain",
        group: Group::Color,
        help: "Color deconvolution of bright-field stains (Ruifrok and Johnston 2001): light left if only that stain were there",
        params: &[
            choice("channel", &["hematoxylin", "eosin", "residual", "all"], "which to give"),
            text(
                "vectors",
                "0.65 0.70 0.29/0.07 0.99 0.11/0.27 0.57 0.78",
                "three rows between /: red, green and blue optical density",
                "the stains; the usual ones are hematoxylin, eosin and DAB",
            ),
        ],
    },
    Filter {
        name: "channel",
        group: Group::Channels,
        help: "Only some channels, in a given order",
        params: &[text("numbers", "0", "channel numbers from 0 between blanks", "which channels, in which order")],
    },
    Filter {
        name: "mix",
        group: Group::Channels,
        help: "Each channel of the result a weighted sum of those of the image: extract, merge, add, subtract",
        params: &[
            text(
                "weights",
                "1",
                "a row for each result between /, a weight for each channel between blanks",
                "the weights",
            ),
            number("offset", "levels", LEVEL, 0.0, "added to each result"),
        ],
    },
    Filter {
        name: "flatten",
        group: Group::Channels,
        help: "Lay the colors on a background by their alpha, and drop it",
        params: &[text("color", "255 255 255", "red, green and blue from 0 to 255", "the background")],
    },
    Filter {
        name: "depth",
        group: Group::Convert,
        help: "Convert to another sample type, rounded to nearest with halves up and clamped",
        params: &[
            choice("type", &["u8", "u16", "f32"], "the type of the result"),
            choice("range", &["full", "keep"], "full range to full range (255, 65535, 1.0), or numbers as they are"),
        ],
    },
    Filter {
        name: "flip",
        group: Group::Geometry,
        help: "Mirror",
        params: &[choice("axis", &["horizontal", "vertical"], "left to right, or top to bottom")],
    },
    Filter {
        name: "rotate",
        group: Group::Geometry,
        help: "Rotate clockwise; exactly by multiples of 90°, else bicubic",
        params: &[
            number("angle", "°", (-360.0, 360.0), 90.0, "clockwise"),
            choice("size", &["expand", "keep"], "hold all of it, or keep the image's size around its center"),
            choice("filter", &["bicubic", "bilinear", "nearest"], "how values between pixels are made"),
        ],
    },
    Filter {
        name: "affine",
        group: Group::Geometry,
        help: "Map each position (x, y) to (a x + b y + c, d x + e y + f); the result holds all of it",
        params: &[
            text("matrix", "1 0 0/0 1 0", "a b c/d e f", "the map, in pixels of the image"),
            choice("filter", &["bicubic", "bilinear", "nearest"], "how values between pixels are made"),
        ],
    },
    Filter {
        name: "crop",
        group: Group::Geometry,
        help: "Only a rectangle",
        params: &[text("rect", "0 0 1 1", "X Y WIDTH HEIGHT, whole pixels", "the rectangle, cut at the image's edges")],
    },
    Filter {
        name: "resize",
        group: Group::Geometry,
        help: "Another number of pixels",
        params: &[
            number("scale", "", (1e-5, 64.0), 1.0, "factor, where no width or height is given"),
            RESAMPLE,
            auto("width", "px", (1.0, 4e9), "of the result; auto: by the height or the scale"),
            auto("height", "px", (1.0, 4e9), "of the result; auto: by the width or the scale"),
        ],
    },
];

const INVERT: Param = choice("invert", &["no", "yes"], "full where a value is not above");
const MORPHOLOGY: &[Param] = &[
    odd("size", (3.0, 301.0), 3.0, "width and height of the neighborhood"),
    choice("shape", &["square", "disk"], "of the neighborhood"),
    BORDER,
];
