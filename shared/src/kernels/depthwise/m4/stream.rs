//! Where the numbers of a layer lie in its stream; what tools and the validator read.

/// Rows that share words.
const PAIR: usize = 2;

/// Words of two rows.
const fn pair_words(kernel: usize) -> usize {
    kernel + 4
}

/// Words of a layer's stream; [`usize::MAX`] where rows exceed 65,535 or taps 255.
#[inline]
pub const fn words(rows: usize, kernel: usize) -> usize {
    if rows > u16::MAX as usize || kernel > u8::MAX as usize {
        return usize::MAX;
    }
    rows.div_ceil(PAIR) * pair_words(kernel)
}

/// Word of a tap, and the shift of its lane.
const fn place(kernel: usize, row: usize, tap: usize) -> (usize, u32) {
    let first = row / PAIR * pair_words(kernel) + 2;
    let whole = kernel / 4 * 4;
    if tap < whole {
        (first + tap / 4 * 4 + tap % 4 / 2 * 2 + row % PAIR, 16 * (tap % 2) as u32)
    } else {
        (first + tap, 16 * (row % PAIR) as u32)
    }
}

/// The weight of `row` for `tap`; 0 beyond the stream.
pub fn weight(stream: &[u32], kernel: usize, row: usize, tap: usize) -> i32 {
    let (word, shift) = place(kernel, row, tap);
    stream.get(word).map_or(0, |word| i32::from((word >> shift) as i16))
}

/// The bias of `row`; 0 beyond the stream.
pub fn bias(stream: &[u32], kernel: usize, row: usize) -> i32 {
    stream.get(row / PAIR * pair_words(kernel) + row % PAIR).map_or(0, |word| *word as i32)
}

/// The multiplier of `row`, in units of 2^-32; 0 beyond the stream.
pub fn multiplier(stream: &[u32], kernel: usize, row: usize) -> i32 {
    let place = (row / PAIR + 1) * pair_words(kernel) - PAIR + row % PAIR;
    stream.get(place).map_or(0, |word| *word as i32)
}

/// Whether `stream` is what `pack` makes of the numbers that the readers give: a row that fills up a pair is zero.
pub fn is_canonical(stream: &[u32], rows: usize, kernel: usize) -> bool {
    let filled = rows.is_multiple_of(PAIR)
        || bias(stream, kernel, rows) == 0
            && multiplier(stream, kernel, rows) == 0
            && (0..kernel).all(|tap| weight(stream, kernel, rows, tap) == 0);
    filled && stream.len() >= words(rows, kernel)
}

/// The stream of a layer.
///
/// * `weights`: `[rows][kernel]`, row-major, each in -127..=127.
/// * `biases`, `multipliers`: `[rows]`, the latter at least 0, in units of 2^-32.
///
/// Empty where rows exceed 65,535 or taps 255.
#[cfg(feature = "builder")]
pub fn pack(kernel: usize, weights: &[i16], biases: &[i32], multipliers: &[i32]) -> alloc::vec::Vec<u32> {
    let length = words(biases.len(), kernel);
    if length == usize::MAX {
        return alloc::vec::Vec::new();
    }
    let mut stream = alloc::vec![0; length];
    for (row, (bias, multiplier)) in biases.iter().zip(multipliers).enumerate() {
        let pair = row / PAIR * pair_words(kernel);
        stream[pair + row % PAIR] = *bias as u32;
        stream[pair + pair_words(kernel) - PAIR + row % PAIR] = *multiplier as u32;
        for (tap, weight) in weights[row * kernel..][..kernel].iter().enumerate() {
            let (word, shift) = place(kernel, row, tap);
            stream[word] |= u32::from(*weight as u16) << shift;
        }
    }
    stream
}
