//! [`color_of_wavelength`]: the color of monochromatic light.

/// Red, green and blue, fully bright, of light of so many nanometers: after Bruton's approximation ("Approximate RGB values for
/// visible wavelengths", 1996). Invisible light (as of dyes in the near infrared) has the color of the nearer end; none has what
/// no dye emits.
pub(crate) fn color_of_wavelength(nanometers: f64) -> Option<[u8; 3]> {
    if !(200.0..2000.0).contains(&nanometers) {
        return None;
    }
    let wavelength = nanometers.clamp(400.0, 645.0);
    let rising = |from: f64, to: f64| (wavelength - from) / (to - from);
    let (r, g, b) = match wavelength {
        ..440.0 => (1.0 - rising(380.0, 440.0), 0.0, 1.0),
        ..490.0 => (0.0, rising(440.0, 490.0), 1.0),
        ..510.0 => (0.0, 1.0, 1.0 - rising(490.0, 510.0)),
        ..580.0 => (rising(510.0, 580.0), 1.0, 0.0),
        _ => (1.0, 1.0 - rising(580.0, 645.0), 0.0),
    };
    Some([r, g, b].map(|part: f64| (part * 255.0).round() as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dyes_have_their_colors() {
        let known = [
            (461.0, [0, 107, 255]),
            (510.0, [0, 255, 0]),
            (580.0, [255, 255, 0]),
            (670.0, [255, 0, 0]),
            (780.0, [255, 0, 0]),
        ];
        for (wavelength, color) in known {
            assert_eq!(color_of_wavelength(wavelength), Some(color), "{wavelength} nm");
        }
        assert_eq!([0.0, -5.0, 1e6, f64::NAN].map(color_of_wavelength), [None; 4]);
    }
}
