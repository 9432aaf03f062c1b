//! Row kernels in plain loops, which the compiler turns into vector code for each instruction set of the processor.
//!
//! No fused multiply-add: a sum is the same to the bit on every machine, in any block and at any place of a row.
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]

use crate::pixels::Sample;

/// A function and what it is called with. The call is inlined whatever the size of the function, so that it is compiled for the
/// instruction set of its caller; a closure would not be.
pub(crate) struct Call<F, A>(F, A);

impl<F: FnOnce(A) -> R, A, R> pulp::NullaryFnOnce for Call<F, A> {
    type Output = R;

    #[inline(always)]
    fn call(self) -> R {
        (self.0)(self.1)
    }
}

/// Call `function`, which is marked to be inlined, compiled for the best instruction set there is.
#[inline(always)]
pub(crate) fn vectored<F: FnOnce(A) -> R, A, R>(function: F, arguments: A) -> R {
    pulp::Arch::new().dispatch(Call(function, arguments))
}

/// A function whose body is compiled for each instruction set; generic parameters stand in brackets.
macro_rules! vector_fn {
    ($(#[$attribute:meta])* $scope:vis fn $name:ident [$($generic:tt)*] ($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$attribute])*
        $scope fn $name<$($generic)*>($($argument: $type),*) {
            #[allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found")]
            #[inline(always)]
            fn body<$($generic)*>(($($argument,)*): ($($type,)*)) $body
            $crate::vector::vectored(body, ($($argument,)*));
        }
    };
}
pub(crate) use vector_fn;

/// Samples worked on at a time, so that the sums stay in the first cache.
const CHUNK: usize = 1024;

/// Weights of one dimension, an odd number of them around the center.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub(crate) values: Vec<f32>,
    symmetric: bool,
}

impl Weights {
    /// An odd number of weights.
    pub(crate) fn new(values: Vec<f32>) -> Self {
        debug_assert!(values.len() % 2 == 1);
        let symmetric = values.iter().zip(values.iter().rev()).all(|(a, b)| a.to_bits() == b.to_bits());
        Self { values, symmetric }
    }

    /// The weight 1 alone.
    pub(crate) fn one() -> Self {
        Self::new(vec![1.0])
    }

    /// Weights on each side of the center.
    pub(crate) fn radius(&self) -> usize {
        self.values.len() / 2
    }
}

vector_fn! {
    /// `sums[i]` becomes (or, with `add`, grows by) the sum of `weights[j] × rows[j][i]`; each row is at least as long as `sums`.
    pub(crate) fn weigh[S: Sample](rows: &[&[S]], weights: &Weights, sums: &mut [f32], add: bool) {
        debug_assert_eq!(rows.len(), weights.values.len());
        for (number, part) in sums.chunks_mut(CHUNK).enumerate() {
            if !add {
                part.fill(0.0);
            }
            let (at, values) = (number * CHUNK, &*weights.values);
            if weights.symmetric { pairs(rows, values, at, part) } else { singles(rows, values, at, part) }
        }
    }
}

vector_fn! {
    /// The same for any list of rows, each with its own weight.
    pub(crate) fn weigh_all[S: Sample](rows: &[&[S]], weights: &[f32], sums: &mut [f32], add: bool) {
        for (number, part) in sums.chunks_mut(CHUNK).enumerate() {
            if !add {
                part.fill(0.0);
            }
            singles(rows, weights, number * CHUNK, part);
        }
    }
}

#[inline(always)]
fn singles<S: Sample>(rows: &[&[S]], weights: &[f32], at: usize, sums: &mut [f32]) {
    let (groups, rest) = rows.as_chunks::<4>();
    let (group_weights, rest_weights) = weights.as_chunks::<4>();
    for (group, weights) in groups.iter().zip(group_weights) {
        add_rows(*group, *weights, at, sums);
    }
    for (row, weight) in rest.iter().zip(rest_weights) {
        add_rows([*row], [*weight], at, sums);
    }
}

/// Rows as far above the center as below it share a weight.
#[inline(always)]
fn pairs<S: Sample>(rows: &[&[S]], weights: &[f32], at: usize, sums: &mut [f32]) {
    let radius = rows.len() / 2;
    add_rows([rows[radius]], [weights[radius]], at, sums);
    let mut near = 1;
    let pair = |distance: usize| (rows[radius - distance], rows[radius + distance], weights[radius + distance]);
    while near + 3 <= radius {
        add_pairs([near, near + 1, near + 2, near + 3].map(pair), at, sums);
        near += 4;
    }
    match radius + 1 - near {
        3 => add_pairs([near, near + 1, near + 2].map(pair), at, sums),
        2 => add_pairs([near, near + 1].map(pair), at, sums),
        1 => add_pairs([near].map(pair), at, sums),
        _ => {}
    }
}

#[inline(always)]
fn add_rows<S: Sample, const N: usize>(rows: [&[S]; N], weights: [f32; N], at: usize, sums: &mut [f32]) {
    let count = sums.len();
    let rows = rows.map(|row| &row[at..at + count]);
    for i in 0..count {
        let mut sum = sums[i];
        for j in 0..N {
            sum += rows[j][i].to_f32() * weights[j];
        }
        sums[i] = sum;
    }
}

#[inline(always)]
fn add_pairs<S: Sample, const N: usize>(pairs: [(&[S], &[S], f32); N], at: usize, sums: &mut [f32]) {
    let count = sums.len();
    let pairs = pairs.map(|(above, below, weight)| (&above[at..at + count], &below[at..at + count], weight));
    for i in 0..count {
        let mut sum = sums[i];
        for (above, below, weight) in &pairs {
            sum += (above[i].to_f32() + below[i].to_f32()) * weight;
        }
        sums[i] = sum;
    }
}

vector_fn! {
    /// Round each value to the nearest sample, halves up, clamped to the type's range.
    pub(crate) fn store[S: Sample](values: &[f32], out: &mut [S]) {
        for (to, value) in out.iter_mut().zip(values) {
            *to = S::from_f32(*value);
        }
    }
}

/// Divide and shift each sum.
pub(crate) fn finish(sums: &mut [f32], divisor: f32, offset: f32) {
    if divisor.to_bits() != 1f32.to_bits() || offset != 0.0 {
        divide(sums, divisor, offset);
    }
}

vector_fn! {
    fn divide[](sums: &mut [f32], divisor: f32, offset: f32) {
        for sum in sums.iter_mut() {
            *sum = *sum / divisor + offset;
        }
    }
}
