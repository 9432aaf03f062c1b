//! Row kernels in plain loops, which the compiler turns into vector code for each instruction set of the processor.
//!
//! No fused multiply-add: a sum is the same to the bit on every machine, in any block and at any place of a row.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over places are what the compiler vectorizes without calls between"
)]
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]

use std::marker::PhantomData;

use crate::pixels::Sample;

/// The body of a vector function that takes the arguments `A`.
///
/// A method, not a closure or a function passed on: those are called through a function of their own, which the compiler does
/// not inline once it is large, and so compiles for the least instruction set.
pub(crate) trait Body<A> {
    fn run(arguments: A);
}

struct Call<B, A>(A, PhantomData<B>);

impl<B: Body<A>, A> pulp::NullaryFnOnce for Call<B, A> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        B::run(self.0);
    }
}

/// Run a body, which is marked to be inlined, compiled for the best instruction set there is.
#[inline(always)]
pub(crate) fn vectored<B: Body<A>, A>(_body: B, arguments: A) {
    pulp::Arch::new().dispatch(Call(arguments, PhantomData::<B>));
}

/// A function whose body is compiled for each instruction set; generic parameters stand in brackets.
macro_rules! vector_fn {
    ($(#[$attribute:meta])* $scope:vis fn $name:ident [$($generic:tt)*] ($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$attribute])*
        $scope fn $name<$($generic)*>($($argument: $type),*) {
            struct Compiled;
            impl<$($generic)*> $crate::vector::Body<($($type,)*)> for Compiled {
                #[allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found")]
                #[inline(always)]
                fn run(($($argument,)*): ($($type,)*)) $body
            }
            $crate::vector::vectored(Compiled, ($($argument,)*));
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
            let (at, values) = (number * CHUNK, &*weights.values);
            if weights.symmetric { pairs(rows, values, at, part, add) } else { singles(rows, values, at, part, add) }
        }
    }
}

vector_fn! {
    /// The same for any list of rows, each with its own weight.
    pub(crate) fn weigh_all[S: Sample](rows: &[&[S]], weights: &[f32], sums: &mut [f32], add: bool) {
        for (number, part) in sums.chunks_mut(CHUNK).enumerate() {
            singles(rows, weights, number * CHUNK, part, add);
        }
    }
}

#[inline(always)]
fn singles<S: Sample>(rows: &[&[S]], weights: &[f32], at: usize, sums: &mut [f32], mut add: bool) {
    let mut done = 0;
    while done < rows.len() {
        let (rows, weights) = (&rows[done..], &weights[done..]);
        done += match rows.len() {
            1 => add_rows::<S, 1>(rows, weights, at, sums, add),
            2 => add_rows::<S, 2>(rows, weights, at, sums, add),
            3 => add_rows::<S, 3>(rows, weights, at, sums, add),
            5 => add_rows::<S, 5>(rows, weights, at, sums, add),
            6 => add_rows::<S, 6>(rows, weights, at, sums, add),
            _ => add_rows::<S, 4>(rows, weights, at, sums, add),
        };
        add = true;
    }
}

/// Rows as far above the center as below it share a weight.
#[inline(always)]
fn pairs<S: Sample>(rows: &[&[S]], weights: &[f32], at: usize, sums: &mut [f32], add: bool) {
    let mut near = match rows.len() / 2 {
        0 => add_center::<S, 0>(rows, weights, at, sums, add),
        1 => add_center::<S, 1>(rows, weights, at, sums, add),
        2 => add_center::<S, 2>(rows, weights, at, sums, add),
        _ => add_center::<S, 3>(rows, weights, at, sums, add),
    };
    while near <= rows.len() / 2 {
        near += match rows.len() / 2 + 1 - near {
            1 => add_pairs::<S, 1>(rows, weights, near, at, sums),
            2 => add_pairs::<S, 2>(rows, weights, near, at, sums),
            3 => add_pairs::<S, 3>(rows, weights, near, at, sums),
            _ => add_pairs::<S, 4>(rows, weights, near, at, sums),
        };
    }
}

/// The first `N` rows; gives `N`.
#[inline(always)]
fn add_rows<S: Sample, const N: usize>(
    rows: &[&[S]],
    weights: &[f32],
    at: usize,
    sums: &mut [f32],
    add: bool,
) -> usize {
    let count = sums.len();
    let mut taken: [(&[S], f32); N] = [(&[], 0.0); N];
    for j in 0..N {
        taken[j] = (&rows[j][at..at + count], weights[j]);
    }
    for i in 0..count {
        let mut sum = if add { sums[i] } else { 0.0 };
        for j in 0..N {
            sum += taken[j].0[i].to_f32() * taken[j].1;
        }
        sums[i] = sum;
    }
    N
}

/// The row in the middle and the `N` next to it on each side; gives the distance of the next.
#[inline(always)]
fn add_center<S: Sample, const N: usize>(
    rows: &[&[S]],
    weights: &[f32],
    at: usize,
    sums: &mut [f32],
    add: bool,
) -> usize {
    let (count, radius) = (sums.len(), rows.len() / 2);
    let (center, weight) = (&rows[radius][at..at + count], weights[radius]);
    let pairs = near_pairs::<S, N>(rows, weights, 1, at, count);
    for i in 0..count {
        let mut sum = if add { sums[i] } else { 0.0 };
        sum += center[i].to_f32() * weight;
        for j in 0..N {
            sum += (pairs[j].0[i].to_f32() + pairs[j].1[i].to_f32()) * pairs[j].2;
        }
        sums[i] = sum;
    }
    N + 1
}

/// The rows `near` to `near + N - 1` from the middle; gives `N`.
#[inline(always)]
fn add_pairs<S: Sample, const N: usize>(
    rows: &[&[S]],
    weights: &[f32],
    near: usize,
    at: usize,
    sums: &mut [f32],
) -> usize {
    let count = sums.len();
    let pairs = near_pairs::<S, N>(rows, weights, near, at, count);
    for i in 0..count {
        let mut sum = sums[i];
        for j in 0..N {
            sum += (pairs[j].0[i].to_f32() + pairs[j].1[i].to_f32()) * pairs[j].2;
        }
        sums[i] = sum;
    }
    N
}

#[inline(always)]
fn near_pairs<'a, S: Sample, const N: usize>(
    rows: &[&'a [S]],
    weights: &[f32],
    near: usize,
    at: usize,
    count: usize,
) -> [(&'a [S], &'a [S], f32); N] {
    let radius = rows.len() / 2;
    let mut pairs: [(&[S], &[S], f32); N] = [(&[], &[], 0.0); N];
    for j in 0..N {
        let distance = near + j;
        let (above, below) = (rows[radius - distance], rows[radius + distance]);
        pairs[j] = (&above[at..at + count], &below[at..at + count], weights[radius + distance]);
    }
    pairs
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
