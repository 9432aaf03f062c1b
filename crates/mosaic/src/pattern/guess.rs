//! [`guess`]: which patterns the names of a set of tiles may follow, from the words and numbers in them.

use std::collections::HashMap;

use super::guess_roles::{Role, role_of, unit_after, word_before};
use super::template::{NumberField, Template, most_common};
use crate::geometry::Size;
use crate::layout::NameLayout;

/// A way to read the names.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    pub layout: NameLayout,
    /// From 0 to 1: how likely the names mean that.
    pub confidence: f64,
    /// The reason shown to the user: "r and c in the names, columns 1 to 4, rows 1 to 3".
    pub reason: String,
    /// The names that do not follow, as their numbers.
    pub unmatched: Vec<usize>,
}

impl Guess {
    /// Whether tiles may be arranged by it without asking.
    pub fn is_sure(&self) -> bool {
        self.confidence >= 0.7
    }
}

/// Ways to read `names`, the likeliest first; none if most names have no number that tells them apart. Never fails.
///
/// `sizes` (px, one for each name, or none) and `pixel_size` (µm) help to tell indices, pixels and µm apart, and columns from
/// rows where outer tiles are smaller.
pub fn guess(names: &[impl AsRef<str>], sizes: &[Size], pixel_size: Option<(f64, f64)>) -> Vec<Guess> {
    let Some(template) = most_common(names) else { return Vec::new() };
    let varying = |at: &usize| template.fields[*at].distinct.len() > 1;
    let finite = |at: &usize| template.fields[*at].distinct.iter().all(|value| value.abs() < 1e15);
    let varying: Vec<usize> = (0..template.fields.len()).filter(varying).filter(finite).collect();
    let roles: Vec<Option<Role>> = template.texts.iter().map(|text| role_of(text)).collect();
    let all = Guesser { template, varying, roles, names: names.len(), sizes, pixel_size };
    let mut found = all.candidates();
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut known = Vec::new();
    found.retain(|guess| {
        let new = !known.contains(&guess.layout.pattern);
        known.push(guess.layout.pattern.clone());
        new
    });
    found
}

struct Guesser<'a> {
    template: Template,
    /// Fields with more than one value.
    varying: Vec<usize>,
    /// Of each field, by the word before it.
    roles: Vec<Option<Role>>,
    names: usize,
    sizes: &'a [Size],
    pixel_size: Option<(f64, f64)>,
}

/// What the two numbers of a place count.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    Index,
    Pixels,
    Micrometers(&'static str),
}

