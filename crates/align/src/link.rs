//! [`Link`]: the comparison of a pair of tiles, and the user's decision.

use crate::geometry::Point;
use crate::neighbors::Pair;
use crate::pair::{Compared, Comparison, Match};

/// A pair of tiles that may overlap, compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub a: u32,
    pub b: u32,
    /// Where `b` was thought to lie from `a`, in canvas pixels.
    pub expected: Point,
    /// The comparison of the pixels; `None` if one of both cannot be read.
    pub comparison: Option<Comparison>,
    /// How much there is to see in the overlap: below 1 no more than noise alone.
    pub texture: f32,
    /// The part of the textured overlap that matches about as well as the best of it, 0 to 1.
    pub evenness: f32,
    /// The user's decision, which overrides the comparison.
    pub by_hand: Option<ByHand>,
    /// The match that is believed, if any.
    pub chosen: Option<Match>,
    /// How it went, as of the last solution.
    pub state: LinkState,
    /// How far the tiles lie from where the chosen match has them, or else the best match; in canvas pixels.
    pub residual: Option<f32>,
    /// How much of the chosen match is to be believed, 0 to 1.
    pub confidence: f32,
}

/// The user's decision on a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ByHand {
    /// The best match is right.
    Accept,
    /// There is none that is right.
    Reject,
    /// `b` lies here from `a`, in canvas pixels.
    Set(Point),
}

/// The state of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkState {
    /// It holds its tiles.
    Accepted,
    /// Something matches, but not clearly enough to be believed.
    Weak,
    /// There is nothing to see in the overlap.
    Bare,
    /// It matches, but contradicts the other links.
    Contradicted,
    /// Rejected by the user.
    Rejected,
    /// A tile cannot be read.
    Unreadable,
}

impl LinkState {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Weak => "weak",
            Self::Bare => "no information",
            Self::Contradicted => "contradicted",
            Self::Rejected => "rejected",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Link {
    /// A pair with its comparison.
    pub(crate) fn new(pair: &Pair, compared: Option<Compared>) -> Self {
        let (texture, evenness) = compared.as_ref().map_or((0.0, 0.0), |one| (one.texture, one.evenness));
        let comparison = compared.map(|one| one.comparison);
        Self {
            a: pair.a,
            b: pair.b,
            expected: pair.step,
            comparison,
            texture,
            evenness,
            by_hand: None,
            chosen: None,
            state: LinkState::Weak,
            residual: None,
            confidence: 0.0,
        }
    }

    /// The matches that the comparison found, the best first.
    pub fn matches(&self) -> &[Match] {
        match &self.comparison {
            Some(Comparison::Clear { best, .. } | Comparison::Different { best: Some(best) }) => {
                std::slice::from_ref(best)
            }
            Some(Comparison::Ambiguous { matches }) => matches,
            _ => &[],
        }
    }

    /// The step known without other links: the user's decision, or an unambiguous match.
    pub fn first_choice(&self) -> Option<Match> {
        match (self.by_hand, &self.comparison) {
            (Some(ByHand::Reject), _) => None,
            (Some(ByHand::Set(step)), _) => {
                Some(Match { step, ncc: self.matches().first().map_or(0.0, |m| m.ncc), sigma: 0.0 })
            }
            (Some(ByHand::Accept), _) => self.matches().first().copied(),
            (None, Some(Comparison::Clear { best, .. })) if self.texture >= 1.0 => Some(*best),
            (None, _) => None,
        }
    }

    /// Whether one place matches clearly.
    pub fn is_clear(&self) -> bool {
        matches!(self.comparison, Some(Comparison::Clear { .. }))
    }

    /// Whether the user has confirmed it.
    pub fn is_sure(&self) -> bool {
        matches!(self.by_hand, Some(ByHand::Accept | ByHand::Set(_))) && self.chosen.is_some()
    }

    /// How much the chosen match counts against others: less where noise alone moves it much.
    pub fn weight(&self) -> f64 {
        let sigma = self.chosen.map_or(0.0, |chosen| f64::from(chosen.sigma));
        1.0 / (1.0 + (sigma / 0.05).powi(2))
    }

    /// How much of a chosen match is to be believed: it correlates well, and no other place nearly as well.
    pub fn rated(&self) -> f32 {
        let Some(chosen) = self.chosen else { return 0.0 };
        if self.is_sure() {
            return 1.0;
        }
        let distinct = if let Some(Comparison::Clear { distinct, .. }) = self.comparison { distinct } else { 3.0 };
        chosen.ncc.max(0.0) * (distinct / 10.0).clamp(0.0, 1.0)
    }
}
