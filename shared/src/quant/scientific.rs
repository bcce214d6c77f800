//! Floats in messages of a device. The formatting of floats in `core` takes 10 KiB of flash, and has assertions in it.

use core::fmt;

/// Shows a number by its first three digits and a power of ten: 1e-12, 2.50e3, -inf.
pub(super) struct Scientific(pub(super) f32);

impl fmt::Display for Scientific {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = *self;
        if value.is_nan() {
            return f.write_str("NaN");
        }
        if value.is_sign_negative() {
            f.write_str("-")?;
        }
        let mut digits = value.abs();
        if digits.is_infinite() {
            return f.write_str("inf");
        }
        let mut exponent = 0;
        while digits >= 9.995 {
            (digits, exponent) = (digits / 10.0, exponent + 1);
        }
        while digits > 0.0 && digits < 0.9995 {
            (digits, exponent) = (digits * 10.0, exponent - 1);
        }
        let hundredths = (digits * 100.0 + 0.5) as u32;
        match (hundredths / 100, hundredths % 100) {
            (whole, 0) => write!(f, "{whole}e{exponent}"),
            (whole, rest) => write!(f, "{whole}.{rest:02}e{exponent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scientific;

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        for (value, text) in [
            (0.0, "0e0"),
            (1.0, "1e0"),
            (-2500.0, "-2.50e3"),
            (9.99, "9.99e0"),
            (9.999, "1e1"),
            (0.9999, "1e0"),
            (1e-12, "1e-12"),
            (1e12, "1e12"),
            (f32::NEG_INFINITY, "-inf"),
            (f32::NAN, "NaN"),
        ] {
            assert_eq!(Scientific(value).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_the_number_to_three_digits(bits: u32) {
            let value = f32::from_bits(bits);
            prop_assume!(value.is_finite());
            let shown: f64 = Scientific(value).to_string().parse().expect("a number");
            prop_assert!((shown - f64::from(value)).abs() <= 5.01e-3 * f64::from(value.abs()), "{value} as {shown}");
        }
    }
}