impl Guesser<'_> {
    fn candidates(&self) -> Vec<Guess> {
        let mut found = Vec::new();
        let labeled = |role| self.varying_of(role);
        let pairs = [(labeled(Role::Column), labeled(Role::Row)), (labeled(Role::X), labeled(Role::Y))];
        for (x, y) in pairs.into_iter().filter_map(|(x, y)| x.zip(y)) {
            found.extend(self.pair((x, y), 0.95, ""));
        }
        if found.is_empty() {
            found.extend(self.half_labeled());
        }
        if found.is_empty() {
            found.extend(self.unlabeled());
        }
        found.extend(self.running());
        found
    }

    fn varying_of(&self, role: Role) -> Option<usize> {
        self.varying.iter().copied().find(|at| self.roles[*at] == Some(role))
    }

    /// A single row or column: one of both numbers is constant.
    fn half_labeled(&self) -> Vec<Guess> {
        let fixed = |role| (0..self.template.fields.len()).find(|at| self.roles[*at] == Some(role));
        let pairs = [(Role::Column, Role::Row), (Role::X, Role::Y)];
        let both = pairs.into_iter().find_map(|(x, y)| fixed(x).zip(fixed(y)));
        let one_varies = both.filter(|(x, y)| self.varying.contains(x) || self.varying.contains(y));
        one_varies.map(|both| self.pair(both, 0.9, "")).unwrap_or_default()
    }

    /// Two numbers without words that tell what they are.
    fn unlabeled(&self) -> Vec<Guess> {
        let plain: Vec<usize> = self.varying.iter().copied().filter(|at| self.is_plain(*at)).take(4).collect();
        let mut found = Vec::new();
        for (at, a) in plain.iter().enumerate() {
            for b in &plain[at + 1..] {
                let (a, b) = (*a, *b);
                match self.narrow_edges(a, b) {
                    Some(true) => found.extend(self.pair((a, b), 0.9, "outer tiles are smaller")),
                    Some(false) => found.extend(self.pair((b, a), 0.9, "outer tiles are smaller")),
                    None if self.counts_from_one(a) && self.counts_from_one(b) => {
                        found.extend(self.pair((b, a), 0.8, "counted from 1, so row before column"));
                        found.extend(self.pair((a, b), 0.6, "column before row"));
                    }
                    None => {
                        found.extend(self.pair((a, b), 0.8, "column before row, as maps have it"));
                        found.extend(self.pair((b, a), 0.6, "row before column"));
                    }
                }
            }
        }
        found
    }

    fn is_plain(&self, at: usize) -> bool {
        matches!(self.roles[at], None | Some(Role::Index | Role::Row | Role::Column | Role::X | Role::Y))
    }

    fn counts_from_one(&self, at: usize) -> bool {
        self.template.fields[at].distinct.first().is_some_and(|first| *first == 1.0)
    }

    /// Which of two numbers is the column, where sizes differ: the one that decides the width, while the other decides the
    /// height. `true` for `a`.
    fn narrow_edges(&self, a: usize, b: usize) -> Option<bool> {
        let decides = |at: usize, side: fn(&Size) -> u32| {
            let mut sides: HashMap<u64, u32> = HashMap::new();
            let mut tiles = self.template.fields[at].values.iter().zip(&self.template.names);
            tiles.all(|(value, name)| {
                self.sizes
                    .get(*name)
                    .is_some_and(|size| *sides.entry(value.to_bits()).or_insert(side(size)) == side(size))
            })
        };
        let fits = |x: usize, y: usize| decides(x, |size| size.width) && decides(y, |size| size.height);
        (fits(a, b) != fits(b, a)).then(|| fits(a, b))
    }

    /// Field `x` gives the column, field `y` the row.
    fn pair(&self, (x, y): (usize, usize), base: f64, why: &str) -> Vec<Guess> {
        let (measures, mut confidence) = self.measure(x, y);
        confidence *= base;
        // Words for planes count where tiles would else have the same place: `t017` may be the tile's number.
        let mut planes = Vec::new();
        let (mut cells, mut repeated) = self.cells(x, y, &planes);
        if repeated > 0 {
            planes = self.planes(x, y);
            (cells, repeated) = self.cells(x, y, &planes);
        }
        if repeated > 0
            && let Some(more) =
                self.varying.iter().find(|at| ![x, y].contains(at) && !planes.iter().any(|p| p.0 == **at))
            && !planes.iter().any(|plane| plane.1 == "z")
        {
            // What tells tiles of one cell apart is a plane, whatever it is called.
            planes.push((*more, "z"));
            (cells, repeated) = self.cells(x, y, &planes);
        }
        let mut guesses = Vec::new();
        for (measure, share) in measures.into_iter().zip([1.0, 0.6, 0.4]) {
            let (names, formats) = match measure {
                Measure::Index => (["col", "row"], [self.zeros(x), self.zeros(y)]),
                Measure::Pixels => (["x", "y"], [self.zeros(x), self.zeros(y)]),
                Measure::Micrometers(unit) => (["x", "y"], [format!(":{unit}"), format!(":{unit}")]),
            };
            let [x_format, y_format] = formats;
            let mut fields = vec![(x, format!("{}{x_format}", names[0])), (y, format!("{}{y_format}", names[1]))];
            fields.extend(planes.iter().map(|(at, name)| (*at, (*name).to_owned())));
            let reason = self.reason((x, y), measure, (cells, repeated), why);
            guesses.push(self.made(&fields, confidence * share * self.trust(measure, cells, repeated), reason));
        }
        guesses
    }

    /// A factor for how well tiles fill their cells, one to a cell.
    fn trust(&self, measure: Measure, cells: (f64, f64), repeated: usize) -> f64 {
        let tiles = self.template.names.len() as f64;
        let fill = match measure {
            Measure::Index => (tiles / (cells.0 * cells.1)).min(1.0),
            _ => 1.0,
        };
        let filled = if fill >= 0.2 { 1.0 } else { 0.4 + 3.0 * fill };
        filled * if repeated > 0 { 0.4 } else { 1.0 }
    }

    /// The planes that words name, but for the fields of the place.
    fn planes(&self, x: usize, y: usize) -> Vec<(usize, &'static str)> {
        let mut found: Vec<(usize, &'static str)> = Vec::new();
        for at in self.varying.iter().copied().filter(|at| *at != x && *at != y) {
            let name = match self.roles[at] {
                Some(Role::Z) => "z",
                Some(Role::T) => "t",
                // `c` beside x and y.
                Some(Role::Channel | Role::Column) => "channel",
                _ => continue,
            };
            if !found.iter().any(|(_, known)| *known == name) {
                found.push((at, name));
            }
        }
        found
    }

    /// Columns and rows from the first to the last, and how many tiles lie in the cell and plane of another.
    fn cells(&self, x: usize, y: usize, planes: &[(usize, &str)]) -> ((f64, f64), usize) {
        let value = |at: usize, tile: usize| self.template.fields[at].values[tile].to_bits();
        let mut places: Vec<[u64; 5]> = (0..self.template.names.len())
            .map(|tile| {
                let mut place = [value(x, tile), value(y, tile), 0, 0, 0];
                place[2..].iter_mut().zip(planes).for_each(|(part, plane)| *part = value(plane.0, tile));
                place
            })
            .collect();
        places.sort_unstable();
        let repeated = places.windows(2).filter(|pair| pair[0] == pair[1]).count();
        ((self.span(x), self.span(y)), repeated)
    }

    /// How many whole numbers there are from the first value to the last.
    fn span(&self, at: usize) -> f64 {
        let distinct = &self.template.fields[at].distinct;
        distinct.last().zip(distinct.first()).map_or(1.0, |(last, first)| last - first + 1.0)
    }

    /// What the numbers count, the likeliest first, and how sure that is.
    fn measure(&self, x: usize, y: usize) -> (Vec<Measure>, f64) {
        use Measure::{Index, Micrometers, Pixels};
        if let Some((_, unit)) = unit_after(&self.template.texts[x + 1]) {
            return (vec![Micrometers(unit)], 1.0);
        }
        let (across, down) = (&self.template.fields[x], &self.template.fields[y]);
        let is_decimal = across.is_decimal || down.is_decimal;
        let grid = [Some(Role::Row), Some(Role::Column)];
        if !is_decimal && grid.contains(&self.roles[x]) && grid.contains(&self.roles[y]) {
            return (vec![Index, Pixels], 1.0);
        }
        let steps = (usual_step(across), usual_step(down));
        let sides = self.sides();
        let fits = |scale: (f64, f64)| {
            let fit = |step: Option<f64>, side: f64, scale: f64| {
                step.is_none_or(|step| (0.3..=1.1).contains(&(step / scale / side)))
            };
            sides.is_some_and(|(width, height)| fit(steps.0, width, scale.0) && fit(steps.1, height, scale.1))
        };
        let (px, um) = (fits((1.0, 1.0)), self.pixel_size.is_some_and(fits));
        let small = [steps.0, steps.1].into_iter().flatten().all(|step| step <= 1.0);
        match (is_decimal, px, um) {
            (_, true, _) => (vec![Pixels, Micrometers("um")], 1.0),
            (_, false, true) => (vec![Micrometers("um"), Pixels], 1.0),
            (true, ..) => (vec![Pixels, Micrometers("um")], if sides.is_some() { 0.6 } else { 0.8 }),
            _ if small => (vec![Index, Pixels], 1.0),
            // Steps of some 100 count no places.
            _ if sides.is_none() && [steps.0, steps.1].into_iter().flatten().all(|step| step >= 16.0) => {
                (vec![Pixels, Index], 0.9)
            }
            // Places leave few cells empty.
            _ if self.template.names.len() as f64 >= 0.2 * self.span(x) * self.span(y) => {
                (vec![Index, Pixels, Micrometers("um")], 0.7)
            }
            _ => (vec![Pixels, Index], 0.85),
        }
    }

    /// The usual width and height, px.
    fn sides(&self) -> Option<(f64, f64)> {
        let of = |side: fn(&Size) -> u32| {
            let mut sides: Vec<u32> =
                self.template.names.iter().filter_map(|at| self.sizes.get(*at)).map(side).collect();
            let middle = sides.len() / 2;
            if sides.is_empty() { None } else { Some(f64::from(*sides.select_nth_unstable(middle).1).max(1.0)) }
        };
        of(|size| size.width).zip(of(|size| size.height))
    }

    /// A running number: the one with the most values.
    fn running(&self) -> Option<Guess> {
        let values = |at: &usize| self.template.fields[*at].distinct.len();
        let index = self.varying.iter().copied().max_by_key(|at| (values(at), usize::MAX - *at))?;
        let distinct = &self.template.fields[index].distinct;
        let (first, last) = (*distinct.first()?, *distinct.last()?);
        let all = distinct.len() == self.template.names.len();
        let gaps = last - first + 1.0 > distinct.len() as f64;
        let reason = format!(
            "a running number from {first} to {last}{}{}",
            if gaps { " with gaps" } else { "" },
            if all { "" } else { ", not different in all names" }
        );
        let mut guess = self.made(&[(index, format!("i{}", self.zeros(index)))], if all { 0.4 } else { 0.1 }, reason);
        guess.layout.close_gaps = last - first > 2.0 * distinct.len() as f64;
        Some(guess)
    }

    fn zeros(&self, at: usize) -> String {
        self.template.fields[at].width.map_or_else(String::new, |width| format!(":0{width}"))
    }

    fn made(&self, fields: &[(usize, String)], confidence: f64, reason: String) -> Guess {
        let share = self.template.names.len() as f64 / self.names.max(1) as f64;
        let mut unmatched: Vec<usize> = Vec::new();
        let mut names = self.template.names.iter().peekable();
        for at in 0..self.names {
            if names.next_if_eq(&&at).is_none() {
                unmatched.push(at);
            }
        }
        // A few other files among the tiles are usual; many say that this is something else.
        let confidence = confidence * if share >= 0.8 { 1.0 } else { share };
        Guess { layout: NameLayout::new(self.pattern(fields)), confidence, reason, unmatched }
    }

    fn pattern(&self, fields: &[(usize, String)]) -> String {
        let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
        let mut pattern = String::new();
        for (at, text) in self.template.texts.iter().enumerate() {
            pattern.push_str(&literal(text));
            let Some(field) = self.template.fields.get(at) else { break };
            match fields.iter().find(|(known, _)| *known == at) {
                Some((_, name)) => pattern.push_str(&format!("{{{name}}}")),
                None if field.distinct.len() == 1 && field.is_uniform => pattern.push_str(&field.first),
                None => pattern.push_str("{*}"),
            }
        }
        // A last text with a dot would be taken for the ending.
        if self.template.texts.last().is_some_and(|last| last.contains('.')) {
            pattern.push_str(self.template.ending.as_deref().unwrap_or("{*}"));
        }
        pattern
    }

    fn reason(&self, (x, y): (usize, usize), measure: Measure, found: ((f64, f64), usize), why: &str) -> String {
        let ((across, down), repeated) = found;
        let words = (word_before(&self.template.texts[x]), word_before(&self.template.texts[y]));
        let named = self.roles[x].is_some() && self.roles[y].is_some();
        let mut parts = Vec::new();
        if named && ![words.0, words.1].contains(&"") && why.is_empty() {
            parts.push(format!("{} and {} in the names", words.0, words.1));
        } else {
            parts.push("two numbers in the names".to_owned());
        }
        let range = |at: usize| {
            let distinct = &self.template.fields[at].distinct;
            let (first, last) = (distinct.first().copied().unwrap_or(0.0), distinct.last().copied().unwrap_or(0.0));
            format!("{first} to {last}")
        };
        match measure {
            Measure::Index => {
                parts.push(format!("columns {}, rows {}", range(x), range(y)));
                let cells = across * down;
                let tiles = self.template.names.len() as f64 - repeated as f64;
                if tiles < cells {
                    parts.push(format!("{} of {cells} cells empty", cells - tiles));
                }
            }
            Measure::Pixels => parts.push(format!("x {} px, y {} px", range(x), range(y))),
            Measure::Micrometers(unit) => parts.push(format!("x {} {unit}, y {} {unit}", range(x), range(y))),
        }
        if !why.is_empty() {
            parts.push(why.to_owned());
        }
        if repeated > 0 {
            parts.push(format!("{repeated} tiles at the place of another"));
        }
        parts.join(", ")
    }
}

/// The middle of the steps between neighboring values.
fn usual_step(field: &NumberField) -> Option<f64> {
    let mut steps: Vec<f64> = field.distinct.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied()
}
