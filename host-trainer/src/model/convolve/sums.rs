//! Sums over positions, in orders that their length alone decides.

/// Numbers that a sum adds up side by side.
const LANES: usize = 8;

/// `sums[i] += factor values[i]`.
pub(super) fn add(sums: &mut [f32], factor: f32, values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

/// `sum a[i] b[i]`, in an order that the length alone decides.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// `sum values[i]`, in an order that the length alone decides.
pub(super) fn total(values: &[f32]) -> f32 {
    let (values, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for values in values {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}
